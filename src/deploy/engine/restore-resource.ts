// The way back of one resource after a failed update.
import type { ResourceRecord } from './records.ts';
import { failResource, newStep, requireType, resourceContext, withSecrets } from './resource-step.ts';
import { commitResource, type Session } from './session.ts';

/** Whether the running operation touched it, so that going back has something to do. */
export const needsRestoring = (session: Session, record: ResourceRecord): boolean =>
  record.before?.operationId === session.operation.id && record.done !== `${session.operation.id}/rollback`;

/** Brings a resource back to what it was before the operation. */
export async function restoreResource(session: Session, record: ResourceRecord): Promise<boolean> {
  const { before, deployed } = record;
  if (!before || !deployed) return true;
  // What the service has now: the new state, or somewhere on the way to it. An earlier way back that failed has noted that.
  const { step } = record;
  const reached = step?.operationId === session.operation.id && step.action !== 'restore' ? step : undefined;
  try {
    if (before.replaced) {
      record.discard = deployed;
      record.deployed = before.deployed;
      return await finishRestoring(session, record, true);
    }
    if (reached?.action === 'replace') {
      if (reached.physicalId)
        record.discard = { physicalId: reached.physicalId, properties: reached.properties, attributes: {} };
      return await finishRestoring(session, record, true);
    }
    if (sameProperties(before.deployed.properties, reached?.properties ?? deployed.properties)) {
      return await finishRestoring(session, record, record.status === 'UPDATE_FAILED');
    }
    const current = { ...deployed, properties: reached?.properties ?? deployed.properties };
    record.deployed = current;
    record.step = newStep(session, record, 'restore', before.deployed.properties);
    await commitResource(session, record, [
      { status: 'UPDATE_IN_PROGRESS', ...(before.shown !== undefined && { properties: before.shown }) },
    ]);
    const type = requireType(record);
    const previous = { ...current, properties: await withSecrets(session, current.properties) };
    const properties = await withSecrets(session, before.deployed.properties);
    const context = resourceContext(session, record);
    const updated = await type.update!(previous, properties, context);
    const physicalId = updated?.physicalId ?? before.deployed.physicalId;
    record.deployed = {
      ...before.deployed,
      physicalId,
      attributes: { ...before.deployed.attributes, ...updated?.attributes },
    };
    return await finishRestoring(session, record, false, true);
  } catch (error) {
    return failResource(session, record, 'UPDATE_FAILED', error);
  }
}

const sameProperties = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

async function finishRestoring(
  session: Session,
  record: ResourceRecord,
  announce: boolean,
  started = false,
): Promise<true> {
  const { dependencies, deletionPolicy, updateReplacePolicy, metadata, description, shown } = record.before!;
  for (const key of ['deletionPolicy', 'updateReplacePolicy', 'metadata', 'description', 'shown', 'step'] as const)
    delete record[key];
  Object.assign(record, {
    dependencies,
    ...(deletionPolicy && { deletionPolicy }),
    ...(updateReplacePolicy && { updateReplacePolicy }),
    ...(metadata && { metadata }),
    ...(description !== undefined && { description }),
    ...(shown !== undefined && { shown }),
  });
  record.done = `${session.operation.id}/rollback`;
  await commitResource(session, record, [
    ...(announce && !started ? [{ status: 'UPDATE_IN_PROGRESS' } as const] : []),
    ...(announce || started ? [{ status: 'UPDATE_COMPLETE' } as const] : []),
  ]);
  return true;
}

import type { ResourceStatus } from '@aws-sdk/client-cloudformation';
import type { RetentionPolicy } from '../template/blueprint.ts';
import { failureReason, isGone } from './failure.ts';
import { findResourceType } from '../resources/registry.ts';
import type { DeployedRecord, ResourceRecord } from './records.ts';
import { failResource, newStep, requireType, resourceContext, serviceName, withSecrets } from './resource-step.ts';
import { commitResource, forgetResource, type Session } from './session.ts';

/** RetainExceptOnCreate keeps what a finished operation made, not what the running one made and takes back. */
function isRetained(policy: RetentionPolicy | undefined, session: Session, record: ResourceRecord): boolean {
  if (policy === 'Retain') {
    return !(session.operation.retainExceptOnCreate && record.createdBy === session.operation.id);
  }
  return policy === 'RetainExceptOnCreate' && record.createdBy !== session.operation.id;
}

/** Deletes a resource of the stack; with `forget` its record goes too. Answers whether it is gone, or left on purpose. */
export async function deleteResource(session: Session, record: ResourceRecord, forget: boolean): Promise<boolean> {
  const target = record.deployed ?? unfinished(record);
  if (isRetained(record.deletionPolicy, session, record) || session.operation.skip?.includes(record.logicalId)) {
    return endDeletion(session, record, 'DELETE_SKIPPED', forget);
  }
  if (!target || record.ignored) return endDeletion(session, record, 'DELETE_COMPLETE', forget);
  try {
    if (record.status !== 'DELETE_IN_PROGRESS') {
      record.step = newStep(session, record, 'delete', {});
      await commitResource(session, record, [{ status: 'DELETE_IN_PROGRESS' }]);
    }
    await callDelete(session, record, target);
    return await endDeletion(session, record, 'DELETE_COMPLETE', forget);
  } catch (error) {
    record.deployed ??= target;
    return failResource(session, record, 'DELETE_FAILED', error);
  }
}

/**
 * A creation that did not end may have made something: what the service had named, or, when the program was cut off in
 * the middle, what bears the name that we made up for it. A name that the template gives may be somebody else's.
 */
function unfinished(record: ResourceRecord): DeployedRecord | undefined {
  const { step } = record;
  if (step?.action !== 'create') return undefined;
  const property = findResourceType(record.type)?.name?.property;
  const generated = property !== undefined && step.properties[property] === undefined;
  const physicalId =
    step.physicalId ?? (generated && record.status === 'CREATE_IN_PROGRESS' ? step.physicalName : undefined);
  return physicalId === undefined ? undefined : { physicalId, properties: step.properties, attributes: {} };
}

async function endDeletion(
  session: Session,
  record: ResourceRecord,
  status: 'DELETE_COMPLETE' | 'DELETE_SKIPPED',
  forget: boolean,
): Promise<true> {
  record.done = `${session.operation.id}/delete`;
  delete record.step;
  if (forget) await forgetResource(session, record, [{ status }]);
  else await commitResource(session, record, [{ status }]);
  return true;
}

async function callDelete(session: Session, record: ResourceRecord, target: DeployedRecord): Promise<void> {
  record.step ??= newStep(session, record, 'delete', {});
  const properties = await withSecrets(session, target.properties).catch(() => target.properties);
  try {
    await requireType(record).delete({ ...target, properties }, resourceContext(session, record));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Deletes what a replacement or a rollback left over, while the resource itself stays. Failures are only noted. */
export async function deleteDiscarded(
  session: Session,
  record: ResourceRecord,
  discard: DeployedRecord,
): Promise<boolean> {
  const { physicalId } = discard;
  const shown = record.before?.shown ?? record.shown;
  const note = (status: ResourceStatus, reason?: string): Promise<void> =>
    commitResource(
      session,
      record,
      [
        {
          status,
          physicalId,
          ...(shown !== undefined && { properties: shown }),
          ...(reason !== undefined && { reason }),
        },
      ],
      true,
    );
  const finish = (status: ResourceStatus, reason?: string): Promise<void> => {
    delete record.step;
    delete record.discard;
    if (record.before) delete record.before.replaced;
    return note(status, reason);
  };
  if (record.updateReplacePolicy === 'Retain') {
    await finish('DELETE_SKIPPED');
    return true;
  }
  try {
    // Stored before anything is called: a custom resource's answer is only taken for a step that is known.
    record.step ??= newStep(session, record, 'delete', {});
    await note('DELETE_IN_PROGRESS');
    await callDelete(session, record, discard);
    await finish('DELETE_COMPLETE');
    return true;
  } catch (error) {
    if (session.platform.signal.aborted) return false;
    await finish('DELETE_FAILED', failureReason(error, serviceName(record.type), session.platform.ids));
    return false;
  }
}

import { isDeepStrictEqual } from 'node:util';
import type { ResourceType } from '../resources/contract.ts';
import { differences, type PropertyChange } from '../schema/difference.ts';
import { findSchema } from '../schema/schema.ts';
import type { BlueprintResource } from '../template/blueprint.ts';
import type { Value } from '../template/value.ts';
import { attributesOfTemplate, callCreate, createResource, finishCreation } from './create-resource.ts';
import { ResourceFailure } from './failure.ts';
import type { ResourceRecord } from './records.ts';
import {
  deployableProperties,
  failResource,
  ignoredReason,
  newStep,
  requireType,
  resourceContext,
  withSecrets,
} from './resource-step.ts';
import { commitResource, type Session } from './session.ts';
import { checkStackPolicy } from './stack-policy.ts';

const REPLACING = 'Requested update requires the creation of a new physical resource; hence creating one.';

const MADE_ANOTHER = 'Requested update required the provider to create a new physical resource';

/** Brings one resource of the stack to what the template says now. Answers whether it is there. */
export async function updateResource(session: Session, resource: BlueprintResource): Promise<boolean> {
  const record = session.resources.get(resource.logicalId);
  if (!record?.deployed || record.createdBy === session.operation.id) return createResource(session, resource);
  if (record.ignored) return true;
  const { step } = record;
  if (step?.operationId === session.operation.id) return runStep(session, record, true);
  try {
    const properties = deployableProperties(session, resource);
    const type = requireType(record);
    const changes = changesOf(type, record.deployed.properties, properties);
    if (changes.length === 0 && !type.alwaysUpdates) return await keepResource(session, record, resource);
    const replace = needsReplacement(type, changes);
    checkStackPolicy(session, record, replace ? 'Update:Replace' : 'Update:Modify');
    if (replace) refuseSameName(type, record, properties);
    rememberBefore(session, record);
    Object.assign(record, attributesOfTemplate(session, resource));
    record.step = newStep(session, record, replace ? 'replace' : 'update', properties);
    await commitResource(session, record, [
      {
        status: 'UPDATE_IN_PROGRESS',
        ...(replace && { reason: REPLACING }),
      },
    ]);
  } catch (error) {
    rememberBefore(session, record);
    return failResource(session, record, 'UPDATE_FAILED', error);
  }
  return runStep(session, record, false);
}

export const changesOf = (
  type: ResourceType,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): PropertyChange[] =>
  differences(before as Record<string, Value>, after as Record<string, Value>, findSchema(type.type), type.replaceOn);

export const needsReplacement = (type: ResourceType, changes: readonly PropertyChange[]): boolean =>
  changes.length > 0 && (!type.update || changes.some((change) => change.replaces));

/** Nothing that the service knows changed; metadata and policies are CloudFormation's own. */
async function keepResource(session: Session, record: ResourceRecord, resource: BlueprintResource): Promise<true> {
  const own = attributesOfTemplate(session, resource);
  const now = { dependencies: record.dependencies, ...pickOwn(record) };
  if (!isDeepStrictEqual(own, now)) {
    rememberBefore(session, record);
    for (const key of OWN) delete record[key];
    Object.assign(record, own);
    record.done = `${session.operation.id}/forward`;
    await commitResource(session, record, []);
  }
  return true;
}

const OWN = ['deletionPolicy', 'updateReplacePolicy', 'metadata', 'description', 'shown'] as const;

function pickOwn(record: ResourceRecord): Partial<ResourceRecord> {
  return Object.fromEntries(OWN.filter((key) => record[key] !== undefined).map((key) => [key, record[key]]));
}

function rememberBefore(session: Session, record: ResourceRecord): void {
  if (record.before?.operationId === session.operation.id || !record.deployed) return;
  record.before = {
    operationId: session.operation.id,
    deployed: record.deployed,
    dependencies: record.dependencies,
    ...pickOwn(record),
  };
}

/** A new resource under the name that the old one still has cannot be made first. */
function refuseSameName(type: ResourceType, record: ResourceRecord, properties: Record<string, unknown>): void {
  if (type.name?.shared) return;
  const property = type.name?.property;
  const name = property === undefined ? undefined : properties[property];
  if (name === undefined || name !== record.deployed?.properties[property!]) return;
  throw new ResourceFailure(
    `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${String(name)} and update the stack again.`,
  );
}

async function runStep(session: Session, record: ResourceRecord, resumed: boolean): Promise<boolean> {
  const step = record.step!;
  const before = record.deployed!;
  try {
    const type = requireType(record);
    if (step.action === 'replace') {
      const created = await callCreate(session, record, type, resumed, 'UPDATE_IN_PROGRESS');
      if (record.before) record.before.replaced = true;
      await finishCreation(session, record, created, 'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE');
      return true;
    }
    const properties = await withSecrets(session, step.properties);
    const previous = { ...before, properties: await withSecrets(session, before.properties) };
    const updated = await type.update!(previous, properties, resourceContext(session, record, { resumed }));
    const physicalId = updated?.physicalId ?? before.physicalId;
    const isOther = physicalId !== before.physicalId;
    if (isOther && record.before) record.before.replaced = true;
    record.deployed = {
      physicalId,
      properties: step.properties,
      attributes: { ...before.attributes, ...updated?.attributes },
    };
    delete record.step;
    record.done = `${session.operation.id}/forward`;
    await commitResource(session, record, [
      ...(isOther ? [{ status: 'UPDATE_IN_PROGRESS', reason: MADE_ANOTHER } as const] : []),
      { status: 'UPDATE_COMPLETE', ...ignoredReason(session, record.logicalId) },
    ]);
    return true;
  } catch (error) {
    return failResource(session, record, 'UPDATE_FAILED', error);
  }
}

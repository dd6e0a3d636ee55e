import type { Created, ResourceType } from '../resources/contract.ts';
import type { BlueprintResource } from '../template/blueprint.ts';
import type { JsonObject } from '../template/document.ts';
import { evaluate } from '../template/evaluate.ts';
import { unsupportedType } from './check-resources.ts';
import { isAlreadyThere } from './failure.ts';
import type { ResourceRecord } from './records.ts';
import {
  deployableProperties,
  failResource,
  ignoredReason,
  newStep,
  requireType,
  resourceContext,
  shownProperties,
  withSecrets,
} from './resource-step.ts';
import { commitResource, resourceScope, type Session } from './session.ts';

/** What the template says about a resource, beside its properties. */
export function attributesOfTemplate(session: Session, resource: BlueprintResource): Partial<ResourceRecord> {
  const { dependencies, deletionPolicy, updateReplacePolicy, description } = resource;
  const metadata = resource.metadata && (evaluate(resource.metadata, resourceScope(session)) as JsonObject);
  return {
    dependencies,
    ...(deletionPolicy && { deletionPolicy }),
    ...(updateReplacePolicy && { updateReplacePolicy }),
    ...(metadata && { metadata }),
    ...(description !== undefined && { description }),
    shown: shownProperties(session, resource),
  };
}

/** Creates one resource. Answers whether it is there. */
export async function createResource(session: Session, resource: BlueprintResource): Promise<boolean> {
  const existing = session.resources.get(resource.logicalId);
  const resumed = existing?.step?.operationId === session.operation.id && existing.step.action === 'create';
  const record: ResourceRecord = resumed
    ? existing
    : {
        logicalId: resource.logicalId,
        type: resource.type,
        status: 'CREATE_IN_PROGRESS',
        timestamp: session.platform.clock.now(),
        dependencies: [],
        createdBy: session.operation.id,
      };
  try {
    Object.assign(record, attributesOfTemplate(session, resource));
    if (!requireTypeOrLenient(session, resource)) return await ignoreResource(session, record, resource);
    const type = requireType(record);
    if (!resumed) {
      const properties = deployableProperties(session, resource);
      record.step = newStep(session, resource, 'create', properties);
      await commitResource(session, record, [{ status: 'CREATE_IN_PROGRESS' }]);
    }
    const created = await callCreate(session, record, type, resumed, 'CREATE_IN_PROGRESS');
    await finishCreation(session, record, created, 'CREATE_IN_PROGRESS', 'CREATE_COMPLETE');
    return true;
  } catch (error) {
    return failResource(session, record, 'CREATE_FAILED', error);
  }
}

function requireTypeOrLenient(session: Session, resource: BlueprintResource): boolean {
  if (!session.operation.lenient) return true;
  try {
    requireType(resource);
    return true;
  } catch {
    return false;
  }
}

/** --lenient: a type that we do not have stands in the stack as a name alone, and says so. */
async function ignoreResource(session: Session, record: ResourceRecord, resource: BlueprintResource): Promise<boolean> {
  record.ignored = true;
  record.step = newStep(session, resource, 'create', {});
  record.deployed = { physicalId: record.step.physicalName, properties: {}, attributes: {} };
  delete record.step;
  record.done = `${session.operation.id}/forward`;
  await commitResource(session, record, [
    { status: 'CREATE_IN_PROGRESS' },
    { status: 'CREATE_COMPLETE', reason: `${unsupportedType(resource)}; ignored (--lenient)` },
  ]);
  return true;
}

/** Runs the handler's create for the step that was written down. */
export async function callCreate(
  session: Session,
  record: ResourceRecord,
  type: ResourceType,
  resumed: boolean,
  status: 'CREATE_IN_PROGRESS' | 'UPDATE_IN_PROGRESS',
): Promise<Created> {
  const step = record.step!;
  const properties = await withSecrets(session, step.properties);
  const context = resourceContext(session, record, {
    resumed,
    async initiated(physicalId) {
      if (step.physicalId === physicalId) return;
      step.physicalId = physicalId;
      await commitResource(session, record, [{ status, reason: 'Resource creation Initiated' }]);
    },
  });
  if (resumed && type.findCreated) {
    const found = await type.findCreated(properties, context);
    if (found) return found;
  }
  try {
    return await type.create(properties, context);
  } catch (error) {
    // An earlier try made it under this very name; its answer was lost with the program.
    const name = type.name && (properties[type.name.property] ?? step.physicalName);
    if (!resumed || !type.update || !isAlreadyThere(error) || typeof name !== 'string') throw error;
    const assumed = { physicalId: name, properties: step.properties, attributes: {} };
    const updated = await type.update(assumed, properties, context);
    return { physicalId: updated?.physicalId ?? name, ...(updated?.attributes && { attributes: updated.attributes }) };
  }
}

export async function finishCreation(
  session: Session,
  record: ResourceRecord,
  created: Created,
  inProgress: 'CREATE_IN_PROGRESS' | 'UPDATE_IN_PROGRESS',
  complete: 'CREATE_COMPLETE' | 'UPDATE_COMPLETE',
): Promise<void> {
  const step = record.step!;
  const announced = step.physicalId !== undefined;
  record.deployed = {
    physicalId: created.physicalId,
    properties: step.properties,
    attributes: created.attributes ?? {},
  };
  delete record.step;
  record.done = `${session.operation.id}/forward`;
  await commitResource(session, record, [
    ...(announced ? [] : [{ status: inProgress, reason: 'Resource creation Initiated' } as const]),
    { status: complete, ...ignoredReason(session, record.logicalId) },
  ]);
}

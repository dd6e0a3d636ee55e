// What every step of a resource needs: its properties in this moment, and the context of its handler.
import { findResourceType } from '../resources/registry.ts';
import type { Properties, ResourceContext, ResourceType } from '../resources/contract.ts';
import { checkProperties, formatViolation } from '../schema/check.ts';
import { findSchema } from '../schema/schema.ts';
import type { BlueprintResource } from '../template/blueprint.ts';
import { resolveDynamicReferences } from '../template/dynamic-references.ts';
import { evaluate } from '../template/evaluate.ts';
import type { Value } from '../template/value.ts';
import { withStackTags } from './check-resources.ts';
import { alreadyThereReason, Cancelled, failureReason, ResourceFailure } from './failure.ts';
import { physicalName, randomPart } from './physical-name.ts';
import { partitionOf } from '../template/pseudo.ts';
import type { ResourceRecord, ResourceStep } from './records.ts';
import { commitResource, readDynamicReference, resourceScope, type Session } from './session.ts';

const NAME_LENGTH_MAX = 255;

export function requireType(record: { type: string }): ResourceType {
  const type = findResourceType(record.type);
  if (!type) throw new ResourceFailure(`Gatehouse does not support the resource type ${record.type}`);
  return type;
}

/** Evaluated, checked and tagged; dynamic references stay, so that secrets are not stored. */
export function deployableProperties(session: Session, resource: BlueprintResource): Properties {
  const value = evaluate(resource.properties, resourceScope(session));
  const tagged = withStackTags(resource.type, value, session.stack.tags);
  const schema = findSchema(resource.type);
  if (!schema) return tagged as Properties;
  const { value: checked, violations } = checkProperties(tagged, schema);
  const fatal = violations.filter((violation) => !(session.operation.lenient && violation.kind === 'unknown'));
  if (fatal.length > 0) {
    throw new ResourceFailure(
      `Properties validation failed for resource ${resource.logicalId} with message:\n${fatal.map(formatViolation).join('\n')}`,
    );
  }
  if (violations.length > 0) {
    session.ignored.set(resource.logicalId, `${violations.map(formatViolation).join(', ')}; ignored (--lenient)`);
  }
  return checked as Properties;
}

/** The reason of a step's last event: what was left out on the way. */
export const ignoredReason = (session: Session, logicalId: string): { reason?: string } => {
  const reason = session.ignored.get(logicalId);
  return reason === undefined ? {} : { reason };
};

/**
 * The properties as events show them: scalars as text, values of NoEcho parameters masked, without the stack's tags.
 * (Events recorded on AWS have `{"FromPort":"80"}` for a number and a bucket's name alone for a tagged stack's bucket.)
 */
export function shownProperties(session: Session, resource: BlueprintResource): string {
  const hidden = new Set(session.stack.parameters.filter(({ noEcho }) => noEcho).map(({ key }) => key));
  const scope = resourceScope(session);
  const masked = evaluate(resource.properties, {
    ...scope,
    ref: (name) => (hidden.has(name) ? '****' : scope.ref(name)),
  });
  return JSON.stringify(masked, (_key, value: unknown) =>
    typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
  );
}

/** With secrets and parameters read in. */
export const withSecrets = async (session: Session, properties: Properties): Promise<Properties> =>
  (await resolveDynamicReferences(properties as Value, (reference) =>
    readDynamicReference(session.call, reference),
  )) as Properties;

export function newStep(
  session: Session,
  resource: { logicalId: string; type: string },
  action: ResourceStep['action'],
  properties: Properties,
): ResourceStep {
  const { platform, stack, operation } = session;
  const rule = findResourceType(resource.type)?.name;
  const suffix = rule?.suffix?.(properties) ?? '';
  const random = randomPart((length) => platform.ids.upper(length));
  const name = physicalName(stack.name, resource.logicalId, random, {
    ...rule,
    lengthMax: (rule?.lengthMax ?? NAME_LENGTH_MAX) - suffix.length,
  });
  return {
    operationId: operation.id,
    action,
    physicalName: name + suffix,
    token: platform.ids.uuid(),
    startedAt: platform.clock.now(),
    properties,
  };
}

export function resourceContext(
  session: Session,
  record: ResourceRecord,
  options: { resumed?: boolean; initiated?: (physicalId: string) => Promise<void> } = {},
): ResourceContext {
  const { platform, stack } = session;
  const { step } = record;
  if (!step) throw new Error(`${record.logicalId} has no step under way`);
  const creationPolicy = session.blueprint?.resources.get(record.logicalId)?.creationPolicy;
  return {
    platform,
    call: session.call,
    principal: session.principal,
    accountId: stack.accountId,
    region: stack.region,
    partition: partitionOf(stack.region),
    stackId: stack.stackId,
    stackName: stack.name,
    logicalId: record.logicalId,
    type: record.type,
    physicalName: step.physicalName,
    tags: stack.tags,
    token: step.token,
    resumed: options.resumed ?? false,
    startedAt: step.startedAt,
    signal: session.signal,
    ...(creationPolicy && { creationPolicy }),
    initiated: options.initiated ?? (async () => undefined),
    isClaimed: (physicalId) =>
      [...session.resources.values()].some(
        (other) =>
          other.logicalId !== record.logicalId &&
          other.type === record.type &&
          other.deployed?.physicalId === physicalId,
      ),
  };
}

const CANCELLED: Readonly<Record<string, string>> = {
  create: 'Resource creation cancelled',
  update: 'Resource update cancelled',
  replace: 'Resource update cancelled',
  restore: 'Resource update cancelled',
  delete: 'Resource deletion cancelled',
};

/** Writes a failed step down. Always answers false: the step's result. */
export async function failResource(
  session: Session,
  record: ResourceRecord,
  status: 'CREATE_FAILED' | 'UPDATE_FAILED' | 'DELETE_FAILED',
  error: unknown,
): Promise<false> {
  const cancelled = error instanceof Cancelled || session.signal.aborted;
  // The program ends: nothing is written, the step is taken up again at the next start.
  if (session.platform.signal.aborted) return false;
  const service = serviceName(record.type);
  const reason = cancelled
    ? CANCELLED[record.step?.action ?? 'create']!
    : (alreadyThereReason(error, record, session.platform.ids) ?? failureReason(error, service, session.platform.ids));
  if (reason === 'Internal Failure') {
    process.stderr.write(
      `${record.logicalId} (${record.type}): ${error instanceof Error ? error.stack : String(error)}\n`,
    );
  }
  await commitResource(session, record, [{ status, reason }]);
  return false;
}

/** As AWS's failure texts name it. */
export function serviceName(type: string): string {
  return findResourceType(type)?.service ?? type.split('::')[1] ?? type;
}

// One stack operation while it runs: what it knows, and how it writes down what it does.
import type { ResourceStatus } from '@aws-sdk/client-cloudformation';
import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import type { Call, CallOptions } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Transaction } from '#store/contract.ts';
import { findResourceType } from '../resources/registry.ts';
import * as store from '../stacks/store.ts';
import type { Blueprint } from '../template/blueprint.ts';
import type { Json } from '../template/document.ts';
import type { DynamicReference } from '../template/dynamic-references.ts';
import { functionError, TemplateError } from '../template/error.ts';
import type { Scope } from '../template/evaluate.ts';
import type { Value } from '../template/value.ts';
import type { EventRecord, OperationRecord, ResourceRecord, StackRecord } from './records.ts';

export interface Session {
  platform: Platform;
  stack: StackRecord;
  operation: OperationRecord;
  /** what the stack is to become; absent when it only goes away */
  blueprint?: Blueprint;
  resources: Map<string, ResourceRecord>;
  exports: ReadonlyMap<string, store.ExportRecord>;
  imported: Set<string>;
  /** by logical id: what --lenient left out, for the events */
  ignored: Map<string, string>;
  call: Call;
  principal: Principal;
  /** cancel, timeout, end of the program */
  signal: AbortSignal;
}

/** Kinds of work. */
export const OPERATION_WORK = 'cloudformation.operation';
export const FORGET_WORK = 'cloudformation.forget';

/** Steps of one operation at once. */
export const STEPS_MAX = 16;

/** In-progress marks are lazy: they reach the disk before whatever the step does after them (store contract: in order). */
const LAZY = { durability: 'lazy' } as const;

const lastEventMs = new WeakMap<Platform, number>();

/** No two events at once: clients sort them by time (the CDK's progress), and a step's end must not stand before its beginning. */
function eventTime(platform: Platform): number {
  const timestamp = Math.max(platform.clock.now(), (lastEventMs.get(platform) ?? 0) + 1);
  lastEventMs.set(platform, timestamp);
  return timestamp;
}

export function stackEvent(
  session: Pick<Session, 'platform' | 'operation'>,
  stack: StackRecord,
  reason?: string,
): EventRecord {
  return {
    eventId: session.platform.ids.uuid(),
    logicalId: stack.name,
    physicalId: stack.stackId,
    type: 'AWS::CloudFormation::Stack',
    timestamp: eventTime(session.platform),
    status: stack.status,
    ...(reason !== undefined && { reason }),
    ...ofOperation(session),
  };
}

const ofOperation = ({ operation }: Pick<Session, 'operation'>): Pick<EventRecord, 'token' | 'operationId'> => ({
  ...(operation.clientRequestToken && { token: operation.clientRequestToken }),
  operationId: operation.shownId ?? operation.id,
});

export interface ResourceEvent {
  status: ResourceStatus;
  reason?: string;
  physicalId?: string;
  /** when they are not those of the record */
  properties?: string;
}

function resourceEvent(session: Session, record: ResourceRecord, event: ResourceEvent): EventRecord {
  const timestamp = eventTime(session.platform);
  const properties = event.properties ?? record.shown;
  const physicalId = event.physicalId ?? record.step?.physicalId ?? record.deployed?.physicalId ?? '';
  return {
    eventId: `${record.logicalId}-${event.status}-${new Date(timestamp).toISOString()}`,
    logicalId: record.logicalId,
    physicalId,
    type: record.type,
    timestamp,
    status: event.status,
    ...(event.reason !== undefined && { reason: event.reason }),
    ...(properties !== undefined && { properties }),
    ...ofOperation(session),
  };
}

/** Writes a resource and its events; the record takes the last event's status, unless they speak of something else. */
export async function commitResource(
  session: Session,
  record: ResourceRecord,
  events: readonly ResourceEvent[],
  keepStatus = false,
): Promise<void> {
  const written = events.map((event) => resourceEvent(session, record, event));
  const last = events.at(-1);
  if (last && !keepStatus) {
    record.status = last.status;
    record.timestamp = written.at(-1)!.timestamp;
    if (last.reason === undefined) delete record.statusReason;
    else record.statusReason = last.reason;
  }
  session.resources.set(record.logicalId, record);
  const copy = structuredClone(record);
  await session.platform.store.transact(async (tx) => {
    await store.putResource(tx, session.stack, copy);
    for (const event of written) store.appendEvent(tx, session.stack, event);
  }, LAZY);
}

/** The resource is no longer part of the stack. */
export async function forgetResource(
  session: Session,
  record: ResourceRecord,
  events: readonly ResourceEvent[],
): Promise<void> {
  const written = events.map((event) => resourceEvent(session, record, event));
  session.resources.delete(record.logicalId);
  await session.platform.store.transact(async (tx) => {
    await store.deleteResource(tx, session.stack, record.logicalId);
    for (const event of written) store.appendEvent(tx, session.stack, event);
  }, LAZY);
}

/** Changes the stack's record, with an event when `status` is given; keeps what others changed meanwhile. */
export async function commitStack(
  session: Session,
  change: Partial<StackRecord>,
  options: { reason?: string | undefined; also?: (tx: Transaction, stack: StackRecord) => Promise<void> | void } = {},
): Promise<void> {
  session.stack = await session.platform.store.transact(async (tx) => {
    const current = await store.getStack(tx, session.stack);
    if (!current || current.operation?.id !== session.operation.id) throw new Superseded();
    const next: StackRecord = { ...current, ...change };
    if (change.status !== undefined) {
      if (options.reason === undefined) delete next.statusReason;
      else next.statusReason = options.reason;
      // Going back is another operation already in its first event.
      const { platform } = session;
      const operation = next.operation ?? session.operation;
      store.appendEvent(tx, next, stackEvent({ platform, operation }, next, options.reason));
    }
    await options.also?.(tx, next);
    for (const [key, value] of Object.entries(next)) if (value === undefined) delete next[key as keyof StackRecord];
    store.putStack(tx, next);
    return next;
  });
  if (session.stack.operation) session.operation = session.stack.operation;
}

/** Another operation (a deletion) took the stack over. */
export class Superseded extends Error {}

/** Names of the template plus what its resources have become. */
export function resourceScope(session: Session): Scope {
  const { blueprint } = session;
  if (!blueprint) throw new Error('this operation has no template');
  const need = (name: string): ResourceRecord & { deployed: NonNullable<ResourceRecord['deployed']> } => {
    const record = session.resources.get(name);
    if (!record?.deployed) throw functionError(`resource ${name} does not exist yet`);
    return record as ResourceRecord & { deployed: NonNullable<ResourceRecord['deployed']> };
  };
  return {
    ...blueprint.scope,
    ref(name) {
      if (!blueprint.resources.has(name)) return blueprint.scope.ref(name);
      const { deployed, type } = need(name);
      return findResourceType(type)?.ref?.(deployed) ?? deployed.physicalId;
    },
    getAtt(name, attribute) {
      const { deployed, type, ignored } = need(name);
      if (ignored) return `${name}.${attribute}`;
      const value = attributeOf(deployed.attributes, attribute);
      if (value === undefined) throw noAttribute(name, attribute, type);
      return value as Value;
    },
    importValue(name) {
      const found = session.exports.get(name);
      if (!found) throw new TemplateError(`No export named ${name} found.`);
      session.imported.add(name);
      return found.value;
    },
  };
}

export const noAttribute = (logicalId: string, attribute: string, type: string): TemplateError =>
  type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource'
    ? new TemplateError(`CustomResource attribute error: Vendor response doesn't contain ${attribute} key in object`)
    : functionError(`resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`);

/** `Endpoint.Address` is one attribute's name or a member of the attribute Endpoint. */
export function attributeOf(attributes: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(attributes, name)) return attributes[name];
  let value: unknown = attributes;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

type AnyCall = (service: string, operation: string, input: unknown, options?: Partial<CallOptions>) => Promise<any>;

/** Reads what a dynamic reference names; the services may not be part of this program yet. */
export async function readDynamicReference(call: Call, reference: DynamicReference): Promise<string> {
  const ask = call as unknown as AnyCall;
  try {
    if (reference.service === 'secretsmanager') {
      const { secretId, jsonKey, versionStage, versionId } = reference;
      const secret = await ask('secretsmanager', 'GetSecretValue', {
        SecretId: secretId,
        ...(versionStage && { VersionStage: versionStage }),
        ...(versionId && { VersionId: versionId }),
      });
      return jsonKey ? secretMember(String(secret.SecretString), jsonKey, secretId) : String(secret.SecretString);
    }
    const { name, version } = reference;
    const found = await ask('ssm', 'GetParameter', {
      Name: version ? `${name}:${version}` : name,
      WithDecryption: reference.service === 'ssm-secure',
    });
    return String(found.Parameter.Value);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const where = reference.service === 'secretsmanager' ? reference.secretId : reference.name;
    throw new TemplateError(
      `Could not resolve the dynamic reference to ${reference.service}:${where}: ${error.message}`,
      undefined,
      error,
    );
  }
}

function secretMember(text: string, key: string, secretId: string): string {
  let value: Json | undefined;
  try {
    value = (JSON.parse(text) as Record<string, Json>)[key];
  } catch {
    value = undefined;
  }
  if (value === undefined)
    throw new TemplateError(`Could not find a value associated with JSONKey in SecretString of ${secretId}`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

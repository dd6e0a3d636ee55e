// Creating and updating stacks, whoever asks: the API, a parent stack, or `gatehouse start`.
import type { Principal } from '#core/principal.ts';
import type { Call } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import { isDeepStrictEqual } from 'node:util';
import { rolePrincipal } from '../engine/principal.ts';
import { stackEvent } from '../engine/session.ts';
import type { OperationRecord, StackKey, StackRecord } from '../engine/records.ts';
import { NESTED_STACK } from '../resources/nested-stack-properties.ts';
import { insufficientCapabilities, missingCapabilities } from '../template/capabilities.ts';
import { parseTemplate } from '../template/document.ts';
import type { ParameterInput } from '../template/parameters.ts';
import { alreadyExists, noUpdates, stackMissing, tokenAlreadyExists, validationError, wrongState } from './errors.ts';
import { checkStackName, newStackIdentity } from './identity.ts';
import { prepareTemplate, readTemplateSource, type Prepared, type TemplateSource } from './prepare.ts';
import { beginOperation, definitionOf, definitionOfStack, newOperation, storeTemplate } from './start-operation.ts';
import * as store from './store.ts';

interface Common {
  call: Call;
  principal: Principal;
  accountId: string;
  region: string;
  source: TemplateSource;
  parameters: readonly ParameterInput[];
  capabilities: readonly string[];
  roleArn?: string;
  clientRequestToken?: string;
  lenient: boolean;
  resourceTypes?: readonly string[];
}

export interface CreateRequest extends Common {
  name?: string;
  tags: Record<string, string>;
  notificationArns: readonly string[];
  onFailure?: OperationRecord['onFailure'];
  timeoutMinutes?: number;
  terminationProtection?: boolean;
  stackPolicy?: string;
  retainExceptOnCreate?: boolean;
  parentId?: string;
  rootId?: string;
}

export interface UpdateRequest extends Common {
  stack: StackKey;
  usePreviousTemplate?: boolean;
  /** absent = as they are */
  tags?: Record<string, string>;
  notificationArns?: readonly string[];
  onFailure?: OperationRecord['onFailure'];
  stackPolicy?: string;
  stackPolicyDuringUpdate?: string;
  retainExceptOnCreate?: boolean;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const TAGS_MAX = 50;
export const STACKS_MAX = 2_000;

/** What a template asks the caller to acknowledge. Macros: only where no change set shows what they made of it. */
export function checkCapabilities(prepared: Prepared, given: readonly string[], reviewed: boolean): void {
  const required: string[] = [...prepared.required.capabilities];
  const expands = prepared.transforms.some((name) => name !== 'AWS::Include');
  if (expands && !reviewed) required.push('CAPABILITY_AUTO_EXPAND');
  const missing = missingCapabilities(required, given);
  if (missing.length > 0) throw insufficientCapabilities(missing);
}

export function checkTags(tags: Record<string, string>): void {
  const keys = Object.keys(tags);
  if (keys.length > TAGS_MAX) throw validationError(`Number of tags exceeds the maximum of ${TAGS_MAX}`);
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved) throw validationError('aws: prefixed tag key names are not allowed for external use.');
}

/** ResourceTypes of a request: only these may occur. */
export function checkResourceTypes(prepared: Prepared, allowed: readonly string[] | undefined): void {
  if (!allowed || allowed.length === 0) return;
  const fits = (type: string): boolean =>
    allowed.some((pattern) => pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1))));
  const strangers = [...new Set([...prepared.blueprint.resources.values()].map(({ type }) => type))].filter(
    (type) => !fits(type),
  );
  if (strangers.length > 0) throw validationError(`Resource type(s) not allowed: [${strangers.join(', ')}]`);
}

export async function createStack(platform: Platform, request: CreateRequest): Promise<StackRecord> {
  const { accountId, region, call, principal } = request;
  const name = request.name ?? '';
  checkStackName(name);
  checkTags(request.tags);
  const existing = await store.findUuid(platform.store, { accountId, region }, name);
  if (existing) {
    const repeated = await repeatedRequest(
      platform,
      { accountId, region, uuid: existing },
      request.clientRequestToken,
      'CREATE',
    );
    if (repeated) return repeated;
    throw alreadyExists(name);
  }
  const text = await readTemplateSource(request.source, call);
  if (text === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  if (request.roleArn !== undefined) await rolePrincipal(platform, request.roleArn);
  const identity = newStackIdentity({ accountId, region }, name, platform.ids);
  const prepared = await prepareTemplate({
    platform,
    call,
    stack: identity,
    text,
    parameters: request.parameters,
    notificationArns: request.notificationArns,
    lenient: request.lenient,
  });
  checkResourceTypes(prepared, request.resourceTypes);
  checkCapabilities(prepared, request.capabilities, false);
  const now = platform.clock.now();
  const stack: StackRecord = {
    ...identity,
    ...definitionOf(prepared, 0, request),
    status: 'CREATE_IN_PROGRESS',
    creationTime: now,
    disableRollback: request.onFailure === 'DO_NOTHING',
    terminationProtection: request.terminationProtection ?? false,
    outputs: [],
    templates: 0,
    ...(request.timeoutMinutes !== undefined && { timeoutMinutes: request.timeoutMinutes }),
    ...(request.stackPolicy !== undefined && { stackPolicy: request.stackPolicy }),
    ...(request.retainExceptOnCreate && { retainExceptOnCreate: true }),
    ...(request.parentId !== undefined && { parentId: request.parentId, rootId: request.rootId ?? request.parentId }),
  };
  const operation = newOperation(platform, {
    kind: 'CREATE',
    phase: 'forward',
    principal,
    clientRequestToken: request.clientRequestToken,
    onFailure: request.onFailure,
    lenient: request.lenient,
    more: {
      ...(request.timeoutMinutes !== undefined && { timeoutAt: now + request.timeoutMinutes * 60_000 }),
      ...(request.retainExceptOnCreate && { retainExceptOnCreate: true }),
    },
  });
  return platform.store.transact(async (tx) => {
    // Another request may have taken the name meanwhile.
    if (await store.findUuid(tx, identity, name)) throw alreadyExists(name);
    const next = { ...stack };
    next.template = storeTemplate(tx, next, prepared);
    store.putName(tx, next);
    const begun = beginOperation(tx, platform, next, operation, 'CREATE_IN_PROGRESS');
    noteTransforms(tx, platform, begun, operation, prepared);
    return begun;
  });
}

/** A template with transforms that did not come by a change set: an event says that they worked. */
function noteTransforms(
  tx: Parameters<typeof store.putName>[0],
  platform: Platform,
  stack: StackRecord,
  operation: OperationRecord,
  { transforms }: Prepared,
): void {
  if (transforms.length === 0) return;
  store.appendEvent(tx, stack, stackEvent({ platform, operation }, stack, 'Transformation succeeded'));
}

/** The same token again: the answer of the first time, or an error when it was for something else. */
export async function repeatedRequest(
  platform: Platform,
  key: StackKey,
  token: string | undefined,
  kind: OperationRecord['kind'],
): Promise<StackRecord | undefined> {
  if (token === undefined) return undefined;
  const stack = await store.getStack(platform.store, key);
  if (stack?.lastToken?.token !== token) return undefined;
  if (stack.lastToken.kind !== kind) throw tokenAlreadyExists(token);
  return stack;
}

const UPDATABLE = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
  'CREATE_FAILED',
  'UPDATE_FAILED',
]);

/** Whether an update may begin in this state. CREATE_FAILED and UPDATE_FAILED: only with the rollback switched off. */
export function checkUpdatable(stack: StackRecord): void {
  if (!UPDATABLE.has(stack.status)) throw wrongState(stack.stackId, stack.status, 'updated');
}

export async function prepareUpdate(platform: Platform, stack: StackRecord, request: UpdateRequest): Promise<Prepared> {
  const { call, source } = request;
  const given = await readTemplateSource(source, call);
  if (given !== undefined && request.usePreviousTemplate) {
    throw validationError('You cannot specify both usePreviousTemplate and templateBody or templateURL.');
  }
  const text =
    given ??
    (request.usePreviousTemplate
      ? await store.getTemplate(platform.store, stack, stack.template, 'Original')
      : undefined);
  if (text === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  const prepared = await prepareTemplate({
    platform,
    call,
    stack,
    text,
    parameters: request.parameters,
    previous: stack.parameters,
    notificationArns: request.notificationArns ?? stack.notificationArns,
    lenient: request.lenient,
  });
  checkResourceTypes(prepared, request.resourceTypes);
  await checkTypesKept(platform, stack, prepared);
  return prepared;
}

/** A logical id keeps its type for ever. */
async function checkTypesKept(platform: Platform, stack: StackRecord, prepared: Prepared): Promise<void> {
  const records = await store.listResources(platform.store, stack);
  const changed = records.filter((record) => {
    const next = prepared.blueprint.resources.get(record.logicalId);
    return next && record.deployed && next.type !== record.type;
  });
  if (changed.length === 0) return;
  const names = changed.map((record) => record.logicalId).join(', ');
  throw validationError(
    `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${names}]`,
  );
}

/** Whether anything at all would change: template (after its transforms), parameters, tags. */
export async function isUnchanged(
  platform: Platform,
  stack: StackRecord,
  prepared: Prepared,
  next: UpdateRequest,
): Promise<boolean> {
  // A nested stack's template may be another one under the address that it always had.
  if ([...prepared.blueprint.resources.values()].some(({ type }) => type === NESTED_STACK)) return false;
  const before = await storedTemplate(platform, stack);
  const sameTemplate = isDeepStrictEqual(before, prepared.template);
  const values = (list: StackRecord['parameters']): unknown =>
    Object.fromEntries(list.map(({ key, value, resolvedValue }) => [key, [value, resolvedValue]]));
  return (
    sameTemplate &&
    isDeepStrictEqual(values(stack.parameters), values(prepared.parameters)) &&
    (next.tags === undefined || isDeepStrictEqual(sorted(stack.tags), sorted(next.tags))) &&
    (next.notificationArns === undefined || isDeepStrictEqual(stack.notificationArns, [...next.notificationArns]))
  );
}

const sorted = (tags: Record<string, string>): [string, string][] =>
  Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));

async function storedTemplate(platform: Platform, stack: StackRecord): Promise<unknown> {
  const processed = await store.getTemplate(platform.store, stack, stack.template, 'Processed');
  if (processed !== undefined) return JSON.parse(processed);
  const original = await store.getTemplate(platform.store, stack, stack.template, 'Original');
  if (original === undefined) return undefined;
  return parseTemplate(original).json;
}

export async function updateStack(platform: Platform, request: UpdateRequest): Promise<StackRecord> {
  const stack = await store.getStack(platform.store, request.stack);
  if (!stack || stack.status === 'DELETE_COMPLETE') throw stackMissing(request.stack.uuid);
  const repeated = await repeatedRequest(platform, stack, request.clientRequestToken, 'UPDATE');
  if (repeated) return repeated;
  checkUpdatable(stack);
  if (request.tags) checkTags(request.tags);
  if (request.roleArn !== undefined) await rolePrincipal(platform, request.roleArn, stack.stackId);
  const prepared = await prepareUpdate(platform, stack, request);
  checkCapabilities(prepared, request.capabilities, false);
  const failedBefore = stack.status === 'CREATE_FAILED' || stack.status === 'UPDATE_FAILED';
  if (!failedBefore && (await isUnchanged(platform, stack, prepared, request))) throw noUpdates();
  return beginUpdate(platform, stack, prepared, request);
}

/** The write that begins an update. */
export async function beginUpdate(
  platform: Platform,
  stack: StackRecord,
  prepared: Prepared,
  request: Omit<UpdateRequest, 'call' | 'source' | 'parameters'>,
  also?: (tx: Parameters<typeof store.putName>[0], next: StackRecord) => void,
): Promise<StackRecord> {
  const operation = newOperation(platform, {
    kind: 'UPDATE',
    phase: 'forward',
    principal: request.principal,
    clientRequestToken: request.clientRequestToken,
    onFailure: request.onFailure,
    lenient: request.lenient,
    more: {
      previous: definitionOfStack(stack),
      ...(request.stackPolicyDuringUpdate !== undefined && {
        stackPolicyDuringUpdate: request.stackPolicyDuringUpdate,
      }),
      ...(request.retainExceptOnCreate && { retainExceptOnCreate: true }),
    },
  });
  return platform.store.transact(async (tx) => {
    const current = await store.getStack(tx, stack);
    if (!current) throw stackMissing(stack.name);
    checkUpdatable(current);
    const next: StackRecord = { ...current, lastUpdatedTime: platform.clock.now() };
    const template = storeTemplate(tx, next, prepared);
    delete next.description;
    const definition = definitionOf(prepared, template, {
      tags: request.tags ?? current.tags,
      capabilities: request.capabilities,
      roleArn: request.roleArn ?? current.roleArn,
      notificationArns: request.notificationArns ?? current.notificationArns,
    });
    Object.assign(next, definition);
    if (request.stackPolicy !== undefined) next.stackPolicy = request.stackPolicy;
    if (request.onFailure !== undefined) next.disableRollback = request.onFailure === 'DO_NOTHING';
    also?.(tx, next);
    const begun = beginOperation(tx, platform, next, operation, 'UPDATE_IN_PROGRESS');
    noteTransforms(tx, platform, begun, operation, prepared);
    return begun;
  });
}

// Change sets: a stack operation that is prepared now, shown, and executed later.
import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import type { Call } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import { rolePrincipal } from '../engine/principal.ts';
import type { StackRecord } from '../engine/records.ts';
import { stackEvent } from '../engine/session.ts';
import { parseTemplate, type JsonObject } from '../template/document.ts';
import { TemplateError } from '../template/error.ts';
import type { ParameterInput } from '../template/parameters.ts';
import { partitionOf } from '../template/pseudo.ts';
import type { ChangeSetRecord } from './change-set.ts';
import {
  checkCapabilities,
  checkResourceTypes,
  checkUpdatable,
  isUnchanged,
  prepareUpdate,
  type UpdateRequest,
} from './change-stack.ts';
import { invalidChangeSetStatus, validationError } from './errors.ts';
import { newStackIdentity } from './identity.ts';
import { prepareTemplate, readTemplateSource, type Prepared, type TemplateSource } from './prepare.ts';
import { changeSetsBelow, writeNestedChangeSets } from './nested-change-sets.ts';
import { previewChanges, type PreviewInput } from './preview.ts';
import { withoutValues } from './property-values.ts';
import { beginOperation, definitionOf, definitionOfStack, newOperation, storeTemplate } from './start-operation.ts';
import * as store from './store.ts';

export interface ChangeSetRequest {
  call: Call;
  principal: Principal;
  accountId: string;
  region: string;
  existing: StackRecord | undefined;
  stackName: string;
  name: string;
  type: 'CREATE' | 'UPDATE';
  source: TemplateSource;
  usePreviousTemplate?: boolean;
  parameters: readonly ParameterInput[];
  capabilities: readonly string[];
  tags?: Record<string, string>;
  resourceTypes?: readonly string[];
  roleArn?: string;
  description?: string;
  clientToken?: string;
  onStackFailure?: ChangeSetRecord['onStackFailure'];
  includeNestedStacks?: boolean;
  /** of a nested stack: whose change set it is below */
  parent?: { id: string; rootId: string };
}

export const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const CHANGE_SETS_MAX = 1_000;

/** A stack that exists for its change sets alone. */
export function reviewStack(platform: Platform, request: ChangeSetRequest): StackRecord {
  return {
    ...newStackIdentity(request, request.stackName, platform.ids),
    status: 'REVIEW_IN_PROGRESS',
    creationTime: platform.clock.now(),
    disableRollback: false,
    terminationProtection: false,
    outputs: [],
    templates: 0,
    template: 0,
    parameters: [],
    tags: {},
    capabilities: [],
    notificationArns: [],
  };
}

const updateRequest = (request: ChangeSetRequest, stack: StackRecord): UpdateRequest => ({
  call: request.call,
  principal: request.principal,
  accountId: request.accountId,
  region: request.region,
  source: request.source,
  parameters: request.parameters,
  capabilities: request.capabilities,
  lenient: false,
  stack,
  ...(request.usePreviousTemplate && { usePreviousTemplate: true }),
  ...(request.tags && { tags: request.tags }),
  ...(request.resourceTypes && { resourceTypes: request.resourceTypes }),
});

async function prepare(platform: Platform, request: ChangeSetRequest, stack: StackRecord): Promise<Prepared> {
  if (request.type === 'UPDATE') return prepareUpdate(platform, stack, updateRequest(request, stack));
  const text = await readTemplateSource(request.source, request.call);
  if (text === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  const { call, parameters } = request;
  const prepared = await prepareTemplate({
    platform,
    call,
    stack,
    text,
    parameters,
    notificationArns: [],
    lenient: false,
  });
  checkResourceTypes(prepared, request.resourceTypes);
  return prepared;
}

/** What is wrong only after transforms have run shows in the change set; everything else is answered at once. */
const isTransformFailure = (error: unknown): error is ServiceError =>
  error instanceof TemplateError && /^(?:Transform |No transform named )/.test(error.message);

export async function writeChangeSet(
  platform: Platform,
  request: ChangeSetRequest,
): Promise<{ stack: StackRecord; changeSet: ChangeSetRecord }> {
  const stack = request.existing ?? reviewStack(platform, request);
  if (request.roleArn !== undefined) await rolePrincipal(platform, request.roleArn, stack.stackId);
  const others = await store.listChangeSets(platform.store, stack);
  if (others.length >= CHANGE_SETS_MAX)
    throw new ServiceError('LimitExceededException', 'Limit for change sets has been exceeded', 400);
  const { accountId, region, name } = request;
  const uuid = platform.ids.uuid();
  const base = {
    uuid,
    name,
    id: `arn:${partitionOf(region)}:cloudformation:${region}:${accountId}:changeSet/${name}/${uuid}`,
    type: request.type,
    creationTime: platform.clock.now(),
    ...(request.description !== undefined && { description: request.description }),
    ...(request.clientToken !== undefined && { clientToken: request.clientToken }),
    ...(request.onStackFailure !== undefined && { onStackFailure: request.onStackFailure }),
    ...(request.includeNestedStacks && { includeNestedStacks: true }),
    ...(request.parent && { parentChangeSetId: request.parent.id, rootChangeSetId: request.parent.rootId }),
  };
  const definition = {
    tags: request.tags ?? stack.tags,
    capabilities: request.capabilities,
    roleArn: request.roleArn ?? stack.roleArn,
    notificationArns: stack.notificationArns,
  };
  let prepared: Prepared | undefined;
  let result: Outcome;
  try {
    prepared = await prepare(platform, request, stack);
    const transformed = prepared.template !== prepared.document.json;
    try {
      checkCapabilities(prepared, request.capabilities, true);
      result = await outcome(platform, request, stack, prepared, base.id);
    } catch (error) {
      if (!transformed || !(error instanceof ServiceError)) throw error;
      result = failed(error.message);
    }
  } catch (error) {
    if (!isTransformFailure(error)) throw error;
    result = failed(error.message);
  }
  const finished = prepared;
  return platform.store.transact(async (tx) => {
    const current: StackRecord = { ...((await store.getStack(tx, stack)) ?? stack) };
    if (!request.existing) {
      if (await store.findUuid(tx, current, current.name))
        throw validationError(`Stack [${current.name}] already exists`);
      store.putName(tx, current);
      const id = platform.ids.uuid();
      current.lastOperations = [{ type: 'CREATE_CHANGESET', id }];
      const operation = newOperation(platform, {
        kind: 'CREATE',
        phase: 'forward',
        principal: request.principal,
        clientRequestToken: request.clientToken,
        more: { id },
      });
      store.appendEvent(tx, current, stackEvent({ platform, operation }, current, 'User Initiated'));
    }
    const template = finished ? storeTemplate(tx, current, finished) : 0;
    const changeSet: ChangeSetRecord = {
      ...base,
      ...(finished
        ? definitionOf(finished, template, definition)
        : {
            template,
            parameters: [],
            tags: definition.tags,
            capabilities: [...definition.capabilities],
            notificationArns: [],
          }),
      ...(base.description !== undefined && { description: base.description }),
      ...result,
    };
    if (base.description === undefined) delete changeSet.description;
    store.putStack(tx, current);
    store.putChangeSet(tx, current, { ...changeSet, changes: changeSet.changes.map(withoutValues) });
    store.putChangeValues(tx, current, uuid, changeSet.changes);
    return { stack: current, changeSet };
  });
}

type Outcome = Pick<ChangeSetRecord, 'status' | 'statusReason' | 'executionStatus' | 'changes' | 'hasNoChanges'>;

const failed = (statusReason: string): Outcome => ({
  status: 'FAILED',
  statusReason,
  executionStatus: 'UNAVAILABLE',
  changes: [],
});

async function outcome(
  platform: Platform,
  request: ChangeSetRequest,
  stack: StackRecord,
  prepared: Prepared,
  id: string,
): Promise<Outcome> {
  const [resources, exports] = await Promise.all([
    store.listResources(platform.store, stack),
    store.listExports(platform.store, stack),
  ]);
  const known = new Map(exports.map(({ name, value }) => [name, value]));
  const preview: PreviewInput = {
    blueprint: prepared.blueprint,
    resources,
    tags: request.tags ?? stack.tags,
    changedParameters: changedParameters(stack, prepared),
    hidden: new Set(prepared.parameters.filter(({ noEcho }) => noEcho).map(({ key }) => key)),
    importValue(name) {
      const value = known.get(name);
      if (value === undefined) throw new TemplateError(`No export named ${name} found.`);
      return value;
    },
  };
  const parent = { id, rootId: request.parent?.rootId ?? id };
  const nested = request.includeNestedStacks
    ? await writeNestedChangeSets(platform, request, preview, parent, writeChangeSet)
    : undefined;
  const changes = previewChanges({ ...preview, ...(nested && { nested }) });
  if (request.type === 'UPDATE' && changes.length === 0) {
    const changed =
      !(await isUnchanged(platform, stack, prepared, updateRequest(request, stack))) &&
      (await changesBeyondResources(platform, stack, prepared, request));
    if (!changed) return { ...failed(NO_CHANGES), hasNoChanges: true };
  }
  return { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE', changes };
}

function changedParameters(stack: StackRecord, prepared: Prepared): Set<string> {
  const before = new Map(stack.parameters.map(({ key, value, resolvedValue }) => [key, resolvedValue ?? value]));
  return new Set(
    prepared.parameters
      .filter(({ key, value, resolvedValue }) => before.get(key) !== (resolvedValue ?? value))
      .map(({ key }) => key),
  );
}

/** Outputs, tags and parameters alone make a change set too; conditions and descriptions that decide nothing do not. */
async function changesBeyondResources(
  platform: Platform,
  stack: StackRecord,
  prepared: Prepared,
  request: ChangeSetRequest,
): Promise<boolean> {
  if (request.tags && JSON.stringify(request.tags) !== JSON.stringify(stack.tags)) return true;
  const text = await store.getTemplate(platform.store, stack, stack.template, 'Processed');
  const original = text ?? (await store.getTemplate(platform.store, stack, stack.template, 'Original'));
  if (original === undefined) return true;
  const before: JsonObject = parseTemplate(original).json;
  return JSON.stringify(before.Outputs ?? {}) !== JSON.stringify(prepared.template.Outputs ?? {});
}

export interface ExecuteRequest {
  call: Call;
  principal: Principal;
  stack: StackRecord;
  changeSet: ChangeSetRecord;
  clientRequestToken?: string;
  disableRollback?: boolean;
  retainExceptOnCreate?: boolean;
}

export async function executeChangeSet(platform: Platform, request: ExecuteRequest): Promise<void> {
  const { changeSet, stack, principal, clientRequestToken } = request;
  if (clientRequestToken !== undefined && stack.lastToken?.token === clientRequestToken) return;
  if (changeSet.executionStatus !== 'AVAILABLE') {
    throw invalidChangeSetStatus(
      `ChangeSet [${changeSet.id}] cannot be executed in its current execution status of [${changeSet.executionStatus}]`,
    );
  }
  const onFailure = request.disableRollback ? 'DO_NOTHING' : changeSet.onStackFailure;
  if (changeSet.type === 'UPDATE') checkUpdatable(stack);
  const operation = newOperation(platform, {
    kind: changeSet.type,
    phase: 'forward',
    principal,
    clientRequestToken,
    onFailure,
    more: {
      ...(changeSet.type === 'UPDATE' && { previous: definitionOfStack(stack) }),
      ...(request.retainExceptOnCreate && { retainExceptOnCreate: true }),
    },
  });
  await platform.store.transact(async (tx) => {
    const current = await store.getStack(tx, stack);
    const now = await store.getChangeSet(tx, stack, changeSet.uuid);
    if (!current || now?.executionStatus !== 'AVAILABLE')
      throw invalidChangeSetStatus(`ChangeSet [${changeSet.id}] cannot be executed`);
    if (changeSet.type === 'UPDATE') checkUpdatable(current);
    const { template, parameters, tags, capabilities, roleArn, notificationArns } = changeSet;
    const next: StackRecord = {
      ...current,
      template,
      parameters,
      tags,
      capabilities,
      notificationArns,
      ...(roleArn !== undefined && { roleArn }),
      changeSetId: changeSet.id,
      lastUpdatedTime: platform.clock.now(),
      disableRollback: onFailure === 'DO_NOTHING',
    };
    const description = await descriptionOf(tx, next);
    if (description === undefined) delete next.description;
    else next.description = description;
    // A stack has no change sets left once one was executed.
    for (const other of await store.listChangeSets(tx, stack)) {
      if (other.uuid !== changeSet.uuid) store.deleteChangeSet(tx, stack, other.uuid);
    }
    store.putChangeSet(tx, stack, { ...changeSet, executionStatus: 'EXECUTE_COMPLETE' });
    for (const nested of await changeSetsBelow(tx, changeSet.changes)) {
      store.putChangeSet(tx, nested.stack, { ...nested.changeSet, executionStatus: 'EXECUTE_COMPLETE' });
    }
    beginOperation(
      tx,
      platform,
      next,
      operation,
      changeSet.type === 'CREATE' ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS',
    );
  });
}

async function descriptionOf(
  tx: Parameters<typeof store.getStack>[0],
  stack: StackRecord,
): Promise<string | undefined> {
  const processed = await store.getTemplate(tx, stack, stack.template, 'Processed');
  const text = processed ?? (await store.getTemplate(tx, stack, stack.template, 'Original'));
  if (text === undefined) return undefined;
  const { Description } = parseTemplate(text).json;
  return typeof Description === 'string' ? Description : undefined;
}

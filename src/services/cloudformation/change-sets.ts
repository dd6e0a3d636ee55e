import type { ChangeSetSummary } from '@aws-sdk/client-cloudformation';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Input, Output } from '#kernel/service-types.ts';
import type { Operation } from '#kernel/service.ts';
import type { StackRecord } from '#deploy/engine/records.ts';
import type { ChangeSetRecord } from '#deploy/stacks/change-set.ts';
import { checkStackName } from '#deploy/stacks/identity.ts';
import { checkTags, checkUpdatable } from '#deploy/stacks/change-stack.ts';
import { alreadyExists, stackMissing, validationError } from '#deploy/stacks/errors.ts';
import { executeChangeSet as execute, writeChangeSet } from '#deploy/stacks/change-sets.ts';
import { deleteChangeSetsBelow } from '#deploy/stacks/nested-change-sets.ts';
import { asChange } from '#deploy/stacks/preview.ts';
import * as store from '#deploy/stacks/store.ts';
import { changeSetOf, findChangeSet } from './change-set-lookups.ts';
import { parametersOut, tagsOut } from './descriptions.ts';
import { findStack, requireLiveStack } from './lookups.ts';
import { page } from './pages.ts';
import { refuseUnsupported, settleBriefly, tagsOf } from './requests.ts';

type Cfn<O extends string> = Operation<'cloudformation', O>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html */
const CHANGE_SET_NAME = /^[a-zA-Z][-a-zA-Z0-9]*$/;
const NAME_LENGTH_MAX = 128;
const PAGE = 100;

function checkChangeSetName(name: string): void {
  if (CHANGE_SET_NAME.test(name) && name.length <= NAME_LENGTH_MAX) return;
  throw validationError(
    `1 validation error detected: Value '${name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}

function refuseUnsupportedKinds(input: Input<'cloudformation', 'CreateChangeSet'>): void {
  refuseUnsupported(input);
  const refuse = (what: string): never => {
    throw new ServiceError('ValidationError', `Gatehouse does not support ${what} in change sets`, 400);
  };
  if (input.ChangeSetType === 'IMPORT' || (input.ResourcesToImport ?? []).length > 0) refuse('resource imports');
  if (input.ImportExistingResources) refuse('ImportExistingResources');
}

/** The stack that the change set is for: it must be there for an update, and must not for a creation. */
async function stackFor(
  input: Input<'cloudformation', 'CreateChangeSet'>,
  context: Context,
): Promise<StackRecord | undefined> {
  const stack = await findStack(input.StackName, context);
  const live = stack?.status === 'DELETE_COMPLETE' ? undefined : stack;
  if (input.ChangeSetType === 'CREATE') {
    if (live && live.status !== 'REVIEW_IN_PROGRESS') throw alreadyExists(input.StackName);
    return live;
  }
  if (!live) throw stackMissing(input.StackName);
  if (live.status === 'REVIEW_IN_PROGRESS') throw stackMissing(input.StackName);
  checkUpdatable(live);
  return live;
}

export const createChangeSet: Cfn<'CreateChangeSet'> = async (input, context) => {
  checkStackName(input.StackName.startsWith('arn:') ? 'x' : input.StackName);
  checkChangeSetName(input.ChangeSetName);
  refuseUnsupportedKinds(input);
  if (input.Tags) checkTags(tagsOf(input.Tags));
  const existing = await stackFor(input, context);
  if (existing) {
    const same = await findChangeSet(input.ChangeSetName, input.StackName, context);
    if (same && input.ClientToken !== undefined && same.changeSet.clientToken === input.ClientToken) {
      return { Id: same.changeSet.id, StackId: existing.stackId };
    }
    if (same) throw new ServiceError('AlreadyExistsException', `ChangeSet ${input.ChangeSetName} already exists`, 400);
  }
  const { principal, call, accountId, region } = context;
  const { stack, changeSet } = await writeChangeSet(context.platform, {
    call,
    principal,
    accountId,
    region,
    existing,
    stackName: input.StackName,
    name: input.ChangeSetName,
    type: input.ChangeSetType === 'CREATE' ? 'CREATE' : 'UPDATE',
    source: input,
    parameters: input.Parameters ?? [],
    capabilities: input.Capabilities ?? [],
    ...(input.UsePreviousTemplate && { usePreviousTemplate: true }),
    ...(input.Tags && { tags: tagsOf(input.Tags) }),
    ...(input.ResourceTypes && { resourceTypes: input.ResourceTypes }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
    ...(input.OnStackFailure !== undefined && { onStackFailure: input.OnStackFailure }),
    ...(input.IncludeNestedStacks && { includeNestedStacks: true }),
  });
  return { Id: changeSet.id, StackId: stack.stackId };
};

const aboveOf = ({
  parentChangeSetId,
  rootChangeSetId,
}: ChangeSetRecord): { ParentChangeSetId?: string; RootChangeSetId?: string } => ({
  ...(parentChangeSetId !== undefined && { ParentChangeSetId: parentChangeSetId }),
  ...(rootChangeSetId !== undefined && { RootChangeSetId: rootChangeSetId }),
});

export const describeChangeSet: Cfn<'DescribeChangeSet'> = async (input, context) => {
  const { stack, changeSet } = await changeSetOf(input.ChangeSetName, input.StackName, context);
  const changes = input.IncludePropertyValues
    ? await store.getChangeValues(context.store, stack, changeSet.uuid)
    : changeSet.changes;
  const { items, nextToken } = page(changes, input.NextToken, PAGE);
  const out: Output<'cloudformation', 'DescribeChangeSet'> = {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.stackId,
    StackName: stack.name,
    ...(changeSet.description !== undefined && { Description: changeSet.description }),
    ...(changeSet.parameters.length > 0 && { Parameters: parametersOut(changeSet.parameters) }),
    CreationTime: new Date(changeSet.creationTime),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.statusReason !== undefined && { StatusReason: changeSet.statusReason }),
    NotificationARNs: changeSet.notificationArns,
    RollbackConfiguration: {},
    ...(changeSet.capabilities.length > 0 && { Capabilities: changeSet.capabilities as never }),
    ...(Object.keys(changeSet.tags).length > 0 && { Tags: tagsOut(changeSet.tags) }),
    Changes: items.map(asChange),
    ...(nextToken !== undefined && { NextToken: nextToken }),
    IncludeNestedStacks: changeSet.includeNestedStacks ?? false,
    ...aboveOf(changeSet),
    ...(changeSet.onStackFailure !== undefined && { OnStackFailure: changeSet.onStackFailure }),
  };
  return out;
};

export const listChangeSets: Cfn<'ListChangeSets'> = async (input, context) => {
  const stack = await requireLiveStack(input.StackName, context, stackMissing);
  const all = (await store.listChangeSets(context.store, stack)).sort((a, b) => b.creationTime - a.creationTime);
  const { items, nextToken } = page(all, input.NextToken, PAGE);
  return {
    Summaries: items.map((changeSet) => summaryOut(stack, changeSet)),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
};

function summaryOut(stack: StackRecord, changeSet: ChangeSetRecord): ChangeSetSummary {
  return {
    StackId: stack.stackId,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.statusReason !== undefined && { StatusReason: changeSet.statusReason }),
    CreationTime: new Date(changeSet.creationTime),
    ...(changeSet.description !== undefined && { Description: changeSet.description }),
    IncludeNestedStacks: changeSet.includeNestedStacks ?? false,
    ...aboveOf(changeSet),
  };
}

/** AWS answers success for change sets that are not there. */
export const deleteChangeSet: Cfn<'DeleteChangeSet'> = async (input, context) => {
  const found = await findChangeSet(input.ChangeSetName, input.StackName, context);
  if (!found) return {};
  const { stack, changeSet } = found;
  if (changeSet.executionStatus === 'EXECUTE_IN_PROGRESS') {
    throw new ServiceError('InvalidChangeSetStatus', 'An operation on this ChangeSet is currently in progress.', 400);
  }
  await context.store.transact(async (tx) => {
    await deleteChangeSetsBelow(tx, changeSet.changes);
    store.deleteChangeSet(tx, stack, changeSet.uuid);
  });
  return {};
};

export const executeChangeSet: Cfn<'ExecuteChangeSet'> = async (input, context) => {
  const { stack, changeSet } = await changeSetOf(input.ChangeSetName, input.StackName, context);
  const { principal, call } = context;
  await execute(context.platform, {
    call,
    principal,
    stack,
    changeSet,
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(input.DisableRollback !== undefined && { disableRollback: input.DisableRollback }),
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
  });
  await settleBriefly(context, stack);
  return {};
};

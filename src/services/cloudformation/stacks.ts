import type { Operation } from '#kernel/service.ts';
import { createStack as create, STACKS_MAX, updateStack as update } from '#deploy/stacks/change-stack.ts';
import { continueRollback, rollbackStack as rollBack } from '#deploy/stacks/continue-rollback.ts';
import { deleteStack as remove } from '#deploy/stacks/delete-stack.ts';
import { stackMissing, validationError } from '#deploy/stacks/errors.ts';
import type { StackRecord } from '#deploy/engine/records.ts';
import * as store from '#deploy/stacks/store.ts';
import { ServiceError } from '#core/errors.ts';
import { findStack, requireLiveStack } from './lookups.ts';
import { onFailureOf, refuseUnsupported, settleBriefly, stackPolicyText, tagsOf } from './requests.ts';

type Cfn<O extends string> = Operation<'cloudformation', O>;

/** The operation that this request began, or that an earlier one with its token did. */
function startedOut({ stackId, lastOperations }: StackRecord): { StackId: string; OperationId?: string } {
  const id = lastOperations?.[0]?.id;
  return { StackId: stackId, ...(id !== undefined && { OperationId: id }) };
}

export const createStack: Cfn<'CreateStack'> = async (input, context) => {
  refuseUnsupported(input);
  const { accountId, region, principal, call } = context;
  const all = await store.listStacks(context.store, context);
  if (all.filter((stack) => stack.status !== 'DELETE_COMPLETE').length >= STACKS_MAX) {
    throw new ServiceError('LimitExceededException', 'Limit for stack has been exceeded', 400);
  }
  const stackPolicy = await stackPolicyText(input.StackPolicyBody, input.StackPolicyURL, context);
  const onFailure = onFailureOf(input);
  const stack = await create(context.platform, {
    call,
    principal,
    accountId,
    region,
    name: input.StackName,
    source: input,
    parameters: input.Parameters ?? [],
    capabilities: input.Capabilities ?? [],
    tags: tagsOf(input.Tags),
    notificationArns: [],
    lenient: false,
    ...(input.ResourceTypes && { resourceTypes: input.ResourceTypes }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(onFailure !== undefined && { onFailure }),
    ...(input.TimeoutInMinutes !== undefined && { timeoutMinutes: input.TimeoutInMinutes }),
    ...(input.EnableTerminationProtection && { terminationProtection: true }),
    ...(stackPolicy !== undefined && { stackPolicy }),
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
  });
  await settleBriefly(context, stack);
  return startedOut(stack);
};

export const updateStack: Cfn<'UpdateStack'> = async (input, context) => {
  refuseUnsupported(input);
  const { accountId, region, principal, call } = context;
  const current = await requireLiveStack(input.StackName, context, stackMissing);
  const stackPolicy = await stackPolicyText(input.StackPolicyBody, input.StackPolicyURL, context);
  const during = await stackPolicyText(input.StackPolicyDuringUpdateBody, input.StackPolicyDuringUpdateURL, context);
  const stack = await update(context.platform, {
    call,
    principal,
    accountId,
    region,
    stack: current,
    source: input,
    parameters: input.Parameters ?? [],
    capabilities: input.Capabilities ?? [],
    lenient: false,
    ...(input.UsePreviousTemplate && { usePreviousTemplate: true }),
    ...(input.Tags && { tags: tagsOf(input.Tags) }),
    ...(input.ResourceTypes && { resourceTypes: input.ResourceTypes }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(input.DisableRollback !== undefined && {
      onFailure: input.DisableRollback ? ('DO_NOTHING' as const) : ('ROLLBACK' as const),
    }),
    ...(stackPolicy !== undefined && { stackPolicy }),
    ...(during !== undefined && { stackPolicyDuringUpdate: during }),
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
  });
  await settleBriefly(context, stack);
  return startedOut(stack);
};

/** AWS answers success for stacks that are not there. */
export const deleteStack: Cfn<'DeleteStack'> = async (input, context) => {
  const stack = await findStack(input.StackName, context);
  if (!stack) return {};
  const { accountId, region, principal } = context;
  await remove(context.platform, {
    accountId,
    region,
    principal,
    stack,
    ...(stack.parentId !== undefined && { nested: true }),
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
    ...(input.RetainResources && { retain: input.RetainResources }),
    ...(input.DeletionMode === 'FORCE_DELETE_STACK' && { force: true }),
  });
  await settleBriefly(context, stack);
  return {};
};

export const cancelUpdateStack: Cfn<'CancelUpdateStack'> = async (input, context) => {
  const { uuid, accountId, region } = await requireLiveStack(input.StackName, context, stackMissing);
  await context.store.transact(async (tx) => {
    const stack = await store.getStack(tx, { uuid, accountId, region });
    if (stack?.status !== 'UPDATE_IN_PROGRESS' || !stack.operation) {
      throw validationError('CancelUpdateStack cannot be called from current stack status');
    }
    store.putStack(tx, { ...stack, operation: { ...stack.operation, cancelled: true } });
  });
  await settleBriefly(context, { uuid, accountId, region });
  return {};
};

export const continueUpdateRollback: Cfn<'ContinueUpdateRollback'> = async (input, context) => {
  const stack = await requireLiveStack(input.StackName, context, stackMissing);
  await continueRollback(context.platform, {
    stack,
    principal: context.principal,
    skip: input.ResourcesToSkip ?? [],
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
  });
  await settleBriefly(context, stack);
  return {};
};

export const rollbackStack: Cfn<'RollbackStack'> = async (input, context) => {
  const stack = await requireLiveStack(input.StackName, context, stackMissing);
  const rollingBack = await rollBack(context.platform, {
    stack,
    principal: context.principal,
    skip: [],
    ...(input.ClientRequestToken !== undefined && { clientRequestToken: input.ClientRequestToken }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
  });
  await settleBriefly(context, stack);
  return startedOut(rollingBack);
};

export const updateTerminationProtection: Cfn<'UpdateTerminationProtection'> = async (input, context) => {
  const { uuid, accountId, region, stackId, parentId } = await requireLiveStack(input.StackName, context, stackMissing);
  if (parentId !== undefined) {
    throw validationError(
      'Updating termination protection is not supported for nested stacks. Update the root stack instead.',
    );
  }
  await context.store.transact(async (tx) => {
    const stack = await store.getStack(tx, { uuid, accountId, region });
    if (stack) store.putStack(tx, { ...stack, terminationProtection: input.EnableTerminationProtection });
  });
  return { StackId: stackId };
};

export const setStackPolicy: Cfn<'SetStackPolicy'> = async (input, context) => {
  const { uuid, accountId, region } = await requireLiveStack(input.StackName, context, stackMissing);
  const stackPolicy = await stackPolicyText(input.StackPolicyBody, input.StackPolicyURL, context);
  if (stackPolicy === undefined) throw validationError('Either StackPolicyBody or StackPolicyURL must be specified');
  await context.store.transact(async (tx) => {
    const stack = await store.getStack(tx, { uuid, accountId, region });
    if (stack) store.putStack(tx, { ...stack, stackPolicy });
  });
  return {};
};

export const getStackPolicy: Cfn<'GetStackPolicy'> = async (input, context) => {
  const { stackPolicy } = await requireLiveStack(input.StackName, context, stackMissing);
  return { ...(stackPolicy !== undefined && { StackPolicyBody: stackPolicy }) };
};

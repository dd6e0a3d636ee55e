import type { Operation } from '#kernel/service.ts';
import { validationError } from '#deploy/stacks/errors.ts';
import * as store from '#deploy/stacks/store.ts';
import { requireLiveStack } from './lookups.ts';

/** A signal to a resource that waits by its creation policy. */
export const signalResource: Operation<'cloudformation', 'SignalResource'> = async (input, context) => {
  const stack = await requireLiveStack(input.StackName, context);
  const records = await store.listResources(context.store, stack);
  const record = records.find(({ logicalId }) => logicalId === input.LogicalResourceId);
  if (!record) throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`);
  if (record.status !== 'CREATE_IN_PROGRESS' && record.status !== 'UPDATE_IN_PROGRESS') {
    throw validationError(`Resource ${record.logicalId} is in ${record.status} state and cannot be signaled`);
  }
  const status = input.Status === 'SUCCESS' ? ('SUCCESS' as const) : ('FAILURE' as const);
  await context.store.transact((tx) =>
    store.putSignal(tx, stack, record.logicalId, {
      status,
      uniqueId: input.UniqueId,
      ...(status === 'FAILURE' && { reason: 'Received FAILURE signal' }),
    }),
  );
  return {};
};

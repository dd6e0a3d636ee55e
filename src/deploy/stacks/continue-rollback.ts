import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { OperationRecord, StackRecord } from '../engine/records.ts';
import { validationError, wrongState } from './errors.ts';
import { beginOperation } from './start-operation.ts';
import * as store from './store.ts';

export interface RollbackRequest {
  stack: StackRecord;
  principal: Principal;
  clientRequestToken?: string;
  roleArn?: string;
  /** resources that stay as they are */
  skip: readonly string[];
}

/** Takes up a rollback that failed, or begins one that was switched off: under the same operation, whose marks still hold. */
async function takeUp(
  platform: Platform,
  request: RollbackRequest,
  status: StackRecord['status'],
  type: 'ROLLBACK' | 'CONTINUE_ROLLBACK',
): Promise<StackRecord> {
  return platform.store.transact(async (tx) => {
    const stack = await store.getStack(tx, request.stack);
    const operation = stack?.operation;
    if (!stack || !operation?.ended) throw wrongState(request.stack.stackId, request.stack.status, 'rolled back');
    const next: StackRecord = { ...stack };
    // A failed update is still defined by its new template: going back means the previous one.
    if (stack.status === 'UPDATE_FAILED' && operation.previous) {
      delete next.description;
      delete next.roleArn;
      Object.assign(next, operation.previous);
    }
    if (request.roleArn !== undefined) next.roleArn = request.roleArn;
    const { ended: _, cancelled: __, ...rest } = operation;
    const shownId = platform.ids.uuid();
    next.lastOperations = [{ type, id: shownId }, ...(stack.lastOperations ?? [])];
    const taken: OperationRecord = {
      ...rest,
      phase: 'rollback',
      shownId,
      principal: request.principal,
      skip: [...request.skip],
    };
    if (request.clientRequestToken !== undefined) taken.clientRequestToken = request.clientRequestToken;
    return beginOperation(tx, platform, next, taken, status);
  });
}

export async function continueRollback(platform: Platform, request: RollbackRequest): Promise<void> {
  const { stack } = request;
  if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
    throw validationError(
      `Stack:${stack.stackId} is in ${stack.status} state and can not continue rollback. Only stacks in UPDATE_ROLLBACK_FAILED state can continue rollback.`,
    );
  }
  const resources = await store.listResources(platform.store, stack);
  const failed = resources.filter((record) => record.status === 'UPDATE_FAILED').map((record) => record.logicalId);
  const strangers = request.skip.filter((id) => !failed.includes(id));
  if (strangers.length > 0)
    throw validationError(
      `Invalid ResourcesToSkip. Resources [${strangers.join(', ')}] are not in UPDATE_FAILED state`,
    );
  await takeUp(platform, request, 'UPDATE_ROLLBACK_IN_PROGRESS', 'CONTINUE_ROLLBACK');
}

/** RollbackStack: after a failure with the rollback switched off. */
export async function rollbackStack(platform: Platform, request: RollbackRequest): Promise<StackRecord> {
  const { stack } = request;
  if (stack.status === 'CREATE_FAILED') return takeUp(platform, request, 'ROLLBACK_IN_PROGRESS', 'ROLLBACK');
  if (stack.status === 'UPDATE_FAILED') return takeUp(platform, request, 'UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK');
  throw wrongState(stack.stackId, stack.status, 'rolled back');
}

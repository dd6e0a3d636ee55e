import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { StackRecord } from '../engine/records.ts';
import { isInProgress } from '../engine/records.ts';
import { validationError } from './errors.ts';
import { beginOperation, newOperation } from './start-operation.ts';
import * as store from './store.ts';

export interface DeleteRequest {
  accountId: string;
  region: string;
  principal: Principal;
  stack: StackRecord;
  clientRequestToken?: string;
  roleArn?: string;
  retain?: readonly string[];
  force?: boolean;
  /** the parent deletes it: termination protection is the root's */
  nested?: boolean;
}

/** A creation may be broken off by a deletion; everything else must have ended. */
function checkDeletable(stack: StackRecord): void {
  const { status, stackId } = stack;
  if (isInProgress(status) && status !== 'CREATE_IN_PROGRESS' && status !== 'REVIEW_IN_PROGRESS') {
    throw validationError(`Stack [${stackId}] cannot be deleted while in status ${status}`);
  }
}

/** Exports that others use hold their stack. */
async function checkExports(platform: Platform, stack: StackRecord): Promise<void> {
  for (const { exportName } of stack.outputs) {
    if (exportName === undefined) continue;
    const importers = await store.listImporters(platform.store, stack, exportName);
    if (importers.length > 0) {
      throw validationError(
        `Delete canceled. Cannot delete export ${exportName} as it is in use by ${importers.join(' and ')}.`,
      );
    }
  }
}

export async function deleteStack(platform: Platform, request: DeleteRequest): Promise<void> {
  const { stack, retain = [] } = request;
  if (stack.status === 'DELETE_IN_PROGRESS' || stack.status === 'DELETE_COMPLETE') return;
  if (stack.terminationProtection && !request.nested) {
    throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
  }
  if (retain.length > 0 && stack.status !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.stackId}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`,
    );
  }
  if (request.force && stack.status !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.stackId}]. FORCE_DELETE_STACK can only be used on stacks in the DELETE_FAILED state.`,
    );
  }
  checkDeletable(stack);
  await checkExports(platform, stack);
  const operation = newOperation(platform, {
    kind: 'DELETE',
    phase: 'delete',
    principal: request.principal,
    clientRequestToken: request.clientRequestToken,
    more: { ...(retain.length > 0 && { skip: [...retain] }), ...(request.force && { force: true }) },
  });
  await platform.store.transact(async (tx) => {
    const current = await store.getStack(tx, stack);
    if (!current || current.status === 'DELETE_IN_PROGRESS' || current.status === 'DELETE_COMPLETE') return;
    checkDeletable(current);
    const next: StackRecord = { ...current, deletionTime: platform.clock.now() };
    if (request.roleArn !== undefined) next.roleArn = request.roleArn;
    beginOperation(tx, platform, next, operation, 'DELETE_IN_PROGRESS');
  });
}

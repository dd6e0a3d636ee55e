import type { Platform } from '#kernel/platform.ts';
import * as store from '../stacks/store.ts';
import type { OperationPayload } from './records.ts';
import { stackEvent } from './session.ts';

const FAILED = {
  CREATE: 'CREATE_FAILED',
  UPDATE: 'UPDATE_ROLLBACK_FAILED',
  CONTINUE_ROLLBACK: 'UPDATE_ROLLBACK_FAILED',
  DELETE: 'DELETE_FAILED',
} as const;

/** An operation that cannot run at all: the stack says so instead of hanging for ever. */
export async function failOperation(platform: Platform, payload: OperationPayload, reason: string): Promise<void> {
  await platform.store.transact(async (tx) => {
    const stack = await store.getStack(tx, payload);
    const operation = stack?.operation;
    if (!stack || !operation || operation.id !== payload.operationId) return;
    const next = {
      ...stack,
      status: FAILED[operation.kind],
      statusReason: reason,
      operation: { ...operation, ended: true },
    };
    store.putStack(tx, next);
    store.appendEvent(tx, next, stackEvent({ platform, operation }, next, reason));
  });
}

import type { Platform } from '#kernel/platform.ts';
import type { WorkItem, WorkKind } from '#kernel/work.ts';
import * as store from '../stacks/store.ts';
import { forgetStack } from '../stacks/forget.ts';
import { FORGET_WORK, OPERATION_WORK, runOperation, type OperationPayload } from './run-operation.ts';
import type { StackKey } from './records.ts';
import { stackEvent } from './session.ts';

/** Nested stacks wait for their children, so many operations must be able to run side by side (AWS: 2,000 stacks). */
const OPERATIONS_MAX = 256;

const FAILED: Readonly<Record<string, 'CREATE_FAILED' | 'UPDATE_ROLLBACK_FAILED' | 'DELETE_FAILED'>> = {
  CREATE: 'CREATE_FAILED',
  UPDATE: 'UPDATE_ROLLBACK_FAILED',
  CONTINUE_ROLLBACK: 'UPDATE_ROLLBACK_FAILED',
  DELETE: 'DELETE_FAILED',
};

/** The engine itself failed again and again: the stack says so instead of hanging for ever. */
async function giveUp(item: WorkItem<OperationPayload>, error: Error, platform: Platform): Promise<void> {
  platform.warn(`stack operation ${item.payload.operationId} gave up: ${error.stack ?? error.message}`);
  await platform.store.transact(async (tx) => {
    const stack = await store.getStack(tx, item.payload);
    const operation = stack?.operation;
    if (!stack || !operation || operation.id !== item.payload.operationId) return;
    const reason = `Internal Failure: ${error.message}`;
    const next = { ...stack, status: FAILED[operation.kind]!, statusReason: reason, operation: { ...operation, ended: true } };
    store.putStack(tx, next);
    store.appendEvent(tx, next, stackEvent({ platform, operation }, next, reason));
  });
}

/** Kinds of work of the CloudFormation service. */
export const stackWork: Record<string, WorkKind> = {
  [OPERATION_WORK]: {
    run: runOperation,
    retry: { attempts: 5, backoffMs: (failures) => 200 * 4 ** (failures - 1) },
    dead: giveUp,
    concurrency: OPERATIONS_MAX,
  },
  [FORGET_WORK]: {
    run: (item: WorkItem<StackKey>, platform) => forgetStack(platform, item.payload),
    retry: { attempts: 10, backoffMs: () => 60_000 },
  },
};

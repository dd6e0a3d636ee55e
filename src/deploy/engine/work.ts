import type { WorkItem, WorkKind } from '#kernel/work.ts';
import { forgetStack } from '../stacks/forget.ts';
import { failOperation } from './fail-operation.ts';
import { runOperation } from './run-operation.ts';
import type { OperationPayload, StackKey } from './records.ts';
import { FORGET_WORK, OPERATION_WORK } from './session.ts';

/** Nested stacks wait for their children, so many operations must be able to run side by side (AWS: 2,000 stacks). */
const OPERATIONS_MAX = 256;

/** Kinds of work of the CloudFormation service. */
export const stackWork: Record<string, WorkKind> = {
  [OPERATION_WORK]: {
    run: runOperation,
    retry: { attempts: 5, backoffMs: (failures) => 200 * 4 ** (failures - 1) },
    async dead(item: WorkItem<OperationPayload>, error, platform) {
      platform.warn(`stack operation ${item.payload.operationId} gave up: ${error.stack ?? error.message}`);
      await failOperation(platform, item.payload, `Internal Failure: ${error.message}`);
    },
    concurrency: OPERATIONS_MAX,
  },
  [FORGET_WORK]: {
    run: (item: WorkItem<StackKey>, platform) => forgetStack(platform, item.payload),
    retry: { attempts: 10, backoffMs: () => 60_000 },
  },
};

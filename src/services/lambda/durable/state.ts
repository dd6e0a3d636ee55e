// GetDurableExecutionState: what a replay needs beyond the first page, which the invocation brings.
import type { Operation as DurableOperation } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter } from '../errors.ts';
import { requireExecution } from './executions.ts';
import { parseCheckpointToken } from './names.ts';
import { describeExecution, describeOperation, replayed } from './operations.ts';
import { listOperations, type ExecutionRecord } from './store.ts';

const PAGE = { default: 100, max: 1000 };

/** An invocation's payload is 6 MB at most; what does not fit is read by GetDurableExecutionState. */
const PAGE_BYTES_MAX = 5 * 1024 * 1024;

interface StatePage {
  Operations: DurableOperation[];
  NextMarker?: string;
}

/** Number 0 is the execution itself. The first page, which an invocation brings, may have no room even for that. */
export async function statePage(
  platform: Platform,
  execution: ExecutionRecord,
  { from = 0, itemsMax = Infinity, mayBeEmpty = false },
): Promise<StatePage> {
  const operations = replayed(await listOperations(platform.store, execution.at, execution.id));
  const Operations: DurableOperation[] = [];
  let bytes = 0;
  for (let n = from; n <= operations.length; n++) {
    const operation = operations[n - 1];
    const shown = operation
      ? await describeOperation(platform, execution, operation)
      : await describeExecution(platform, execution);
    bytes += Buffer.byteLength(JSON.stringify(shown));
    const isFull = bytes > PAGE_BYTES_MAX && (mayBeEmpty || n > from);
    if (isFull || Operations.length === itemsMax) return { Operations, NextMarker: markerOf(n) };
    Operations.push(shown);
  }
  return { Operations };
}

export const markerOf = (n: number): string => Buffer.from(String(n)).toString('base64');
export function readMarker(marker: string): number {
  const text = Buffer.from(marker, 'base64').toString();
  if (!/^\d{1,9}$/.test(text)) throw invalidParameter('Invalid marker');
  return Number(text);
}

/** Only the invocation that runs may checkpoint and read, and only with the token that it got last. */
export function checkToken(execution: ExecutionRecord, token: string): void {
  const { execution: id, invocation, sequence } = parseCheckpointToken(token);
  const current =
    execution.status === 'RUNNING' &&
    execution.invocation !== undefined &&
    id === execution.id &&
    invocation === execution.invocation.id &&
    sequence === execution.sequence;
  if (!current) throw invalidParameter('Invalid checkpoint token');
}

export const getDurableExecutionState: Operation<'lambda', 'GetDurableExecutionState'> = async (input, context) => {
  const { platform } = context;
  const execution = await requireExecution(context, input.DurableExecutionArn ?? '');
  checkToken(execution, input.CheckpointToken ?? '');
  const itemsMax = Math.min(input.MaxItems || PAGE.default, PAGE.max);
  return statePage(platform, execution, { itemsMax, from: input.Marker ? readMarker(input.Marker) : 0 });
};

// GetDurableExecutionState: what a replay needs beyond the first page, which the invocation brings.
import type { Operation as DurableOperation } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter } from '../errors.ts';
import { requireExecution } from './executions.ts';
import { parseCheckpointToken } from './names.ts';
import { describeExecution, describeOperation, pageOf, replayed } from './operations.ts';
import { listOperations, type ExecutionRecord, type OperationRecord } from './store.ts';
import { bytesOf } from './text.ts';

const PAGE = { default: 100, max: 1000 };

interface StatePage {
  Operations: DurableOperation[];
  NextMarker?: string;
}

/** The execution itself, and as many operations as an invocation's payload has room for. */
export async function firstPage(
  platform: Platform,
  execution: ExecutionRecord,
  operations: readonly OperationRecord[],
  itemsMax = Infinity,
): Promise<StatePage> {
  const first = await describeExecution(platform, execution);
  const rest = await nextPage(platform, execution, operations, 0, itemsMax - 1, bytesOf(execution.input));
  return { ...rest, Operations: [first, ...rest.Operations] };
}

async function nextPage(
  platform: Platform,
  execution: ExecutionRecord,
  operations: readonly OperationRecord[],
  from: number,
  itemsMax: number,
  takenBytes = 0,
): Promise<StatePage> {
  const { page, next } = pageOf(replayed(operations), from, itemsMax, takenBytes);
  const Operations: DurableOperation[] = [];
  for (const operation of page) Operations.push(await describeOperation(platform, execution, operation));
  return { Operations, ...(next !== undefined && { NextMarker: markerOf(next) }) };
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
  const operations = await listOperations(platform.store, execution.at, execution.id);
  const itemsMax = Math.min(input.MaxItems || PAGE.default, PAGE.max);
  if (!input.Marker) return firstPage(platform, execution, operations, itemsMax);
  return nextPage(platform, execution, operations, readMarker(input.Marker), itemsMax);
};

// Operations as the API and the invocation's payload show them.
import type { Operation } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import { callbackId } from './names.ts';
import type { ExecutionRecord, OperationRecord } from './store.ts';
import { readText } from './text.ts';
import type { ErrorObject } from './close.ts';

const date = (ms: number): Date => new Date(ms);

export async function describeOperation(
  platform: Platform,
  execution: ExecutionRecord,
  record: OperationRecord,
): Promise<Operation> {
  const outcome = {
    ...(record.result && { Result: await readText(platform, record.result) }),
    ...(record.error && { Error: JSON.parse(await readText(platform, record.error)) as ErrorObject }),
  };
  return {
    Id: record.id,
    ...(record.parentId !== undefined && { ParentId: record.parentId }),
    ...(record.name !== undefined && { Name: record.name }),
    Type: record.type,
    ...(record.subType !== undefined && { SubType: record.subType }),
    StartTimestamp: date(record.startedAt),
    ...(record.endedAt !== undefined && { EndTimestamp: date(record.endedAt) }),
    Status: record.status,
    ...detailsOf(execution, record, outcome),
  };
}

function detailsOf(
  execution: ExecutionRecord,
  record: OperationRecord,
  outcome: { Result?: string; Error?: ErrorObject },
): Partial<Operation> {
  switch (record.type) {
    case 'CONTEXT':
      return {
        ContextDetails: {
          ...(record.replayChildren !== undefined && { ReplayChildren: record.replayChildren }),
          ...outcome,
        },
      };
    case 'STEP':
      return {
        StepDetails: {
          Attempt: record.attempt ?? 0,
          ...(record.nextAttemptAt !== undefined && { NextAttemptTimestamp: date(record.nextAttemptAt) }),
          ...outcome,
        },
      };
    case 'WAIT':
      return { WaitDetails: { ScheduledEndTimestamp: date(record.endsAt ?? record.startedAt) } };
    case 'CALLBACK':
      return {
        CallbackDetails: { CallbackId: callbackId(execution, record.id, record.callback?.token ?? ''), ...outcome },
      };
    case 'CHAINED_INVOKE':
      return { ChainedInvokeDetails: outcome };
    case 'EXECUTION':
      return {};
  }
}

/** The operation that stands for the execution itself: the first one that the handler sees. */
export async function describeExecution(platform: Platform, execution: ExecutionRecord): Promise<Operation> {
  const status = execution.status === 'RUNNING' ? 'STARTED' : execution.status;
  return {
    Id: execution.id,
    Name: execution.name,
    Type: 'EXECUTION',
    StartTimestamp: date(execution.startedAt),
    ...(execution.endedAt !== undefined && { EndTimestamp: date(execution.endedAt) }),
    Status: status,
    ExecutionDetails: { InputPayload: await readText(platform, execution.input) },
  };
}

/** What a replay needs: without what lies below a finished context whose result stands for it. */
export function replayed(operations: readonly OperationRecord[]): OperationRecord[] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const isClosed = ({ status, replayChildren }: OperationRecord): boolean =>
    (status === 'SUCCEEDED' || status === 'FAILED') && replayChildren !== true;
  const isHidden = ({ parentId }: OperationRecord): boolean => {
    const parent = parentId === undefined ? undefined : byId.get(parentId);
    return parent !== undefined && (isClosed(parent) || isHidden(parent));
  };
  return operations.filter((operation) => !isHidden(operation));
}

// Applies a checkpoint's updates, one function per type of operation. They have been checked (validation.ts).
import type { ChainedInvokeOptions, OperationUpdate } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import { invalidParameter } from '../errors.ts';
import { startChainedInvoke, type Target } from './chained.ts';
import type { Change } from './change.ts';
import { closeExecution, keepError } from './close.ts';
import { callbackId } from './names.ts';
import type { OperationRecord, OperationStatus, OperationType } from './store.ts';
import { bytesOf, keepText, type Text } from './text.ts';
import { PAYLOAD_BYTES_MAX } from './validation.ts';

const MS = 1000;

/** An update with its payloads on disk, and a chained invoke's target found. */
export interface Prepared {
  update: OperationUpdate;
  payload?: Text;
  error?: Text;
  target?: Target;
}

/** Before the transaction: what takes time. */
export async function prepareUpdate(
  platform: Platform,
  update: OperationUpdate,
  findTarget: (options: ChainedInvokeOptions) => Promise<Target>,
): Promise<Prepared> {
  const { Payload, Error: error, ChainedInvokeOptions: options } = update;
  return {
    update,
    ...(Payload !== undefined && { payload: await keepText(platform, Payload) }),
    ...(error && { error: await keepError(platform, error) }),
    ...(options && { target: await findTarget(options) }),
  };
}

export async function applyUpdate(change: Change, prepared: Prepared): Promise<void> {
  const { payload, error, update } = prepared;
  change.execution.bytes += (payload ? bytesOf(payload) : 0) + (error ? bytesOf(error) : 0);
  const current = await change.operation(update.Id ?? '');
  switch (update.Type as OperationType) {
    case 'EXECUTION':
      return applyExecution(change, prepared);
    case 'CONTEXT':
      return applyContext(change, current ?? begin(change, update, 'STARTED'), prepared);
    case 'STEP':
      return applyStep(change, current ?? begin(change, update, 'STARTED'), prepared);
    case 'WAIT':
      return applyWait(change, current ?? begin(change, update, 'STARTED'), prepared);
    case 'CALLBACK':
      return startCallback(change, begin(change, update, 'STARTED'), prepared);
    case 'CHAINED_INVOKE':
      return startChainedInvoke(change, begin(change, update, 'STARTED'), prepared);
  }
}

function begin(change: Change, update: OperationUpdate, status: OperationStatus): OperationRecord {
  change.execution.operations++;
  return {
    id: update.Id ?? '',
    ...(update.ParentId !== undefined && { parentId: update.ParentId }),
    ...(update.Name !== undefined && { name: update.Name }),
    type: update.Type as OperationType,
    ...(update.SubType !== undefined && { subType: update.SubType }),
    status,
    order: ++change.execution.started,
    startedAt: change.now,
  };
}

/** A result too large for the invocation's answer is checkpointed, and ends the execution here. */
async function applyExecution(change: Change, { update, payload, error }: Prepared): Promise<void> {
  if (change.execution.parent && payload && bytesOf(payload) > PAYLOAD_BYTES_MAX) {
    throw invalidParameter(`Execution output payload size must be less than or equal to ${PAYLOAD_BYTES_MAX} bytes.`);
  }
  const status = update.Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED';
  await closeExecution(change, { status, ...(payload && { result: payload }), ...(error && { error }) });
}

function applyContext(change: Change, operation: OperationRecord, { update, payload, error }: Prepared): void {
  if (update.Action === 'START') {
    change.put({ ...operation, status: 'STARTED' });
    return change.operationEvent(operation, 'ContextStarted');
  }
  const outcome = { ...(payload && { result: payload }), ...(error && { error }) };
  const status = update.Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED';
  const ended: OperationRecord = {
    ...operation,
    status,
    endedAt: change.now,
    replayChildren: update.ContextOptions?.ReplayChildren ?? false,
    ...outcome,
  };
  change.put(ended);
  change.operationEvent(ended, status === 'SUCCEEDED' ? 'ContextSucceeded' : 'ContextFailed', outcome);
}

/** The attempt is counted when it ends: the handler adds one for the one that it makes. */
function applyStep(change: Change, operation: OperationRecord, { update, payload, error }: Prepared): void {
  const { nextAttemptAt: _, ...rest } = operation;
  if (update.Action === 'START') {
    change.put({ ...rest, status: 'STARTED', attempt: operation.attempt ?? 0 });
    return change.operationEvent(operation, 'StepStarted');
  }
  const attempt = (operation.attempt ?? 0) + 1;
  const outcome = { ...(payload && { result: payload }), ...(error && { error }) };
  const { result: _result, error: _error, ...before } = rest;
  const delaySeconds = update.StepOptions?.NextAttemptDelaySeconds;
  const RetryDetails = {
    CurrentAttempt: attempt,
    ...(update.Action === 'RETRY' && { NextAttemptDelaySeconds: delaySeconds }),
  };
  if (update.Action === 'RETRY') {
    const nextAttemptAt = change.now + (delaySeconds ?? 0) * MS;
    change.execution.operations++;
    change.execution.open[operation.id] = nextAttemptAt;
    change.put({ ...before, status: 'PENDING', attempt, nextAttemptAt, ...outcome });
    // a condition that is polled retries with its state: no failure
    return change.operationEvent(operation, error ? 'StepFailed' : 'StepSucceeded', {
      details: { RetryDetails },
      ...outcome,
    });
  }
  const status = update.Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED';
  delete change.execution.open[operation.id];
  change.put({ ...before, status, attempt, endedAt: change.now, ...outcome });
  change.operationEvent(operation, status === 'SUCCEEDED' ? 'StepSucceeded' : 'StepFailed', {
    details: { RetryDetails },
    ...outcome,
  });
}

function applyWait(change: Change, operation: OperationRecord, { update, error }: Prepared): void {
  const { open } = change.execution;
  if (update.Action === 'CANCEL') {
    delete open[operation.id];
    change.put({ ...operation, status: 'CANCELLED', endedAt: change.now });
    return change.operationEvent(operation, 'WaitCancelled', error ? { error } : {});
  }
  const seconds = update.WaitOptions?.WaitSeconds ?? 0;
  const endsAt = change.now + seconds * MS;
  open[operation.id] = endsAt;
  change.put({ ...operation, endsAt });
  change.operationEvent(operation, 'WaitStarted', { details: { Duration: seconds, ScheduledEndTimestamp: endsAt } });
}

function startCallback(change: Change, operation: OperationRecord, { update }: Prepared): void {
  const { TimeoutSeconds: timeout = 0, HeartbeatTimeoutSeconds: heartbeat = 0 } = update.CallbackOptions ?? {};
  const token = change.platform.ids.uuid();
  const callback = {
    token,
    ...(timeout > 0 && { timeoutAt: change.now + timeout * MS }),
    ...(heartbeat > 0 && { heartbeatSeconds: heartbeat, heartbeatAt: change.now + heartbeat * MS }),
  };
  change.execution.open[operation.id] = callbackDue(callback);
  change.put({ ...operation, callback });
  change.operationEvent(operation, 'CallbackStarted', {
    details: {
      CallbackId: callbackId(change.execution, operation.id, token),
      ...(timeout > 0 && { Timeout: timeout }),
      ...(heartbeat > 0 && { HeartbeatTimeout: heartbeat }),
    },
  });
}

/** When a callback times out, by itself or for want of a heartbeat. */
export function callbackDue({ timeoutAt, heartbeatAt }: { timeoutAt?: number; heartbeatAt?: number }): number | null {
  const due = [timeoutAt, heartbeatAt].filter((at) => at !== undefined);
  return due.length === 0 ? null : Math.min(...due);
}

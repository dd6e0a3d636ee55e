// What time moves on: waits end, retries become ready, callbacks time out.
import type { Change } from './change.ts';
import type { ErrorObject } from './close.ts';
import type { OperationRecord } from './store.ts';
import type { Text } from './text.ts';

/** Every operation whose moment has come. */
export async function moveDue(change: Change): Promise<void> {
  for (const [operationId, at] of Object.entries(change.execution.open)) {
    if (at === null || at > change.now) continue;
    const operation = await change.operation(operationId);
    delete change.execution.open[operationId];
    if (operation) move(change, operation);
  }
}

function move(change: Change, operation: OperationRecord): void {
  const endedAt = change.now;
  if (operation.type === 'WAIT') {
    change.putFromOutside({ ...operation, status: 'SUCCEEDED', endedAt });
    const Duration = Math.round(((operation.endsAt ?? operation.startedAt) - operation.startedAt) / 1000);
    return change.operationEvent(operation, 'WaitSucceeded', { details: { Duration } });
  }
  if (operation.type === 'STEP') {
    const { nextAttemptAt: _, ...rest } = operation;
    return change.putFromOutside({ ...rest, status: 'READY' });
  }
  const error = { text: JSON.stringify(timeoutOf(operation, change.now)) } satisfies Text;
  change.putFromOutside({ ...operation, status: 'TIMED_OUT', endedAt, error });
  change.operationEvent(operation, 'CallbackTimedOut', { error });
}

function timeoutOf({ callback }: OperationRecord, now: number): ErrorObject {
  const late = callback?.timeoutAt !== undefined && callback.timeoutAt <= now;
  return late
    ? { ErrorMessage: 'Callback timed out', ErrorType: 'Callback.Timeout' }
    : { ErrorMessage: 'Callback timed out on heartbeat', ErrorType: 'Callback.Heartbeat' };
}

// The end of an execution, and what hangs on it: the chained invoke of a parent.
import type { Destination } from '../destinations.ts';
import { Change } from './change.ts';
import { findExecution, type ExecutionStatus, type OperationStatus } from './store.ts';
import { keepText, readText, type Text } from './text.ts';
import type { Platform } from '#kernel/platform.ts';

/** The API's ErrorObject; members that nobody gave are absent. */
export interface ErrorObject {
  ErrorMessage?: string | undefined;
  ErrorType?: string | undefined;
  ErrorData?: string | undefined;
  StackTrace?: string[] | undefined;
}

export const keepError = (platform: Platform, error: ErrorObject): Promise<Text> =>
  keepText(platform, JSON.stringify(error));

const EVENT_TYPES: Record<Exclude<ExecutionStatus, 'RUNNING'>, string> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  STOPPED: 'ExecutionStopped',
};

export interface End {
  status: Exclude<ExecutionStatus, 'RUNNING'>;
  result?: Text;
  error?: Text;
}

/** Nothing when it has ended already: the first end counts. */
export async function closeExecution(change: Change, end: End): Promise<void> {
  const { execution } = change;
  if (execution.status !== 'RUNNING') return;
  execution.status = end.status;
  execution.endedAt = change.now;
  if (end.result) execution.result = end.result;
  if (end.error) execution.error = end.error;
  execution.open = {};
  delete execution.invocation;
  change.event({
    type: EVENT_TYPES[end.status],
    operation: { id: execution.id, name: execution.name },
    details: {},
    ...(end.result && { result: end.result }),
    ...(end.error && { error: end.error }),
  });
  if (execution.parent) await tellParent(change, end);
  if (end.status !== 'SUCCEEDED') await sendDeadLetter(change, end);
}

/** The event that began it. Executions are not tried again (Lambda developer guide, "Best practices for durable functions"). */
async function sendDeadLetter({ execution, platform, tx }: Change, { error, status }: End): Promise<void> {
  const { deadLetter, at, functionName } = execution;
  if (!deadLetter) return;
  const { ErrorMessage = status } = error ? (JSON.parse(await readText(platform, error)) as ErrorObject) : {};
  const delivery: Destination = {
    at,
    source: functionName,
    arn: deadLetter.arn,
    kind: 'dead-letter',
    success: false,
    body: await readText(platform, execution.input),
    requestId: deadLetter.requestId,
    errorMessage: ErrorMessage,
  };
  platform.work.enqueue(tx, 'lambda:destination', delivery);
}

async function tellParent(change: Change, end: End): Promise<void> {
  const { execution, tx, platform } = change;
  const { parent, settings } = execution;
  const found = parent && (await findExecution(tx, execution.at, parent.id));
  if (!parent || !found) return;
  const above = new Change(platform, tx, structuredClone(found));
  // A timed-out child shows AWS's own error, any other failure the child's.
  const error: Text | undefined =
    end.status === 'TIMED_OUT' ? { text: JSON.stringify(chainedTimeout(settings.executionTimeout)) } : end.error;
  await endChainedInvoke(above, parent.operationId, end.status, { ...end, ...(error && { error }) });
  above.finish();
}

const chainedTimeout = (seconds: number): ErrorObject => ({
  ErrorMessage: `CHAINED_INVOKE timed out after ${seconds} seconds.`,
  ErrorType: 'ChainedInvoke.Timeout',
});

const CHAINED_EVENTS: Partial<Record<OperationStatus, string>> = {
  SUCCEEDED: 'ChainedInvokeSucceeded',
  FAILED: 'ChainedInvokeFailed',
  TIMED_OUT: 'ChainedInvokeTimedOut',
  STOPPED: 'ChainedInvokeStopped',
};

/** Writes how a chained invoke ended into its operation, and wakes the execution that waits for it. */
export async function endChainedInvoke(
  change: Change,
  operationId: string,
  status: Exclude<ExecutionStatus, 'RUNNING'>,
  { result, error }: { result?: Text; error?: Text },
): Promise<void> {
  const operation = await change.operation(operationId);
  if (change.execution.status !== 'RUNNING' || operation?.status !== 'STARTED') return;
  const outcome = { ...(result && { result }), ...(error && { error }) };
  const ended = { ...operation, status, endedAt: change.now, ...outcome };
  change.putFromOutside(ended);
  change.operationEvent(ended, CHAINED_EVENTS[status] ?? 'ChainedInvokeFailed', outcome);
  delete change.execution.open[operationId];
  change.wake();
}

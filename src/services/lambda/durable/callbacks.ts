// Answers from outside to a callback that an execution waits for. The callback's id says which, and lets in who knows it.
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { ServiceError } from '#core/errors.ts';
import { invalidParameter } from '../errors.ts';
import { changeExecution, type Change } from './change.ts';
import { checkError, executionNotFound } from './executions.ts';
import { keepError } from './close.ts';
import { parseCallbackId } from './names.ts';
import type { OperationRecord } from './store.ts';
import { bytesOf, keepText, type Text } from './text.ts';
import { callbackDue } from './updates.ts';

const callbackClosed = (): ServiceError =>
  new ServiceError(
    'CallbackTimeoutException',
    'The callback ID token has either expired or the callback associated with the token has already been closed.',
    400,
    { fields: { Type: 'User' } },
  );

async function changeCallback(
  platform: Platform,
  callbackId: string,
  apply: (change: Change, operation: OperationRecord) => void,
): Promise<void> {
  const ref = parseCallbackId(callbackId);
  if (!ref) throw invalidParameter('Invalid callback ID');
  const done = await changeExecution(platform, ref, ref.execution, async (change) => {
    const operation = await change.operation(ref.operation);
    if (operation?.callback?.token !== ref.token) throw invalidParameter('Invalid callback ID');
    if (change.execution.status !== 'RUNNING' || operation.status !== 'STARTED') throw callbackClosed();
    apply(change, operation);
    return true;
  });
  if (!done) throw executionNotFound();
}

function end(
  change: Change,
  operation: OperationRecord,
  status: 'SUCCEEDED' | 'FAILED',
  outcome: { result?: Text; error?: Text },
): void {
  const { result, error } = outcome;
  change.execution.bytes += (result ? bytesOf(result) : 0) + (error ? bytesOf(error) : 0);
  change.putFromOutside({ ...operation, status, endedAt: change.now, ...outcome });
  change.operationEvent(operation, status === 'SUCCEEDED' ? 'CallbackSucceeded' : 'CallbackFailed', outcome);
  delete change.execution.open[operation.id];
  change.wake();
}

export const sendDurableExecutionCallbackSuccess: Operation<'lambda', 'SendDurableExecutionCallbackSuccess'> = async (
  input,
  { platform },
) => {
  const bytes = input.Result as Uint8Array | undefined;
  const result = bytes?.length ? await keepText(platform, Buffer.from(bytes).toString()) : undefined;
  await changeCallback(platform, input.CallbackId ?? '', (change, operation) =>
    end(change, operation, 'SUCCEEDED', result ? { result } : {}),
  );
  return {};
};

export const sendDurableExecutionCallbackFailure: Operation<'lambda', 'SendDurableExecutionCallbackFailure'> = async (
  input,
  { platform },
) => {
  // members that nobody gave stay absent
  const given = input.Error ?? {};
  checkError(given);
  const error = await keepError(platform, given);
  await changeCallback(platform, input.CallbackId ?? '', (change, operation) =>
    end(change, operation, 'FAILED', { error }),
  );
  return {};
};

export const sendDurableExecutionCallbackHeartbeat: Operation<
  'lambda',
  'SendDurableExecutionCallbackHeartbeat'
> = async (input, { platform }) => {
  await changeCallback(platform, input.CallbackId ?? '', (change, operation) => {
    const { callback } = operation;
    if (callback?.heartbeatSeconds === undefined) return;
    const beaten = { ...callback, heartbeatAt: change.now + callback.heartbeatSeconds * 1000 };
    change.execution.open[operation.id] = callbackDue(beaten);
    change.put({ ...operation, callback: beaten });
  });
  return {};
};

// Invoke of a durable function: starts an execution, or finds the one of that name; a synchronous caller waits for its end.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html (2026-11)
import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import type { Platform } from '#kernel/platform.ts';
import { requireShort } from '../durable-config.ts';
import { traceFor, type Invocable } from '../snapshots.ts';
import type { ErrorObject } from './close.ts';
import { executionArn } from './names.ts';
import { createExecution, newExecution } from './new-execution.ts';
import { executionPrefix, findExecution, findIdByName, type ExecutionRecord } from './store.ts';
import { keepText, readText } from './text.ts';

export interface DurableRequest {
  invocationType: 'RequestResponse' | 'Event';
  payload: Uint8Array | string;
  requestId: string;
  version: string;
  executionName?: string;
  traceHeader?: string;
}

/** Of a function that was named with a qualifier. */
export async function invokeDurable(
  platform: Platform,
  invocable: Invocable,
  request: DurableRequest,
): Promise<InvokeResult> {
  const { requestId } = request;
  const sync = request.invocationType === 'RequestResponse';
  if (sync && invocable.durable) requireShort(invocable.durable);
  const execution = await startExecution(platform, invocable, request);
  const answer = { durableExecutionArn: executionArn(execution), executedVersion: execution.version, requestId };
  if (!sync) return { statusCode: 202, payload: Buffer.alloc(0), ...answer };
  const ended = await endOf(platform, execution);
  return { statusCode: 200, ...(await outcomeOf(platform, ended)), ...answer };
}

const alreadyStarted = (name: string): ServiceError =>
  new ServiceError(
    'DurableExecutionAlreadyStartedException',
    `A durable execution with the name ${name} has already been started with a different payload.`,
    409,
    { fields: { Type: 'User' } },
  );

/** A name that is taken gives the execution that has it, if it was started with the same payload. */
async function startExecution(
  platform: Platform,
  invocable: Invocable,
  { payload, executionName: name, version, traceHeader, invocationType, requestId }: DurableRequest,
): Promise<ExecutionRecord> {
  const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString();
  const { deadLetterTargetArn: arn } = invocable;
  const inputSha256 = createHash('sha256').update(text).digest('base64');
  const execution = newExecution(platform, invocable, {
    version,
    input: await keepText(platform, text),
    inputSha256,
    ...(name !== undefined && { name }),
    traceHeader: traceFor(platform, invocable, requestId, traceHeader),
    ...(invocationType === 'Event' && arn !== undefined && { deadLetter: { arn, requestId } }),
  });
  return platform.store.transact(async (tx) => {
    const id = name === undefined ? undefined : await findIdByName(tx, invocable.at, invocable.name, name);
    const before = id === undefined ? undefined : await findExecution(tx, invocable.at, id);
    if (before && name !== undefined) {
      if (before.inputSha256 !== inputSha256) throw alreadyStarted(name);
      return before;
    }
    const fresh = structuredClone(execution); // this may run again
    createExecution(platform, tx, fresh);
    return fresh;
  });
}

/** Its timer ends it after fifteen minutes at most. */
async function endOf(platform: Platform, { at, id }: ExecutionRecord): Promise<ExecutionRecord> {
  let look = (): void => {};
  const stop = platform.store.watch(executionPrefix(at, id), () => look());
  const onAbort = (): void => look();
  platform.signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (look = resolve));
      const execution = await findExecution(platform.store, at, id);
      if (!execution || platform.signal.aborted) {
        throw new ServiceError('ServiceException', 'The execution is out of reach.', 500);
      }
      if (execution.status !== 'RUNNING') return execution;
      await changed;
    }
  } finally {
    stop();
    platform.signal.removeEventListener('abort', onAbort);
  }
}

async function outcomeOf(
  platform: Platform,
  { status, result, error }: ExecutionRecord,
): Promise<Pick<InvokeResult, 'payload' | 'functionError'>> {
  if (status === 'SUCCEEDED') return { payload: Buffer.from(result ? await readText(platform, result) : 'null') };
  const { ErrorMessage, ErrorType, ErrorData, StackTrace } = error
    ? (JSON.parse(await readText(platform, error)) as ErrorObject)
    : ({} as ErrorObject);
  // in the form of any function's error
  const shown = { errorType: ErrorType, errorMessage: ErrorMessage, errorData: ErrorData, stackTrace: StackTrace };
  return { payload: Buffer.from(JSON.stringify(shown)), functionError: 'Unhandled' };
}

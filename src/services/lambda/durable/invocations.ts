// One invocation of a durable function's handler: what it is given, and what its answer does to the execution.
// The envelope and the rules for its answer: AWS's SDKs for durable execution (npm 2.4.0, PyPI 3.0.0), read 2026-11-21.
import { ServiceError } from '#core/errors.ts';
import type { InvocationResult } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import { Postpone, type WorkItem, type WorkKind } from '#kernel/work.ts';
import { functionArn } from '../names.ts';
import { findResolved } from '../resolve.ts';
import { poolOf } from '../pools.ts';
import { snapshotOf } from '../snapshots.ts';
import { functionErrorOf } from './chained.ts';
import { AT_ONCE_MAX, changeExecution, INVOCATION_WORK, type Change, type InvocationWork } from './change.ts';
import { closeExecution, keepError, type ErrorObject } from './close.ts';
import { checkpointToken, executionArn } from './names.ts';
import { statePage } from './state.ts';
import type { ExecutionRecord } from './store.ts';
import { bytesOf, keepText, type Text } from './text.ts';
import { OPERATIONS_MAX, PAYLOAD_BYTES_MAX, tooManyOperations } from './validation.ts';

/** An answer that waits for nothing may come of a race which a replay resolves. */
const IDLE_ANSWERS_MAX = 3;
/**
 * "Backend retries use exponential backoff and continue until the function succeeds or the execution timeout is reached"
 * (Lambda developer guide, "Understanding retry behavior in Lambda", 2026); each is metered as an operation.
 */
const BACKOFF_MS = { first: 1000, most: 60_000 };
const THROTTLE_MS = 1000;

async function run(item: WorkItem<InvocationWork>, platform: Platform): Promise<void | Postpone> {
  const { at, id } = item.payload;
  const begun = await begin(platform, item.payload);
  if (!begun) return;
  const { execution, changed } = begun;
  const { functionName: name, version } = execution;
  const resolved = await findResolved(platform.store, { ...at, name, qualifier: version });
  if (!resolved) {
    const error: ErrorObject = {
      ErrorType: 'ResourceNotFoundException',
      ErrorMessage: `Function not found: ${functionArn(at, name, version)}`,
    };
    return finish(platform, item.payload, execution, { status: 'FAILED', error: await keepError(platform, error) });
  }
  const requestId = execution.invocation?.id ?? '';
  let result: InvocationResult;
  try {
    result = await poolOf(platform).invoke(snapshotOf(platform, at, resolved.record, resolved.version), {
      requestId,
      payload: await envelopeOf(platform, execution, changed),
      invokedFunctionArn: functionArn(at, name, version),
      traceHeader: execution.traceHeader,
    });
  } catch (error) {
    if (error instanceof ServiceError && error.fault === 'client' && error.status !== 429) {
      const refused = await keepError(platform, { ErrorType: error.code, ErrorMessage: error.message });
      return finish(platform, item.payload, execution, { status: 'BROKEN', error: refused });
    }
    // Throttled, or our own fault: no try of the function. What the handler was to be told it is told the next time.
    if (!(error instanceof ServiceError)) platform.warn(`durable invocation of ${name}: ${(error as Error).message}`);
    await changeExecution(platform, at, id, (change) => giveBack(change, changed));
    return new Postpone(platform.clock.now() + THROTTLE_MS);
  }
  if (result.functionError !== undefined && platform.signal.aborted) {
    // It could not reach us any more, or was ended with us: the next start tries it anew.
    await changeExecution(platform, at, id, (change) => giveBack(change, changed));
    return new Postpone(platform.clock.now());
  }
  return finish(platform, item.payload, execution, await answerOf(platform, execution, result));
}

/** A new name for the invocation: checkpoints of one that died with the platform no longer count. */
async function begin(
  platform: Platform,
  { at, id, run: number }: InvocationWork,
): Promise<{ execution: ExecutionRecord; changed: string[] } | undefined> {
  return changeExecution(platform, at, id, ({ execution, now }) => {
    if (execution.status !== 'RUNNING' || !execution.running || execution.run !== number) return undefined;
    const { changed } = execution;
    execution.changed = [];
    execution.invocation = { id: platform.ids.uuid(), startedAt: now };
    execution.sequence++;
    return { execution, changed };
  });
}

function giveBack({ execution }: Change, changed: readonly string[]): void {
  execution.changed = [...new Set([...changed, ...execution.changed])];
}

/** Timestamps are numbers here (ms): Python's SDK takes nothing else, JavaScript's both. */
async function envelopeOf(platform: Platform, execution: ExecutionRecord, changed: readonly string[]): Promise<string> {
  const { Operations, NextMarker = '' } = await statePage(platform, execution, { mayBeEmpty: true });
  const envelope = {
    DurableExecutionArn: executionArn(execution),
    CheckpointToken: checkpointToken(execution),
    InitialExecutionState: { Operations, NextMarker },
    UpdatedOperationIds: changed,
  };
  return JSON.stringify(envelope, function (this: Record<string, unknown>, name, value: unknown) {
    const raw = this[name];
    return raw instanceof Date ? raw.getTime() : value;
  });
}

type Answer =
  | { status: 'PENDING' }
  | { status: 'SUCCEEDED'; result?: Text }
  | { status: 'FAILED'; error?: Text }
  /** the function failed, not its answer: once more */
  | { status: 'BROKEN'; error: Text };

async function answerOf(
  platform: Platform,
  execution: ExecutionRecord,
  { payload, functionError }: InvocationResult,
): Promise<Answer> {
  const text = payload.toString();
  if (functionError !== undefined) {
    return { status: 'BROKEN', error: await keepError(platform, functionErrorOf(text)) };
  }
  const invalid = async (ErrorMessage: string): Promise<Answer> => ({
    status: 'FAILED',
    error: await keepError(platform, { ErrorType: 'InvalidParameterValueException', ErrorMessage }),
  });
  const output = parseOutput(text);
  switch (output?.Status) {
    case 'PENDING':
      return { status: 'PENDING' };
    case 'SUCCEEDED': {
      const { Result } = output;
      if (output.Error) return invalid('Cannot provide an Error for SUCCEEDED status.');
      if (typeof Result !== 'string') return { status: 'SUCCEEDED' };
      const result = await keepText(platform, Result);
      if (execution.parent && bytesOf(result) > PAYLOAD_BYTES_MAX) {
        return invalid(`Execution output payload size must be less than or equal to ${PAYLOAD_BYTES_MAX} bytes.`);
      }
      return { status: 'SUCCEEDED', result };
    }
    case 'FAILED':
      if (typeof output.Result === 'string') return invalid('Cannot provide a Result for FAILED status.');
      return { status: 'FAILED', ...(output.Error && { error: await keepError(platform, output.Error) }) };
    default:
      return invalid('Invalid Status in invocation output.');
  }
}

function parseOutput(text: string): { Status?: unknown; Result?: unknown; Error?: ErrorObject } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing, when the execution has ended meanwhile or another invocation has taken over. */
async function finish(
  platform: Platform,
  { at, id, run: number }: InvocationWork,
  { invocation: mine }: ExecutionRecord,
  answer: Answer,
): Promise<void> {
  await changeExecution(platform, at, id, async (change) => {
    const { execution } = change;
    if (execution.run !== number || !execution.running) return;
    if (execution.status === 'RUNNING' && execution.invocation?.id !== mine?.id) return;
    const error = answer.status === 'BROKEN' || answer.status === 'FAILED' ? answer.error : undefined;
    change.event({
      type: 'InvocationCompleted',
      details: { StartTimestamp: mine?.startedAt, EndTimestamp: change.now, RequestId: mine?.id },
      ...(error && { error }),
    });
    execution.running = false;
    delete execution.invocation;
    if (execution.status === 'RUNNING') await apply(change, answer);
  });
}

async function apply(change: Change, answer: Answer): Promise<void> {
  const { execution } = change;
  if (answer.status === 'BROKEN') return retry(change, answer.error);
  execution.failures = 0;
  if (answer.status !== 'PENDING') return closeExecution(change, answer);
  if (execution.changed.length > 0) {
    execution.idleAnswers = 0;
    return change.wake();
  }
  if (Object.keys(execution.open).length > 0) {
    execution.idleAnswers = 0;
    return;
  }
  if (++execution.idleAnswers < IDLE_ANSWERS_MAX) return change.wake(BACKOFF_MS.first);
  await fail(change, 'Cannot return PENDING status with no pending operations.');
}

async function retry(change: Change, error: Text): Promise<void> {
  const { execution } = change;
  execution.bytes += bytesOf(error);
  if (++execution.operations > OPERATIONS_MAX) return fail(change, tooManyOperations);
  change.wake(Math.min(BACKOFF_MS.first * 2 ** execution.failures++, BACKOFF_MS.most));
}

function fail(change: Change, ErrorMessage: string): Promise<void> {
  const error = { text: JSON.stringify({ ErrorType: 'InvalidParameterValueException', ErrorMessage }) };
  return closeExecution(change, { status: 'FAILED', error });
}

export const invocationWork: Record<string, WorkKind<InvocationWork>> = {
  [INVOCATION_WORK]: {
    run,
    retry: { attempts: 100, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 60_000) },
    async dead(item, cause, platform) {
      const { at, id } = item.payload;
      const error = await keepError(platform, { ErrorType: 'ServiceException', ErrorMessage: cause.message });
      await changeExecution(platform, at, id, (change) => closeExecution(change, { status: 'FAILED', error }));
    },
    concurrency: AT_ONCE_MAX,
    leaseMs: 120_000,
  },
};

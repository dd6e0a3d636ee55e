// Chained invokes: an execution that calls other functions, durable or not, as its function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html (2026-11); words as in AWS's test runner (validation.ts)
import type { ChainedInvokeOptions } from '@aws-sdk/client-lambda';
import { ServiceError } from '#core/errors.ts';
import type { Platform } from '#kernel/platform.ts';
import { Postpone, type WorkItem, type WorkKind } from '#kernel/work.ts';
import { requireQualified } from '../durable-config.ts';
import { functionNotFound, invalidParameter, notOffered } from '../errors.ts';
import { authorizeInvocation } from '../invoke-access.ts';
import { functionArn, parseFunctionName } from '../names.ts';
import { findResolved } from '../resolve.ts';
import { rolePrincipal } from '../role.ts';
import { choose, traceFor, type Invocable, type Snapshots } from '../snapshots.ts';
import type { Place } from '../store.ts';
import { AT_ONCE_MAX, changeExecution, type Change } from './change.ts';
import { endChainedInvoke, keepError, type ErrorObject } from './close.ts';
import { executionArn } from './names.ts';
import { createExecution, newExecution } from './new-execution.ts';
import { findExecution, findOperation, type ExecutionRecord, type OperationRecord } from './store.ts';
import { keepText, readText, type Text } from './text.ts';
import type { Prepared } from './updates.ts';
import { PAYLOAD_BYTES_MAX } from './validation.ts';

const CHAINED_WORK = 'lambda:durable-chained';
const THROTTLE_MS = 2000;
const EMPTY: Text = { text: '{}' };

/** What a name leads to; a name that leads nowhere fails the operation, not the checkpoint. */
export type Target = { invocable: Invocable; version: string; traceHeader: string } | { failure: ErrorObject };

export async function findTarget(
  platform: Platform,
  snapshots: Snapshots,
  execution: ExecutionRecord,
  { FunctionName: name = '', XAmznTraceId, TenantId }: ChainedInvokeOptions,
): Promise<Target> {
  if (TenantId !== undefined) throw notOffered('TenantId');
  const { at } = execution;
  const traceHeader = XAmznTraceId ?? execution.traceHeader;
  const ref = parseFunctionName(name, { ...at, region: '' });
  const region = ref.region === '' ? at.region : ref.region;
  if (ref.accountId !== at.accountId) {
    throw invalidParameter('Cannot start a CHAINED_INVOKE on a function in another account.');
  }
  if (region !== at.region) throw invalidParameter('Cannot start a CHAINED_INVOKE on a function in another region.');
  const arn = functionArn({ ...at, region }, ref.name, ref.qualifier);
  try {
    const invocable = await snapshots.find(arn);
    if (!invocable) throw functionNotFound(arn);
    await authorizeInvocation(platform, invocable, await principalOf(platform, execution));
    const { version } = choose(invocable);
    if (!invocable.durable) return { invocable, version, traceHeader };
    requireQualified(invocable);
    return { invocable, version, traceHeader: traceFor(platform, invocable, platform.ids.uuid(), traceHeader) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { failure: { ErrorType: error.code, ErrorMessage: error.message } };
  }
}

/** The role of the version that runs. */
async function principalOf(platform: Platform, { at, functionName, version }: ExecutionRecord) {
  const resolved = await findResolved(platform.store, { ...at, name: functionName, qualifier: version });
  if (!resolved) throw functionNotFound(functionArn(at, functionName, version));
  return rolePrincipal(resolved.version.role, functionName);
}

interface ChainedWork {
  at: Place;
  id: string;
  operationId: string;
  functionArn: string;
  payload: Text;
  traceHeader: string;
}

export function startChainedInvoke(
  change: Change,
  operation: OperationRecord,
  { update, payload, target }: Prepared,
): void {
  const { FunctionName = '' } = update.ChainedInvokeOptions ?? {};
  if (!target) throw new Error('a chained invoke whose target was not looked up');
  if ('failure' in target) return failToStart(change, operation, FunctionName, target.failure);
  const { execution, platform, tx } = change;
  const { at, id } = execution;
  const { invocable, version, traceHeader } = target;
  execution.open[operation.id] = null;
  change.put(operation);
  const started = { FunctionName, ExecutedVersion: version };
  const input = payload ? { input: payload } : {};
  if (!invocable.durable) {
    const work: ChainedWork = {
      at,
      id,
      operationId: operation.id,
      functionArn: invocable.invokedArn,
      payload: payload ?? EMPTY,
      traceHeader,
    };
    platform.work.enqueue(tx, CHAINED_WORK, work, { id: `${id}/${operation.id}` });
    return change.operationEvent(operation, 'ChainedInvokeStarted', { details: started, ...input });
  }
  const child = newExecution(platform, invocable, {
    version,
    input: payload ?? EMPTY,
    // nobody starts a child again by its name
    inputSha256: '',
    parent: { id, operationId: operation.id },
    traceHeader,
  });
  createExecution(platform, tx, child);
  const details = { ...started, DurableExecutionArn: executionArn(child) };
  change.operationEvent(operation, 'ChainedInvokeStarted', { details, ...input });
}

/** Nothing was sent, so the event has no input. */
function failToStart(change: Change, operation: OperationRecord, FunctionName: string, failure: ErrorObject): void {
  const error: Text = { text: JSON.stringify(failure) };
  change.put({ ...operation, status: 'FAILED', endedAt: change.now, error });
  change.operationEvent(operation, 'ChainedInvokeStarted', { details: { FunctionName } });
  change.operationEvent(operation, 'ChainedInvokeFailed', { error });
}

type Outcome = { status: 'SUCCEEDED'; result: Text } | { status: 'FAILED'; error: Text };

/** A function that is not durable: invoked once, at least; its answer ends the operation. */
async function runChained(item: WorkItem<ChainedWork>, platform: Platform): Promise<void | Postpone> {
  const { at, id, operationId } = item.payload;
  const execution = await findExecution(platform.store, at, id);
  const operation = await findOperation(platform.store, at, id, operationId);
  if (execution?.status !== 'RUNNING' || operation?.status !== 'STARTED') return;
  const outcome = await invokePlain(platform, execution, item.payload);
  if (outcome instanceof Postpone) return outcome;
  await changeExecution(platform, at, id, (change) => endChainedInvoke(change, operationId, outcome.status, outcome));
}

async function invokePlain(
  platform: Platform,
  execution: ExecutionRecord,
  { functionArn: arn, payload, traceHeader }: ChainedWork,
): Promise<Outcome | Postpone> {
  const failed = async (error: ErrorObject): Promise<Outcome> => ({
    status: 'FAILED',
    error: await keepError(platform, error),
  });
  try {
    const answer = await platform.functions.invoke({
      functionArn: arn,
      payload: await readText(platform, payload),
      as: await principalOf(platform, execution),
      traceHeader,
    });
    const text = answer.payload.toString();
    if (answer.functionError !== undefined) return failed(functionErrorOf(text));
    if (answer.payload.length > PAYLOAD_BYTES_MAX) {
      const limit = `CHAINED_INVOKE output payload size must be less than or equal to ${PAYLOAD_BYTES_MAX} bytes.`;
      return failed({ ErrorMessage: limit });
    }
    return { status: 'SUCCEEDED', result: await keepText(platform, text) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.status === 429) return new Postpone(platform.clock.now() + THROTTLE_MS);
    return failed({ ErrorType: error.code, ErrorMessage: error.message });
  }
}

/** A function's error as the API words it. */
export function functionErrorOf(payload: string): ErrorObject {
  try {
    const { errorMessage, errorType, errorData, stackTrace } = JSON.parse(payload) as Record<string, unknown>;
    return {
      ...(typeof errorMessage === 'string' && { ErrorMessage: errorMessage }),
      ...(typeof errorType === 'string' && { ErrorType: errorType }),
      ...(typeof errorData === 'string' && { ErrorData: errorData }),
      ...(Array.isArray(stackTrace) && { StackTrace: stackTrace.map(String) }),
    };
  } catch {
    return { ErrorMessage: payload };
  }
}

export const chainedWork: Record<string, WorkKind<ChainedWork>> = {
  [CHAINED_WORK]: {
    run: runChained,
    retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures },
    async dead(item, error, platform) {
      const { at, id, operationId } = item.payload;
      const kept = await keepError(platform, { ErrorType: 'ServiceException', ErrorMessage: error.message });
      await changeExecution(platform, at, id, (change) =>
        endChainedInvoke(change, operationId, 'FAILED', { error: kept }),
      );
    },
    concurrency: AT_ONCE_MAX,
    leaseMs: 120_000,
  },
};

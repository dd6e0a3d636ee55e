// The data plane's door: resolve, authorize, run. Everything that calls a function comes through here.
import { readBody } from '#core/http.ts';
import type { Functions, InvokeRequest, InvokeResult } from '#kernel/functions.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { enqueueEvent } from './async.ts';
import { requireQualified } from './durable-config.ts';
import { invokeDurable } from './durable/index.ts';
import { functionNotFound, invalidParameter, requestTooLarge } from './errors.ts';
import { EVENT_BYTES_MAX, readInvocation, SYNC_BYTES_MAX } from './invocation.ts';
import { authorizeInvocation } from './invoke-access.ts';
import { runStream } from './invoke-stream.ts';
import { poolOf } from './pools.ts';
import { choose, traceFor, type Invocable, type Snapshots } from './snapshots.ts';

const NOTHING = Buffer.alloc(0);

export function createFunctions(platform: Platform, snapshots: Snapshots): Functions {
  const prepare = async (request: InvokeRequest): Promise<Invocable> => {
    const found = snapshots.find(request.functionArn);
    const invocable = found instanceof Promise ? await found : found;
    if (!invocable) throw functionNotFound(request.functionArn);
    await authorizeInvocation(platform, invocable, request.as);
    return invocable;
  };
  return {
    async invoke(request) {
      return run(platform, await prepare(request), request);
    },
    async invokeStream(request) {
      return runStream(platform, await prepare(request), request);
    },
  };
}

export async function run(
  platform: Platform,
  invocable: Invocable,
  request: Omit<InvokeRequest, 'as' | 'functionArn'>,
): Promise<InvokeResult> {
  const requestId = request.requestId ?? platform.ids.uuid();
  const { invocationType = 'RequestResponse', payload } = request;
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const bytesMax = invocationType === 'Event' ? EVENT_BYTES_MAX : SYNC_BYTES_MAX;
  if (bytes > bytesMax) throw requestTooLarge(bytes, invocationType, bytesMax);
  if (invocable.durable) requireQualified(invocable);
  const snapshot = choose(invocable);
  if (invocationType === 'DryRun')
    return { statusCode: 204, payload: NOTHING, executedVersion: snapshot.version, requestId };
  const { durableExecutionName: executionName, traceHeader } = request;
  if (invocable.durable) {
    const { version } = snapshot;
    const named = {
      ...(executionName !== undefined && { executionName }),
      ...(traceHeader !== undefined && { traceHeader }),
    };
    return invokeDurable(platform, invocable, { invocationType, payload, requestId, version, ...named });
  }
  if (executionName !== undefined) {
    throw invalidParameter('You cannot provide a durable execution name to a function that is not durable.');
  }
  if (invocationType === 'Event') {
    await enqueueEvent(platform, invocable, payload, requestId, request.traceHeader, request.clientContext);
    return { statusCode: 202, payload: NOTHING, executedVersion: snapshot.version, requestId };
  }
  const result = await poolOf(platform).invoke(snapshot, {
    requestId,
    payload,
    invokedFunctionArn: invocable.invokedArn,
    ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
    traceHeader: traceFor(platform, invocable, requestId, request.traceHeader),
    ...(request.logTail !== undefined && { logTail: request.logTail }),
    ...(request.signal && { signal: request.signal }),
  });
  return {
    statusCode: 200,
    payload: result.payload,
    ...(result.functionError !== undefined && { functionError: result.functionError }),
    ...(result.logTail !== undefined && { logTail: result.logTail }),
    executedVersion: snapshot.version,
    requestId,
  };
}

export const createInvoke =
  (snapshotsOf: (platform: Platform) => Snapshots): Operation<'lambda', 'Invoke'> =>
  async (input, context) => {
    const { invocable, ...invocation } = await readInvocation(input, context, snapshotsOf(context.platform));
    // A client that leaves does not end the invocation: on AWS the function runs on.
    const result = await run(context.platform, invocable, {
      ...invocation,
      invocationType: input.InvocationType ?? 'RequestResponse',
      logTail: input.LogType === 'Tail',
      requestId: context.requestId,
    });
    return {
      StatusCode: result.statusCode,
      ...(result.statusCode === 200 && { Payload: result.payload as never, ExecutedVersion: result.executedVersion }),
      ...(result.functionError !== undefined && { FunctionError: result.functionError }),
      ...(result.logTail !== undefined && { LogResult: Buffer.from(result.logTail).toString('base64') }),
      ...(result.durableExecutionArn !== undefined && { DurableExecutionArn: result.durableExecutionArn }),
    };
  };

/** The oldest form of the asynchronous call, deprecated and still sent. */
export const createInvokeAsync =
  (invoke: Operation<'lambda', 'Invoke'>): Operation<'lambda', 'InvokeAsync'> =>
  async (input, context) => {
    const Payload = await readBody(input.InvokeArgs as never, EVENT_BYTES_MAX);
    await invoke({ FunctionName: input.FunctionName, InvocationType: 'Event', Payload } as never, context);
    return { Status: 202 };
  };

// The data plane's door: resolve, authorize, run. Everything that calls a function comes through here.
import { readBody } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import { accessDenied, decideAccess, denialText, isEnforced } from '#kernel/authorize.ts';
import type { Functions, InvokeRequest, InvokeResult, InvokeStreamResult } from '#kernel/functions.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import type { FunctionSnapshot } from '#functions/index.ts';
import { enqueueEvent } from './async.ts';
import { functionNotFound, invalidRequestContent, requestTooLarge } from './errors.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { resolveVersion } from './resolve.ts';
import { poolOf, type Invocable, type Snapshots } from './snapshots.ts';
import { placeOf } from './store.ts';

export const SYNC_BYTES_MAX = 6 * 1024 * 1024;
/** 1 MB since October 2025 (Lambda quotas, "Invocation payload") */
export const EVENT_BYTES_MAX = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
const ALLOWED_MAX = 1000;

function choose(invocable: Invocable): FunctionSnapshot {
  const { main, other } = invocable;
  return other && Math.random() < other.weight ? other.snapshot : main;
}

const identityOf = (principal: Principal): string =>
  principal.type === 'service'
    ? `${principal.service} ${principal.sourceArn ?? ''}`
    : principal.type === 'anonymous'
      ? 'anonymous'
      : principal.arn;

/** Only services' decisions are kept: those rest on the function's policy alone, which the cached entry carries. */
async function authorize(platform: Platform, invocable: Invocable, principal: Principal): Promise<void> {
  const who = identityOf(principal);
  if (invocable.allowed.has(who)) return;
  const { at, invokedArn, resourcePolicy } = invocable;
  const authorization = {
    action: 'lambda:InvokeFunction',
    resource: invokedArn,
    resourceAccountId: at.accountId,
    ...(resourcePolicy !== undefined && { resourcePolicy }),
  };
  const decision = await decideAccess(platform, { principal, ...at }, authorization);
  if (!decision.allowed) {
    if (isEnforced(platform, principal)) throw accessDenied('lambda', principal, authorization, decision);
    platform.warn(`IAM would deny this: ${denialText(principal, authorization, decision)}`);
  }
  if (principal.type === 'service' && invocable.allowed.size < ALLOWED_MAX) invocable.allowed.add(who);
}

export function createFunctions(platform: Platform, snapshots: Snapshots): Functions {
  const prepare = async (request: InvokeRequest): Promise<Invocable> => {
    const found = snapshots.find(request.functionArn);
    const invocable = found instanceof Promise ? await found : found;
    if (!invocable) throw functionNotFound(request.functionArn);
    await authorize(platform, invocable, request.as);
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
  const snapshot = choose(invocable);
  if (invocationType === 'DryRun')
    return { statusCode: 204, payload: NOTHING, executedVersion: snapshot.version, requestId };
  if (invocationType === 'Event') {
    await enqueueEvent(platform, invocable, payload, requestId, request.traceHeader, request.clientContext);
    return { statusCode: 202, payload: NOTHING, executedVersion: snapshot.version, requestId };
  }
  const result = await poolOf(platform).invoke(snapshot, {
    requestId,
    payload,
    invokedFunctionArn: invocable.invokedArn,
    ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
    ...(request.traceHeader !== undefined && { traceHeader: request.traceHeader }),
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

async function runStream(
  platform: Platform,
  invocable: Invocable,
  request: InvokeRequest,
): Promise<InvokeStreamResult> {
  const requestId = request.requestId ?? platform.ids.uuid();
  const snapshot = choose(invocable);
  const stream = await poolOf(platform).invokeStream(snapshot, {
    requestId,
    payload: request.payload,
    invokedFunctionArn: invocable.invokedArn,
    ...(request.traceHeader !== undefined && { traceHeader: request.traceHeader }),
    ...(request.signal && { signal: request.signal }),
  });
  return { ...stream, executedVersion: snapshot.version, requestId };
}

/** AWS reads the payload with Jackson, and says where it stopped. */
function checkJson(payload: Buffer): void {
  try {
    JSON.parse(payload.toString());
  } catch {
    const text = payload.toString();
    const token = /^\s*([A-Za-z_$][\w$]*)/.exec(text)?.[1];
    const detail =
      token === undefined
        ? `Unexpected character ('${text.trim()[0] ?? ''}' (code ${text.trim().charCodeAt(0)})): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`
        : `Unrecognized token '${token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`;
    throw invalidRequestContent(`Could not parse request body into json: Could not parse payload into json: ${detail}`);
  }
}

export const createInvoke =
  (snapshotsOf: (platform: Platform) => Snapshots): Operation<'lambda', 'Invoke'> =>
  async (input, context) => {
    const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
    const arn = functionArn(ref, ref.name, ref.qualifier);
    const found = snapshotsOf(context.platform).find(arn);
    const invocable = found instanceof Promise ? await found : found;
    if (!invocable) {
      await resolveVersion(context, ref); // throws, with the words for what is missing
      throw functionNotFound(arn);
    }
    const body = input.Payload as Uint8Array | AsyncIterable<Uint8Array> | undefined;
    const given =
      body === undefined
        ? NOTHING
        : body instanceof Uint8Array
          ? Buffer.from(body.buffer, body.byteOffset, body.length)
          : await readBody(body, 2 * SYNC_BYTES_MAX);
    const payload = given.length === 0 ? Buffer.from('{}') : given;
    if (given.length > 0) checkJson(payload);
    const clientContext =
      input.ClientContext === undefined ? undefined : Buffer.from(input.ClientContext, 'base64').toString();
    const traceHeader = context.http?.headers['x-amzn-trace-id'];
    const result = await run(context.platform, invocable, {
      payload,
      invocationType: input.InvocationType ?? 'RequestResponse',
      ...(clientContext !== undefined && { clientContext }),
      ...(traceHeader !== undefined && { traceHeader }),
      logTail: input.LogType === 'Tail',
      requestId: context.requestId,
      signal: context.signal,
    });
    return {
      StatusCode: result.statusCode,
      ...(result.statusCode === 200 && { Payload: result.payload as never, ExecutedVersion: result.executedVersion }),
      ...(result.functionError !== undefined && { FunctionError: result.functionError }),
      ...(result.logTail !== undefined && { LogResult: Buffer.from(result.logTail).toString('base64') }),
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

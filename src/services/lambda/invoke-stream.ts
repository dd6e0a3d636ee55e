// InvokeWithResponseStream: the answer goes out as the function writes it, in event stream frames.
// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
import type { InvokeWithResponseStreamResponseEvent } from '@aws-sdk/client-lambda';
import type { InvokeRequest, InvokeStreamResult, StreamEnd } from '#kernel/functions.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, requestTooLarge } from './errors.ts';
import { readInvocation, SYNC_BYTES_MAX } from './invocation.ts';
import { poolOf } from './pools.ts';
import { choose, traceFor, type Invocable, type Snapshots } from './snapshots.ts';

/** separates status, headers and cookies from the body in a stream that carries both */
const PRELUDE_END = Buffer.alloc(8);

export async function runStream(
  platform: Platform,
  invocable: Invocable,
  request: Omit<InvokeRequest, 'as' | 'functionArn' | 'invocationType'>,
): Promise<InvokeStreamResult> {
  const { payload, clientContext, traceHeader, logTail } = request;
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  if (bytes > SYNC_BYTES_MAX) throw requestTooLarge(bytes, 'RequestResponse', SYNC_BYTES_MAX);
  if (invocable.durable) throw invalidParameter('You cannot invoke a durable function with a response stream.');
  const requestId = request.requestId ?? platform.ids.uuid();
  const snapshot = choose(invocable);
  const stream = await poolOf(platform).invokeStream(snapshot, {
    requestId,
    payload,
    invokedFunctionArn: invocable.invokedArn,
    ...(clientContext !== undefined && { clientContext }),
    traceHeader: traceFor(platform, invocable, requestId, traceHeader),
    ...(logTail !== undefined && { logTail }),
  });
  return { ...stream, body: readToEnd(stream.body), executedVersion: snapshot.version, requestId };
}

/** As on AWS the function finishes even when the client has gone: what it still writes is thrown away. */
async function* readToEnd(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let done = false;
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        done = true;
        throw error;
      });
      done = next.done === true;
      if (done) return;
      yield next.value;
    }
  } finally {
    if (!done) void discard(chunks);
  }
}

async function discard(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // the function's failure is in its log
  }
}

async function* eventsOf(stream: InvokeStreamResult): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  const { prelude, body, completed, failed } = stream;
  if (prelude) yield chunk(Buffer.concat([Buffer.from(JSON.stringify(prelude)), PRELUDE_END]));
  let end: StreamEnd;
  if (failed) end = failed;
  else {
    try {
      for await (const bytes of body) yield chunk(bytes);
    } catch {
      // told by InvokeComplete
    }
    end = await completed;
  }
  yield { InvokeComplete: invokeComplete(end) };
}

const chunk = (Payload: Uint8Array): InvokeWithResponseStreamResponseEvent => ({ PayloadChunk: { Payload } });

const invokeComplete = ({ functionError, payload, logTail }: StreamEnd) => ({
  ...(functionError !== undefined && { ErrorCode: functionError, ErrorDetails: payload.toString() }),
  ...(logTail !== undefined && { LogResult: Buffer.from(logTail).toString('base64') }),
});

async function* nothing(): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {}

export const createInvokeWithResponseStream =
  (snapshotsOf: (platform: Platform) => Snapshots): Operation<'lambda', 'InvokeWithResponseStream'> =>
  async (input, context) => {
    const { invocable, ...invocation } = await readInvocation(input, context, snapshotsOf(context.platform));
    if (input.InvocationType === 'DryRun') {
      return { StatusCode: 204, ExecutedVersion: choose(invocable).version, EventStream: nothing() };
    }
    const stream = await runStream(context.platform, invocable, {
      ...invocation,
      logTail: input.LogType === 'Tail',
      requestId: context.requestId,
    });
    return {
      StatusCode: 200,
      ExecutedVersion: stream.executedVersion,
      ResponseStreamContentType: stream.contentType,
      EventStream: eventsOf(stream),
    };
  };

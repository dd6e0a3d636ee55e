// An answer that a runtime streams to the Runtime API (docs: runtimes-custom, "Implementing response streaming").
import type { IncomingMessage } from 'node:http';
import type { Answer, StreamHead } from './outcome.ts';

export interface ResponseStreamEvents {
  streamHead(head: StreamHead): void;
  /** false: hold the runtime back */
  streamChunk(bytes: Buffer): boolean;
}

/** the body begins with a JSON prelude: status, headers, cookies (docs: lambda-urls, response streaming) */
const INTEGRATION_TYPE = 'application/vnd.awslambda.http-integration-response';
const DEFAULT_TYPE = 'application/octet-stream';
const PRELUDE_END = Buffer.alloc(8);
const PRELUDE_BYTES_MAX = 1024 * 1024;

/** Passes the body on as it comes; `done` once it has ended, however it has. */
export function relayResponseStream(
  request: IncomingMessage,
  events: ResponseStreamEvents,
  done: (answer: Answer) => void,
): void {
  const contentType = request.headers['content-type'] ?? DEFAULT_TYPE;
  let finished = false;
  const finish = (answer: Answer): void => {
    if (finished) return;
    finished = true;
    done(answer);
  };
  const pass = (bytes: Buffer): void => {
    if (bytes.length > 0 && !finished && !events.streamChunk(bytes)) request.pause();
  };
  let held: Buffer | undefined = contentType === INTEGRATION_TYPE ? Buffer.alloc(0) : undefined;
  if (!held) events.streamHead({ contentType });
  request.on('data', (bytes: Buffer) => {
    if (!held) return pass(bytes);
    held = Buffer.concat([held, bytes]);
    const end = held.indexOf(PRELUDE_END);
    if (end < 0 && held.length <= PRELUDE_BYTES_MAX) return;
    const prelude = end < 0 ? undefined : parsePrelude(held.subarray(0, end));
    const rest = end < 0 ? held : held.subarray(prelude ? end + PRELUDE_END.length : 0);
    held = undefined;
    events.streamHead({ contentType, ...(prelude && { prelude }) });
    pass(rest);
  });
  request.on('end', () => {
    // a body without its prelude goes on as it is
    if (held) {
      events.streamHead({ contentType });
      pass(held);
    }
    finish(trailerError(request) ?? { kind: 'result', payload: Buffer.alloc(0) });
  });
  request.on('close', () => finish(truncated()));
}

function parsePrelude(bytes: Buffer): NonNullable<StreamHead['prelude']> | undefined {
  try {
    const prelude: unknown = JSON.parse(bytes.toString());
    return typeof prelude === 'object' && prelude !== null ? prelude : undefined;
  } catch {
    return undefined;
  }
}

/** An error in the middle comes in the trailers: its type, and its JSON in Base64. */
function trailerError({ trailers }: IncomingMessage): Answer | undefined {
  const errorType = trailers['lambda-runtime-function-error-type'];
  const body = trailers['lambda-runtime-function-error-body'];
  if (errorType === undefined && body === undefined) return undefined;
  const payload =
    body === undefined ? Buffer.from(JSON.stringify({ errorType, errorMessage: '' })) : Buffer.from(body, 'base64');
  return { kind: 'error', payload, ...(errorType !== undefined && { errorType }) };
}

function truncated(): Answer {
  const errorType = 'Runtime.TruncatedResponse';
  const errorMessage = 'The runtime broke its streamed response off.';
  return { kind: 'error', errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

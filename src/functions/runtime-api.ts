// The Runtime API (docs: runtimes-api), as one sandbox's function sees it at AWS_LAMBDA_RUNTIME_API: what it may ask in
// which state, and Lambda's answers. Sockets come from the sandbox's own network namespace, so nobody else asks here.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http } from '#core/builtin-http.ts';
import type { Invocation } from './contract.ts';
import { RESPONSE_BYTES_MAX } from './limits.ts';
import { type Answer, responseTooLarge } from './outcome.ts';
import { type ResponseStreamEvents, relayResponseStream } from './response-stream.ts';

/** A runtime's states, by the names that Lambda's own error messages give them. */
type State =
  | 'Started'
  | 'InitError'
  | 'Ready'
  | 'Running'
  | 'InvocationResponse'
  | 'InvocationErrorResponse'
  | 'ResponseSent';

export interface RuntimeApiEvents extends ResponseStreamEvents {
  /** the runtime asks for its first invocation */
  ready(): void;
  initFailed(payload: Buffer): void;
  answered(answer: Answer): void;
  /** the runtime asks for its next invocation: the last one is over */
  parked(): void;
}

interface Next {
  invocation: Invocation;
  deadlineMs: number;
}

/** `Lambda-Runtime-Function-XRay-Error-Cause` alone may have 1 MB (docs: runtimes-api), and trailers count too */
const HEADER_BYTES_MAX = 2 * 1024 * 1024;
const ROUTE = /^\/2018-06-01\/runtime\/(?:(invocation\/next|init\/error)|invocation\/([^/]+)\/(response|error))$/;

export class RuntimeApi {
  #events: RuntimeApiEvents;
  #server: Server;
  #state: State = 'Started';
  /** of the invocation that the runtime has */
  #requestId: string | undefined;
  #next: Next | undefined;
  /** the runtime's open question for its next invocation */
  #waiting: ServerResponse | undefined;
  /** an answer that is held back for a slow reader */
  #streaming: IncomingMessage | undefined;

  constructor(events: RuntimeApiEvents) {
    this.#events = events;
    // a runtime waits for its next invocation as long as that takes
    const patience = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };
    this.#server = http.createServer({ ...patience, maxHeaderSize: HEADER_BYTES_MAX }, (request, response) =>
      this.#answer(request, response),
    );
  }

  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Gives the runtime its next invocation, now or as soon as it asks. */
  deliver(invocation: Invocation, deadlineMs: number): void {
    this.#next = { invocation, deadlineMs };
    this.#serve();
  }

  /** Reads a streamed answer on. */
  resume(): void {
    this.#streaming?.resume();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => {});
    response.on('error', () => {});
    const [, fixed, requestId, verb] = ROUTE.exec(request.url?.split('?')[0] ?? '') ?? [];
    if (fixed === undefined && verb === undefined) return notFound(request, response);
    const method = fixed === 'invocation/next' ? 'GET' : 'POST';
    if (request.method !== method) return reply(request, response, 405, '');
    if (fixed === 'invocation/next') return this.#park(request, response);
    if (fixed === 'init/error') return this.#takeInitError(request, response);
    if (requestId !== this.#requestId) {
      return refuse(request, response, 400, 'InvalidRequestID', 'Invalid request ID');
    }
    if (verb === 'response') this.#takeResponse(request, response);
    else this.#takeError(request, response);
  }

  #park(request: IncomingMessage, response: ServerResponse): void {
    const before = this.#state;
    if (before !== 'Started' && before !== 'ResponseSent' && before !== 'Ready') {
      return this.#refuseTransition(request, response, 'Ready');
    }
    this.#state = 'Ready';
    this.#requestId = undefined;
    request.resume();
    // a runtime that lost patience with its first question asks again: the last one counts
    this.#waiting?.destroy();
    this.#waiting = response;
    response.on('close', () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    if (before === 'Started') this.#events.ready();
    else if (before === 'ResponseSent') this.#events.parked();
    else this.#serve();
  }

  #serve(): void {
    const response = this.#waiting;
    const next = this.#next;
    if (!response || !next) return;
    this.#waiting = undefined;
    this.#next = undefined;
    this.#state = 'Running';
    this.#requestId = next.invocation.requestId;
    response.writeHead(200, { 'Content-Type': 'application/json', ...invocationHeaders(next) });
    response.end(next.invocation.payload);
  }

  #takeInitError(request: IncomingMessage, response: ServerResponse): void {
    if (this.#state !== 'Started') return this.#refuseTransition(request, response, 'InitError');
    this.#retryIfCut(request);
    this.#state = 'InitError';
    readBody(request, (payload) => {
      if (payload) accepted(request, response);
      else tooLarge(request, response);
      this.#events.initFailed(payload ?? responseTooLarge().payload);
    });
  }

  #takeResponse(request: IncomingMessage, response: ServerResponse): void {
    if (this.#state !== 'Running') return this.#refuseTransition(request, response, 'InvocationResponse');
    const mode = request.headers['lambda-runtime-function-response-mode'];
    if (mode !== undefined && mode !== 'streaming') {
      return refuse(request, response, 400, 'InvalidResponseModeHeader', `Invalid response mode: ${String(mode)}`);
    }
    if (mode !== 'streaming') this.#retryIfCut(request);
    this.#state = 'InvocationResponse';
    if (mode === 'streaming') return this.#takeStream(request, response);
    readBody(request, (payload) => {
      if (payload) accepted(request, response);
      else tooLarge(request, response);
      this.#finish(payload ? { kind: 'result', payload } : responseTooLarge());
    });
  }

  #takeError(request: IncomingMessage, response: ServerResponse): void {
    if (this.#state !== 'Running') return this.#refuseTransition(request, response, 'InvocationErrorResponse');
    this.#retryIfCut(request);
    this.#state = 'InvocationErrorResponse';
    const errorType = request.headers['lambda-runtime-function-error-type'];
    readBody(request, (payload) => {
      if (!payload) {
        tooLarge(request, response);
        return this.#finish(responseTooLarge());
      }
      accepted(request, response);
      this.#finish({ kind: 'error', payload, ...(typeof errorType === 'string' && { errorType }) });
    });
  }

  #takeStream(request: IncomingMessage, response: ServerResponse): void {
    this.#streaming = request;
    relayResponseStream(request, this.#events, (answer) => {
      this.#streaming = undefined;
      if (request.complete) accepted(request, response);
      this.#finish(answer);
    });
  }

  #finish(answer: Answer): void {
    this.#state = 'ResponseSent';
    this.#events.answered(answer);
  }

  /** A body that breaks off is none: the runtime may send it again. */
  #retryIfCut(request: IncomingMessage): void {
    const before = this.#state;
    request.on('close', () => {
      if (!request.complete) this.#state = before;
    });
  }

  #refuseTransition(request: IncomingMessage, response: ServerResponse, to: State): void {
    const words = `State transition from ${this.#state} to ${to} failed for runtime. Error: State transition is not allowed`;
    refuse(request, response, 403, 'InvalidStateTransition', words);
  }
}

function invocationHeaders({ invocation, deadlineMs }: Next): Record<string, string> {
  const { requestId, invokedFunctionArn, traceHeader, clientContext } = invocation;
  return {
    'Lambda-Runtime-Aws-Request-Id': requestId,
    'Lambda-Runtime-Deadline-Ms': String(deadlineMs),
    'Lambda-Runtime-Invoked-Function-Arn': invokedFunctionArn,
    ...(traceHeader !== undefined && { 'Lambda-Runtime-Trace-Id': traceHeader }),
    ...(clientContext !== undefined && { 'Lambda-Runtime-Client-Context': headerText(clientContext) }),
  };
}

/** JSON on one line, as UTF-8 in the octets of a header. */
function headerText(json: string): string {
  return Buffer.from(JSON.stringify(JSON.parse(json))).toString('latin1');
}

/** The whole body, or undefined when it is larger than Lambda takes. Not called for a body that breaks off. */
function readBody(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  let parts: Buffer[] = [];
  let bytes = 0;
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= RESPONSE_BYTES_MAX) parts.push(part);
    else parts = [];
  });
  request.on('end', () => done(bytes <= RESPONSE_BYTES_MAX ? Buffer.concat(parts, bytes) : undefined));
}

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'application/json',
): void {
  // what nobody wants to read must not stand before the connection's next request
  request.resume();
  const headers = { ...(body !== '' && { 'Content-Type': contentType }), 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

const accepted = (request: IncomingMessage, response: ServerResponse): void =>
  reply(request, response, 202, '{"status":"OK"}\n');

const notFound = (request: IncomingMessage, response: ServerResponse): void =>
  reply(request, response, 404, '404 page not found\n', 'text/plain; charset=utf-8');

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  errorType: string,
  errorMessage: string,
): void {
  reply(request, response, status, `${JSON.stringify({ errorMessage, errorType })}\n`);
}

const tooLarge = (request: IncomingMessage, response: ServerResponse): void =>
  refuse(
    request,
    response,
    413,
    'RequestEntityTooLarge',
    `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
  );

// The Runtime API (docs: runtimes-api), as one sandbox's function sees it at AWS_LAMBDA_RUNTIME_API: what it may ask in
// which state, and Lambda's answers. Sockets come from the sandbox's own network namespace, so nobody else asks here.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Invocation } from './contract.ts';
import { RESPONSE_BYTES_MAX } from './limits.ts';
import { type Answer, responseTooLarge } from './outcome.ts';
import { type ResponseStreamEvents, relayResponseStream } from './response-stream.ts';
import { accepted, notFound, readBody, refuse, reply, tooLarge, transitionRefused } from './runtime-api-answers.ts';

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

/** SnapStart is not here: no environment is restored */
const NO_RESTORE = 'This execution environment was not restored from a snapshot: SnapStart is not supported here.';

interface Next {
  invocation: Invocation;
  deadlineMs: number;
}

const ROUTE = /^(?:(invocation\/next|init\/error|restore\/next|restore\/error)|invocation\/([^/]+)\/(response|error))$/;

export class RuntimeApi {
  #events: RuntimeApiEvents;
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

  /** `path` is what follows /2018-06-01/runtime/ */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [, fixed, requestId, verb] = ROUTE.exec(path) ?? [];
    if (fixed === undefined && verb === undefined) return notFound(request, response);
    const method = fixed?.endsWith('/next') ? 'GET' : 'POST';
    if (request.method !== method) return reply(request, response, 405, '');
    if (fixed?.startsWith('restore/')) return refuse(request, response, 403, 'InvalidStateTransition', NO_RESTORE);
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
    readBody(request, RESPONSE_BYTES_MAX, (payload) => {
      if (payload) accepted(request, response);
      else tooLarge(request, response, RESPONSE_BYTES_MAX);
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
    readBody(request, RESPONSE_BYTES_MAX, (payload) => {
      if (payload) accepted(request, response);
      else tooLarge(request, response, RESPONSE_BYTES_MAX);
      this.#finish(payload ? { kind: 'result', payload } : responseTooLarge());
    });
  }

  #takeError(request: IncomingMessage, response: ServerResponse): void {
    if (this.#state !== 'Running') return this.#refuseTransition(request, response, 'InvocationErrorResponse');
    this.#retryIfCut(request);
    this.#state = 'InvocationErrorResponse';
    const errorType = request.headers['lambda-runtime-function-error-type'];
    readBody(request, RESPONSE_BYTES_MAX, (payload) => {
      if (!payload) {
        tooLarge(request, response, RESPONSE_BYTES_MAX);
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
    const words = transitionRefused(this.#state, to, 'runtime');
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

// node:http as the carrier of HttpRequest and HttpResponse (src/core/http.ts).
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { http } from '#core/builtin-http.ts';
import type { HttpRequest, HttpResponse, TlsPeer } from '#core/http.ts';
import type { Handshake } from '#kernel/service.ts';
import { inTurn } from './pipeline.ts';
import { KEEP_ALIVE_MS } from './simple-answer.ts';
import { HEADER_BYTES_MAX } from './simple-request.ts';
import type { SlowClients } from './slow-clients.ts';

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** What is still unread of a refused body is drained up to here, so that the client sees the answer; beyond it the socket closes. */
const DRAIN_BYTES_MAX = 1024 * 1024;

/** The caller's function ARN for sockets that came out of a sandbox's own listener. */
export const sandboxOf = new WeakMap<Socket, string>();

/** Set for sockets of the TLS port. */
export const peerOf = new WeakMap<Socket, TlsPeer>();

class NodeRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
  readonly #message: IncomingMessage;
  /** absent where the connection changes its protocol */
  readonly #response: ServerResponse | undefined;
  #aborter?: AbortController;

  constructor(message: IncomingMessage, response?: ServerResponse) {
    this.#message = message;
    this.#response = response;
    this.method = message.method ?? 'GET';
    this.target = message.url ?? '/';
    this.headers = message.headers as Record<string, string>;
    this.rawHeaders = message.rawHeaders;
  }
  get remoteAddress(): string {
    const address = this.#message.socket.remoteAddress ?? '127.0.0.1';
    return address.startsWith('::ffff:') ? address.slice(7) : address;
  }
  get remotePort(): number {
    return this.#message.socket.remotePort ?? 0;
  }
  get secure(): boolean {
    return (this.#message.socket as TLSSocket).encrypted === true;
  }
  get httpVersion(): string {
    return this.#message.httpVersion;
  }
  get body(): AsyncIterable<Uint8Array> {
    return this.#message;
  }
  get peer(): TlsPeer | undefined {
    return peerOf.get(this.#message.socket);
  }
  get sandboxFunctionArn(): string | undefined {
    return sandboxOf.get(this.#message.socket);
  }
  get signal(): AbortSignal {
    if (!this.#aborter) {
      const aborter = (this.#aborter = new AbortController());
      const response = this.#response; // not the socket: it outlives the request
      if (!response) this.#message.socket.once('close', () => aborter.abort());
      response?.once('close', () => {
        if (!response.writableFinished) aborter.abort();
      });
    }
    return this.#aborter.signal;
  }
}

/** Until the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

async function writeStream(response: ServerResponse, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    if (response.destroyed) throw new Error('client is gone');
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

function drain(message: IncomingMessage): void {
  if (message.complete || message.destroyed) return;
  let bytes = 0;
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES_MAX) message.socket.destroy();
  });
  message.resume();
}

async function answer(message: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  let answered: HttpResponse | undefined;
  try {
    answered = await handler(new NodeRequest(message, response));
    const { status, headers, body } = answered;
    response.statusCode = status;
    const flat: string[] = [];
    let framed = false;
    for (const [name, value] of headers) {
      flat.push(name, value);
      framed ||= name.length === 14 && name.toLowerCase() === 'content-length';
    }
    const streamed = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const bodiless = status === 204 || status === 304 || status < 200;
    if (!streamed && !framed && !bodiless && message.method !== 'HEAD') {
      flat.push('content-length', String(body === undefined ? 0 : Buffer.byteLength(body)));
    }
    response.writeHead(status, flat);
    if (message.method === 'HEAD' || bodiless || body === undefined) response.end();
    else if (streamed) await writeStream(response, body);
    else response.end(body);
    drain(message);
  } catch (error) {
    answered?.onAbort?.();
    if (response.headersSent) response.destroy();
    else {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error\n');
    }
  }
}

/** Without a host nobody is meant, with two it might be either (RFC 9112, 3.2). */
const isForOneHost = ({ httpVersion, headers: { host } }: IncomingMessage): boolean =>
  host === undefined ? httpVersion === '1.0' : !host.includes(',');

/** Answers whether somebody took the handshake. */
export type UpgradeHandler = (handshake: Handshake) => Promise<boolean>;

const NO_UPGRADE = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

async function upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, handler: UpgradeHandler): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    if (await handler({ request: new NodeRequest(message), message, socket, head })) return;
    socket.end(NO_UPGRADE);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    socket.destroy();
  }
}

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

export function createHttpServer(
  handler: HttpHandler,
  slowClients: SlowClients,
  upgradeHandler?: UpgradeHandler,
): Server {
  const { headMs, sweepMs } = slowClients.patience;
  const take = (message: IncomingMessage, response: ServerResponse): void => {
    slowClients.watchBody(message);
    const start = (): void => {
      if (isForOneHost(message)) void answer(message, response, handler);
      else response.writeHead(400, { 'content-length': 0, connection: 'close' }).end();
    };
    inTurn(message.socket, { response, start });
  };
  const server = http.createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: headMs,
      connectionsCheckingInterval: sweepMs,
      requestTimeout: 0, // uploads may take as long as they move (slow-clients.ts)
      noDelay: true,
      joinDuplicateHeaders: true,
      requireHostHeader: false, // isForOneHost
      // others, such as h2c, are offers that a server may pass over
      shouldUpgradeCallback: upgradeHandler ? isWebSocket : () => false,
    },
    take,
  );
  // "Expect: 100-continue" (S3 clients): say go on at once, the checks that can refuse read headers only.
  server.on('checkContinue', (message, response) => {
    response.writeContinue();
    take(message, response);
  });
  if (upgradeHandler) {
    server.on('upgrade', (message, socket, head) => void upgrade(message, socket, head, upgradeHandler));
  }
  return server;
}

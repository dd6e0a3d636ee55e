// A client's connection as long as its requests are simple (simple-request.ts), without node:http in between. The first
// that is not, or does not come whole, takes the connection to node:http for good, with all that was not yet read.
import type { Socket } from 'node:net';
import { WholeBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import { writeNow } from '#core/write-now.ts';
import { KEEP_ALIVE_MS, writeHead, writeWhole } from './simple-answer.ts';
import { readSimpleRequest, type SimpleRequest } from './simple-request.ts';
import { BodyProgress, giveUp, type ClientPatience } from './slow-clients.ts';

/** A body that is announced and still on its way is waited for up to here; larger ones are read as they come. */
const BODY_BYTES_MAX = 64 * 1024;
/** What a client may send ahead of an answer before it is held back. */
const AHEAD_BYTES_MAX = 128 * 1024;
const NOTHING = Buffer.alloc(0);

/** All of a listener's simple connections. */
export class SimpleConnections {
  readonly handler: (request: HttpRequest) => Promise<HttpResponse>;
  /** takes over a connection whose next bytes are these */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
  readonly open = new Set<SimpleConnection>();
  readonly patience: ClientPatience;
  readonly #sweeper: NodeJS.Timeout;

  constructor(
    handler: SimpleConnections['handler'],
    handOver: SimpleConnections['handOver'],
    patience: ClientPatience,
  ) {
    this.handler = handler;
    this.handOver = handOver;
    this.patience = patience;
    this.#sweeper = setInterval(() => this.#sweep(Date.now()), patience.sweepMs).unref();
  }

  accept(socket: Socket): void {
    this.open.add(new SimpleConnection(socket, this));
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const connection of this.open) connection.destroy();
  }

  #sweep(nowMs: number): void {
    for (const connection of this.open) connection.sweep(nowMs, this.patience.sweepMs);
  }
}

class Request implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly body: WholeBody;
  readonly secure = false;
  readonly httpVersion = '1.1';
  readonly #socket: Socket;
  #aborter?: AbortController;

  constructor({ method, target, headers, rawHeaders }: SimpleRequest, body: Buffer, socket: Socket, address: string) {
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.remoteAddress = address;
    this.body = new WholeBody(body);
    this.#socket = socket;
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get signal(): AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.#socket.destroyed) this.#aborter.abort();
    return this.#aborter.signal;
  }

  abort(): void {
    this.#aborter?.abort();
  }
}

class SimpleConnection {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #all: SimpleConnections;
  /** since when nothing was asked */
  #idleSinceMs = Date.now();
  /** read and not yet used: pieces as they came, so that a body in many of them is put together once */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** of a request whose body is not whole yet */
  #neededBytes = 0;
  #progress: BodyProgress | undefined;
  #running: Request | undefined;

  constructor(socket: Socket, all: SimpleConnections) {
    this.#socket = socket;
    this.#all = all;
    const address = socket.remoteAddress ?? '127.0.0.1';
    this.#address = address.startsWith('::ffff:') ? address.slice(7) : address;
    socket.on('data', this.#onData);
    socket.on('error', ignore);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(nowMs: number, ms: number): void {
    if (this.#running) return;
    if (this.#progress === undefined) {
      if (nowMs - this.#idleSinceMs > KEEP_ALIVE_MS) this.destroy();
    } else if (this.#progress.isTooSlow(this.#heldBytes, ms)) giveUp(this.#socket);
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#running) {
      if (this.#heldBytes > AHEAD_BYTES_MAX) this.#socket.pause();
    } else if (this.#heldBytes >= this.#neededBytes) this.#next();
  };

  /** As in node:http: a client that has ended its side has given up. */
  readonly #onEnd = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#all.open.delete(this);
    this.#running?.abort();
  };

  #next(): void {
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    const request = readSimpleRequest(bytes);
    if (!request || request.bodyBytes > BODY_BYTES_MAX) return this.#leave(bytes);
    const end = request.headBytes + request.bodyBytes;
    if (bytes.length < end) {
      this.#held = [bytes];
      this.#neededBytes = end;
      this.#progress = new BodyProgress(this.#all.patience, bytes.length);
      return;
    }
    this.#neededBytes = 0;
    this.#progress = undefined;
    this.#held = bytes.length === end ? [] : [bytes.subarray(end)];
    this.#heldBytes = bytes.length - end;
    const body = request.bodyBytes === 0 ? NOTHING : bytes.subarray(request.headBytes, end);
    void this.#run(new Request(request, body, this.#socket, this.#address));
  }

  #leave(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#onData).off('error', ignore).off('end', this.#onEnd).off('close', this.#onClose);
    this.#all.open.delete(this);
    this.#all.handOver(socket, bytes);
  }

  async #run(request: Request): Promise<void> {
    this.#running = request;
    let response: HttpResponse | undefined;
    let stays = false;
    try {
      response = await this.#all.handler(request);
      const { body } = response;
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
        stays = writeWhole(this.#socket, request.method, response, body);
      } else stays = await this.#stream(request, response, body);
    } catch (error) {
      response?.onAbort?.();
      if (this.#socket.destroyed) return;
      if (!response || !this.#wrote) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (this.#wrote) return void this.#socket.destroy();
      stays = writeWhole(this.#socket, request.method, FAILED, FAILED.body);
    }
    // who takes no answers gets no further ones
    if (stays && this.#socket.writableNeedDrain) await drained(this.#socket);
    this.#wrote = false;
    this.#running = undefined;
    if (!stays) return void this.#socket.end();
    this.#idleSinceMs = Date.now();
    if (this.#heldBytes === 0 || this.#socket.destroyed) return;
    this.#socket.resume();
    this.#next();
  }

  /** part of an answer is with the client */
  #wrote = false;

  async #stream(request: Request, response: HttpResponse, body: AsyncIterable<Uint8Array>): Promise<boolean> {
    const socket = this.#socket;
    const { text, framing, keepsAlive } = writeHead(request.method, response, undefined);
    if (framing === 'none') {
      writeNow(socket, Buffer.from(text, 'latin1'));
      return keepsAlive;
    }
    this.#wrote = true;
    socket.write(text, 'latin1');
    for await (const chunk of body) {
      if (socket.destroyed) throw new Error('client is gone');
      if (chunk.length === 0) continue;
      socket.cork();
      if (framing === 'chunked') socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      let takesMore = socket.write(chunk);
      if (framing === 'chunked') takesMore = socket.write('\r\n', 'latin1');
      socket.uncork();
      if (!takesMore) await drained(socket);
    }
    if (framing === 'chunked') socket.write('0\r\n\r\n', 'latin1');
    return keepsAlive;
  }
}

const FAILED = {
  status: 500,
  headers: [['content-type', 'text/plain']] as [string, string][],
  body: 'Internal Server Error\n',
};

const ignore = (): void => {};

/** Until the client has taken what was written, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

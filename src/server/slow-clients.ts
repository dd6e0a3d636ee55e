// Clients that take too long: to send what they have announced, or to take what they have asked for. What we wait for ourselves
// (functions, backends, a reader behind its input) never counts against them.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Larger than AWS's: S3 cuts off after about 20 s, load balancers after 60 s without a byte. */
export const CLIENT_PATIENCE = {
  /** without a byte of an announced body */
  bodyIdleMs: 30_000,
  /** what a body has, however slowly it comes, and a second more for every so many bytes */
  bodyMs: 30_000,
  bodyBytesPerSecond: 500,
  /** the whole head */
  headMs: 30_000,
  /** without taking a byte of an answer */
  answerIdleMs: 60_000,
  sweepMs: 5_000,
};
export type ClientPatience = typeof CLIENT_PATIENCE;

const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** A body that is on its way. */
export class BodyProgress {
  readonly #patience: ClientPatience;
  #waitedMs = 0;
  #idleMs = 0;
  #seen: number;
  readonly #begin: number;

  /** `received`: of the connection, so far */
  constructor(patience: ClientPatience, received: number) {
    this.#patience = patience;
    this.#seen = received;
    this.#begin = received;
  }

  /** Whether the client has used up its time; `ms` since the last question, in all of which it was waited for. */
  isTooSlow(received: number, ms: number): boolean {
    const { bodyIdleMs, bodyMs, bodyBytesPerSecond } = this.#patience;
    this.#waitedMs += ms;
    this.#idleMs = received > this.#seen ? 0 : this.#idleMs + ms;
    this.#seen = received;
    const granted = bodyMs + ((received - this.#begin) / bodyBytesPerSecond) * 1000;
    return this.#idleMs >= bodyIdleMs || this.#waitedMs >= granted;
  }
}

export class SlowClients {
  readonly patience: ClientPatience;
  readonly #sockets = new Set<Socket>();
  readonly #bodies = new Map<IncomingMessage, BodyProgress>();
  /** of sockets that had something to send when they were last looked at */
  readonly #unsent = new Map<Socket, { taken: number; idleMs: number }>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(patience: ClientPatience) {
    this.patience = patience;
    this.#sweeper = setInterval(() => this.#sweep(), patience.sweepMs).unref();
  }

  watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#unsent.delete(socket);
    });
  }

  /** A request whose body node:http reads. */
  watchBody(message: IncomingMessage): void {
    const { headers, socket } = message;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
    this.#bodies.set(message, new BodyProgress(this.patience, socket.bytesRead));
    message.once('close', () => this.#bodies.delete(message));
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const ms = this.patience.sweepMs;
    for (const [message, progress] of this.#bodies) {
      if (message.complete || message.destroyed) this.#bodies.delete(message);
      // what lies here unread waits for us
      else if (message.readableLength === 0 && progress.isTooSlow(message.socket.bytesRead, ms)) giveUp(message.socket);
    }
    for (const socket of this.#sockets) {
      if (socket.writableLength > 0) this.#sweepUnsent(socket, ms);
      else if (this.#unsent.size > 0) this.#unsent.delete(socket);
    }
  }

  #sweepUnsent(socket: Socket, ms: number): void {
    const taken = socket.bytesWritten - socket.writableLength;
    const before = this.#unsent.get(socket);
    const idleMs = before?.taken === taken ? before.idleMs + ms : 0;
    if (idleMs >= this.patience.answerIdleMs) socket.destroy();
    else this.#unsent.set(socket, { taken, idleMs });
  }
}

/** Says so where nothing was said yet; then the connection is over. */
export function giveUp(socket: Socket): void {
  const isSilent = (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent !== true;
  if (isSilent && socket.writable) socket.write(TIMED_OUT, () => socket.destroy());
  else socket.destroy();
}

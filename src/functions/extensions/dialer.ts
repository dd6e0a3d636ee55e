// Connections from the platform to ports inside one sandbox. Where that has a network namespace of its own they are made of
// sockets that were opened there (rt/sockets.cjs); a socket belongs to the namespace in which it was made.
import { connect, Socket } from 'node:net';
import { DIAL_MS_MAX } from './limits.ts';

const LOOPBACK = '127.0.0.1';

export class Dialer {
  /** asks for more sockets of the namespace; undefined where there is none */
  #more: (() => void) | undefined;
  #handles: unknown[] = [];
  #waiting: ((handle: unknown) => void)[] = [];

  constructor(more: (() => void) | undefined) {
    this.#more = more;
  }

  /** Takes a socket that is not connected yet, as node's raw handle. */
  take(handle: unknown): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(handle);
    else this.#handles.push(handle);
  }

  async dial(port: number): Promise<Socket> {
    const socket = this.#more ? await this.#inside(port) : connect({ port, host: LOOPBACK });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  }

  close(): void {
    for (const handle of this.#handles) (handle as { close(): void }).close();
    this.#handles = [];
  }

  async #inside(port: number): Promise<Socket> {
    const handle = this.#handles.shift() ?? (await this.#next());
    const socket = new Socket({ handle } as never);
    return socket.connect({ port, host: LOOPBACK });
  }

  #next(): Promise<unknown> {
    if (this.#waiting.length === 0) this.#more?.();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== take);
        reject(new Error('no connection into the sandbox in time'));
      }, DIAL_MS_MAX);
      const take = (handle: unknown): void => {
        clearTimeout(timer);
        resolve(handle);
      };
      this.#waiting.push(take);
    });
  }
}

// The platform's side of the ports in one sandbox's network namespace: who connects there is that sandbox's function.
import { Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { SandboxPoolOptions } from './contract.ts';
import { serveNames } from './names.ts';

/** connections that one sandbox may have open at once; the rest wait in the kernel's queue or are refused */
const CONNECTIONS_MAX = 512;

export class SandboxListeners {
  #deliver: SandboxPoolOptions['connection'];
  /** of the sandbox's function; undefined while it has none */
  #functionArn: () => string | undefined;
  #servers: Server[] = [];
  #names: DatagramSocket | undefined;
  #sockets = new Set<Socket>();

  constructor(deliver: SandboxPoolOptions['connection'], functionArn: () => string | undefined) {
    this.#deliver = deliver;
    this.#functionArn = functionArn;
  }

  /** Takes one raw handle that the sandbox gave away. */
  take(name: string, handle: unknown): void {
    if (name === 'dns') return this.#takeNames(handle);
    const server = createServer((socket) => this.#accept(socket, name === 'tls'));
    server.maxConnections = CONNECTIONS_MAX;
    server.on('error', () => {});
    server.listen(handle);
    this.#servers.push(server);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#names?.close();
    this.#names = undefined;
    this.#servers = [];
  }

  #accept(socket: Socket, tls: boolean): void {
    socket.on('error', () => {});
    const functionArn = this.#functionArn();
    if (functionArn === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#deliver(socket, { functionArn, tls });
  }

  /** Node passes a datagram socket as such, not as a raw handle. */
  #takeNames(handle: unknown): void {
    if (!(handle instanceof DatagramSocket)) return;
    serveNames(handle);
    this.#names = handle;
  }
}

// The platform's side of the ports in one sandbox's network namespace: who connects there is that sandbox's function.
import { Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { SandboxPoolOptions } from './contract.ts';
import { serveNames } from './names.ts';
import { join, type Outbound, OutboundNames } from './outbound.ts';

/** connections that one sandbox may have open at once; the rest wait in the kernel's queue or are refused */
const CONNECTIONS_MAX = 512;
/** the same for the Runtime API, where each may send headers of megabytes */
const RUNTIME_CONNECTIONS_MAX = 32;

/** where the platform's own names lead */
const PLATFORM_ADDRESS = '127.0.0.1';
/** ports that lead to the outside */
const PORTS: Record<string, number> = { tls: 443, http: 80 };

export class SandboxListeners {
  #deliver: SandboxPoolOptions['connection'];
  /** of the sandbox's function; undefined while it has none */
  #functionArn: () => string | undefined;
  /** takes the connections of a runtime that the function brings */
  #runtime: (socket: Socket) => void;
  /** takes the connections that are offered to debuggers */
  #inspect: (socket: Socket) => void;
  #servers: Server[] = [];
  #names: DatagramSocket | undefined;
  #outbound: Outbound | undefined;
  #outboundNames = new OutboundNames();
  #sockets = new Set<Socket>();

  constructor(
    deliver: SandboxPoolOptions['connection'],
    functionArn: () => string | undefined,
    outbound: Outbound | undefined,
    runtime: (socket: Socket) => void,
    inspect: (socket: Socket) => void,
  ) {
    this.#inspect = inspect;
    this.#deliver = deliver;
    this.#outbound = outbound;
    this.#functionArn = functionArn;
    this.#runtime = runtime;
  }

  /** Takes one raw handle that the sandbox gave away. */
  take(name: string, handle: unknown): void {
    if (name === 'dns') return this.#takeNames(handle);
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket, name));
    server.maxConnections = name === 'runtime' ? RUNTIME_CONNECTIONS_MAX : CONNECTIONS_MAX;
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

  #accept(socket: Socket, name: string): void {
    socket.on('error', () => {});
    if (name === 'inspect') return this.#inspect(socket);
    const functionArn = this.#functionArn();
    if (functionArn === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (name === 'runtime') return this.#runtime(socket);
    if (socket.localAddress === PLATFORM_ADDRESS) this.#deliver(socket, { functionArn, tls: name === 'tls' });
    else this.#leave(socket, PORTS[name]);
  }

  /** To the outside, where the address stands for a name of it. */
  #leave(socket: Socket, port: number | undefined): void {
    const address = this.#outboundNames.realOf(socket.localAddress ?? '');
    if (!this.#outbound || address === undefined || port === undefined) {
      socket.destroy();
      return;
    }
    join(socket, this.#outbound.connect(address, port));
  }

  async #resolve(name: string): Promise<string | undefined> {
    const address = await this.#outbound?.resolve(name);
    return address === undefined ? undefined : this.#outboundNames.addressFor(name, address);
  }

  /** Node passes a datagram socket as such, not as a raw handle. */
  #takeNames(handle: unknown): void {
    if (!(handle instanceof DatagramSocket)) return;
    serveNames(handle, (name) => this.#resolve(name));
    this.#names = handle;
  }
}

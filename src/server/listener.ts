// The listener: every connection begins as a simple one; node:http takes those that ask for more, TLS, and what function
// sandboxes send.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createHttpServer, sandboxOf, type HttpHandler, type UpgradeHandler } from './node-http.ts';
import { SimpleConnections } from './simple-connection.ts';
import { CLIENT_PATIENCE, SlowClients, type ClientPatience } from './slow-clients.ts';

export interface Listener {
  /** listens, and takes connections from elsewhere by its 'connection' event */
  server: Server;
  /** Ends every connection that speaks HTTP; resolves when the listener is closed. */
  close: () => Promise<void>;
}

export function createListener(
  handler: HttpHandler,
  upgradeHandler?: UpgradeHandler,
  patience: ClientPatience = CLIENT_PATIENCE,
): Listener {
  const slowClients = new SlowClients(patience);
  const server = createHttpServer(handler, slowClients, upgradeHandler);
  const [toNode] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const handOver = (socket: Socket, bytes: Buffer): void => {
    // node:http finds the bytes as if they had just come (documented: 'connection' may be emitted by users)
    socket.pause();
    socket.unshift(bytes);
    toNode!.call(server, socket);
    socket.resume();
  };
  const simple = new SimpleConnections(handler, handOver, patience);
  server.on('connection', (socket: Socket) => {
    slowClients.watch(socket);
    if ((socket as TLSSocket).encrypted || sandboxOf.has(socket)) toNode!.call(server, socket);
    else simple.accept(socket);
  });
  return {
    server,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      simple.close();
      slowClients.close();
      return closed;
    },
  };
}

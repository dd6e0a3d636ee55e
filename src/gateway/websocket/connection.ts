import type { WebSocket } from 'ws';
import type { HttpRequest } from '#core/http.ts';
import type { AuthorizerOutcome, CallerIdentity } from '../identity.ts';
import type { CompiledWebSocketStage } from './compile.ts';

/** One client. What its handshake said stays with it. */
export class Connection {
  readonly id: string;
  readonly stage: CompiledWebSocketStage;
  readonly request: HttpRequest;
  readonly connectedAt: number;
  lastActiveAt: number;
  identity: CallerIdentity = {};
  authorizer: AuthorizerOutcome | undefined = undefined;
  /** set once the handshake is done */
  socket: WebSocket | undefined = undefined;

  constructor(id: string, stage: CompiledWebSocketStage, request: HttpRequest, connectedAt: number) {
    this.id = id;
    this.stage = stage;
    this.request = request;
    this.connectedAt = connectedAt;
    this.lastActiveAt = connectedAt;
  }

  get domainName(): string {
    const host = this.request.headers['host'] ?? '';
    const colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  }

  /** Resolves when the bytes are handed to the network. Text where it can be text. */
  send(message: string | Buffer): Promise<void> {
    const { socket } = this;
    if (!socket || socket.readyState !== socket.OPEN) return Promise.reject(new Gone());
    this.lastActiveAt = this.stage.now();
    return new Promise((resolve, reject) => {
      socket.send(message, { binary: typeof message !== 'string' }, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** The connection is not there any more: 410. */
export class Gone extends Error {}

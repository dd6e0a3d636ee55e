import type { WebSocket } from 'ws';
import type { HttpRequest } from '#core/http.ts';
import type { AuthorizerOutcome, CallerIdentity } from '../identity.ts';
import type { CompiledWebSocketStage } from './compile.ts';
import { CLOSE, WEBSOCKET_LIMITS } from './limits.ts';

/** The stage as it is deployed now; undefined when it is gone. */
export type FollowStage = () => CompiledWebSocketStage | undefined | Promise<CompiledWebSocketStage | undefined>;

export interface ConnectionOptions {
  id: string;
  stage: CompiledWebSocketStage;
  follow: FollowStage;
  /** name of the API, for callbacks */
  domainName: string;
}

/** How a connection ends: what $disconnect is told. */
export interface Ending {
  code: number;
  reason: string;
}

/** One client. Of its handshake it keeps what events and callbacks show: thousands may be open. */
export class Connection {
  readonly id: string;
  readonly follow: FollowStage;
  readonly domainName: string;
  readonly host: string;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  readonly connectedAt: number;
  lastActiveAt: number;
  /** as of the handshake or of the last message */
  stage: CompiledWebSocketStage;
  identity: CallerIdentity = {};
  authorizer: AuthorizerOutcome | undefined = undefined;
  /** set once the handshake is done */
  socket: WebSocket | undefined = undefined;
  /** set when this side ends it */
  ending: Ending | undefined = undefined;

  constructor({ id, stage, follow, domainName }: ConnectionOptions, request: HttpRequest) {
    this.id = id;
    this.stage = stage;
    this.follow = follow;
    this.domainName = domainName;
    this.host = request.headers['host'] ?? '';
    this.sourceIp = request.remoteAddress;
    this.userAgent = request.headers['user-agent'];
    this.connectedAt = this.lastActiveAt = stage.now();
  }

  get isOpen(): boolean {
    return this.socket !== undefined && this.socket.readyState === this.socket.OPEN;
  }

  /** Hands the message to the network: in frames of at most 32 KB, as text where it can be text. */
  send(message: string | Buffer): 'sent' | 'gone' | 'full' {
    const { socket } = this;
    if (!socket || !this.isOpen) return 'gone';
    const bytes = typeof message === 'string' ? Buffer.from(message) : message;
    if (socket.bufferedAmount + bytes.length > WEBSOCKET_LIMITS.unsentBytes) return 'full';
    const binary = typeof message !== 'string';
    const { frameBytes } = WEBSOCKET_LIMITS;
    for (let at = 0; at === 0 || at < bytes.length; at += frameBytes) {
      const end = at + frameBytes;
      // A client that is gone meanwhile has its 'close' event.
      socket.send(bytes.subarray(at, end), { binary, fin: end >= bytes.length }, () => {});
    }
    this.lastActiveAt = this.stage.now();
    this.stage.countMessage(this.lastActiveAt);
    return 'sent';
  }

  close(code: number, reason = ''): void {
    this.ending ??= { code, reason };
    this.socket?.close(code, reason);
  }

  closeWhenOver(now: number): void {
    const isIdle = now - this.lastActiveAt >= WEBSOCKET_LIMITS.idleMs;
    if (isIdle || now - this.connectedAt >= WEBSOCKET_LIMITS.durationMs) this.close(CLOSE.goingAway, 'Going away');
  }
}

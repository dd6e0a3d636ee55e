import { extendedRequestId, parseQuery, queryOf, traceOf } from '../incoming.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import type { Connection } from './connection.ts';

export type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** A handshake, one message or the end of a connection, on its way. */
export class WebSocketExchange {
  readonly connection: Connection;
  readonly eventType: EventType;
  readonly body: string;
  readonly isBinary: boolean;
  readonly requestId: string;
  readonly messageId: string;
  readonly startedAt: number;
  route: CompiledWebSocketRoute | undefined = undefined;
  disconnect: { code: number; reason: string } | undefined = undefined;
  status = 200;
  error: string | undefined = undefined;
  integrationStatus: number | undefined = undefined;
  integrationLatencyMs: number | undefined = undefined;
  integrationRequestId: string | undefined = undefined;
  integrationError: string | undefined = undefined;
  readonly #uuid: string;

  constructor(connection: Connection, eventType: EventType, body = '', isBinary = false) {
    const { ids } = connection.stage.facts.platform;
    this.connection = connection;
    this.eventType = eventType;
    this.body = body;
    this.isBinary = isBinary;
    this.#uuid = ids.uuid();
    this.requestId = extendedRequestId(this.#uuid);
    this.messageId = extendedRequestId(ids.uuid());
    this.startedAt = connection.stage.now();
  }

  get trace(): string {
    return traceOf(this.connection.request, this.#uuid, this.startedAt);
  }

  /** of the handshake */
  get query(): [string, string][] {
    return parseQuery(queryOf(this.connection.request.target));
  }

  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/ROUTE` */
  get routeArn(): string {
    const { accountId, region, apiId } = this.connection.stage.published;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${this.connection.stage.name}/${this.route!.published.routeKey}`;
  }
}

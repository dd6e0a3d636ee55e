import type { HttpRequest } from '#core/http.ts';
import { extendedRequestId, newTrace, parseQuery, queryOf, traceOf } from '../incoming.ts';
import type { CompiledWebSocketRoute, CompiledWebSocketStage } from './compile.ts';
import type { Connection, Ending } from './connection.ts';
import type { ExecutionLog } from './execution-log.ts';
import type { ErrorType } from './refused.ts';

export type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** What an authorization or authentication came to, for the logs. */
export interface Step {
  status: number;
  latencyMs: number;
  error?: string;
  requestId?: string;
}

/** A handshake, one message or the end of a connection, on its way. */
export class WebSocketExchange {
  readonly connection: Connection;
  readonly stage: CompiledWebSocketStage;
  readonly eventType: EventType;
  /** of $connect only */
  readonly handshake: HttpRequest | undefined;
  readonly body: string;
  readonly requestId: string;
  readonly messageId: string;
  readonly startedAt: number;
  route: CompiledWebSocketRoute | undefined = undefined;
  log: ExecutionLog | undefined = undefined;
  disconnect: Ending | undefined = undefined;
  status = 200;
  error: string | undefined = undefined;
  errorType: ErrorType | undefined = undefined;
  validationError: string | undefined = undefined;
  /** the signature of an AWS_IAM route */
  authentication: Step | undefined = undefined;
  /** the policies of an AWS_IAM route, or what the Lambda authorizer's policy allows */
  authorization: Step | undefined = undefined;
  /** the Lambda authorizer itself */
  authorizer: Step | undefined = undefined;
  /** set when the backend is asked */
  integrationAsked = false;
  integrationStatus: number | undefined = undefined;
  integrationLatencyMs: number | undefined = undefined;
  integrationRequestId: string | undefined = undefined;
  integrationError: string | undefined = undefined;
  readonly #uuid: string;
  #trace: string | undefined;

  constructor(connection: Connection, eventType: EventType, from: { handshake?: HttpRequest; body?: string } = {}) {
    const { ids } = connection.stage.facts.platform;
    this.connection = connection;
    this.stage = connection.stage;
    this.eventType = eventType;
    this.handshake = from.handshake;
    this.body = from.body ?? '';
    this.#uuid = ids.uuid();
    this.requestId = extendedRequestId(this.#uuid);
    this.messageId = extendedRequestId(ids.uuid());
    this.startedAt = this.stage.now();
  }

  get trace(): string {
    const { handshake } = this;
    return (this.#trace ??= handshake
      ? traceOf(handshake, this.#uuid, this.startedAt)
      : newTrace(this.#uuid, this.startedAt));
  }

  /** of the handshake */
  get query(): [string, string][] {
    return this.handshake ? parseQuery(queryOf(this.handshake.target)) : [];
  }

  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/ROUTE` */
  get routeArn(): string {
    const { accountId, region, apiId } = this.stage.published;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${this.stage.name}/${this.route!.published.routeKey}`;
  }
}

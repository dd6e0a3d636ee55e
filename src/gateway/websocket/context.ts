// $context of WebSocket APIs. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
import { formatRequestTime } from '../incoming.ts';
import { HostObject, type Value } from '../templates/index.ts';
import type { WebSocketExchange } from './exchange.ts';

type Plain = string | number | boolean | undefined;

const variables: Record<string, (x: WebSocketExchange) => Plain> = {
  accountId: (x) => x.connection.stage.published.accountId,
  apiId: (x) => x.connection.stage.published.apiId,
  connectedAt: (x) => x.connection.connectedAt,
  connectionId: (x) => x.connection.id,
  domainName: (x) => x.connection.domainName,
  domainPrefix: (x) => x.connection.domainName.split('.', 1)[0],
  eventType: (x) => x.eventType,
  extendedRequestId: (x) => x.requestId,
  messageDirection: () => 'IN',
  messageId: (x) => (x.eventType === 'MESSAGE' ? x.messageId : undefined),
  requestId: (x) => x.requestId,
  requestTime: (x) => formatRequestTime(x.startedAt),
  requestTimeEpoch: (x) => x.startedAt,
  routeKey: (x) => x.route?.published.routeKey,
  stage: (x) => x.connection.stage.name,
  status: (x) => x.status,
  integrationLatency: (x) => x.integrationLatencyMs,
  integrationStatus: (x) => x.integrationStatus,
  'integration.error': (x) => x.integrationError,
  'integration.latency': (x) => x.integrationLatencyMs,
  'integration.requestId': (x) => x.integrationRequestId,
  'integration.status': (x) => x.integrationStatus,
  'authorizer.principalId': (x) => x.connection.authorizer?.principalId,
  'error.message': (x) => x.error,
  'error.messageString': (x) => x.error && JSON.stringify(x.error),
  'identity.accountId': (x) => x.connection.identity.accountId,
  'identity.apiKey': (x) => x.connection.identity.apiKey,
  'identity.apiKeyId': (x) => x.connection.identity.apiKeyId,
  'identity.caller': (x) => x.connection.identity.caller,
  'identity.sourceIp': (x) => x.connection.request.remoteAddress,
  'identity.user': (x) => x.connection.identity.user,
  'identity.userAgent': (x) => x.connection.request.headers['user-agent'],
  'identity.userArn': (x) => x.connection.identity.userArn,
};

const AUTHORIZER = 'authorizer.';

export function webSocketContextValue(exchange: WebSocketExchange, name: string): Plain {
  if (name.startsWith(AUTHORIZER)) {
    const given = exchange.connection.authorizer?.context;
    const property = name.slice(AUTHORIZER.length);
    if (given && Object.hasOwn(given, property)) return given[property];
  }
  return Object.hasOwn(variables, name) ? variables[name]!(exchange) : undefined;
}

const NAMESPACES = new Set(['authorizer', 'error', 'identity', 'integration']);

/** $context in a mapping template. */
export class WebSocketContext extends HostObject {
  readonly #exchange: WebSocketExchange;
  readonly #prefix: string;

  constructor(exchange: WebSocketExchange, prefix = '') {
    super();
    this.#exchange = exchange;
    this.#prefix = prefix;
  }
  override get(name: string): Value {
    const path = this.#prefix + name;
    if (NAMESPACES.has(path)) return new WebSocketContext(this.#exchange, `${path}.`);
    return webSocketContextValue(this.#exchange, path) ?? null;
  }
}

// $context of WebSocket APIs. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
import { formatRequestTime } from '../incoming.ts';
import { HostObject, type Value } from '../templates/index.ts';
import type { WebSocketExchange } from './exchange.ts';

type Plain = string | number | boolean | undefined;

const variables: Record<string, (x: WebSocketExchange) => Plain> = {
  accountId: (x) => x.stage.published.accountId,
  apiId: (x) => x.stage.published.apiId,
  connectedAt: (x) => x.connection.connectedAt,
  connectionId: (x) => x.connection.id,
  disconnectReason: (x) => x.disconnect?.reason,
  disconnectStatusCode: (x) => x.disconnect?.code,
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
  stage: (x) => x.stage.name,
  status: (x) => x.status,
  xrayTraceId: (x) => /Root=([^;]+)/.exec(x.trace)?.[1],
  integrationErrorMessage: (x) => x.integrationError,
  integrationLatency: (x) => x.integrationLatencyMs,
  integrationStatus: (x) => x.integrationStatus,
  'integration.error': (x) => x.integrationError,
  'integration.integrationStatus': (x) => x.integrationStatus,
  'integration.latency': (x) => x.integrationLatencyMs,
  'integration.requestId': (x) => x.integrationRequestId,
  'integration.status': (x) => x.integrationStatus,
  'authenticate.error': (x) => x.authentication?.error,
  'authenticate.latency': (x) => x.authentication?.latencyMs,
  'authenticate.status': (x) => x.authentication?.status,
  'authorize.error': (x) => x.authorization?.error,
  'authorize.latency': (x) => x.authorization?.latencyMs,
  'authorize.status': (x) => x.authorization?.status,
  'authorizer.error': (x) => x.authorizer?.error,
  'authorizer.integrationLatency': (x) => x.authorizer?.latencyMs,
  'authorizer.integrationStatus': (x) => x.authorizer?.status,
  'authorizer.latency': (x) => x.authorizer?.latencyMs,
  'authorizer.requestId': (x) => x.authorizer?.requestId,
  'authorizer.status': (x) => x.authorizer?.status,
  'authorizer.principalId': (x) => x.connection.authorizer?.principalId,
  'error.message': (x) => x.error,
  'error.messageString': (x) => x.error && JSON.stringify(x.error),
  'error.responseType': (x) => x.errorType,
  'error.validationErrorString': (x) => x.validationError,
  'identity.accountId': (x) => x.connection.identity.accountId,
  'identity.apiKey': (x) => x.connection.identity.apiKey,
  'identity.apiKeyId': (x) => x.connection.identity.apiKeyId,
  'identity.caller': (x) => x.connection.identity.caller,
  'identity.principalOrgId': (x) => x.connection.identity.principalOrgId,
  'identity.sourceIp': (x) => x.connection.sourceIp,
  'identity.user': (x) => x.connection.identity.user,
  'identity.userAgent': (x) => x.connection.userAgent,
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

const NAMESPACES = new Set(['authenticate', 'authorize', 'authorizer', 'error', 'identity', 'integration']);

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

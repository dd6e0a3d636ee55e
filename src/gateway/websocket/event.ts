// Events of Lambda proxy integrations and authorizers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-routes-integrations.html
import { forwardedFor, forwardedPort } from '../forwarded.ts';
import { formatRequestTime } from '../incoming.ts';
import type { WebSocketExchange } from './exchange.ts';

export function webSocketEvent(exchange: WebSocketExchange): string {
  const { stage } = exchange.connection;
  const hasVariables = Object.keys(stage.variables).length > 0;
  return JSON.stringify({
    ...opening(exchange),
    requestContext: requestContext(exchange),
    ...(hasVariables && { stageVariables: stage.variables }),
    ...(exchange.eventType === 'MESSAGE' && { body: exchange.body }),
    isBase64Encoded: exchange.isBinary,
  });
}

/** What REQUEST authorizers of $connect get. */
export function authorizerEvent(exchange: WebSocketExchange): string {
  const { stage } = exchange.connection;
  return JSON.stringify({
    type: 'REQUEST',
    methodArn: exchange.routeArn,
    ...opening(exchange),
    stageVariables: stage.variables,
    requestContext: requestContext(exchange),
  });
}

/** Headers and query of the handshake; the end of a connection has headers without content, as on AWS. */
function opening(exchange: WebSocketExchange): object {
  const { eventType, connection, query } = exchange;
  if (eventType === 'MESSAGE') return {};
  if (eventType === 'DISCONNECT') {
    const headers = {
      Host: connection.request.headers['host'] ?? '',
      'x-api-key': '',
      'X-Forwarded-For': '',
      'x-restapi': '',
    };
    return {
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    };
  }
  const headers = group(handshakeHeaders(exchange));
  const parameters = group(query);
  return {
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    ...(parameters.size && {
      queryStringParameters: lastOf(parameters),
      multiValueQueryStringParameters: Object.fromEntries(parameters),
    }),
  };
}

const HIDDEN = new Set([
  'connection',
  'upgrade',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

function handshakeHeaders(exchange: WebSocketExchange): [string, string][] {
  const { rawHeaders, headers, remoteAddress, secure } = exchange.connection.request;
  const all: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!HIDDEN.has(rawHeaders[i]!.toLowerCase())) all.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  }
  all.push(
    ['X-Amzn-Trace-Id', exchange.trace],
    ['X-Forwarded-For', forwardedFor(headers['x-forwarded-for'], remoteAddress)],
    ['X-Forwarded-Port', forwardedPort(headers['host'], secure)],
    ['X-Forwarded-Proto', secure ? 'https' : 'http'],
  );
  return all;
}

function requestContext(exchange: WebSocketExchange): object {
  const { connection, eventType, route, startedAt, disconnect } = exchange;
  const { stage, authorizer, identity, request } = connection;
  const userAgent = request.headers['user-agent'];
  return {
    routeKey: route!.published.routeKey,
    ...(eventType === 'MESSAGE' && { messageId: exchange.messageId }),
    ...(authorizer && { authorizer: { ...authorizer.context, principalId: authorizer.principalId } }),
    ...(disconnect && { disconnectStatusCode: disconnect.code }),
    eventType,
    extendedRequestId: exchange.requestId,
    requestTime: formatRequestTime(startedAt),
    messageDirection: 'IN',
    ...(disconnect && { disconnectReason: disconnect.reason }),
    stage: stage.name,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: startedAt,
    identity: {
      ...(identity.apiKey !== undefined && { apiKey: identity.apiKey, apiKeyId: identity.apiKeyId }),
      ...(identity.userArn !== undefined && {
        accountId: identity.accountId,
        accessKey: identity.accessKey,
        caller: identity.caller,
        user: identity.user,
        userArn: identity.userArn,
      }),
      ...(userAgent !== undefined && { userAgent }),
      sourceIp: request.remoteAddress,
    },
    requestId: exchange.requestId,
    domainName: connection.domainName,
    connectionId: connection.id,
    apiId: stage.published.apiId,
  };
}

function group(pairs: readonly [string, string][]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const values = grouped.get(name);
    if (values) values.push(value);
    else grouped.set(name, [value]);
  }
  return grouped;
}

const lastOf = (grouped: ReadonlyMap<string, string[]>): Record<string, string> =>
  Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1)!]));

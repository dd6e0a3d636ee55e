// Events of Lambda proxy integrations and authorizers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-routes-integrations.html
import type { HttpRequest } from '#core/http.ts';
import { forwardedFor, forwardedPort } from '../forwarded.ts';
import type { CallerIdentity } from '../identity.ts';
import { formatRequestTime } from '../incoming.ts';
import type { WebSocketExchange } from './exchange.ts';

/** `isBase64Encoded`: the integration turns its text into bytes, which an event has in base64. */
export function webSocketEvent(exchange: WebSocketExchange, isBase64Encoded: boolean): string {
  const { stage } = exchange;
  const hasVariables = Object.keys(stage.variables).length > 0;
  return JSON.stringify({
    ...opening(exchange),
    requestContext: requestContext(exchange),
    ...(hasVariables && { stageVariables: stage.variables }),
    ...(exchange.eventType === 'MESSAGE' && { body: exchange.body }),
    isBase64Encoded,
  });
}

/** What REQUEST authorizers of $connect get. */
export function authorizerEvent(exchange: WebSocketExchange, handshake: HttpRequest): string {
  const headers: [string, string][] = [
    ['Connection', 'upgrade'],
    ['content-length', '0'],
    ...handshakeHeaders(exchange, handshake),
    ['Upgrade', 'websocket'],
  ];
  return JSON.stringify({
    type: 'REQUEST',
    methodArn: exchange.routeArn,
    ...maps(headers.toSorted(byName), exchange.query),
    stageVariables: exchange.stage.variables,
    requestContext: requestContext(exchange),
  });
}

/** AWS shows headers by name. */
const byName = ([a]: [string, string], [b]: [string, string]): number =>
  a.toLowerCase() < b.toLowerCase() ? -1 : Number(a.toLowerCase() > b.toLowerCase());

/** Headers and query of the handshake; the end of a connection has headers without content, as on AWS. */
function opening(exchange: WebSocketExchange): object {
  const { eventType, connection, handshake, query } = exchange;
  if (eventType === 'CONNECT') return maps(handshakeHeaders(exchange, handshake!).toSorted(byName), query);
  if (eventType === 'MESSAGE') return {};
  const headers = { Host: connection.host, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

function maps(pairs: readonly [string, string][], query: readonly [string, string][]): object {
  const headers = group(pairs);
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

function handshakeHeaders(exchange: WebSocketExchange, handshake: HttpRequest): [string, string][] {
  const { rawHeaders, headers, remoteAddress, secure } = handshake;
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
  const { connection, stage, eventType, route, startedAt, disconnect } = exchange;
  const { authorizer, userAgent, sourceIp } = connection;
  return {
    routeKey: route!.published.routeKey,
    ...(eventType === 'MESSAGE' && { messageId: exchange.messageId }),
    ...(disconnect && { disconnectStatusCode: disconnect.code }),
    ...(authorizer && { authorizer: { ...authorizer.context, principalId: authorizer.principalId } }),
    eventType,
    extendedRequestId: exchange.requestId,
    requestTime: formatRequestTime(startedAt),
    messageDirection: 'IN',
    ...(disconnect && { disconnectReason: disconnect.reason }),
    stage: stage.name,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: startedAt,
    identity: { ...identity(connection.identity), ...(userAgent !== undefined && { userAgent }), sourceIp },
    requestId: exchange.requestId,
    domainName: connection.domainName,
    connectionId: connection.id,
    apiId: stage.published.apiId,
  };
}

function identity({ apiKey, apiKeyId, userArn, accountId, accessKey, caller, user }: CallerIdentity): object {
  return {
    ...(apiKey !== undefined && { apiKey, apiKeyId }),
    ...(userArn !== undefined && { accountId, accessKey, caller, user, userArn }),
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

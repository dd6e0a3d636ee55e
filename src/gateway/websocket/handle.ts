// Handshake, messages, end of a connection.
import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Handshake } from '#kernel/service.ts';
import { extendedRequestId } from '../incoming.ts';
import type { CompiledWebSocketRoute, CompiledWebSocketStage } from './compile.ts';
import { requireApiKey } from './api-key.ts';
import { Connection } from './connection.ts';
import { WEBSOCKET_LIMITS } from './connections.ts';
import { webSocketContextValue } from './context.ts';
import { WebSocketExchange } from './exchange.ts';
import type { BackendAnswer } from './integration.ts';
import { Refused } from './refused.ts';

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: WEBSOCKET_LIMITS.messageBytes,
});

/** Asks $connect; only then the connection opens. */
export async function connect(
  stage: CompiledWebSocketStage,
  { request, message, socket, head }: Handshake,
): Promise<void> {
  const { platform, connections } = stage.facts;
  const connection = new Connection(extendedRequestId(platform.ids.uuid()), stage, request, platform.clock.now());
  const exchange = new WebSocketExchange(connection, 'CONNECT');
  let answer: BackendAnswer | undefined;
  try {
    answer = await runConnect(exchange);
    if (answer && answer.status >= 300) throw new Refused(answer.status, answer.text, undefined, answer.headers);
  } catch (error) {
    const refused = toRefused(exchange, error);
    finish(exchange, refused);
    refuseHandshake(socket, exchange, refused);
    return;
  }
  finish(exchange);
  const protocol = answer?.headers.find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1];
  // ws answers the first protocol that the client offers; only what the backend chose is offered to it.
  if (protocol === undefined) delete message.headers['sec-websocket-protocol'];
  else message.headers['sec-websocket-protocol'] = protocol;
  server.handleUpgrade(message, socket, head, (client) => {
    connection.socket = client;
    connections.add(connection);
    listen(connection, client);
  });
}

async function runConnect(exchange: WebSocketExchange): Promise<BackendAnswer | undefined> {
  const { stage } = exchange.connection;
  const route = stage.routes.get('$connect');
  if (!route) return undefined;
  exchange.route = route;
  await route.authorize?.(exchange);
  if (route.published.apiKeyRequired) await requireApiKey(exchange);
  throttle(exchange, route);
  return route.target ? route.integration(exchange) : undefined;
}

function throttle(exchange: WebSocketExchange, route: CompiledWebSocketRoute): void {
  const now = exchange.startedAt;
  if (route.throttle && !route.throttle.take(now)) throw new Refused(429, 'Too Many Requests');
  if (!route.stage.accountThrottle.take(now)) {
    route.throttle?.restore();
    throw new Refused(429, 'Too Many Requests');
  }
}

function listen(connection: Connection, client: WebSocket): void {
  client.on('message', (data, isBinary) => {
    connection.lastActiveAt = connection.stage.now();
    void handleMessage(connection, toBuffer(data), isBinary);
  });
  client.on('pong', () => (connection.lastActiveAt = connection.stage.now()));
  client.on('error', () => client.terminate());
  client.on('close', (code, reason) => void disconnect(connection, code, reason.toString()));
}

const toBuffer = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

/** Messages of one connection may run side by side, as on AWS. */
async function handleMessage(connection: Connection, data: Buffer, isBinary: boolean): Promise<void> {
  const isText = !isBinary || isUtf8(data);
  const exchange = new WebSocketExchange(
    connection,
    'MESSAGE',
    isText ? data.toString() : data.toString('base64'),
    !isText,
  );
  let refused: Refused | undefined;
  let reply: string | undefined;
  try {
    const route = connection.stage.routeOf(exchange);
    if (!route?.target) throw new Refused(403, 'Forbidden');
    exchange.route = route;
    throttle(exchange, route);
    const { text } = await route.integration(exchange);
    if (route.answers && text !== '') reply = text;
  } catch (error) {
    refused = toRefused(exchange, error);
    const { id: connectionId } = connection;
    reply = `{"message": ${JSON.stringify(refused.message)}, "connectionId":"${connectionId}", "requestId":"${exchange.requestId}"}`;
  }
  finish(exchange, refused);
  if (reply !== undefined) await connection.send(reply).catch(() => {});
}

/** Best effort, as AWS says: what $disconnect answers interests nobody. */
async function disconnect(connection: Connection, code: number, reason: string): Promise<void> {
  const { stage } = connection;
  stage.facts.connections.remove(connection);
  const route = stage.routes.get('$disconnect');
  if (!route?.target || stage.facts.connections.isClosed) return;
  const exchange = new WebSocketExchange(connection, 'DISCONNECT');
  exchange.route = route;
  exchange.disconnect = { code, reason: reason || reasonOf(code) };
  try {
    await route.integration(exchange);
    finish(exchange);
  } catch (error) {
    finish(exchange, toRefused(exchange, error));
  }
}

const reasonOf = (code: number): string =>
  code === 1005 ? 'Client-side close frame status not set' : code === 1006 ? 'Connection closed abnormally' : '';

function toRefused(exchange: WebSocketExchange, error: unknown): Refused {
  if (error instanceof Refused) return error;
  const { facts, published } = exchange.connection.stage;
  facts.platform.warn(`API Gateway ${published.apiId}: ${error instanceof Error ? error.stack : String(error)}`);
  return new Refused(500, 'Internal server error', error);
}

/** Access log. */
function finish(exchange: WebSocketExchange, refused?: Refused): void {
  exchange.status = refused?.status ?? 200;
  exchange.error = refused?.message;
  exchange.connection.stage.accessLog?.write((name) => webSocketContextValue(exchange, name));
}

function refuseHandshake(socket: Duplex, exchange: WebSocketExchange, { status, message, headers }: Refused): void {
  const body = JSON.stringify({
    message: message || 'Forbidden',
    connectionId: exchange.connection.id,
    requestId: exchange.requestId,
  });
  const own = headers.filter(
    ([name, value]) => /^[\w-]+$/.test(name) && !/[\r\n]/.test(value) && !SKIPPED.has(name.toLowerCase()),
  );
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status] ?? 'Refused'}`,
    `x-amzn-RequestId: ${exchange.requestId}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...own.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ];
  socket.end(lines.join('\r\n'));
}

const SKIPPED = new Set(['content-length', 'content-type', 'connection', 'transfer-encoding', 'upgrade']);
const STATUS_TEXTS: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
};

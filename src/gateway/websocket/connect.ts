// A handshake: $connect is asked, and only then the connection opens.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
import { WebSocketServer, type WebSocket } from 'ws';
import type { Handshake } from '#kernel/service.ts';
import { extendedRequestId } from '../incoming.ts';
import { countUsage, requireApiKey } from './api-key.ts';
import type { CompiledWebSocketStage } from './compile.ts';
import { Connection, type Ending, type FollowStage } from './connection.ts';
import { disconnect } from './disconnect.ts';
import { WebSocketExchange } from './exchange.ts';
import { FrameGuard } from './frame-guard.ts';
import { isHandshake, refuseHandshake } from './handshake.ts';
import type { BackendAnswer } from './integration.ts';
import { CLOSE, WEBSOCKET_LIMITS } from './limits.ts';
import { MessageQueue } from './message.ts';
import { errorText, finish, startLog, toRefused } from './observe.ts';
import { Refused } from './refused.ts';
import { throttle } from './throttle.ts';

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: WEBSOCKET_LIMITS.messageBytes,
});

export interface ConnectTarget {
  stage: CompiledWebSocketStage;
  follow: FollowStage;
  domainName: string;
}

export async function connect(target: ConnectTarget, handshake: Handshake): Promise<void> {
  const { request, socket } = handshake;
  const { ids } = target.stage.facts.platform;
  if (!isHandshake(request)) {
    refuseHandshake(socket, {
      status: 400,
      body: '{"message":"Bad Request"}',
      requestId: extendedRequestId(ids.uuid()),
    });
    return;
  }
  const connection = new Connection({ ...target, id: newConnectionId(ids.uuid()) }, request);
  const exchange = new WebSocketExchange(connection, 'CONNECT', { handshake: request });
  let answer: BackendAnswer | undefined;
  try {
    answer = await askConnect(exchange);
    if (answer && answer.status >= 300) throw rejection(answer);
  } catch (error) {
    const refused = toRefused(exchange, error);
    finish(exchange, refused);
    const { status, message, headers } = refused;
    const body = errorText(message || 'Forbidden', exchange);
    refuseHandshake(socket, { status, body, requestId: exchange.requestId, headers });
    return;
  }
  exchange.status = answer?.status ?? 200;
  finish(exchange);
  open(connection, handshake, answer);
}

/** No slash and no plus: ids stand in paths. */
const newConnectionId = (uuid: string): string => extendedRequestId(uuid).replaceAll('/', '_').replaceAll('+', '-');

const rejection = ({ status, body, headers }: BackendAnswer): Refused =>
  new Refused(status, status < 500 ? 'ACCESS_DENIED' : 'INTEGRATION_FAILURE', body.toString(), { headers });

async function askConnect(exchange: WebSocketExchange): Promise<BackendAnswer | undefined> {
  const { stage } = exchange;
  const route = stage.routes.get('$connect');
  if (!route) return undefined;
  exchange.route = route;
  startLog(exchange);
  await route.authorize?.(exchange, exchange.handshake!);
  const client = route.published.apiKeyRequired ? await requireApiKey(exchange) : undefined;
  throttle(route, exchange.startedAt, client);
  if (client) await countUsage(exchange, client);
  route.validate?.(exchange);
  if (!route.target) return undefined;
  exchange.integrationAsked = true;
  return route.integration(exchange);
}

function open(connection: Connection, { message, socket, head }: Handshake, answer: BackendAnswer | undefined): void {
  const { connections } = connection.stage.facts;
  if (connections.isClosed || socket.destroyed || !socket.writable) {
    // The backend knows of a client that has left meanwhile.
    socket.destroy();
    void disconnect(connection, { code: CLOSE.abnormal, reason: '' });
    return;
  }
  const protocol = answer?.headers.find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1];
  // ws answers the first protocol that the client offers; only what the backend chose is offered to it.
  if (protocol === undefined) delete message.headers['sec-websocket-protocol'];
  else message.headers['sec-websocket-protocol'] = protocol;
  server.handleUpgrade(message, socket, head, (client) => {
    connection.socket = client;
    connections.add(connection);
    const guard = new FrameGuard();
    socket.prependListener('data', (chunk: Buffer) => {
      if (!connection.ending && guard.hasTooLargeFrame(chunk)) connection.close(CLOSE.tooBig);
    });
    listen(connection, client);
  });
}

/** What ws closes a connection for, by the code of its error. */
const FAILURES: Record<string, number> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: CLOSE.tooBig,
  WS_ERR_INVALID_UTF8: CLOSE.invalidText,
};

function listen(connection: Connection, client: WebSocket): void {
  const messages = new MessageQueue(connection, client);
  const touch = (): void => void (connection.lastActiveAt = connection.stage.now());
  client.on('message', (data: Buffer, isBinary) => {
    if (connection.ending) return;
    touch();
    // "If a binary frame is received, the connection is closed with code 1003"
    if (isBinary) connection.close(CLOSE.unsupported);
    else messages.take(data.toString());
  });
  client.on('ping', touch);
  client.on('pong', touch);
  client.on('error', (error: NodeJS.ErrnoException) => {
    const isProtocol = error.code?.startsWith('WS_ERR_') ?? false;
    if (isProtocol) connection.ending ??= { code: FAILURES[error.code!] ?? CLOSE.protocolError, reason: '' };
  });
  client.on('close', (code, reason) => {
    const ending: Ending = connection.ending ?? { code, reason: reason.toString() };
    void disconnect(connection, ending);
  });
}

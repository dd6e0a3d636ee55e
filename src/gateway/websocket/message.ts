// A message: route, throttle, validate, integrate, answer.
import type { WebSocket } from 'ws';
import type { Connection } from './connection.ts';
import { WebSocketExchange } from './exchange.ts';
import { CLOSE, WEBSOCKET_LIMITS } from './limits.ts';
import { errorText, finish, startLog, toRefused } from './observe.ts';
import { forbidden, type Refused } from './refused.ts';
import { throttle } from './throttle.ts';

/** Messages of one client on their way; they may run side by side, as on AWS. Beyond a bound the client is not read. */
export class MessageQueue {
  readonly #connection: Connection;
  readonly #client: WebSocket;
  #running = 0;

  constructor(connection: Connection, client: WebSocket) {
    this.#connection = connection;
    this.#client = client;
  }

  take(text: string): void {
    this.#running++;
    if (this.#running === WEBSOCKET_LIMITS.messagesAtOnce) this.#client.pause();
    void this.#run(text);
  }

  async #run(text: string): Promise<void> {
    try {
      await handleMessage(this.#connection, text);
    } finally {
      if (this.#running-- === WEBSOCKET_LIMITS.messagesAtOnce) this.#client.resume();
    }
  }
}

async function handleMessage(connection: Connection, text: string): Promise<void> {
  const stage = await connection.follow();
  if (!stage) {
    connection.close(CLOSE.goingAway, 'Going away');
    return;
  }
  connection.stage = stage;
  const exchange = new WebSocketExchange(connection, 'MESSAGE', { body: text });
  let refused: Refused | undefined;
  let reply: string | Buffer = '';
  try {
    reply = await answerMessage(exchange);
  } catch (error) {
    refused = toRefused(exchange, error);
    reply = errorText(refused.message, exchange);
  }
  finish(exchange, refused);
  // A client that has left or does not read gets no answer; that is no error of the message's.
  if (reply.length > 0) connection.send(reply);
}

/** What goes back to the client: empty for one-way routes. */
async function answerMessage(exchange: WebSocketExchange): Promise<string | Buffer> {
  const route = exchange.stage.routeOf(exchange);
  if (!route?.target) throw forbidden('RESOURCE_NOT_FOUND');
  exchange.route = route;
  startLog(exchange);
  throttle(route, exchange.startedAt);
  route.validate?.(exchange);
  exchange.integrationAsked = true;
  const { body, status } = await route.integration(exchange);
  exchange.status = status;
  return route.answers ? body : '';
}

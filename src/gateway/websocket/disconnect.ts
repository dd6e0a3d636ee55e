import type { Connection, Ending } from './connection.ts';
import { WebSocketExchange } from './exchange.ts';
import { CLOSE } from './limits.ts';
import { finish, startLog, toRefused } from './observe.ts';

/** $disconnect: best effort, as AWS says. What it answers interests nobody. */
export async function disconnect(connection: Connection, { code, reason }: Ending): Promise<void> {
  const { connections } = connection.stage.facts;
  connections.remove(connection);
  if (connections.isClosed) return;
  const stage = await connection.follow();
  const route = stage?.routes.get('$disconnect');
  if (!stage || !route?.target) return;
  connection.stage = stage;
  const exchange = new WebSocketExchange(connection, 'DISCONNECT');
  exchange.route = route;
  exchange.disconnect = { code, reason: reason || reasonOf(code) };
  startLog(exchange);
  exchange.integrationAsked = true;
  try {
    exchange.status = (await route.integration(exchange)).status;
    finish(exchange);
  } catch (error) {
    finish(exchange, toRefused(exchange, error));
  }
}

/** AWS's words where no side gave any. */
const reasonOf = (code: number): string =>
  code === CLOSE.noStatus
    ? 'Client-side close frame status not set'
    : code === CLOSE.abnormal
      ? 'Connection closed abnormally'
      : '';

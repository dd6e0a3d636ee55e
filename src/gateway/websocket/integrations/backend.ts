import { ServiceError } from '#core/errors.ts';
import type { BackendRequest, BackendResponse } from '../../http-client.ts';
import { TimedOut } from '../../timeout.ts';
import type { WebSocketExchange } from '../exchange.ts';
import { configurationError, Refused, timedOut } from '../refused.ts';

/** Runs a call to a backend, times it, and says what became of it. */
export async function callBackend<T>(exchange: WebSocketExchange, call: () => Promise<T>): Promise<T> {
  const { clock } = exchange.stage.facts;
  const begin = clock.now();
  try {
    return await call();
  } catch (error) {
    exchange.integrationError = (error as Error).message;
    if (error instanceof Refused) throw error;
    if (error instanceof ServiceError) exchange.integrationStatus = error.status;
    const isLate = error instanceof TimedOut || (error as Error).name === 'TimeoutError';
    throw isLate ? timedOut(error) : configurationError(error);
  } finally {
    exchange.integrationLatencyMs = clock.now() - begin;
  }
}

export function sendToBackend(
  exchange: WebSocketExchange,
  prepare: () => Promise<Omit<BackendRequest, 'bytesMax'>> | Omit<BackendRequest, 'bytesMax'>,
): Promise<BackendResponse> {
  const { client, limits } = exchange.stage.facts;
  return callBackend(exchange, async () => {
    const request = await prepare();
    exchange.log?.sending(request.url.href, request.body);
    const response = await client.send({ ...request, bytesMax: limits.payloadBytes });
    exchange.integrationStatus = response.status;
    exchange.integrationRequestId = response.headers.find(([name]) => /^x-amzn?-request-?id$/i.test(name))?.[1];
    exchange.log?.received(response.status, response.body);
    return response;
  });
}

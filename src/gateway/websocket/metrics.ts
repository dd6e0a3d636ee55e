// What CloudWatch shows of WebSocket APIs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
import type { Platform } from '#kernel/platform.ts';
import { MinuteFigures } from '../metrics.ts';

export interface WebSocketFigures {
  /** handshakes that reached the integration of $connect */
  connectCount: number;
  /** from clients and to them */
  messageCount: number;
  /** the integration answered 4xx or 5xx */
  integrationErrors: number;
  /** refused with 4xx before the integration was asked */
  clientErrors: number;
  /** the integration could not be called */
  executionErrors: number;
  integrationLatencyMs: { sum: number; max: number; count: number };
}

const noFigures = (): WebSocketFigures => ({
  connectCount: 0,
  messageCount: 0,
  integrationErrors: 0,
  clientErrors: 0,
  executionErrors: 0,
  integrationLatencyMs: { sum: 0, max: 0, count: 0 },
});

export type WebSocketMetrics = MinuteFigures<WebSocketFigures>;

const metrics = new WeakMap<Platform, WebSocketMetrics>();

/** The figures of this installation's WebSocket APIs; `method` of the dimensions is the route key. */
export function webSocketMetricsOf(platform: Platform): WebSocketMetrics {
  let known = metrics.get(platform);
  if (!known) metrics.set(platform, (known = new MinuteFigures(noFigures)));
  return known;
}

// What is written down of a handshake, a message or the end of a connection when it is over: metrics and logs.
import { webSocketContextValue } from './context.ts';
import { ExecutionLog } from './execution-log.ts';
import type { WebSocketExchange } from './exchange.ts';
import { webSocketMetricsOf, type WebSocketFigures } from './metrics.ts';
import { configurationError, Refused } from './refused.ts';

/** Once the route is known. */
export function startLog(exchange: WebSocketExchange): void {
  const level = exchange.route?.logLevel;
  if (!level) return;
  exchange.log = new ExecutionLog(exchange, level);
  exchange.log.started();
}

/** An error as the client gets it; what is no refusal is told to the person who runs the program. */
export function toRefused({ stage }: WebSocketExchange, error: unknown): Refused {
  if (error instanceof Refused) return error;
  const { facts, published } = stage;
  facts.platform.warn(`API Gateway ${published.apiId}: ${error instanceof Error ? error.stack : String(error)}`);
  return configurationError(error);
}

export function finish(exchange: WebSocketExchange, refused?: Refused): void {
  const { stage, route, log } = exchange;
  exchange.status = refused?.status ?? exchange.status;
  exchange.error = refused?.message;
  exchange.errorType = refused?.type;
  exchange.validationError = refused?.validation;
  if (refused?.cause !== undefined) exchange.integrationError ??= causeOf(refused.cause);
  const metrics = webSocketMetricsOf(stage.facts.platform);
  for (const name of [stage.metricName, route?.metricName]) {
    const figures = name === undefined ? undefined : metrics.at(name, exchange.startedAt);
    if (figures) count(figures, exchange);
  }
  log?.finished();
  stage.accessLog?.write((name) => webSocketContextValue(exchange, name));
}

const causeOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

function count(figures: WebSocketFigures, exchange: WebSocketExchange): void {
  const { eventType, status, integrationAsked, integrationStatus, integrationLatencyMs, integrationError } = exchange;
  if (eventType === 'MESSAGE') figures.messageCount++;
  if (eventType === 'CONNECT' && integrationAsked) figures.connectCount++;
  if (!integrationAsked && status >= 400 && status < 500) figures.clientErrors++;
  if ((integrationStatus ?? 0) >= 400) figures.integrationErrors++;
  else if (integrationAsked && integrationError !== undefined) figures.executionErrors++;
  // mock integrations have none
  if (integrationLatencyMs === undefined) return;
  const latency = figures.integrationLatencyMs;
  latency.count++;
  latency.sum += integrationLatencyMs;
  if (integrationLatencyMs > latency.max) latency.max = integrationLatencyMs;
}

/** The text of a refusal: spaces as AWS has them. */
export const errorText = (message: string, { connection, requestId }: WebSocketExchange): string =>
  `{"message": ${JSON.stringify(message)}, "connectionId":"${connection.id}", "requestId":"${requestId}"}`;

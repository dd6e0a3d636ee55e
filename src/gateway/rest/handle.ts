import { BodyTooLarge, type HttpRequest, type HttpResponse } from '#core/http.ts';
import { exceedsHeaderBytes } from '../header-bytes.ts';
import { isAborted, readPayload } from '../incoming.ts';
import type { CompiledRestStage } from './compile.ts';
import { compressAnswer, decompressBody } from './compression.ts';
import { contextValue } from './context.ts';
import { configurationError, GatewayError, headersTooLarge, missingAuthenticationToken } from './errors.ts';
import { ExecutionLog } from './execution-log.ts';
import { foreignAuthorization } from './foreign-authorization.ts';
import { RestExchange } from './exchange.ts';
import { renderGatewayResponse } from './gateway-response.ts';
import { countUsage, requireApiKey } from './api-key.ts';
import { matchRoute } from './match-route.ts';
import { throttle } from './throttle.ts';

/** One request to a stage of a REST API, in AWS's order of steps. */
export async function handleRest(
  stage: CompiledRestStage,
  request: HttpRequest,
  path: string,
  basePath?: string,
): Promise<HttpResponse> {
  const { platform } = stage.facts;
  const exchange = new RestExchange(stage, request, path, platform.ids.uuid(), platform.clock.now(), basePath);
  let response: HttpResponse;
  try {
    response = await answer(exchange);
  } catch (error) {
    const failure = toGatewayError(exchange, error);
    exchange.log?.failed(failure);
    response = renderGatewayResponse(exchange, failure);
  }
  if (exchange.variant.deployment.minimumCompressionSize !== undefined) await compressAnswer(exchange, response);
  exchange.status = response.status;
  observe(exchange, response);
  return response;
}

/** Metrics, execution log and access log of a request that is answered. */
function observe(exchange: RestExchange, response: HttpResponse): void {
  const { stage, log } = exchange;
  const { clock, metrics } = stage.facts;
  const now = clock.now();
  const observation = {
    status: response.status,
    latencyMs: now - exchange.startedAt,
    integrationLatencyMs: exchange.integrationLatencyMs,
    cacheHit: exchange.cacheHit,
  };
  metrics.record(stage.ownMetricName, now, observation);
  const ofMethod = exchange.route?.value.metricName;
  if (ofMethod) metrics.record(ofMethod, now, observation);
  if (log) {
    log.completed(response);
    log.write();
  }
  if (stage.accessLog) {
    exchange.responseBytes = bodyBytes(response.body);
    stage.accessLog.write((name) => contextValue(exchange, name));
  }
}

async function answer(exchange: RestExchange): Promise<HttpResponse> {
  if (exceedsHeaderBytes(exchange.request.rawHeaders, exchange.stage.facts.limits.headerBytes)) throw headersTooLarge();
  const route = matchRoute(exchange.variant.routes, exchange.path, exchange.request.method);
  if (!route)
    throw foreignAuthorization(exchange.request, 'MISSING_AUTHENTICATION_TOKEN') ?? missingAuthenticationToken();
  exchange.route = route;
  const method = route.value;
  if (method.logLevel) {
    exchange.log = new ExecutionLog(exchange, method.logLevel);
    exchange.log.started();
  }
  const { authorize } = method;
  // A signature covers the body: there it is read before anything is decided.
  const isSigned = method.published.authorizationType === 'AWS_IAM';
  if (isSigned) exchange.body = await readPayload(exchange.request, exchange.stage.facts.limits.payloadBytes);
  if (authorize) await authorize(exchange);
  const client = method.published.apiKeyRequired ? await requireApiKey(exchange) : undefined;
  throttle(exchange, client);
  if (client) await countUsage(exchange, client);
  if (!isSigned) {
    const body = readPayload(exchange.request, exchange.stage.facts.limits.payloadBytes);
    exchange.body = body instanceof Promise ? await body : body;
  }
  if (exchange.request.headers['content-encoding']) exchange.body = await decompressBody(exchange, exchange.body);
  exchange.log?.bodyRead();
  method.validator?.(exchange);
  const { cached } = method;
  return cached ? cached(exchange, () => method.integration(exchange)) : method.integration(exchange);
}

/** A streamed body's length is not known. */
function bodyBytes(body: HttpResponse['body']): number {
  if (body === undefined) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : 0;
}

function toGatewayError(exchange: RestExchange, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof BodyTooLarge) return new GatewayError('REQUEST_TOO_LARGE');
  // A client that leaves in the middle of its request is no failure of ours.
  if (!isAborted(error)) {
    const text = error instanceof Error ? error.stack : String(error);
    exchange.stage.facts.platform.warn(`API Gateway ${exchange.stage.published.apiId}: ${text}`);
  }
  return configurationError(String(error), error);
}

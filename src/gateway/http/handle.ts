import { BodyTooLarge, type HttpRequest, type HttpResponse } from '#core/http.ts';
import { exceedsHeaderBytes } from '../header-bytes.ts';
import { extendedRequestId, isAborted, readPayload } from '../incoming.ts';
import type { GatewayFacts } from '../facts.ts';
import type { CompiledHttpStage, CompiledRoute } from './compile.ts';
import { httpContextValue } from './context.ts';
import {
  headersTooLarge,
  HttpApiError,
  internalServerError,
  notFound,
  requestTooLarge,
  tooManyRequests,
} from './errors.ts';
import { HttpExchange } from './exchange.ts';

/** One request to a stage of an HTTP API. */
export async function handleHttp(
  stage: CompiledHttpStage,
  request: HttpRequest,
  path: string,
  basePath?: string,
): Promise<HttpResponse> {
  const { platform } = stage.facts;
  const exchange = new HttpExchange(stage, request, path, platform.ids.uuid(), platform.clock.now(), basePath);
  const preflight = stage.cors?.answerPreflight(request, exchange.requestId);
  let response: HttpResponse;
  try {
    response = preflight ?? (await answer(exchange));
  } catch (error) {
    response = renderError(exchange, toHttpApiError(exchange, error));
  }
  if (!preflight) stage.cors?.apply(request, response);
  exchange.status = response.status;
  count(exchange);
  if (stage.accessLog) {
    exchange.responseBytes = bodyBytes(response.body);
    stage.accessLog.write((name) => httpContextValue(exchange, name));
  }
  return response;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
function count(exchange: HttpExchange): void {
  const { stage, startedAt, status, integrationLatencyMs } = exchange;
  const { clock, metrics } = stage.facts;
  const now = clock.now();
  const observation = { status, latencyMs: now - startedAt, integrationLatencyMs, cacheHit: undefined };
  metrics.record(stage.ownMetricName, now, observation);
  const ofRoute = exchange.route?.value.metricName;
  if (ofRoute) metrics.record(ofRoute, now, observation);
}

async function answer(exchange: HttpExchange): Promise<HttpResponse> {
  const { stage, request } = exchange;
  if (exceedsHeaderBytes(request.rawHeaders, stage.facts.limits.headerBytes)) throw headersTooLarge();
  const route =
    stage.routes.find(exchange.path, request.method, { ignoresTrailingSlash: false }) ?? defaultRoute(stage);
  if (!route) throw notFound();
  exchange.route = route;
  if (!route.value.target) throw notFound();
  const { authorize } = route.value;
  // A signature covers the body: there it is read before anything is decided.
  const isSigned = route.value.published.authorizationType === 'AWS_IAM';
  if (isSigned) exchange.body = await readPayload(request, stage.facts.limits.payloadBytes);
  if (authorize) await authorize(exchange);
  throttle(exchange, route.value);
  if (!isSigned) {
    const body = readPayload(request, stage.facts.limits.payloadBytes);
    exchange.body = body instanceof Promise ? await body : body;
  }
  return route.value.integration(exchange);
}

const defaultRoute = ({ defaultRoute: value }: CompiledHttpStage): HttpExchange['route'] =>
  value && { value, pathParameters: [] };

function throttle(exchange: HttpExchange, route: CompiledRoute): void {
  const now = exchange.startedAt;
  if (route.throttle && !route.throttle.take(now)) throw tooManyRequests();
  if (!exchange.stage.accountThrottle.take(now)) {
    route.throttle?.restore();
    throw tooManyRequests();
  }
}

function bodyBytes(body: HttpResponse['body']): number {
  if (body === undefined) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : 0;
}

function toHttpApiError(exchange: HttpExchange, error: unknown): HttpApiError {
  if (error instanceof HttpApiError) return error;
  if (error instanceof BodyTooLarge) return requestTooLarge();
  // A client that leaves in the middle of its request is no failure of ours.
  if (!isAborted(error)) {
    const text = error instanceof Error ? error.stack : String(error);
    exchange.stage.facts.platform.warn(`API Gateway ${exchange.stage.published.apiId}: ${text}`);
  }
  return internalServerError(String(error), error);
}

function renderError(exchange: HttpExchange, error: HttpApiError): HttpResponse {
  exchange.error = error;
  return {
    status: error.status,
    headers: [['Content-Type', 'application/json'], ['Apigw-Requestid', exchange.requestId], ...error.headers],
    body: error.body,
  };
}

/** For names and stages that do not exist. */
export function httpNotFound(facts: GatewayFacts): HttpResponse {
  return {
    status: 404,
    headers: [
      ['Content-Type', 'application/json'],
      ['Apigw-Requestid', extendedRequestId(facts.platform.ids.uuid())],
    ],
    body: notFound().body,
  };
}

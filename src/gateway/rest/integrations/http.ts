import type { PublishedRestIntegration } from '../../published-rest.ts';
import { TimedOut } from '../../timeout.ts';
import type { BackendResponse } from '../../http-client.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError, GatewayError, integrationTimeout } from '../errors.ts';
import type { RestExchange } from '../exchange.ts';
import type { Integration } from '../integration.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { compileRequestMapping } from '../map-request.ts';
import { compileResponseMapping } from '../map-response.ts';

export interface HttpCall {
  method: string;
  /** with `{name}` where path parameters go */
  uri: string;
  path: ReadonlyMap<string, string>;
  query: readonly [string, string][];
  headers: [string, string][];
  body: Buffer | string;
}

/** HTTP with mapping: only what is mapped goes to the backend. */
export function compileHttp(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  const mapRequest = compileRequestMapping(method, integration);
  const mapResponse = compileResponseMapping(method, integration);
  const send = compileSender(method, integration);
  return async (exchange) => {
    const mapped = mapRequest(exchange);
    const { apiId } = method.variant.stage.published;
    const names = new Set(mapped.headers.map(([name]) => name.toLowerCase()));
    const standard: [string, string][] = [
      ['Content-Type', mapped.contentType],
      ['Accept', 'application/json'],
      ['User-Agent', `AmazonAPIGateway_${apiId}`],
      ['X-Amzn-Apigateway-Api-Id', apiId],
      ['X-Amzn-Trace-Id', exchange.trace],
    ];
    const headers = [...mapped.headers, ...standard.filter(([name]) => !names.has(name.toLowerCase()))];
    const response = await send(exchange, { ...mapped, headers });
    return mapResponse(exchange, { ...response, selection: String(response.status) });
  };
}

type Sender = (exchange: RestExchange, call: Omit<HttpCall, 'method' | 'uri'>) => Promise<BackendResponse>;

export function compileSender(method: CompiledMethod, integration: PublishedRestIntegration): Sender {
  const { variables, stage } = method.variant;
  const uri = withStageVariables(integration.uri ?? '', variables);
  const { limits } = stage.facts;
  return async (exchange, call) => {
    const { client, clock } = exchange.stage.facts;
    const url = buildUrl(uri, call.path, call.query);
    const begin = clock.now();
    const verb = integration.httpMethod;
    exchange.log?.sending(url.href, call.headers, call.body);
    try {
      const response = await client.send({
        method: !verb || verb === 'ANY' ? exchange.request.method : verb,
        url,
        headers: call.headers,
        body: call.body,
        timeoutMs: integration.timeoutInMillis ?? limits.restTimeoutMs,
        bytesMax: limits.payloadBytes,
        tls: integration.tlsConfig,
      });
      exchange.integrationStatus = response.status;
      exchange.integrationLatencyMs = clock.now() - begin;
      exchange.log?.received(response.status, response.headers, response.body);
      return response;
    } catch (error) {
      exchange.integrationError = (error as Error).message;
      throw backendError(error);
    } finally {
      exchange.integrationLatencyMs = clock.now() - begin;
    }
  };
}

export function buildUrl(uri: string, path: ReadonlyMap<string, string>, query: readonly [string, string][]): URL {
  // A greedy parameter keeps its slashes.
  const filled = uri.replace(/\{([^{}]+?)\+?\}/g, (_all, name: string) =>
    (path.get(name) ?? '').split('/').map(encodeURIComponent).join('/'),
  );
  let url: URL;
  try {
    url = new URL(filled);
  } catch (error) {
    throw configurationError(`Invalid endpoint address ${filled}`, error);
  }
  if (query.length) {
    const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
    url.search = url.search ? `${url.search}&${text}` : `?${text}`;
  }
  return url;
}

/** No answer in time is 504; no connection, or an answer that is none, is AWS's 500 "Internal server error". */
function backendError(error: unknown): GatewayError {
  const timedOut = error instanceof TimedOut || (error as Error).name === 'TimeoutError';
  if (timedOut) return integrationTimeout();
  return new GatewayError('INTEGRATION_FAILURE', {
    status: 500,
    message: 'Internal server error',
    reason: `Execution failed due to configuration error: ${(error as Error).message}`,
    cause: error,
  });
}

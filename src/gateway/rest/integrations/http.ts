import type { PublishedRestIntegration } from '../../published-rest.ts';
import { TimedOut } from '../../timeout.ts';
import type { BackendRequest, BackendResponse, StreamedResponse } from '../../http-client.ts';
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

type Outgoing = Omit<HttpCall, 'method' | 'uri'>;
type Sender<T> = (exchange: RestExchange, call: Outgoing) => Promise<T>;

export function compileSender(method: CompiledMethod, integration: PublishedRestIntegration): Sender<BackendResponse> {
  return compileCall(method, integration, method.variant.stage.facts.limits.restTimeoutMs, (exchange, request) =>
    exchange.stage.facts.client.send(request),
  );
}

/** The body comes as the backend sends it. */
export function compileStreamer(
  method: CompiledMethod,
  integration: PublishedRestIntegration,
): Sender<StreamedResponse> {
  const { streamTimeoutMs } = method.variant.stage.facts.limits;
  return compileCall(method, integration, streamTimeoutMs, (exchange, request) =>
    exchange.stage.facts.client.stream(request),
  );
}

function compileCall<T extends BackendResponse | StreamedResponse>(
  method: CompiledMethod,
  integration: PublishedRestIntegration,
  timeoutMsDefault: number,
  ask: (exchange: RestExchange, request: BackendRequest) => Promise<T>,
): Sender<T> {
  const { variables, stage } = method.variant;
  const uri = withStageVariables(integration.uri ?? '', variables);
  const verb = integration.httpMethod;
  const { clientCertificate } = stage.published;
  const tls = clientCertificate ? { ...integration.tlsConfig, clientCertificate } : integration.tlsConfig;
  return async (exchange, call) => {
    const { clock, limits } = stage.facts;
    const begin = clock.now();
    const url = buildUrl(uri, call.path, call.query);
    exchange.log?.sending(url.href, call.headers, call.body);
    try {
      const response = await ask(exchange, {
        method: !verb || verb === 'ANY' ? exchange.request.method : verb,
        url,
        headers: call.headers,
        body: call.body,
        timeoutMs: integration.timeoutInMillis ?? timeoutMsDefault,
        bytesMax: limits.payloadBytes,
        tls,
      });
      exchange.integrationStatus = response.status;
      exchange.integrationLatencyMs = clock.now() - begin;
      const { status, headers, body } = response;
      exchange.log?.received(status, headers, body instanceof Uint8Array ? body : '[streamed]');
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

const NETWORK_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT']);

/**
 * No answer in time is 504, and so is a connection that is not made or breaks (IPRotate_Burp_Extension issue 17). A name or a
 * certificate that is none, or an answer that is none, is AWS's 500 "Internal server error".
 */
function backendError(error: unknown): GatewayError {
  const timedOut = error instanceof TimedOut || (error as Error).name === 'TimeoutError';
  if (timedOut) return integrationTimeout();
  if (NETWORK_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) {
    const reason = 'Execution failed due to a network error communicating with endpoint';
    return new GatewayError('INTEGRATION_FAILURE', { reason, cause: error });
  }
  return new GatewayError('INTEGRATION_FAILURE', {
    status: 500,
    message: 'Internal server error',
    reason: `Execution failed due to configuration error: ${(error as Error).message}`,
    cause: error,
  });
}

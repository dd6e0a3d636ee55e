import type { PublishedHttpIntegration } from '../../published-http.ts';
import type { BackendResponse } from '../../http-client.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { TimedOut } from '../../timeout.ts';
import type { CompiledRoute } from '../compile.ts';
import { internalServerError, serviceUnavailable } from '../errors.ts';
import type { HttpExchange } from '../exchange.ts';
import type { HttpIntegration } from '../integration.ts';
import { compileRequestChanges, type OutgoingRequest } from '../parameter-mapping.ts';
import { passedName } from '../response-headers.ts';

const NOT_FORWARDED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The whole request to a public HTTP endpoint. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html */
export function compileHttpProxyIntegration(
  route: CompiledRoute,
  integration: PublishedHttpIntegration,
): HttpIntegration {
  const { stage } = route;
  const uri = withStageVariables(integration.integrationUri ?? '', stage.variables);
  const change = compileRequestChanges(integration.requestParameters);
  return async (exchange) => {
    const outgoing: OutgoingRequest = { headers: requestHeaders(exchange), query: exchange.query };
    change?.(exchange, outgoing);
    const response = await send(exchange, integration, targetOf(exchange, uri, outgoing), outgoing);
    const headers: [string, string][] = [];
    for (const [name, value] of response.headers) {
      const passed = passedName(name);
      if (passed) headers.push([passed, value]);
    }
    headers.push(['Apigw-Requestid', exchange.requestId]);
    return { status: response.status, headers, body: response.body };
  };
}

async function send(
  exchange: HttpExchange,
  integration: PublishedHttpIntegration,
  url: URL,
  outgoing: OutgoingRequest,
): Promise<BackendResponse> {
  const { client, clock, limits } = exchange.stage.facts;
  const begin = clock.now();
  const verb = integration.integrationMethod;
  try {
    const response = await client.send({
      method: !verb || verb === 'ANY' ? exchange.request.method : verb,
      url,
      headers: outgoing.headers,
      body: exchange.body,
      timeoutMs: integration.timeoutInMillis ?? limits.httpTimeoutMs,
      bytesMax: limits.payloadBytes,
      tls: integration.tlsConfig,
    });
    exchange.integrationStatus = response.status;
    return response;
  } catch (error) {
    exchange.integrationError = (error as Error).message;
    if (error instanceof TimedOut || (error as Error).name === 'TimeoutError')
      throw serviceUnavailable('the backend did not answer in time', error);
    throw internalServerError((error as Error).message, error);
  } finally {
    exchange.integrationLatencyMs = clock.now() - begin;
  }
}

/** `{name}` in the URI is the route's path parameter of that name. The query goes along as it is where nothing changed it. */
function targetOf(exchange: HttpExchange, uri: string, outgoing: OutgoingRequest): URL {
  const parameters = new Map(exchange.route!.pathParameters);
  const filled = uri.replace(/\{([^{}]+?)\+?\}/g, (_all, name: string) =>
    (parameters.get(name) ?? '').split('/').map(encodeURIComponent).join('/'),
  );
  let url: URL;
  try {
    url = new URL(filled);
    if (outgoing.path !== undefined) url.pathname = outgoing.path;
  } catch (error) {
    throw internalServerError(`Invalid endpoint address ${filled}`, error);
  }
  const query =
    outgoing.query === exchange.query
      ? exchange.rawQuery
      : outgoing.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  if (query) url.search = url.search ? `${url.search}&${query}` : `?${query}`;
  return url;
}

/** The standard Forwarded header stands for what X-Forwarded-* say. */
function requestHeaders(exchange: HttpExchange): [string, string][] {
  const { rawHeaders, headers: sent, remoteAddress, secure } = exchange.request;
  const headers: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const lower = rawHeaders[i]!.toLowerCase();
    if (NOT_FORWARDED.has(lower) || lower.startsWith('x-forwarded-') || lower === 'x-amzn-trace-id') continue;
    headers.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  }
  const before = (sent['x-forwarded-for'] ?? '').split(',').map((part) => part.trim());
  const hops = [...before.filter(Boolean), remoteAddress].map((address) => `for=${address}`).join(', ');
  headers.push(
    ['Forwarded', `${hops};host=${sent['host'] ?? ''};proto=${secure ? 'https' : 'http'}`],
    ['Via', 'HTTP/1.1 AmazonAPIGateway'],
    ['X-Amzn-Trace-Id', exchange.trace],
  );
  return headers;
}

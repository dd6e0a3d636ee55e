// Type AWS to any service: the mapped request becomes a signed request of that service's own API, answered in process.
// https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html#apigw-Type-Integration-uri
import { serviceSummaries, type ServiceSummary } from '#protocol/model.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import type { Credentials } from '#kernel/identity.ts';
import type { BackendResponse } from '../../http-client.ts';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import { TimedOut } from '../../timeout.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError, integrationTimeout } from '../errors.ts';
import type { RestExchange } from '../exchange.ts';
import type { Integration } from '../integration.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { isCallerCredentials } from '../invoke-function.ts';
import { compileRequestMapping, type MappedRequest } from '../map-request.ts';
import { compileResponseMapping } from '../map-response.ts';
import { queryAnswerAsJson } from '../query-answer.ts';

/** arn:aws:apigateway:REGION:{subdomain.}SERVICE:action/ACTION or :path/PATH */
const SERVICE_URI = /^arn:aws[\w-]*:apigateway:([\w-]+):(?:([\w.{}-]+)\.)?([\w-]+):(action|path)\/(.*)$/;

/** Names in URIs that are not the signing name. */
const SIGNING_NAMES: Record<string, string> = { email: 'ses', monitoring: 'monitoring', streams: 'dynamodb' };

interface Target {
  region: string;
  subdomain: string | undefined;
  signingName: string;
  host: string;
  summary: ServiceSummary | undefined;
  kind: 'action' | 'path';
  rest: string;
}

function parseUri(uri: string): Target | undefined {
  const match = SERVICE_URI.exec(uri);
  if (!match) return undefined;
  const [, region = '', subdomain, name = '', kind, rest = ''] = match;
  const signingName = SIGNING_NAMES[name] ?? name;
  return {
    region,
    subdomain,
    signingName,
    host: `${name}.${region}.amazonaws.com`,
    summary: serviceSummaries.find((summary) => summary.signingName === signingName),
    kind: kind as Target['kind'],
    rest,
  };
}

export function compileService(
  method: CompiledMethod,
  integration: PublishedRestIntegration,
  uri: string,
): Integration {
  const target = parseUri(uri);
  const mapRequest = compileRequestMapping(method, integration);
  const mapResponse = compileResponseMapping(method, integration);
  const role = integration.credentials && withStageVariables(integration.credentials, method.variant.variables);
  const timeoutMs = integration.timeoutInMillis ?? method.variant.stage.facts.limits.restTimeoutMs;
  return async (exchange) => {
    if (!target) throw configurationError(`Invalid integration URI ${uri}`);
    const mapped = mapRequest(exchange);
    const credentials = await credentialsOf(exchange, role);
    const request = buildRequest(target, integration.httpMethod ?? 'POST', mapped);
    const signed = sign(exchange, target, request, credentials);
    const response = await send(exchange, { ...request, headers: signed }, timeoutMs);
    const isXml = response.headers.some(([name, value]) => name.toLowerCase() === 'content-type' && /xml/.test(value));
    // Services of the query protocol answer API Gateway in JSON: it asks for that.
    const asJson =
      isXml && target.summary?.protocols.includes('awsQuery') ? queryAnswerAsJson(response.body) : undefined;
    return mapResponse(exchange, {
      status: response.status,
      headers: asJson === undefined ? response.headers : [['Content-Type', 'application/json']],
      body: asJson ?? response.body,
      selection: String(response.status),
    });
  };
}

async function credentialsOf(exchange: RestExchange, role: string | undefined): Promise<Credentials> {
  const { roles } = exchange.stage.facts;
  if (!role) throw configurationError('Credentials are required for AWS service integrations');
  try {
    if (!isCallerCredentials(role)) return await roles.credentials(role);
    return await callerCredentials(exchange);
  } catch (error) {
    throw configurationError('API Gateway does not have permission to assume the provided role', error);
  }
}

/** `arn:aws:iam::*:user/*`: on as the caller, with credentials of a moment. */
async function callerCredentials(exchange: RestExchange): Promise<Credentials> {
  const { principal } = exchange;
  const { identity } = exchange.stage.facts.platform;
  if (!principal || principal.type === 'service' || principal.type === 'anonymous') {
    throw configurationError('the credentials of the caller are needed, but the request is not signed');
  }
  return identity.issueCredentials(principal, 900);
}

interface ServiceRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Buffer | string;
}

function buildRequest(target: Target, method: string, mapped: MappedRequest): ServiceRequest {
  const fill = (text: string): string =>
    text.replace(/\{([^{}]+?)\+?\}/g, (_all, name: string) =>
      (mapped.path.get(name) ?? '').split('/').map(encodeURIComponent).join('/'),
    );
  const subdomain = target.subdomain === undefined ? '' : `${fill(target.subdomain)}.`;
  const url = new URL(`https://${subdomain}${target.host}/`);
  const headers: Record<string, string> = { accept: 'application/json', 'content-type': mapped.contentType };
  const query = [...mapped.query];
  if (target.kind === 'path') {
    const [path = '', search = ''] = fill(target.rest).split('?', 2);
    url.pathname = `/${path}`;
    url.search = search;
  } else {
    addAction(target, headers, query);
  }
  for (const [name, value] of query) url.searchParams.append(name, value);
  for (const [name, value] of mapped.headers) headers[name.toLowerCase()] = value;
  return { method, url, headers, body: mapped.body };
}

/** JSON services take the action as X-Amz-Target, the others as a parameter. */
function addAction(target: Target, headers: Record<string, string>, query: [string, string][]): void {
  const { summary, rest: action } = target;
  const json = summary?.protocols.find((protocol) => protocol.startsWith('awsJson'));
  const isQuery = summary?.protocols.includes('awsQuery') ?? false;
  if (json && !isQuery) {
    headers['x-amz-target'] = `${summary!.target}.${action}`;
    headers['content-type'] = `application/x-amz-json-${json === 'awsJson1_0' ? '1.0' : '1.1'}`;
    return;
  }
  const has = (name: string): boolean => query.some(([key]) => key === name);
  if (!has('Action')) query.unshift(['Action', action]);
  if (!has('Version') && summary) query.push(['Version', summary.version]);
}

function sign(
  exchange: RestExchange,
  target: Target,
  { method, url, headers, body }: ServiceRequest,
  credentials: Credentials,
): Record<string, string> {
  return signRequest(
    { method, target: url.pathname + url.search, headers: { ...headers, host: url.host }, body },
    { credentials, region: target.region, service: target.signingName, now: exchange.stage.now() },
  );
}

async function send(exchange: RestExchange, request: ServiceRequest, timeoutMs: number): Promise<BackendResponse> {
  const { client, clock, limits } = exchange.stage.facts;
  const begin = clock.now();
  const { host: _host, ...headers } = request.headers;
  exchange.log?.sending(request.url.href, Object.entries(headers), request.body);
  try {
    const response = await client.send({
      ...request,
      headers: Object.entries(headers),
      timeoutMs,
      bytesMax: limits.payloadBytes,
    });
    exchange.integrationStatus = response.status;
    exchange.integrationLatencyMs = clock.now() - begin;
    exchange.log?.received(response.status, response.headers, response.body);
    exchange.integrationRequestId = response.headers.find(([name]) => /^x-amzn?-request-?id$/i.test(name))?.[1];
    return response;
  } catch (error) {
    exchange.integrationError = (error as Error).message;
    if (error instanceof TimedOut || (error as Error).name === 'TimeoutError') throw integrationTimeout();
    throw configurationError((error as Error).message, error);
  } finally {
    exchange.integrationLatencyMs = clock.now() - begin;
  }
}

// Payload format 1.0 of HTTP APIs: the event of REST APIs with small differences.
import { formatRequestTime } from '../incoming.ts';
import { forwardedFor, forwardedPort } from '../forwarded.ts';
import type { CompiledRoute } from './compile.ts';
import { bodyJson } from './event-v2.ts';
import type { HttpExchange } from './exchange.ts';

const HIDDEN = new Set(['connection', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

export function compileEventV1(_route: CompiledRoute): (exchange: HttpExchange) => string {
  return (exchange) => {
    const body = exchange.body.length ? bodyJson(exchange) : ',"body":null,"isBase64Encoded":false';
    return `${JSON.stringify({ version: '1.0', ...openEvent(exchange) }).slice(0, -1)}${body}}`;
  };
}

/** What Lambda authorizers get. */
export function authorizerEventV1(exchange: HttpExchange, identity: readonly string[]): string {
  const own = {
    version: '1.0',
    type: 'REQUEST',
    methodArn: exchange.routeArn,
    identitySource: identity.join(','),
    authorizationToken: identity[0] ?? '',
  };
  return JSON.stringify({ ...own, ...openEvent(exchange) });
}

/** Everything but the payload. */
function openEvent(exchange: HttpExchange): object {
  const { request, stage } = exchange;
  const { routeKey } = exchange.route!.value.published;
  const routePath = routeKey === '$default' ? undefined : routeKey.slice(routeKey.indexOf(' ') + 1);
  const headers = collectHeaders(exchange);
  const query = group(exchange.query);
  const { pathParameters } = exchange.route!;
  return {
    resource: routePath ?? exchange.path,
    path: exchange.rawPath,
    httpMethod: request.method,
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.size ? lastOf(query) : null,
    multiValueQueryStringParameters: query.size ? Object.fromEntries(query) : null,
    requestContext: requestContext(exchange, routePath),
    pathParameters: pathParameters.length ? Object.fromEntries(pathParameters) : null,
    stageVariables: Object.keys(stage.variables).length ? stage.variables : null,
  };
}

function requestContext(exchange: HttpExchange, routePath: string | undefined): object {
  const { request, stage, identity, authorizer } = exchange;
  const { accountId, apiId } = stage.published;
  return {
    accountId,
    apiId,
    ...(authorizer && { authorizer: authorizerOf(authorizer) }),
    domainName: exchange.domainName,
    domainPrefix: exchange.domainName.split('.', 1)[0],
    extendedRequestId: exchange.requestId,
    httpMethod: request.method,
    identity: {
      accessKey: identity?.accessKey ?? null,
      accountId: identity?.accountId ?? null,
      caller: identity?.caller ?? null,
      cognitoAmr: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: identity?.principalOrgId ?? null,
      sourceIp: request.remoteAddress,
      user: identity?.user ?? null,
      userAgent: request.headers['user-agent'] ?? '',
      userArn: identity?.userArn ?? null,
      ...(exchange.clientCertificate && { clientCert: exchange.clientCertificate }),
    },
    path: exchange.rawPath,
    protocol: `HTTP/${request.httpVersion}`,
    requestId: exchange.requestId,
    requestTime: formatRequestTime(exchange.startedAt),
    requestTimeEpoch: exchange.startedAt,
    resourceId: exchange.route!.value.published.routeKey,
    resourcePath: routePath ?? '$default',
    stage: stage.name,
  };
}

function authorizerOf(authorizer: NonNullable<HttpExchange['authorizer']>): object {
  if (authorizer.kind === 'jwt') return { claims: authorizer.claims, scopes: authorizer.scopes ?? null };
  return { ...authorizer.context, principalId: authorizer.principalId };
}

/** Names that the front writes in its own way, whatever the client wrote; it says the length of an empty payload too. */
const FRONT_NAMES: Readonly<Record<string, string>> = {
  'content-length': 'Content-Length',
  host: 'Host',
  'user-agent': 'User-Agent',
};

function collectHeaders(exchange: HttpExchange): Map<string, string[]> {
  const { rawHeaders, headers, remoteAddress, secure } = exchange.request;
  const all: [string, string][] = [];
  if (headers['content-length'] === undefined) all.push(['Content-Length', String(exchange.body.length)]);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const lower = rawHeaders[i]!.toLowerCase();
    if (!HIDDEN.has(lower) && !lower.startsWith('x-forwarded-') && lower !== 'x-amzn-trace-id') {
      all.push([FRONT_NAMES[lower] ?? rawHeaders[i]!, rawHeaders[i + 1]!]);
    }
  }
  all.push(
    ['X-Amzn-Trace-Id', exchange.trace],
    ['X-Forwarded-For', forwardedFor(headers['x-forwarded-for'], remoteAddress)],
    ['X-Forwarded-Port', forwardedPort(headers['host'], secure)],
    ['X-Forwarded-Proto', secure ? 'https' : 'http'],
  );
  return group(all);
}

function group(pairs: readonly [string, string][]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const values = grouped.get(name);
    if (values) values.push(value);
    else grouped.set(name, [value]);
  }
  return grouped;
}

const lastOf = (grouped: ReadonlyMap<string, string[]>): Record<string, string> =>
  Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1)!]));

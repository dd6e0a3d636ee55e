// The event of a Lambda proxy integration, payload format 1.0, written as text: this is the hot path.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
import { formatRequestTime, mediaType, quotedName } from '../incoming.ts';
import { forwardedFor, forwardedPort } from '../forwarded.ts';
import type { CallerIdentity } from '../identity.ts';
import type { CompiledMethod } from './compile.ts';
import type { RestExchange } from './exchange.ts';

/** Not shown to functions: they belong to the connection. */
const HIDDEN = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Names that AWS's front spells its own way, however the client did. */
const CANONICAL: Record<string, string> = { host: 'Host', 'user-agent': 'User-Agent' };

export function compileProxyEvent(method: CompiledMethod): (exchange: RestExchange) => string {
  const open = compileOpenEvent(method);
  return (exchange) => `${open(exchange)}${bodyJson(exchange)}}`;
}

/** The event of REQUEST authorizers: the same without the payload. */
export const requestEvent = (exchange: RestExchange): string =>
  `{"type":"REQUEST","methodArn":${JSON.stringify(exchange.methodArn)},${exchange.route!.value.openEvent(exchange).slice(1)}}`;

/** Everything up to the payload. */
export function compileOpenEvent(method: CompiledMethod): (exchange: RestExchange) => string {
  const { resource, variant } = method;
  const { accountId, apiId } = variant.stage.published;
  const quotedPath = JSON.stringify(resource.path);
  const head = `{"resource":${quotedPath},"path":`;
  const context = `,"stageVariables":${variant.variablesJson},"requestContext":{"resourceId":${JSON.stringify(resource.id)},`;
  const fixed = `"resourcePath":${quotedPath},"httpMethod":"`;
  const stageName = JSON.stringify(variant.stage.name);
  const tail = `","deploymentId":${JSON.stringify(variant.deployment.id)},"apiId":${JSON.stringify(apiId)}}`;
  return (exchange) => {
    const { request } = exchange;
    const verb = request.method;
    const domain = exchange.domainName;
    const { headers, multiValueHeaders } = headersJson(exchange);
    return (
      `${head}${JSON.stringify(exchange.eventPath)},"httpMethod":"${verb}","headers":${headers}` +
      `,"multiValueHeaders":${multiValueHeaders}${queryJson(exchange.query)}` +
      `,"pathParameters":${pairsJson(exchange.route!.pathParameters)}${context}${authorizerJson(exchange)}${fixed}${verb}` +
      `","extendedRequestId":"${exchange.extendedRequestId}","requestTime":"${formatRequestTime(exchange.startedAt)}"` +
      `,"path":${JSON.stringify(exchange.publicPath)},"accountId":"${accountId}","protocol":"HTTP/${request.httpVersion}"` +
      `,"stage":${stageName},"domainPrefix":${JSON.stringify(domainPrefix(domain))},"requestTimeEpoch":${exchange.startedAt}` +
      `,"requestId":"${exchange.requestId}","identity":${identityJson(exchange)},"domainName":${JSON.stringify(domain).slice(0, -1)}` +
      tail
    );
  };
}

const domainPrefix = (domain: string): string => {
  const dot = domain.indexOf('.');
  return dot < 0 ? domain : domain.slice(0, dot);
};

/** X-Forwarded-* and the trace, as the front adds them. */
export function forwardedHeaders(exchange: RestExchange): [string, string][] {
  const { request } = exchange;
  const { headers, remoteAddress, secure } = request;
  return [
    ['X-Amzn-Trace-Id', exchange.trace],
    ['X-Forwarded-For', forwardedFor(headers['x-forwarded-for'], remoteAddress)],
    ['X-Forwarded-Port', forwardedPort(headers['host'], secure)],
    ['X-Forwarded-Proto', secure ? 'https' : 'http'],
  ];
}

/** `headers` has the last value of each name, `multiValueHeaders` all of them. */
function headersJson(exchange: RestExchange): { headers: string; multiValueHeaders: string } {
  const { rawHeaders } = exchange.request;
  const last = new Map<string, string>();
  let repeated: Map<string, string[]> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i]!;
    const lower = sent.toLowerCase();
    if (HIDDEN.has(lower)) continue;
    const name = CANONICAL[lower] ?? sent;
    const value = JSON.stringify(rawHeaders[i + 1]);
    const before = last.get(name);
    if (before !== undefined) {
      repeated ??= new Map();
      const values = repeated.get(name);
      if (values) values.push(value);
      else repeated.set(name, [before, value]);
    }
    last.set(name, value);
  }
  for (const [name, value] of forwardedHeaders(exchange)) setForwarded(last, name, JSON.stringify(value));
  let headers = '';
  let multiValueHeaders = '';
  for (const [name, value] of last) {
    const quoted = quotedName(name);
    headers += `,${quoted}:${value}`;
    multiValueHeaders += `,${quoted}:[${repeated?.get(name)?.join(',') ?? value}]`;
  }
  return { headers: `{${headers.slice(1)}}`, multiValueHeaders: `{${multiValueHeaders.slice(1)}}` };
}

/** The front's header replaces what the client sent under the same name in any spelling. */
function setForwarded(headers: Map<string, string>, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (headers.has(lower)) headers.delete(lower);
  headers.set(name, value);
}

function queryJson(query: readonly [string, string][]): string {
  if (query.length === 0) return ',"queryStringParameters":null,"multiValueQueryStringParameters":null';
  const all = new Map<string, string[]>();
  for (const [name, value] of query) {
    const quoted = JSON.stringify(value);
    const values = all.get(name);
    if (values) values.push(quoted);
    else all.set(name, [quoted]);
  }
  let last = '';
  let multi = '';
  for (const [name, values] of all) {
    const quoted = JSON.stringify(name);
    last += `,${quoted}:${values.at(-1)}`;
    multi += `,${quoted}:[${values.join(',')}]`;
  }
  return `,"queryStringParameters":{${last.slice(1)}},"multiValueQueryStringParameters":{${multi.slice(1)}}`;
}

const pairsJson = (pairs: readonly [string, string][]): string =>
  pairs.length ? JSON.stringify(Object.fromEntries(pairs)) : 'null';

function authorizerJson({ authorizer }: RestExchange): string {
  if (!authorizer) return '';
  const { claims, context, principalId } = authorizer;
  if (claims) return `"authorizer":${JSON.stringify({ claims })},`;
  const given = { ...context, principalId, integrationLatency: authorizer.latencyMs ?? 0 };
  return `"authorizer":${JSON.stringify(given)},`;
}

const NULL_IDENTITY: CallerIdentity = {};

function identityJson({ identity = NULL_IDENTITY, request, clientCertificate }: RestExchange): string {
  const { apiKey, apiKeyId } = identity;
  const keys = apiKey === undefined ? '' : `"apiKey":${JSON.stringify(apiKey)},"apiKeyId":${text(apiKeyId)},`;
  return (
    `{"cognitoIdentityPoolId":null,"accountId":${text(identity.accountId)},"cognitoIdentityId":null` +
    `,"caller":${text(identity.caller)},"sourceIp":${JSON.stringify(request.remoteAddress)}` +
    `,"principalOrgId":${text(identity.principalOrgId)},${keys}"accessKey":${text(identity.accessKey)}` +
    `,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":${text(identity.userArn)}` +
    `,"userAgent":${text(request.headers['user-agent'])},"user":${text(identity.user)}${clientCertificate ? `,"clientCert":${JSON.stringify(clientCertificate)}` : ''}}`
  );
}

const text = (value: string | undefined): string => (value === undefined ? 'null' : JSON.stringify(value));

/** Base64 where the content type is binary to the API; no payload is null. */
function bodyJson(exchange: RestExchange): string {
  const { body } = exchange;
  if (body.length === 0) return ',"body":null,"isBase64Encoded":false';
  if (exchange.variant.isBinary(mediaType(exchange.request.headers['content-type']))) {
    return `,"body":"${body.toString('base64')}","isBase64Encoded":true`;
  }
  return `,"body":${JSON.stringify(body.toString())},"isBase64Encoded":false`;
}

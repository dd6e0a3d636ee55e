// Payload format 2.0, written as text: this is the hot path. What a request does not have is left out.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import { formatRequestTime, mediaType, quotedName } from '../incoming.ts';
import { forwardedFor, forwardedPort } from '../forwarded.ts';
import type { CompiledRoute } from './compile.ts';
import type { HttpExchange } from './exchange.ts';

const HIDDEN = new Set([
  'connection',
  'cookie',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Written by the front, whatever the client sent. */
const FORWARDED = new Set(['x-amzn-trace-id', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto']);
const TEXT = /^(?:text\/.*|application\/(?:.*\+)?(?:json|xml)|application\/(?:javascript|ecmascript|graphql))$/;

export function compileEventV2(route: CompiledRoute): (exchange: HttpExchange) => string {
  const { variables } = route.stage;
  const tail = Object.keys(variables).length ? `,"stageVariables":${JSON.stringify(variables)}}` : '}';
  const open = compileOpenEventV2(route);
  return (exchange) => `${open(exchange)}${bodyJson(exchange)}${tail}`;
}

/** What Lambda authorizers get: no payload, but the identity that their sources found. */
export function authorizerEventV2(exchange: HttpExchange, identity: readonly string[]): string {
  const { variables } = exchange.stage;
  const stageVariables = Object.keys(variables).length ? `,"stageVariables":${JSON.stringify(variables)}` : '';
  const own = `{"version":"2.0","type":"REQUEST","routeArn":${JSON.stringify(exchange.routeArn)},"identitySource":${JSON.stringify(identity)}`;
  return `${own}${exchange.route!.value.openEvent(exchange).slice('{"version":"2.0"'.length)}${stageVariables}}`;
}

/** Everything up to the payload. */
export function compileOpenEventV2(route: CompiledRoute): (exchange: HttpExchange) => string {
  const { stage, published } = route;
  const { accountId, apiId } = stage.published;
  const routeKey = JSON.stringify(published.routeKey);
  const head = `{"version":"2.0","routeKey":${routeKey},"rawPath":`;
  const context = `,"requestContext":{"accountId":"${accountId}","apiId":"${apiId}",`;
  const stageFacts = `,"routeKey":${routeKey},"stage":${JSON.stringify(stage.name)},"time":"`;
  return (exchange) => {
    const { request } = exchange;
    const path = JSON.stringify(exchange.rawPath);
    const domain = exchange.domainName;
    const dot = domain.indexOf('.');
    return (
      `${head}${path},"rawQueryString":${JSON.stringify(exchange.rawQuery)}${cookiesJson(request.headers['cookie'])}` +
      `,"headers":${headersJson(exchange)}${queryJson(exchange.query)}${context}${authenticationJson(exchange)}${authorizerJson(exchange)}` +
      `"domainName":${JSON.stringify(domain)},"domainPrefix":${JSON.stringify(dot < 0 ? domain : domain.slice(0, dot))}` +
      `,"http":{"method":"${request.method}","path":${path},"protocol":"HTTP/${request.httpVersion}"` +
      `,"sourceIp":${JSON.stringify(request.remoteAddress)},"userAgent":${JSON.stringify(request.headers['user-agent'] ?? '')}}` +
      `,"requestId":"${exchange.requestId}"${stageFacts}${formatRequestTime(exchange.startedAt)}"` +
      `,"timeEpoch":${exchange.startedAt}}${pathJson(exchange)}`
    );
  };
}

/** Set under custom domains with mutual TLS. */
function authenticationJson({ clientCertificate }: HttpExchange): string {
  return clientCertificate ? `"authentication":${JSON.stringify({ clientCert: clientCertificate })},` : '';
}

function cookiesJson(cookie: string | undefined): string {
  if (!cookie) return '';
  return `,"cookies":${JSON.stringify(cookie.split(/;\s*/).filter(Boolean))}`;
}

/** Lower-case names; repeated headers are joined by commas. */
function headersJson(exchange: HttpExchange): string {
  const { headers, remoteAddress, secure } = exchange.request;
  // AWS says the length of an empty payload too.
  let json = headers['content-length'] === undefined ? `"content-length":"${exchange.body.length}",` : '';
  for (const name in headers) {
    if (HIDDEN.has(name) || FORWARDED.has(name)) continue;
    json += `${quotedName(name)}:${JSON.stringify(String(headers[name]))},`;
  }
  return (
    `{${json}"x-amzn-trace-id":${JSON.stringify(exchange.trace)}` +
    `,"x-forwarded-for":${JSON.stringify(forwardedFor(headers['x-forwarded-for'], remoteAddress))}` +
    `,"x-forwarded-port":"${forwardedPort(headers['host'], secure)}","x-forwarded-proto":"${secure ? 'https' : 'http'}"}`
  );
}

/** Repeated parameters are joined by commas. */
function queryJson(query: readonly [string, string][]): string {
  if (query.length === 0) return '';
  const joined = new Map<string, string>();
  for (const [name, value] of query) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return `,"queryStringParameters":${JSON.stringify(Object.fromEntries(joined))}`;
}

function pathJson({ route }: HttpExchange): string {
  const { pathParameters } = route!;
  return pathParameters.length ? `,"pathParameters":${JSON.stringify(Object.fromEntries(pathParameters))}` : '';
}

/** What authorizers have said is kept, and stays the same. */
const authorizerTexts = new WeakMap<object, string>();

function authorizerJson({ authorizer, identity }: HttpExchange): string {
  if (!authorizer) return '';
  const { kind, claims, scopes, lambda } = authorizer;
  if (kind === 'jwt' || kind === 'lambda') {
    let text = authorizerTexts.get(authorizer);
    if (text === undefined) {
      text = JSON.stringify(kind === 'jwt' ? { jwt: { claims, scopes: scopes ?? null } } : { lambda: lambda ?? null });
      authorizerTexts.set(authorizer, text);
    }
    return `"authorizer":${text},`;
  }
  const iam = {
    accessKey: identity?.accessKey,
    accountId: identity?.accountId,
    callerId: identity?.caller,
    cognitoIdentity: null,
    principalOrgId: identity?.principalOrgId ?? null,
    userArn: identity?.userArn,
    userId: identity?.user,
  };
  return `"authorizer":${JSON.stringify({ iam })},`;
}

/** Text of known types as it is, everything else in base64: forms too, as on AWS. */
export function bodyJson({ body, request }: HttpExchange): string {
  if (body.length === 0) return ',"isBase64Encoded":false';
  const type = mediaType(request.headers['content-type']);
  if (type === undefined || TEXT.test(type)) {
    return `,"body":${JSON.stringify(body.toString())},"isBase64Encoded":false`;
  }
  return `,"body":"${body.toString('base64')}","isBase64Encoded":true`;
}

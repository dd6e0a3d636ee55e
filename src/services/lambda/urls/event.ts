// The event of a function URL, payload format 2.0, written as text: this is the hot path. What a request does not have is left out.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
import { isUtf8 } from 'node:buffer';
import type { HttpRequest } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';

export interface UrlRequest {
  request: HttpRequest;
  urlId: string;
  /** encoded, without the prefix of the path form */
  path: string;
  domainName: string;
  body: Buffer;
  requestId: string;
  trace: string;
  startedAt: number;
  /** AWS_IAM: who signed */
  principal?: Principal | undefined;
}

/** Not the function's business, or found elsewhere in the event. */
const HIDDEN = new Set([
  'connection',
  'cookie',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);
const TEXT = /^(?:text\/.*|application\/(?:.*\+)?(?:json|xml)|application\/(?:javascript|ecmascript|graphql))$/;

export function urlEvent(from: UrlRequest): string {
  const { request, path, domainName } = from;
  const mark = request.target.indexOf('?');
  const query = mark < 0 ? '' : request.target.slice(mark + 1);
  const rawPath = JSON.stringify(path);
  const dot = domainName.indexOf('.');
  const userAgent = request.headers['user-agent'];
  return (
    `{"version":"2.0","routeKey":"$default","rawPath":${rawPath},"rawQueryString":${JSON.stringify(query)}` +
    `${cookiesJson(request.headers['cookie'])},"headers":${headersJson(from)}${queryJson(query)}` +
    `,"requestContext":{${callerJson(from)},"domainName":${JSON.stringify(domainName)}` +
    `,"domainPrefix":${JSON.stringify(domainName.slice(0, dot))},"http":{"method":"${request.method}","path":${rawPath}` +
    `,"protocol":"HTTP/${request.httpVersion}","sourceIp":"${request.remoteAddress}"` +
    `${userAgent === undefined ? '' : `,"userAgent":${JSON.stringify(userAgent)}`}}` +
    `,"requestId":"${from.requestId}","routeKey":"$default","stage":"$default","time":"${formatTime(from.startedAt)}"` +
    `,"timeEpoch":${from.startedAt}}${bodyJson(from)}}`
  );
}

function cookiesJson(cookie: string | undefined): string {
  return cookie ? `,"cookies":${JSON.stringify(cookie.split(/;\s*/).filter(Boolean))}` : '';
}

/** Lower-case names; repeated headers are joined by commas. */
function headersJson({ request, trace }: UrlRequest): string {
  const { headers, remoteAddress, secure } = request;
  const before = headers['x-forwarded-for'];
  let json = '';
  for (const name in headers) {
    if (!HIDDEN.has(name)) json += `${JSON.stringify(name)}:${JSON.stringify(String(headers[name]))},`;
  }
  return (
    `{${json}"x-amzn-trace-id":${JSON.stringify(trace)}` +
    `,"x-forwarded-for":${JSON.stringify(before === undefined ? remoteAddress : `${before}, ${remoteAddress}`)}` +
    `,"x-forwarded-port":"${portOf(headers['host'], secure)}","x-forwarded-proto":"${secure ? 'https' : 'http'}"}`
  );
}

function portOf(host: string | undefined, secure: boolean): string {
  return /:(\d+)$/.exec(host ?? '')?.[1] ?? (secure ? '443' : '80');
}

/** Repeated parameters are joined by commas. */
function queryJson(query: string): string {
  if (query === '') return '';
  const joined = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return joined.size === 0 ? '' : `,"queryStringParameters":${JSON.stringify(Object.fromEntries(joined))}`;
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

function callerJson({ principal, urlId }: UrlRequest): string {
  if (!principal || principal.type === 'anonymous' || principal.type === 'service') {
    return `"accountId":"anonymous","apiId":"${urlId}"`;
  }
  const { accountId, arn, userId, accessKeyId } = principal;
  const iam = {
    accessKey: accessKeyId,
    accountId,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: arn,
    userId,
  };
  return `"accountId":"${accountId}","apiId":"${urlId}","authorizer":${JSON.stringify({ iam })}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 12/Mar/2020:19:03:58 +0000 */
function formatTime(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** Text of known types as it is, everything else in base64: forms too, as on AWS. */
function bodyJson({ body, request }: UrlRequest): string {
  if (body.length === 0) return ',"isBase64Encoded":false';
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const isText = type === undefined || TEXT.test(type);
  if (isText && isUtf8(body)) return `,"body":${JSON.stringify(body.toString())},"isBase64Encoded":false`;
  return `,"body":"${body.toString('base64')}","isBase64Encoded":true`;
}

// The answer of a Lambda proxy integration. What has another form than AWS documents is no answer: 502.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
import type { HttpResponse } from '#core/http.ts';
import { mediaType } from '../incoming.ts';
import { malformedProxyResponse } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { ownHeaders, passedName } from './response-headers.ts';

interface ProxyResponse {
  statusCode?: unknown;
  headers?: unknown;
  multiValueHeaders?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

export function readProxyResponse(exchange: RestExchange, payload: Buffer): HttpResponse {
  const answer = parse(payload);
  const status = readStatus(answer.statusCode);
  const headers = ownHeaders(exchange);
  const hasType = addHeaders(headers, answer);
  if (!hasType) headers.push(['Content-Type', 'application/json']);
  return { status, headers, body: readBody(exchange, answer) };
}

function parse(payload: Buffer): ProxyResponse {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    throw malformedProxyResponse();
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformedProxyResponse();
  for (const name in value) if (!MEMBERS.has(name)) throw malformedProxyResponse();
  return value;
}

function readStatus(statusCode: unknown): number {
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
    throw malformedProxyResponse();
  }
  return status;
}

/** A name in both maps goes out with the values of both; true when there is a content type. */
function addHeaders(headers: [string, string][], answer: ProxyResponse): boolean {
  let hasType = false;
  const multi = members(answer.multiValueHeaders);
  const multiValues = new Map<string, Set<string>>();
  for (const [name, values] of multi) {
    if (!Array.isArray(values)) throw malformedProxyResponse();
    const sent = new Set<string>();
    for (const value of values) sent.add(addHeader(headers, name, value));
    multiValues.set(name.toLowerCase(), sent);
    hasType ||= isContentType(name);
  }
  for (const [name, value] of members(answer.headers)) {
    if (value === null) continue;
    if (multiValues.get(name.toLowerCase())?.has(scalar(value))) continue;
    addHeader(headers, name, value);
    hasType ||= isContentType(name);
  }
  return hasType;
}

const isContentType = (name: string): boolean => name.length === 12 && name.toLowerCase() === 'content-type';

function members(value: unknown): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw malformedProxyResponse();
  return Object.entries(value);
}

function addHeader(headers: [string, string][], name: string, value: unknown): string {
  const text = scalar(value);
  const passed = passedName(name);
  if (passed !== undefined) {
    if (!isHeaderName(name) || !isHeaderValue(text)) throw malformedProxyResponse('Invalid header in Lambda response');
    headers.push([passed, text]);
  }
  return text;
}

const isHeaderName = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
const isHeaderValue = (value: string): boolean => !/[^\t\x20-\x7e\x80-\xff]/.test(value);

function scalar(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw malformedProxyResponse();
}

/** Base64 is decoded where the client's Accept header asks for a type that is binary to the API. */
function readBody(exchange: RestExchange, { body, isBase64Encoded }: ProxyResponse): Buffer | string {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') throw malformedProxyResponse();
  if (isBase64Encoded !== true && isBase64Encoded !== 'true') return body;
  return exchange.variant.isBinary(mediaType(exchange.request.headers['accept']) ?? '*/*')
    ? Buffer.from(body, 'base64')
    : body;
}

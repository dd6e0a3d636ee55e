// What a function answers, as HTTP. Without a statusCode the whole result is the body of a 200.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
import type { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { InvokeResult, InvokeStreamResult } from '#kernel/functions.ts';

interface FunctionAnswer {
  statusCode?: unknown;
  headers?: unknown;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

/** The front's own; a function's come under another name. */
const REMAPPED = new Set(['connection', 'content-length', 'date', 'keep-alive', 'server', 'www-authenticate']);
const DROPPED = new Set(['transfer-encoding', 'upgrade', 'trailer', 'te', 'proxy-authenticate', 'x-amzn-requestid']);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

/** The function failed, or what it answered is no answer. */
export const badGateway = (): HttpResponse => ({
  status: 502,
  headers: [['Content-Type', 'application/json']],
  body: 'Internal Server Error',
});

export const forbidden = (): HttpResponse => ({
  status: 403,
  headers: [
    ['Content-Type', 'application/json'],
    ['x-amzn-ErrorType', 'AccessDeniedException'],
  ],
  body: '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
});

/** Throttles, payloads that are too large, signatures that are wrong. */
export function refused({ status, code, message, fields }: ServiceError): HttpResponse {
  const { retryAfterSeconds, ...members } = fields;
  const headers: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['x-amzn-ErrorType', code],
  ];
  if (retryAfterSeconds !== undefined) headers.push(['Retry-After', String(retryAfterSeconds)]);
  return { status, headers, body: JSON.stringify({ ...members, message }) };
}

export function bufferedAnswer(result: InvokeResult): HttpResponse {
  if (result.functionError !== undefined) return badGateway();
  const value = parse(result.payload);
  if (!isAnswer(value) || value.statusCode === undefined) {
    return { status: 200, headers: [['Content-Type', 'application/json']], body: result.payload };
  }
  const headers = headersOf(value);
  const body = bodyOf(value);
  const status = Number(value.statusCode);
  if (!headers || body === undefined || !isStatus(status)) return badGateway();
  return { status, headers, body };
}

export function streamedAnswer(stream: InvokeStreamResult): HttpResponse {
  if (stream.failed) return badGateway();
  const { prelude, body, contentType } = stream;
  if (!prelude) return { status: 200, headers: [['Content-Type', contentType]], body };
  const headers = headersOf(prelude);
  const status = Number(prelude.statusCode ?? 200);
  if (!headers || !isStatus(status)) return badGateway();
  return { status, headers, body };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined; // a streaming function behind a buffered URL: its bytes are the body
  }
}

const isAnswer = (value: unknown): value is FunctionAnswer =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isStatus = (status: number): boolean => Number.isInteger(status) && status >= 200 && status <= 599;

/** Undefined when they are no headers. */
function headersOf(answer: FunctionAnswer): [string, string][] | undefined {
  const given = answer.headers ?? {};
  const cookies = answer.cookies ?? [];
  if (!isAnswer(given) || !Array.isArray(cookies)) return undefined;
  const headers: [string, string][] = [];
  let hasType = false;
  const entries = [...Object.entries(given), ...cookies.map((cookie): [string, unknown] => ['Set-Cookie', cookie])];
  for (const [name, value] of entries) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') return undefined;
    const text = String(value as string | number | boolean);
    if (!HEADER_NAME.test(name) || NOT_IN_HEADERS.test(text)) return undefined;
    const lower = name.toLowerCase();
    if (DROPPED.has(lower)) continue;
    hasType ||= lower === 'content-type';
    headers.push([REMAPPED.has(lower) ? `x-amzn-Remapped-${lower}` : name, text]);
  }
  if (!hasType) headers.push(['Content-Type', 'application/json']);
  return headers;
}

function bodyOf({ body, isBase64Encoded }: FunctionAnswer): Buffer | string | undefined {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') return undefined;
  return isBase64Encoded === true ? Buffer.from(body, 'base64') : body;
}

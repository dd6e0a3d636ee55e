// What both kinds of APIs read from a request: query, headers, body, ids, times.
import { BodyTooLarge, readBody, WholeBody, type HttpRequest } from '#core/http.ts';

const EMPTY = Buffer.alloc(0);

/** Reads the body if the request announces one; throws BodyTooLarge. */
export function readPayload(request: HttpRequest, bytesMax: number): Promise<Buffer> | Buffer {
  const length = request.headers['content-length'];
  if (length === undefined ? request.headers['transfer-encoding'] === undefined : length === '0') return EMPTY;
  if (Number(length) > bytesMax) throw new BodyTooLarge(`body exceeds ${bytesMax} bytes`);
  return request.body instanceof WholeBody ? request.body.bytes : readBody(request.body, bytesMax);
}

/** The connection ended while the body was read. */
export const isAborted = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';

export const queryOf = (target: string): string => {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
};

/** `a=1&b` as [name, value] pairs, decoded; what is not valid percent-encoding stays as it is. */
export function parseQuery(query: string, separator: '&' | RegExp = '&'): [string, string][] {
  const pairs: [string, string][] = [];
  if (!query) return pairs;
  for (const part of query.split(separator)) {
    if (!part) continue;
    const equals = part.indexOf('=');
    if (equals < 0) pairs.push([decodeQuery(part), '']);
    else pairs.push([decodeQuery(part.slice(0, equals)), decodeQuery(part.slice(equals + 1))]);
  }
  return pairs;
}

function decodeQuery(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return decodePercent(spaced);
}

export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The media type of a Content-Type or the first of an Accept header, lower case, without parameters. */
export function mediaType(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const comma = header.indexOf(',');
  const first = comma < 0 ? header : header.slice(0, comma);
  const semicolon = first.indexOf(';');
  return (semicolon < 0 ? first : first.slice(0, semicolon)).trim().toLowerCase() || undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

let lastSecond = -1;
let lastText = '';

/** $context.requestTime: `09/Apr/2015:12:34:56 +0000`; made once a second. */
export function formatRequestTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    const date = new Date(ms);
    const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
    lastText = `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
    lastSecond = second;
  }
  return lastText;
}

/** x-amz-apigw-id: eleven random bytes in base64, made of the request's random id. */
export const extendedRequestId = (requestId: string): string =>
  Buffer.from(requestId.slice(9).replaceAll('-', ''), 'hex').subarray(0, 11).toString('base64');

/** The trace that the client sent, or a new one. */
export function traceOf(request: HttpRequest, requestId: string, nowMs: number): string {
  const sent = request.headers['x-amzn-trace-id'];
  if (sent !== undefined && sent.includes('Root=')) return sent;
  return newTrace(requestId, nowMs);
}

/** `Root=1-67891233-abcdef012345678912345678` */
export function newTrace(requestId: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${seconds}-${requestId.slice(9).replaceAll('-', '')}`;
}

const quotedNames = new Map<string, string>();

/** JSON of a header name; there are few different ones, so they are kept. */
export function quotedName(name: string): string {
  let quoted = quotedNames.get(name);
  if (quoted === undefined) {
    quoted = JSON.stringify(name);
    if (quotedNames.size < 2000) quotedNames.set(name, quoted);
  }
  return quoted;
}

// The requests that nearly all clients send, read at once: complete in memory, a body of known length, nothing unusual.
// Whatever else arrives is node:http's to read or to refuse, so that this reader never has to be lenient.
import type { HttpRequest } from '#core/http.ts';

/** AWS's fronts take 8 KB to 16 KB of headers; above this node answers 431. */
export const HEADER_BYTES_MAX = 16 * 1024;

export interface SimpleRequest extends Pick<HttpRequest, 'method' | 'target' | 'headers' | 'rawHeaders'> {
  headBytes: number;
  bodyBytes: number;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']);
const VERSION = ' HTTP/1.1';
/** control characters, a bare CR or LF, and a line that continues the one before it (RFC 9112, 2.2 and 5.2) */
const SUSPECT = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|[^\r]\n|\n[ \t]/;
const TARGET = /^\/[\x21-\x7e]*$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DIGITS = /^\d{1,9}$/;
/** they change how a message is read, or want an answer before its end */
const UNUSUAL: ReadonlySet<string> = new Set(['transfer-encoding', 'upgrade', 'expect', '__proto__']);

const SPACE = 32;
const TAB = 9;
const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** Names as clients write them, in lower case; there are few different ones, and these are known to be tokens. */
const lowerNames = new Map<string, string>();
const NAMES_MAX = 1000;

function lowerName(name: string): string | undefined {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return undefined;
  const lower = name.toLowerCase();
  if (lowerNames.size < NAMES_MAX && name.length < 64) lowerNames.set(name, lower);
  return lower;
}

/** The head of the request that these bytes begin with; undefined when it is not whole or not simple. */
export function readSimpleRequest(bytes: Buffer): SimpleRequest | undefined {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, HEADER_BYTES_MAX));
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  if (SUSPECT.test(head)) return undefined;
  const lineEnd = head.indexOf('\r\n');
  const line = lineEnd < 0 ? head : head.slice(0, lineEnd);
  const space = line.indexOf(' ');
  const method = line.slice(0, space);
  const target = line.slice(space + 1, -VERSION.length);
  if (!METHODS.has(method) || !line.endsWith(VERSION) || !TARGET.test(target)) return undefined;

  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  for (let at = lineEnd + 2; lineEnd >= 0 && at < end;) {
    const next = head.indexOf('\r\n', at);
    const stop = next < 0 ? end : next;
    const colon = head.indexOf(':', at);
    if (colon < 0 || colon > stop) return undefined;
    const name = head.slice(at, colon);
    const lower = lowerName(name);
    if (lower === undefined || UNUSUAL.has(lower) || headers[lower] !== undefined) return undefined;
    const value = trimmed(head, colon + 1, stop);
    headers[lower] = value;
    rawHeaders.push(name, value);
    at = stop + 2;
  }
  const { connection, host } = headers;
  if (host === undefined || (connection !== undefined && connection.toLowerCase() !== 'keep-alive')) return undefined;
  const length = headers['content-length'];
  if (length !== undefined && !DIGITS.test(length)) return undefined;
  return { method, target, headers, rawHeaders, headBytes: end + 4, bodyBytes: Number(length ?? 0) };
}

/** Without the optional white space around a field's value (RFC 9110, 5.5). */
function trimmed(head: string, from: number, to: number): string {
  while (from < to && isBlank(head.charCodeAt(from))) from++;
  while (to > from && isBlank(head.charCodeAt(to - 1))) to--;
  return head.slice(from, to);
}

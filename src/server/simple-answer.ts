// Answers on a simple connection, in one write where they fit. Headers come from functions too: none may break the framing.
import type { Socket } from 'node:net';
import { http } from '#core/builtin-http.ts';
import type { HttpResponse } from '#core/http.ts';
import { writeNow } from '#core/write-now.ts';

/** Said to clients; longer than the idle timeout of the SDKs' agents, so that the client closes first. */
export const KEEP_ALIVE_MS = 65_000;
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n\r\n`;
const CLOSE = 'Connection: close\r\n\r\n';

export interface Head {
  text: string;
  /** how the body's end is told; 'none': there is no body */
  framing: 'length' | 'chunked' | 'none';
  keepsAlive: boolean;
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** what a name means for the framing, for the few names that are seen */
const kinds = new Map<string, string>();
const NAMES_MAX = 1000;

/** The name in lower case where it matters here, else ''. */
function kindOf(name: string): string {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name)) throw new TypeError(`Header name must be a valid HTTP token ["${name}"]`);
  const lower = name.toLowerCase();
  const kind = /^(?:content-length|transfer-encoding|connection|keep-alive|date)$/.test(lower) ? lower : '';
  if (kinds.size < NAMES_MAX && name.length < 64) kinds.set(name, kind);
  return kind;
}

let dateText = '';
let dateUntil = 0;

function date(): string {
  const now = Date.now();
  if (now >= dateUntil) {
    dateText = `Date: ${new Date(now).toUTCString()}\r\n`;
    dateUntil = now - (now % 1000) + 1000;
  }
  return dateText;
}

/** The head of an answer whose body has so many bytes; undefined: it is streamed. */
export function writeHead(method: string, { status, headers }: HttpResponse, bytes: number | undefined): Head {
  let text = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'unknown'}\r\n`;
  let hasDate = false;
  let hasLength = false;
  let keepsAlive = true;
  for (const [name, value] of headers) {
    const kind = kindOf(name);
    if (BAD_VALUE.test(value)) throw new TypeError(`Invalid character in header content ["${name}"]`);
    if (kind !== '') {
      if (kind === 'date') hasDate = true;
      else if (kind === 'content-length') hasLength = true;
      else {
        // the connection is ours to manage
        if (kind === 'connection') keepsAlive &&= value.toLowerCase() !== 'close';
        continue;
      }
    }
    text += `${name}: ${value}\r\n`;
  }
  const isBodiless = method === 'HEAD' || status === 204 || status === 304 || status < 200;
  let framing: Head['framing'] = isBodiless ? 'none' : 'length';
  if (!isBodiless && !hasLength) {
    if (bytes !== undefined) text += `content-length: ${bytes}\r\n`;
    else {
      framing = 'chunked';
      text += 'Transfer-Encoding: chunked\r\n';
    }
  }
  if (!hasDate) text += date();
  return { text: text + (keepsAlive ? KEEP_ALIVE : CLOSE), framing, keepsAlive };
}

/** Answers are put together here when they fit: one buffer for all connections, since writing is synchronous. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** Writes a whole answer; whether the connection may carry another. */
export function writeWhole(
  socket: Socket,
  method: string,
  response: HttpResponse,
  body: string | Uint8Array = '',
): boolean {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const { text, framing, keepsAlive } = writeHead(method, response, bytes);
  const bodyBytes = framing === 'none' ? 0 : bytes;
  if (text.length + bodyBytes > shared.length) {
    socket.cork();
    socket.write(text, 'latin1');
    if (bodyBytes > 0) socket.write(body);
    socket.uncork();
    return keepsAlive;
  }
  const headBytes = shared.write(text, 0, 'latin1');
  if (bodyBytes > 0) {
    if (typeof body !== 'string') shared.set(body, headBytes);
    else if (bodyBytes === body.length) shared.write(body, headBytes, 'latin1');
    else shared.write(body, headBytes);
  }
  return writeNow(socket, shared.subarray(0, headBytes + bodyBytes)) && keepsAlive;
}

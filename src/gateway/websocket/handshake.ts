// The HTTP side of a handshake: what is asked of it (RFC 6455, section 4.2.1), and refusals.
import type { Duplex } from 'node:stream';
import type { HttpRequest } from '#core/http.ts';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = '13';
const PROTOCOLS = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/;

/** True when it can become a connection: checked before any backend hears of it. */
export function isHandshake({ method, headers }: HttpRequest): boolean {
  const protocols = headers['sec-websocket-protocol'];
  return (
    method === 'GET' &&
    headers['upgrade']?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === VERSION &&
    KEY.test(headers['sec-websocket-key'] ?? '') &&
    (protocols === undefined || PROTOCOLS.test(protocols))
  );
}

/** Set by this side, or meaningless once the handshake is refused. */
const SKIPPED = new Set(['content-length', 'content-type', 'connection', 'transfer-encoding', 'upgrade']);
const STATUS_TEXTS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};

export interface Refusal {
  status: number;
  body: string;
  requestId: string;
  headers?: readonly [string, string][];
}

export function refuseHandshake(socket: Duplex, { status, body, requestId, headers = [] }: Refusal): void {
  const own = headers.filter(
    ([name, value]) =>
      /^[\w-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value) && !SKIPPED.has(name.toLowerCase()),
  );
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status] ?? 'Refused'}`,
    `x-amzn-RequestId: ${requestId}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...own.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ];
  socket.end(lines.join('\r\n'));
}

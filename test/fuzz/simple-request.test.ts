// The reader of simple requests against node:http: it may pass a request on, but never reads one differently.
// Long: FUZZ_RUNS=20000 node --test test/fuzz/simple-request.test.ts
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import http from 'node:http';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { HttpRequest } from '#core/http.ts';
import { readBody } from '#core/http.ts';
import { createListener, type Listener } from '#server/listener.ts';
import { readSimpleRequest } from '#server/simple-request.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

interface Seen {
  method: string;
  target: string;
  headers: Record<string, string>;
  rawHeaders: string[];
  body: string;
}

let reference: http.Server;
let listener: Listener;
let seen: Seen[] = [];

const port = (server: net.Server): number => (server.address() as AddressInfo).port;
const listen = (server: net.Server): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

before(async () => {
  reference = http.createServer({ joinDuplicateHeaders: true, maxHeaderSize: 16 * 1024 }, (message, response) => {
    const { method = '', url = '', headers, rawHeaders } = message;
    // two hosts: the one thing that node:http takes and the listener refuses
    if (headers.host?.includes(',')) return void response.writeHead(400, { connection: 'close' }).end();
    const one: Seen = { method, target: url, headers: { ...headers } as Record<string, string>, rawHeaders, body: '' };
    seen.push(one);
    message.on('data', (part: Buffer) => (one.body += part.toString('latin1')));
    message.on('end', () => response.end('ok'));
  });
  await listen(reference);
  listener = createListener(async (request: HttpRequest) => {
    const { method, target, headers, rawHeaders } = request;
    const one: Seen = { method, target, headers: { ...headers }, rawHeaders: [...rawHeaders], body: '' };
    seen.push(one);
    one.body = (await readBody(request.body, 1 << 20)).toString('latin1');
    return { status: 200, headers: [], body: 'ok' };
  });
  await listen(listener.server);
});
after(async () => {
  reference.close();
  reference.closeAllConnections();
  await listener.close();
});

/** What the server behind this port read of the bytes, and the first line of each answer. */
async function ask(to: number, bytes: Buffer): Promise<{ seen: Seen[]; statuses: string[] }> {
  seen = [];
  const socket = net.connect(to, '127.0.0.1');
  let text = '';
  await new Promise<void>((resolve) => {
    socket.on('data', (part) => {
      text += part.toString('latin1');
      // every run ends in a request that asks for the end of the connection
      if (/Connection: close\r\n/i.test(text)) socket.end();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
    socket.write(bytes);
  });
  return { seen, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!) };
}

const LAST = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
const odd = fc.constantFrom('\r\n', '\n', '\r', ' ', '\t', ':', '\0', ',', 'é', '"', '%', '\x7f', '  ', '\r\n ');
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.%/?&=+'.split('')), maxLength: 12 });
const piece = fc.oneof({ weight: 40, arbitrary: word }, { weight: 1, arbitrary: odd });
const headerName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('X-A', 'x-b', 'x-c', 'X-D', 'Cookie', 'Accept', 'User-Agent') },
  { weight: 1, arbitrary: fc.constantFrom('Host', 'host') },
  { weight: 3, arbitrary: fc.constantFrom('Connection', 'Content-Length', 'Transfer-Encoding', 'Expect', '__proto__') },
  { weight: 1, arbitrary: piece },
);
const headerValue = fc.oneof(
  fc.array(piece, { maxLength: 3 }).map((parts) => parts.join('')),
  fc.constantFrom(
    'keep-alive',
    'Keep-Alive',
    'close',
    '0',
    '3',
    '5',
    '-1',
    '3, 3',
    '0x3',
    'chunked',
    '100-continue',
    ' v ',
    '',
  ),
);
const request = fc
  .record({
    method: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'DELETE') }, word),
    space: fc.oneof({ weight: 20, arbitrary: fc.constant(' ') }, fc.constantFrom('  ', '\t')),
    target: fc.array(piece, { maxLength: 3 }).map((parts) => `/${parts.join('')}`),
    version: fc.oneof(
      { weight: 20, arbitrary: fc.constant('HTTP/1.1') },
      fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'http/1.1', ''),
    ),
    headers: fc.array(
      fc.tuple(
        headerName,
        fc.oneof({ weight: 30, arbitrary: fc.constantFrom(': ', ':', ':  ') }, fc.constant(' : ')),
        headerValue,
      ),
      { maxLength: 5 },
    ),
    host: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    end: fc.oneof({ weight: 20, arbitrary: fc.constant('\r\n') }, fc.constant('\n')),
    body: fc.constantFrom('', '', 'abc', 'abcde', '3\r\nabc\r\n0\r\n\r\n'),
  })
  .map(({ method, space, target, version, headers, host, end, body }) => {
    const lines = headers.map(([name, colon, value]) => `${name}${colon}${value}`);
    if (host) lines.unshift('Host: example');
    if (body && !/content-length|transfer-encoding/i.test(lines.join())) lines.push(`Content-Length: ${body.length}`);
    return `${method}${space}${target} ${version}${end}${lines.map((line) => line + end).join('')}${end}${body}`;
  });

test('what it reads is what node:http reads, on connections that carry several requests', async () => {
  let simple = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const bytes = Buffer.from(requests.join('') + LAST, 'latin1');
      if (readSimpleRequest(bytes)) simple += 1;
      const expected = await ask(port(reference), bytes);
      const actual = await ask(port(listener.server), bytes);
      // node:http looks ahead: a request that it refuses may take the answers to those before it along
      const refused = expected.statuses.includes('400') || expected.statuses.length < requests.length + 1;
      const both = refused ? Math.min(actual.seen.length, expected.seen.length) : expected.seen.length;
      assert.deepEqual(actual.seen.slice(0, both), expected.seen.slice(0, both));
      if (refused) assert.ok(actual.seen.length <= requests.length);
      else assert.deepEqual(actual.statuses, expected.statuses);
    }),
    { numRuns, includeErrorInReport: true },
  );
  assert.ok(simple > numRuns / 10, `only ${simple} of ${numRuns} began with a simple request`);
});

test('a request that comes in pieces, at whatever byte it is cut, is read as a whole', async () => {
  const bytes = Buffer.from(`POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nabcde${LAST}`);
  for (let cut = 1; cut < bytes.length; cut += 7) {
    seen = [];
    const socket = net.connect(port(listener.server), '127.0.0.1').setNoDelay();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {}).resume();
    socket.write(bytes.subarray(0, cut), () => setImmediate(() => socket.write(bytes.subarray(cut))));
    await closed;
    assert.deepEqual(
      seen.map(({ target, body }) => [target, body]),
      [
        ['/a?b=c', 'abcde'],
        ['/last', ''],
      ],
      `cut at ${cut}`,
    );
  }
});

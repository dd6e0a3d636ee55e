// Requests that two readers could read differently: none of them is read twice, none reaches a function in disguise.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { invocationUri, publishRest, startGatewayServer, ask, REGION } from '../conformance/execute-api/fixture.ts';
import { statusesOf, talk } from './raw.ts';

const server = await startGatewayServer({ services: [] });
after(() => server.stop());
const { port } = server.platform.config;
const uri = invocationUri(
  server.functionArn('echo', (event) => ({ statusCode: 200, body: `${event.httpMethod} ${event.path} ${event.body}` })),
);
const proxy = { methodIntegration: { type: 'AWS_PROXY' as const, uri } };
const apiId = await publishRest(server, { methods: { 'ANY /{any+}': proxy } });
const host = `Host: ${apiId}.execute-api.${REGION}.localhost`;
const SMUGGLED = `GET /test/smuggled HTTP/1.1\r\n${host}\r\n\r\n`;
const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** The statuses, with what the function got to see. */
async function send(bytes: string): Promise<{ statuses: number[]; seen: string[]; text: string }> {
  server.events.length = 0;
  const text = await talk(port, `${bytes}GET /test/last HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
  return { statuses: statusesOf(text), seen: server.events.map(({ path }) => path), text };
}
const post = (...headers: string[]): string => `POST /test/a HTTP/1.1\r\n${[host, ...headers].join('\r\n')}\r\n\r\n`;

test('a message whose length is told in two ways is refused, and nothing after it is read', async () => {
  const cases: Record<string, string> = {
    'CL and TE': post('Content-Length: 4', 'Transfer-Encoding: chunked') + chunked(SMUGGLED),
    'TE and CL': post('Transfer-Encoding: chunked', 'Content-Length: 4') + chunked(SMUGGLED),
    'two CL': post('Content-Length: 4', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    'CL list': post(`Content-Length: 4, ${SMUGGLED.length}`) + SMUGGLED,
    'CL with a sign': post('Content-Length: +4') + SMUGGLED,
    'CL negative': post('Content-Length: -1') + SMUGGLED,
    'CL in hex': post('Content-Length: 0x4') + SMUGGLED,
    'CL not a number': post('Content-Length: 4a') + SMUGGLED,
    'TE not chunked at the end': post('Transfer-Encoding: chunked, identity') + chunked(SMUGGLED),
    'TE unknown': post('Transfer-Encoding: xchunked') + chunked(SMUGGLED),
    'TE twice': post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + chunked(SMUGGLED),
    'TE of HTTP/1.0 with CL':
      `POST /test/a HTTP/1.0\r\n${host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n` + chunked(SMUGGLED),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const { statuses, seen } = await send(bytes);
    assert.deepEqual(statuses, [400], name);
    assert.deepEqual(seen, [], name);
  }
});

test('lines that some readers forgive are refused', async () => {
  const cases: Record<string, string> = {
    'space before the colon': post('Content-Length : 4') + SMUGGLED,
    'space before the colon of TE': post('Transfer-Encoding : chunked') + chunked(SMUGGLED),
    'obs-fold': post('X-A: 1\r\n  2', 'Content-Length: 0'),
    'obs-fold of TE': post('Transfer-Encoding:\r\n chunked') + chunked(SMUGGLED),
    'bare LF after a header': `POST /test/a HTTP/1.1\n${host}\nContent-Length: 0\n\n`,
    'bare CR in a value': post('X-A: a\rContent-Length: 0'),
    'NUL in a value': post('X-A: a\0b'),
    'no colon': post('Content-Length'),
    'empty name': post(': 4'),
    'a name with a space': post('Content Length: 4'),
    'chunk size not a number': `${post('Transfer-Encoding: chunked')}zz\r\n`,
    'chunk size of more than 64 bits': `${post('Transfer-Encoding: chunked')}10000000000000004\r\nabcd\r\n0\r\n\r\n`,
    'chunk longer than it says': `${post('Transfer-Encoding: chunked')}1\r\nabc\r\n0\r\n\r\n`,
    'chunk lines that end in LF': `${post('Transfer-Encoding: chunked')}4\nabcd\n0\n\n`,
    'a length among the trailers': `${post('Transfer-Encoding: chunked')}1\r\na\r\n0\r\nContent-Length: 9\r\n\r\n`,
    'no version': `GET /test/a\r\n${host}\r\n\r\n`,
    'a version of tomorrow': `GET /test/a HTTP/3.0\r\n${host}\r\n\r\n`,
    'a space in the target': `GET /test/a b HTTP/1.1\r\n${host}\r\n\r\n`,
    'no host': 'GET /test/a HTTP/1.1\r\n\r\n',
    'two hosts': `GET /test/a HTTP/1.1\r\n${host}\r\nHost: else.where\r\n\r\n`,
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const { statuses, seen } = await send(bytes);
    assert.deepEqual(statuses, [400], name);
    assert.ok(!seen.includes('/smuggled') && !seen.includes('/last'), `${name}: ${seen.join()}`);
  }
});

test('what is odd and clear is read as it is meant, and what follows is a request of its own', async () => {
  const body = SMUGGLED;
  const cases: Record<string, string> = {
    'a body that looks like a request': post(`Content-Length: ${body.length}`) + body,
    'the same in chunks': post('Transfer-Encoding: chunked') + chunked(body),
    'chunks with extensions': `${post('Transfer-Encoding: chunked')}4;a=b;c="d"\r\nabcd\r\n0\r\n\r\n`,
    'chunked in capitals': post('Transfer-Encoding: CHUNKED') + chunked(body),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const { statuses, seen } = await send(bytes);
    assert.deepEqual(
      [statuses, seen],
      [
        [200, 200],
        ['/a', '/last'],
      ],
      name,
    );
  }
});

test('a request that is refused before its body was read takes the connection or the body along', async () => {
  const away = `POST /none HTTP/1.1\r\n${host}\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`;
  const { statuses, seen } = await send(away);
  assert.deepEqual([statuses, seen], [[403, 200], ['/last']]);
  const large = `POST /test/a HTTP/1.1\r\n${host}\r\nContent-Length: ${11 * 1024 * 1024}\r\n\r\n${SMUGGLED}`;
  const text = await talk(port, large, 1);
  assert.deepEqual([statusesOf(text), server.events.length], [[413], 1]);
});

test('headers, targets and bodies beyond their limits are refused; others are served meanwhile', async () => {
  const huge = (bytes: number): string => 'a'.repeat(bytes);
  const heads: [string, number][] = [
    [`GET /test/a HTTP/1.1\r\n${host}\r\nX-A: ${huge(11_000)}\r\n\r\n`, 413],
    [`GET /test/a HTTP/1.1\r\n${host}\r\nX-A: ${huge(20_000)}\r\n\r\n`, 431],
    [`GET /test/${huge(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`, 431],
    [`GET /test/a HTTP/1.1\r\n${host}\r\n${'X: 1\r\n'.repeat(3000)}\r\n`, 431],
    [`GET /test/a HTTP/1.1\r\n${host}\r\n${huge(100_000)}`, 431],
    [`POST /test/a HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n1;${huge(20_000)}\r\n`, 413],
    [post('Content-Length: 99999999999999999999'), 400],
  ];
  for (const [head, status] of heads) {
    assert.deepEqual(statusesOf(await talk(port, head, 1)), [status], `${head.slice(0, 60)} … ${head.length}`);
    assert.equal((await ask(server, apiId, '/test/ok')).status, 200);
  }
});

test('a chunked body that never ends is refused at 10 MB', async () => {
  server.events.length = 0;
  const chunk = `100000\r\n${'a'.repeat(1 << 20)}\r\n`;
  const text = await talk(port, post('Transfer-Encoding: chunked') + chunk.repeat(12), 1);
  assert.deepEqual([statusesOf(text), server.events.length], [[413], 0]);
});

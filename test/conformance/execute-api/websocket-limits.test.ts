// Handshakes that are none, frames that may not be, clients that do not read, and those that leave.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, test } from 'node:test';
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { iam } from '#services/iam/index.ts';
import { sts } from '#services/sts/index.ts';
import { eventually } from '../../harness.ts';
import { REGION, startGatewayServer } from './fixture.ts';
import { ANSWERS, openSocket, proxy, publishSockets } from './websocket-fixture.ts';

const server = await startGatewayServer({ services: [iam, sts] });
after(() => server.stop());
const { port } = server.platform.config;
const management = new ApiGatewayManagementApiClient(server.sdk);

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const VERSION = 'Sec-WebSocket-Version: 13';
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket'];

interface Raw {
  socket: net.Socket;
  /** everything that came */
  received(): Buffer;
  ended: Promise<void>;
}

/** A client below the level of WebSocket libraries. */
function rawClient(apiId: string, headers: string[], method = 'GET'): Raw {
  const socket = net.connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  const host = `Host: ${apiId}.execute-api.${REGION}.localhost:${port}`;
  socket.write([`${method} /live HTTP/1.1`, host, ...headers, '', ''].join('\r\n'));
  return {
    socket,
    received: () => Buffer.concat(chunks),
    ended: new Promise((resolve) => socket.on('close', () => resolve())),
  };
}

/** One frame; masked unless told otherwise. */
function frame(opcode: number, payload: Buffer, { fin = true, masked = true } = {}): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  const bit = masked ? 0x80 : 0;
  const length =
    payload.length < 126
      ? [bit | payload.length]
      : payload.length < 65_536
        ? [bit | 126, payload.length >> 8, payload.length & 0xff]
        : [bit | 127, 0, 0, 0, 0, 0, payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff];
  const head = Buffer.from([first, ...length]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]);
}

async function openRaw(apiId: string): Promise<Raw> {
  const client = rawClient(apiId, [...UPGRADE, KEY, VERSION]);
  await eventually(() => client.received().includes('\r\n\r\n'));
  assert.match(client.received().toString('latin1'), /^HTTP\/1\.1 101 /);
  return client;
}

/** The code of the close frame that the server sent. */
async function closeCodeOf(client: Raw): Promise<number> {
  const closing = await eventually(() => {
    const bytes = client.received();
    const at = bytes.indexOf('\r\n\r\n') + 4;
    return bytes.length >= at + 4 && bytes[at] === 0x88 ? bytes.subarray(at) : undefined;
  });
  client.socket.destroy();
  return closing.readUInt16BE(2);
}

test('a handshake that is none is 400, and no backend hears of it', async () => {
  const apiId = await publishSockets(server, { routes: { $connect: proxy(server, () => ({ statusCode: 200 })) } });
  const wrong = [
    [...UPGRADE, VERSION],
    [...UPGRADE, VERSION, 'Sec-WebSocket-Key: short'],
    [...UPGRADE, KEY],
    [...UPGRADE, KEY, 'Sec-WebSocket-Version: 7'],
    [...UPGRADE, KEY, VERSION, 'Sec-WebSocket-Protocol: a b,,'],
  ];
  for (const headers of wrong) {
    const client = rawClient(apiId, headers);
    await client.ended;
    assert.match(client.received().toString(), /^HTTP\/1\.1 400 Bad Request\r\n/, headers.join());
  }
  const posted = rawClient(apiId, [...UPGRADE, KEY, VERSION, 'Content-Length: 0'], 'POST');
  await posted.ended;
  assert.match(posted.received().toString(), /^HTTP\/1\.1 400 /);
  const plain = rawClient(apiId, ['Connection: close']);
  await plain.ended;
  assert.match(plain.received().toString(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.equal(server.events.length, 0);
});

test('binary, unmasked, broken and too large frames close with their codes', async () => {
  const disconnects: any[] = [];
  const apiId = await publishSockets(server, {
    routes: {
      $default: proxy(server, () => ({ statusCode: 200 })),
      $disconnect: proxy(server, (event) => void disconnects.push(event.requestContext.disconnectStatusCode)),
    },
  });
  const cases: [string, number, Buffer[]][] = [
    ['binary', 1003, [frame(2, Buffer.from('x'))]],
    ['unmasked', 1002, [frame(1, Buffer.from('x'), { masked: false })]],
    ['reserved opcode', 1002, [frame(3, Buffer.from('x'))]],
    ['invalid UTF-8', 1007, [frame(1, Buffer.from([0xc3, 0x28]))]],
    ['frame above 32 KB', 1009, [frame(1, Buffer.alloc(32 * 1024 + 1, 'x'))]],
    [
      'message above 128 KB',
      1009,
      [0, 1, 2, 3, 4].map((i) => frame(i ? 0 : 1, Buffer.alloc(32 * 1024, 'x'), { fin: false })),
    ],
    ['continuation of nothing', 1002, [frame(0, Buffer.from('x'))]],
    ['long ping', 1002, [frame(9, Buffer.alloc(126))]],
  ];
  for (const [name, code, frames] of cases) {
    const before = disconnects.length;
    const client = await openRaw(apiId);
    client.socket.write(Buffer.concat(frames));
    assert.equal(await closeCodeOf(client), code, name);
    await eventually(() => disconnects.length > before);
    assert.equal(disconnects.at(-1), code, name);
  }
});

test('a message of 128 KB in four frames is whole', async () => {
  const apiId = await publishSockets(server, {
    routes: { $default: proxy(server, (event) => ({ statusCode: 200, body: String(event.body.length) })) },
    more: { $default: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  const piece = 'x'.repeat(32 * 1024);
  for (let i = 0; i < 4; i++) client.socket.send(piece, { fin: i === 3 });
  assert.equal(await client.next(), String(128 * 1024));
  client.socket.terminate();
});

test('what comes before $connect has answered waits for it', async () => {
  let letIn: () => void = () => {};
  const order: string[] = [];
  const apiId = await publishSockets(server, {
    routes: {
      $connect: proxy(server, async () => {
        await new Promise<void>((resolve) => (letIn = resolve));
        order.push('connected');
        return { statusCode: 200 };
      }),
      $default: proxy(server, (event) => (order.push(event.body), { statusCode: 200, body: 'heard' })),
    },
    more: { $default: ANSWERS },
  });
  const before = server.events.length;
  const client = rawClient(apiId, [...UPGRADE, KEY, VERSION]);
  client.socket.write(frame(1, Buffer.from('early')));
  await eventually(() => server.events.length > before);
  assert.equal(client.received().length, 0);
  letIn();
  await eventually(() => client.received().includes('heard'));
  assert.deepEqual(order, ['connected', 'early']);
  client.socket.destroy();
});

test('a client that leaves while $connect is asked is disconnected once it has answered', async () => {
  let letIn: () => void = () => {};
  const codes: number[] = [];
  const apiId = await publishSockets(server, {
    routes: {
      $connect: proxy(server, async () => {
        await new Promise<void>((resolve) => (letIn = resolve));
        return { statusCode: 200 };
      }),
      $disconnect: proxy(server, (event) => void codes.push(event.requestContext.disconnectStatusCode)),
    },
  });
  const before = server.events.length;
  const client = rawClient(apiId, [...UPGRADE, KEY, VERSION]);
  await eventually(() => server.events.length > before);
  client.socket.resetAndDestroy();
  await client.ended;
  letIn();
  await eventually(() => codes.length > 0);
  assert.deepEqual(codes, [1006]);
});

test('a client that does not read fills its buffer, no more; others are served', async () => {
  const ids: string[] = [];
  const apiId = await publishSockets(server, {
    routes: {
      $connect: proxy(server, (event) => (ids.push(event.requestContext.connectionId), { statusCode: 200 })),
    },
  });
  const slow = await openRaw(apiId);
  slow.socket.pause();
  const Data = 'x'.repeat(128 * 1024);
  const post = (ConnectionId: string) => management.send(new PostToConnectionCommand({ ConnectionId, Data }));
  const refused = await eventually(async () =>
    post(ids[0]!).then(
      () => undefined,
      (error: Error) => error,
    ),
  );
  assert.equal(refused.name, 'LimitExceededException');
  const quick = await openSocket(server, apiId);
  await post(ids[1]!);
  assert.equal((await quick.next()).length, Data.length);
  quick.socket.terminate();
  slow.socket.resume();
  await eventually(async () =>
    post(ids[0]!).then(
      () => true,
      () => false,
    ),
  );
  slow.socket.destroy();
});

test('a flood of messages waits in the socket while 64 are on their way', async () => {
  const waiting: (() => void)[] = [];
  const apiId = await publishSockets(server, {
    routes: {
      $default: proxy(server, async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { statusCode: 200 };
      }),
    },
  });
  const client = await openSocket(server, apiId);
  for (let i = 0; i < 200; i++) client.socket.send('x'.repeat(10_000));
  await eventually(() => waiting.length >= 64);
  const pong = new Promise((resolve) => client.socket.once('pong', resolve));
  client.socket.ping();
  const first = waiting.length;
  // What was read already in one piece of the stream may still come; the rest does not.
  assert.ok(first < 80, `${first} at once`);
  let done = 0;
  await eventually(() => {
    for (const go of waiting.splice(0)) {
      done++;
      go();
    }
    return done === 200;
  });
  await pong;
  client.socket.terminate();
});

test('pings are answered; an ordinary end is told with its code and reason', async () => {
  const ends: any[] = [];
  const apiId = await publishSockets(server, {
    routes: { $disconnect: proxy(server, (event) => void ends.push(event)) },
  });
  const client = await openSocket(server, apiId);
  const pong = new Promise<Buffer>((resolve) => client.socket.once('pong', resolve));
  client.socket.ping('are you there');
  assert.equal((await pong).toString(), 'are you there');
  client.socket.close();
  await eventually(() => ends.length === 1);
  const { requestContext, headers, isBase64Encoded } = ends[0];
  assert.equal(requestContext.disconnectStatusCode, 1005);
  assert.equal(requestContext.disconnectReason, 'Client-side close frame status not set');
  assert.deepEqual(Object.keys(headers), ['Host', 'x-api-key', 'X-Forwarded-For', 'x-restapi']);
  assert.equal(isBase64Encoded, false);
  const cut = await openSocket(server, apiId);
  cut.socket.terminate();
  await eventually(() => ends.length === 2);
  assert.equal(ends[1].requestContext.disconnectStatusCode, 1006);
});

test('a server that stops says so to its clients', async () => {
  const stopping = await startGatewayServer({ services: [] });
  const apiId = await publishSockets(stopping, { routes: {} });
  const client = await openSocket(stopping, apiId);
  await stopping.stop();
  assert.deepEqual(await client.closed, { code: 1001, reason: 'Going away' });
});

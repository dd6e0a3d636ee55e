// Clients that hold on to what they have: heads and bodies that drip, answers that nobody takes, connections without a word.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { readBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import { createListener, type Listener } from '#server/listener.ts';
import { CLIENT_PATIENCE } from '#server/slow-clients.ts';
import { eventually } from '../eventually.ts';
import { drip, open, statusesOf, talk } from './raw.ts';

const IDLE_CONNECTIONS = Number(process.env['IDLE_CONNECTIONS'] ?? 300);
const patience = {
  ...CLIENT_PATIENCE,
  headMs: 300,
  bodyIdleMs: 300,
  bodyMs: 400,
  bodyBytesPerSecond: 1000,
  answerIdleMs: 300,
  sweepMs: 50,
};
const LARGE = Buffer.alloc(4 << 20, 'x');
const GET = 'GET /large HTTP/1.1\r\nHost: h\r\n\r\n';

let listener: Listener;
let port = 0;
let calls = 0;
/** how reading the bodies ended */
let ends: string[] = [];

async function answer(request: HttpRequest): Promise<HttpResponse> {
  calls++;
  if (request.target === '/large') return { status: 200, headers: [], body: LARGE };
  const body = await readBody(request.body, 1 << 24).then(
    (bytes) => `${bytes.length}`,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  ends.push(body);
  return { status: 200, headers: [], body };
}

before(async () => {
  listener = createListener(answer, undefined, patience);
  await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
  port = (listener.server.address() as AddressInfo).port;
});
after(() => listener.close());
beforeEach(() => {
  calls = 0;
  ends = [];
});

const served = async (): Promise<void> => {
  const text = await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.deepEqual(statusesOf(text), [200]);
};

test('a head that drips is answered 408 and costs nobody else anything', async () => {
  const slow = await Promise.all(Array.from({ length: 20 }, () => open(port)));
  for (const { socket } of slow) drip(socket, `GET / HTTP/1.1\r\nHost: h\r\nX-A: ${'a'.repeat(5000)}`, 20);
  await served();
  const ended = await Promise.all(slow.map(({ closed }) => closed));
  for (const text of ended) assert.deepEqual(statusesOf(text), [408]);
  assert.equal(calls, 1);
});

test('a body that stops coming is answered 408, whichever way it is read', async () => {
  for (const length of [5000, 200_000]) {
    const { socket, closed } = await open(port);
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\nabc`);
    await served();
    assert.deepEqual(statusesOf(await closed), [408], `${length} bytes`);
  }
  const { socket, closed } = await open(port);
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  assert.deepEqual(statusesOf(await closed), [408]);
  await eventually(() => ends.filter((end) => end === 'ECONNRESET').length === 2);
});

test('a body that drips is cut off as well: there is a least pace', async () => {
  for (const length of [5000, 200_000]) {
    const { socket, closed } = await open(port);
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
    drip(socket, 'a'.repeat(5000), 20);
    assert.deepEqual(statusesOf(await closed), [408], `${length} bytes`);
  }
});

test('a body that comes in pieces at a fair pace is whole, however many they are', async () => {
  for (const length of [3000, 100_000]) {
    const { socket, closed } = await open(port);
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
    for (let sent = 0; sent < length; sent += length / 20) {
      await new Promise((resolve) => socket.write('a'.repeat(length / 20), resolve));
    }
    await eventually(() => ends.includes(String(length)));
    socket.destroy();
    await closed;
  }
});

test('who takes no answers gets no further ones, and is cut off', async () => {
  const { socket, closed } = await open(port);
  socket.pause();
  socket.write(GET.repeat(500));
  await served();
  await eventually(async () => {
    const open = await new Promise<number>((resolve, reject) =>
      listener.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    return open === 0;
  });
  assert.ok(calls < 20, `${calls} answers were made for somebody who took none`);
  socket.destroy();
  await closed;
});

test('the same behind a request that is not simple', async () => {
  const { socket, closed } = await open(port);
  socket.pause();
  socket.write(`GET /large HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive, x\r\n\r\n${GET.repeat(500)}`);
  await served();
  await eventually(async () => {
    const open = await new Promise<number>((resolve, reject) =>
      listener.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    return open === 0;
  });
  assert.ok(calls < 20, `${calls} answers were made for somebody who took none`);
  socket.destroy();
  await closed;
});

test('connections that say nothing are held without holding up others', async () => {
  const idle = await Promise.all(Array.from({ length: IDLE_CONNECTIONS }, () => open(port)));
  for (let i = 0; i < 5; i++) await served();
  assert.equal(idle.filter(({ socket }) => socket.destroyed).length, 0);
  const [{ socket, closed }] = idle as [(typeof idle)[number]];
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.deepEqual(statusesOf(await closed), [200]);
  for (const one of idle) one.socket.destroy();
  await Promise.all(idle.map((one) => one.closed));
});

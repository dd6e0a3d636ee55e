import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { serverNameOf } from './client-hello.ts';

/** What node's own client sends first. */
async function helloFor(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const client = tls.connect({ host: '127.0.0.1', port, ...options });
  client.on('error', () => {});
  const hello = await new Promise<Buffer>((resolve) => {
    server.once('connection', (socket) => {
      socket.once('data', (bytes: Buffer) => {
        socket.destroy();
        resolve(bytes);
      });
    });
  });
  client.destroy();
  server.close();
  return hello;
}

test('the name of a hello is found once the hello is whole', async () => {
  const hello = await helloFor({ servername: 'Api.Example.COM' });
  assert.equal(serverNameOf(hello), 'api.example.com');
  for (let n = 0; n < hello.length; n++) assert.equal(serverNameOf(hello.subarray(0, n)), undefined, `${n} bytes`);
});

test('a hello that comes in several records is one hello', async () => {
  const hello = await helloFor({ servername: 'api.example.com' });
  const body = hello.subarray(5);
  const record = (part: Buffer) => Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part]);
  const split = Buffer.concat([record(body.subarray(0, 2)), record(body.subarray(2, 90)), record(body.subarray(90))]);
  assert.equal(serverNameOf(split), 'api.example.com');
});

test('hellos without a name, and what is no hello, have none', async () => {
  assert.equal(serverNameOf(await helloFor({})), '');
  assert.equal(serverNameOf(Buffer.from('GET / HTTP/1.1\r\n')), '');
  assert.equal(serverNameOf(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), '');
});

test('lengths that lie are no names and no failures', async () => {
  const hello = await helloFor({ servername: 'api.example.com' });
  for (let n = 5; n < hello.length; n++) {
    const broken = Buffer.from(hello);
    broken[n] = 255;
    const name = serverNameOf(broken);
    assert.ok(name === undefined || typeof name === 'string');
  }
});

// What a function may try on the ports and descriptors that the platform gave its sandbox, in every isolation mode.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

/** as in listeners.ts */
const RUNTIME_CONNECTIONS_MAX = 32;

/** `ask(method, path, headers, body)` of the Runtime API; `open(port, bytes)` leaves a connection as it is after these bytes */
const TOOLS = `
const http = require('http'), net = require('net'), fs = require('fs');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ask = (method, path, headers = {}, body = '') => new Promise((resolve) => {
  const request = http.request({ host, port, method, path, headers, agent: false }, (response) => {
    let text = ''; response.on('data', (part) => (text += part)).on('end', () => resolve([response.statusCode, text])).on('error', (error) => resolve([error.code])); });
  request.on('error', (error) => resolve([error.code])); request.end(body); });
const open = (port, bytes) => new Promise((resolve) => {
  const socket = net.connect({ host, port }, () => { socket.write(bytes); setTimeout(() => resolve(socket), 300); });
  socket.resume(); socket.on('error', () => resolve(undefined)); socket.on('close', () => { socket.gone = true; resolve(socket); }); });
`;
const define = (source: string, settings: Partial<FunctionSnapshot> = {}): Promise<FunctionSnapshot> =>
  defineFunction({ 'index.js': TOOLS + source }, { memoryMb: 256, timeoutSeconds: 20, ...settings });

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    const isAlive = async (): Promise<void> => {
      const snapshot = await defineFunction({ 'index.js': 'exports.handler = async () => "alive"' });
      assert.equal(answerOf(await invoke(fixture, snapshot)), 'alive');
    };

    test('a function of a managed runtime takes no invocation and answers none over the Runtime API', async () => {
      const snapshot = await define(`exports.handler = async (event, { awsRequestId }) => [
        await ask('GET', '/2018-06-01/runtime/invocation/next'),
        await ask('POST', '/2018-06-01/runtime/invocation/' + awsRequestId + '/response', {}, '"forged"'),
        await ask('POST', '/2018-06-01/runtime/invocation/' + awsRequestId + '/error', {}, '{}'),
        await ask('POST', '/2018-06-01/runtime/init/error', {}, '{}')]`);
      for (let n = 0; n < 2; n++) {
        const answers: [number, string][] = answerOf(await invoke(fixture, snapshot));
        for (const [status, text] of answers) {
          assert.equal(status, 403);
          assert.match(text, /InvalidStateTransition/);
        }
      }
    });

    test('an extension that it invents after initialisation hears of nothing', async () => {
      const snapshot = await define(`exports.handler = async () => {
        const named = { 'Lambda-Extension-Name': 'late' };
        const id = { 'Lambda-Extension-Identifier': '3fa85f64-5717-4562-b3fc-2c963f66afa6' };
        return [await ask('POST', '/2020-01-01/extension/register', named, '{"events":["INVOKE"]}'),
          await ask('GET', '/2020-01-01/extension/event/next', id),
          await ask('POST', '/2020-01-01/extension/exit/error', { ...id, 'Lambda-Extension-Function-Error-Type': 'E.x' }, '{}'),
          await ask('PUT', '/2022-07-01/telemetry', id, '{}')] }`);
      const answers: [number, string][] = answerOf(await invoke(fixture, snapshot));
      assert.deepEqual(
        answers.map(([status, text]) => [status, JSON.parse(text).errorType]),
        [
          [403, 'Extension.RegistrationClosed'],
          [403, 'Extension.UnknownExtensionIdentifier'],
          [403, 'Extension.UnknownExtensionIdentifier'],
          [403, 'Extension.UnknownExtensionIdentifier'],
        ],
      );
      assert.equal((await invoke(fixture, snapshot)).functionError, undefined);
    });

    test('headers and bodies without end, half requests and what is no HTTP end their own connection at most', async () => {
      const snapshot = await define(`exports.handler = async () => {
        const line = 'GET /2020-01-01/extension/event/next HTTP/1.1\\r\\nHost: x\\r\\n';
        const flood = async (bytes) => { const socket = await open(port, bytes); await wait(300); const { gone = false } = socket ?? { gone: true }; socket?.destroy(); return gone; };
        return [await flood(line + ('X-A: ' + 'a'.repeat(60_000) + '\\r\\n').repeat(80)), await flood('\\x16\\x03\\x01 no http\\r\\n\\r\\n'),
          (await ask('POST', '/2020-01-01/extension/register', { 'Lambda-Extension-Name': 'x' }, 'x'.repeat(2 << 20)))[0],
          await flood(line), await flood('POST /2020-01-01/extension/register HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000\\r\\n\\r\\nhalf')] }`);
      const [headers, noise, body, ...halves] = answerOf(await invoke(fixture, snapshot));
      assert.deepEqual([headers, noise], [true, true]);
      assert.ok(body === 413 || body === 'EPIPE' || body === 'ECONNRESET', String(body));
      // whoever is slow may be
      assert.deepEqual(halves, [false, false]);
      await isAlive();
    });

    test('connections to the Runtime API are bounded, and slow readers of one sandbox are nobody else’s', async () => {
      const snapshot = await define(`exports.handler = async () => {
        const sockets = await Promise.all(Array.from({ length: 100 }, () => open(port, 'GET /2020-01-01/ext')));
        await wait(200);
        return sockets.filter((socket) => socket && !socket.gone).length }`);
      const open: number = answerOf(await invoke(fixture, snapshot));
      assert.ok(open >= 1 && open <= RUNTIME_CONNECTIONS_MAX, String(open));
      await isAlive();
      // its own channel is another one
      assert.equal((await invoke(fixture, snapshot)).functionError, undefined);
    });

    test('it has no descriptor of the platform but its own channel', async () => {
      const snapshot = await define(`exports.handler = async () => fs.readdirSync('/proc/self/fd').map((fd) => {
        try { return [fd, fs.readlinkSync('/proc/self/fd/' + fd)] } catch { return undefined } }).filter(Boolean)`);
      const open: [string, string][] = answerOf(await invoke(fixture, snapshot));
      const sockets = open.filter(([, to]) => to.startsWith('socket:')).map(([fd]) => fd);
      // 3 is the channel; standard output and error are a socket or a pipe
      for (const fd of sockets) assert.ok(['1', '2', '3'].includes(fd), JSON.stringify(open));
      const files = open.filter(([fd]) => !['1', '2'].includes(fd));
      for (const [, to] of files) assert.doesNotMatch(to, /gatehouse-pool|\.sqlite|node_modules|launcher/);
    });

    test('another program that it starts inherits neither the channel nor a way to answer', async () => {
      const snapshot = await define(`exports.handler = async () =>
        require('child_process').execFileSync('/bin/sh', ['-c', 'ls -l /proc/self/fd']).toString()`);
      const listing: string = answerOf(await invoke(fixture, snapshot));
      assert.doesNotMatch(listing, / 3 -> socket:/);
    });
  });
}

import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, startPool, type PoolFixture } from './pool-fixture.ts';

let fixture: PoolFixture;
let port: number;
let latest: FunctionSnapshot | undefined;

before(async () => {
  port = await freePort();
  fixture = await startPool({ inspect: { name: 'inspected', port, find: async () => latest } });
});
after(() => fixture.stop());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** A client of the Chrome DevTools protocol, as an editor is one. */
class Debugger {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: any) => void>();
  readonly events: { method: string; params: any }[] = [];
  #count = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text) => {
      const message = JSON.parse(String(text));
      if (message.id === undefined) this.events.push(message);
      else this.#answers.get(message.id)?.(message.error ?? message.result);
    });
  }

  static async attach(at: number = port): Promise<Debugger> {
    const [target] = (await (await fetch(`http://127.0.0.1:${at}/json/list`)).json()) as any[];
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Debugger(socket);
  }

  send(method: string, params: object = {}): Promise<any> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** the next event of this name */
  async event(method: string): Promise<any> {
    const found = await eventually(() => this.events.find((each) => each.method === method));
    this.events.splice(this.events.indexOf(found), 1);
    return found.params;
  }

  close(): void {
    this.#socket.close();
  }
}

const SOURCE = `exports.handler = async (event) => {
  const word = 'hello ' + event.name;
  return word;
};
`;

async function breakInHandler(client: Debugger): Promise<void> {
  await client.send('Runtime.enable');
  await client.send('Debugger.enable');
  const { locations } = await client.send('Debugger.setBreakpointByUrl', {
    lineNumber: 2,
    urlRegex: '/task/index\\.js$',
  });
  assert.equal(locations.length, 1);
}

test('a breakpoint set before the first call hits the handler, and the timeout waits meanwhile', async () => {
  latest = await defineFunction({ 'index.js': SOURCE }, { name: 'inspected', timeoutSeconds: 1 });
  const client = await Debugger.attach();
  await breakInHandler(client);
  const running = invoke(fixture, latest, { name: 'you' });
  const { callFrames } = await client.event('Debugger.paused');
  const { result } = await client.send('Debugger.evaluateOnCallFrame', {
    callFrameId: callFrames[0].callFrameId,
    expression: 'word',
  });
  assert.equal(result.value, 'hello you');
  // longer than the function may run
  await new Promise((resolve) => setTimeout(resolve, 1300));
  await client.send('Debugger.resume');
  assert.equal(answerOf(await running), 'hello you');
  const again = invoke(fixture, latest, { name: 'again' });
  await client.event('Debugger.paused');
  await client.send('Debugger.resume');
  assert.equal(answerOf(await again), 'hello again');
  client.close();
  assert.doesNotMatch((fixture.logs.get('inspected') ?? []).join(''), /listening/);
});

test('a program that runs on while a debugger is attached still times out', async () => {
  latest = await defineFunction(
    { 'index.js': 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));' },
    { name: 'inspected', timeoutSeconds: 1 },
  );
  const client = await Debugger.attach();
  await client.send('Debugger.enable');
  const { functionError, payload } = await invoke(fixture, latest);
  assert.equal(functionError, 'Unhandled');
  assert.match(payload.toString(), /Task timed out after 1\.00 seconds/);
  client.close();
});

test('after a change a debugger that attaches anew finds the new code', async () => {
  const before = latest;
  latest = await defineFunction({ 'index.js': `\n${SOURCE}` }, { name: 'inspected' });
  fixture.pool.retire(before?.arn ?? '');
  const client = await Debugger.attach();
  await client.send('Debugger.enable');
  const script = await eventually(() =>
    client.events.find(({ method, params }) => method === 'Debugger.scriptParsed' && params.url.endsWith('/index.js')),
  );
  const { scriptSource } = await client.send('Debugger.getScriptSource', { scriptId: script.params.scriptId });
  assert.equal(scriptSource, `\n${SOURCE}`);
  client.close();
});

test('other functions are not inspected, nor are other languages', async () => {
  const other = await defineFunction(
    { 'index.js': 'exports.handler = async () => require("node:inspector").url() ?? null;' },
    { name: 'other' },
  );
  assert.equal(answerOf(await invoke(fixture, other)), null);
  const python = await defineFunction(
    { 'index.py': 'def handler(event, context):\n    return 1\n' },
    { name: 'stack-inspected-A1B2', runtime: 'python3.11' },
  );
  assert.equal(answerOf(await invoke(fixture, python)), 1);
  assert.ok(fixture.warnings.some((text) => /--inspect debugs Node functions; .* runs python3\.11/.test(text)));
});

test('plain processes are inspected as well', async () => {
  const own = await freePort();
  const snapshot = await defineFunction({ 'index.js': SOURCE }, { name: 'inspected' });
  const plain = await startPool({
    isolation: 'process',
    inspect: { name: 'inspected', port: own, find: async () => snapshot },
  });
  try {
    const client = await Debugger.attach(own);
    await breakInHandler(client);
    const running = invoke(plain, snapshot, { name: 'you' });
    await client.event('Debugger.paused');
    await client.send('Debugger.resume');
    assert.equal(answerOf(await running), 'hello you');
    client.close();
  } finally {
    await plain.stop();
  }
});

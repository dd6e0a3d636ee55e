// The Telemetry API and the older Logs API (docs: telemetry-api, runtimes-logs-api): a subscriber writes what it gets to its
// own log, where the tests read it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { extensionLayer, nodeExtension } from './extension-fixture.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

interface Event {
  time: string;
  type: string;
  record: any;
}

const LISTEN = `
  const got = (text) => console.log('got ' + Buffer.from(text).toString('base64'));
  const port = 4000 + Math.floor(Math.random() * 1000) + process.pid % 1000;
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => { got(text); response.end(); });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));`;
const SUBSCRIBE = `
  const { id } = await register(['INVOKE', 'SHUTDOWN']);
  const subscribe = (asked, path = '/2022-07-01/telemetry') => ask('PUT', path, asked, { 'Lambda-Extension-Identifier': id, 'Content-Type': 'application/json' });`;
const LOOP = `
  for (;;) { const { text } = await next(id); if (JSON.parse(text).eventType === 'SHUTDOWN') { await new Promise((resolve) => setTimeout(resolve, 300)); process.exit(0); } }`;
const HTTP = `{ schemaVersion: '2022-12-13', types: ['platform', 'function'], buffering: { timeoutMs: 25 }, destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:' + port } }`;

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    const logsOf = ({ name }: FunctionSnapshot): string => (fixture.logs.get(name) ?? []).join('');
    /** what the subscriber got, one text a batch */
    const batches = (snapshot: FunctionSnapshot): string[] =>
      [...logsOf(snapshot).matchAll(/^got (.*)$/gm)].map(([, text]) => Buffer.from(text ?? '', 'base64').toString());
    const events = (snapshot: FunctionSnapshot): Event[] =>
      batches(snapshot).flatMap((batch) => JSON.parse(batch) as Event[]);
    /** What an environment has not told before it froze it tells when it ends. */
    const eventOf = (snapshot: FunctionSnapshot, type: string): Promise<Event> => {
      fixture.pool.retire(snapshot.arn);
      return eventually(() => events(snapshot).find((event) => event.type === type));
    };
    const subscribed = async (
      body: string,
      settings: Partial<FunctionSnapshot> = {},
      handler = 'exports.handler = async (event) => { console.log("line of the function"); return event }',
    ): Promise<FunctionSnapshot> =>
      defineFunction(
        { 'index.js': handler },
        { runtime: 'nodejs24.x', layers: [await extensionLayer({ ears: nodeExtension(body) })], ...settings },
      );

    test('a subscriber hears of the initialisation from its start, of invocations and of what is logged', async () => {
      const snapshot = await subscribed(`${LISTEN}${SUBSCRIBE}
        const { status, text } = await subscribe(${HTTP}); console.log('answer', status, text);${LOOP}`);
      const settings = { requestId: 'the-id', traceHeader: 'Root=1-2;Parent=3;Sampled=1' };
      assert.equal(answerOf(await invoke(fixture, snapshot, 'abc', settings)), 'abc');
      const { time, record } = await eventOf(snapshot, 'platform.report');
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(logsOf(snapshot), /answer 200 "OK"\n/);
      assert.match(logsOf(snapshot), /TELEMETRY\tName: ears\tState: Subscribed\tTypes: \[Platform, Function\]\n/);
      const tracing = { type: 'X-Amzn-Trace-Id', value: settings.traceHeader };
      const all = events(snapshot);
      assert.deepEqual(
        all.map(({ type }) => type),
        [
          'platform.initStart',
          'platform.telemetrySubscription',
          'platform.initRuntimeDone',
          'platform.extension',
          'platform.initReport',
          'platform.start',
          'function',
          'platform.runtimeDone',
          'platform.report',
        ],
      );
      const recordOf = (type: string): any => all.find((event) => event.type === type)?.record;
      assert.deepEqual(
        { ...recordOf('platform.initStart'), instanceId: '', runtimeVersionArn: '' },
        {
          initializationType: 'on-demand',
          phase: 'init',
          runtimeVersion: 'nodejs:24.v1',
          runtimeVersionArn: '',
          functionName: snapshot.name,
          functionVersion: '$LATEST',
          instanceId: '',
          instanceMaxMemory: 128 * 1024 * 1024,
        },
      );
      assert.deepEqual(recordOf('platform.telemetrySubscription'), {
        name: 'ears',
        state: 'Subscribed',
        types: ['platform', 'function'],
      });
      assert.deepEqual(recordOf('platform.initRuntimeDone'), {
        initializationType: 'on-demand',
        phase: 'init',
        status: 'success',
      });
      assert.deepEqual(recordOf('platform.extension'), {
        name: 'ears',
        state: 'Ready',
        events: ['INVOKE', 'SHUTDOWN'],
      });
      assert.deepEqual(Object.keys(recordOf('platform.initReport')), [
        'initializationType',
        'phase',
        'status',
        'metrics',
      ]);
      assert.deepEqual(recordOf('platform.start'), {
        requestId: 'the-id',
        functionArn: snapshot.arn,
        version: '$LATEST',
        tracing,
      });
      assert.match(recordOf('function'), /\tthe-id\tINFO\tline of the function$/);
      const done = recordOf('platform.runtimeDone');
      assert.deepEqual(Object.keys(done), ['requestId', 'status', 'tracing', 'spans', 'metrics']);
      assert.deepEqual([done.status, done.metrics.producedBytes], ['success', 5]);
      assert.deepEqual(
        done.spans.map(({ name }: { name: string }) => name),
        ['responseLatency', 'responseDuration', 'runtimeOverhead'],
      );
      assert.deepEqual(Object.keys(record), ['requestId', 'metrics', 'tracing', 'spans', 'status']);
      assert.equal(record.spans[0].name, 'extensionOverhead');
    });

    test('a TCP destination gets a line an event', async () => {
      const snapshot = await subscribed(`
        const port = 5000 + Math.floor(Math.random() * 1000) + process.pid % 1000;
        const server = require('node:net').createServer((socket) => socket.on('data', (bytes) => console.log('got ' + bytes.toString('base64'))));
        await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));${SUBSCRIBE}
        await subscribe({ schemaVersion: '2025-01-29', types: ['function'], buffering: { timeoutMs: 25 }, destination: { protocol: 'TCP', port } });${LOOP}`);
      await invoke(fixture, snapshot);
      fixture.pool.retire(snapshot.arn);
      await eventually(() => batches(snapshot).length > 0);
      const [line = ''] = batches(snapshot);
      assert.ok(line.endsWith('}\n'));
      assert.match(JSON.parse(line).record, /line of the function$/);
    });

    test('what an extension writes is told as such, and a JSON line of a JSON function is an object', async () => {
      const snapshot = await subscribed(
        `${LISTEN}${SUBSCRIBE}
        await subscribe({ ...${HTTP}, types: ['function', 'extension'] }); console.error('a word of the extension');${LOOP}`,
        { logging: { group: 'g', format: 'JSON' } },
      );
      await invoke(fixture, snapshot, {}, { requestId: 'r' });
      const { record } = await eventOf(snapshot, 'function');
      assert.deepEqual([record.level, record.requestId, record.message], ['INFO', 'r', 'line of the function']);
      assert.ok(
        events(snapshot).some(({ type, record: line }) => type === 'extension' && line === 'a word of the extension'),
      );
    });

    test('the Logs API knows its older events, and is no second door', async () => {
      const snapshot = await subscribed(`${LISTEN}${SUBSCRIBE}
        const logs = '/2020-08-15/logs';
        await subscribe({ ...${HTTP}, types: ['platform'], schemaVersion: '2021-03-18' }, logs);
        const { status, text } = await subscribe(${HTTP}); console.log('other', status, text);${LOOP}`);
      await invoke(fixture, snapshot, {}, { requestId: 'r' });
      await eventOf(snapshot, 'platform.report');
      assert.deepEqual(
        events(snapshot).map(({ type }) => type),
        [
          'platform.logsSubscription',
          'platform.extension',
          'platform.start',
          'platform.runtimeDone',
          'platform.end',
          'platform.report',
        ],
      );
      assert.deepEqual(events(snapshot)[2]?.record, { requestId: 'r', version: '$LATEST' });
      assert.match(
        logsOf(snapshot),
        /other 403 \{"errorMessage":"Telemetry API subscription is closed already","errorType":"Telemetry.SubscriptionClosed"\}/,
      );
    });

    test('a subscription is checked, and is only taken during initialisation', async () => {
      const snapshot = await subscribed(`${LISTEN}${SUBSCRIBE}
        const say = async (asked, path) => { const { status, text } = await subscribe(asked, path); console.log('say', status, text.trim()); };
        await say({ schemaVersion: '2022-12-13', types: [], destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain' } });
        await say({ ...${HTTP}, buffering: { maxItems: 999 } });
        await say({ ...${HTTP}, schemaVersion: '2020-01-01' });
        console.log('say', (await ask('PUT', '/2022-07-01/telemetry', ${HTTP})).status);
        await next(id);
        await say(${HTTP});${LOOP}`);
      await invoke(fixture, snapshot);
      const said = (): string[] =>
        logsOf(snapshot)
          .split('\n')
          .filter((line) => line.startsWith('say '));
      await eventually(() => said().length === 5);
      assert.equal(
        said()[0],
        'say 400 {"errorMessage":"URI port is not provided; types should not be empty","errorType":"ValidationError"}',
      );
      assert.match(said()[1] ?? '', /^say 400 .*maxItems.*1000 and 10000/);
      assert.match(said()[2] ?? '', /^say 400 .*schemaVersion/);
      assert.equal(said()[3], 'say 403');
      assert.match(said()[4] ?? '', /^say 403 .*"Telemetry.SubscriptionClosed"/);
    });

    test('a subscriber that waits for the end of the runtime before it asks for more is not waited for in vain', async () => {
      const snapshot = await subscribed(`
        let done = () => {};
        const server = http.createServer((request, response) => {
          let text = '';
          request.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => { response.end(); if (text.includes('platform.runtimeDone')) done(); });
        });
        const port = 6000 + Math.floor(Math.random() * 1000) + process.pid % 1000;
        await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));${SUBSCRIBE}
        await subscribe(${HTTP});
        for (;;) { const over = new Promise((resolve) => (done = resolve)); const { text } = await next(id); if (JSON.parse(text).eventType === 'SHUTDOWN') process.exit(0); await over; }`);
      for (const n of [1, 2, 3]) assert.equal(answerOf(await invoke(fixture, snapshot, n)), n);
      await eventually(() => logsOf(snapshot).match(/REPORT/g)?.length === 3);
      assert.doesNotMatch(logsOf(snapshot), /Status: timeout/);
    });
  });
}

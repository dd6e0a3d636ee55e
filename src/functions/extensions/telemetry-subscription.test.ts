import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTelemetryRequest } from './telemetry-request.ts';
import { TelemetrySubscription } from './telemetry-subscription.ts';

const ASKED = {
  schemaVersion: '2022-12-13',
  types: ['platform', 'function'],
  destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:8080/path?a=b' },
};
const parse = (asked: object, api: 'telemetry' | 'logs' = 'telemetry') =>
  parseTelemetryRequest(api, Buffer.from(JSON.stringify(asked)));
const event = (n: number) => ({ time: 't', type: 'function', record: `line ${n}` });

test('what a subscription does not say has AWS’s default', () => {
  assert.deepEqual(parse(ASKED).buffering, { maxItems: 1000, maxBytes: 262_144, timeoutMs: 1000 });
  const logs = parse({ types: ['function'], destination: ASKED.destination }, 'logs');
  assert.deepEqual([logs.schemaVersion, logs.buffering.maxItems], ['2020-08-15', 10_000]);
  assert.deepEqual(parse(ASKED).destination, { protocol: 'HTTP', method: 'POST', port: 8080, path: '/path?a=b' });
});

test('bounds of buffering are AWS’s', () => {
  for (const [name, values] of Object.entries({
    maxItems: [999, 10_001],
    maxBytes: [262_143, 1_048_577],
    timeoutMs: [24, 30_001],
  })) {
    for (const value of values) {
      assert.throws(() => parse({ ...ASKED, buffering: { [name]: value } }), {
        errorType: 'ValidationError',
        status: 400,
      });
    }
  }
  assert.equal(parse({ ...ASKED, buffering: { timeoutMs: 25 } }).buffering.timeoutMs, 25);
});

test('all that is wrong is said at once', () => {
  assert.throws(() => parse({ ...ASKED, types: [], destination: { protocol: 'HTTP', URI: 'http://sandbox' } }), {
    message: 'URI port is not provided; types should not be empty',
  });
});

test('a batch goes when it is full, and what does not arrive is told as dropped', async () => {
  const batches: string[][] = [];
  let broken = true;
  const subscription = new TelemetrySubscription(parse(ASKED), async (events) => {
    if (broken) throw new Error('nobody listens');
    batches.push([...events]);
  });
  for (let n = 0; n < 1000; n++) subscription.add(event(n));
  await subscription.flush();
  assert.equal(batches.length, 0);
  broken = false;
  subscription.add(event(1000));
  await subscription.flush();
  const [told, line] = (batches[0] ?? []).map((text) => JSON.parse(text) as { type: string; record: unknown });
  assert.equal(told?.type, 'platform.logsDropped');
  assert.deepEqual(
    { ...(told?.record as object), droppedBytes: 0 },
    {
      reason: 'Consumer seems to have fallen behind as it has not acknowledged receipt of logs.',
      droppedRecords: 1000,
      droppedBytes: 0,
    },
  );
  assert.equal(line?.record, 'line 1000');
});

test('a subscriber gets the types that it asked for', async () => {
  const got: string[] = [];
  const subscription = new TelemetrySubscription(
    parse({ ...ASKED, types: ['platform'] }),
    async (events) => void got.push(...events),
  );
  subscription.add(event(1));
  subscription.add({ time: 't', type: 'platform.start', record: { requestId: 'r' } });
  subscription.add({ time: 't', type: 'platform.end', record: { requestId: 'r' } });
  await subscription.flush();
  assert.deepEqual(got, ['{"time":"t","type":"platform.start","record":{"requestId":"r"}}']);
});

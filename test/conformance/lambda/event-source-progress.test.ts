// What a stream's poller keeps: over throttles, over changes of its lanes, over a restart.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  DeleteFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { eventually } from '../../harness.ts';
import { bodiesOf, startStreamFixture, type StreamFixture } from './event-source-fixture.ts';

const SHARD = 'shardId-000000000000';
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-event-sources-'));
let f: StreamFixture | undefined;
after(async () => {
  await f?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const COUNT = `(bodies, event) => ({ state: { count: (event.state.count ?? 0) + bodies.length } })`;

test('the place in a stream and the state of a window outlive the program', async () => {
  f = await startStreamFixture({ config: { dataDir } });
  const stream = await f.stream();
  const { name, out } = await f.worker(COUNT);
  // far enough from its end
  const start = Math.floor(Date.now() / 900_000) * 900_000;
  const { UUID } = await f.map(name, stream, { TumblingWindowInSeconds: 900, BatchSize: 2 });
  for (const text of ['a', 'b']) await f.kinesis.putText(stream, SHARD, 'k', text, start + 1);
  const before = await f.events(out, 1);
  if (bodiesOf(before[0]).length === 1) before.push(...(await f.events(out, 1)));
  const first = f;
  await eventually(async () => (await first.get(UUID)).LastProcessingResult === 'OK');
  await f.stop();

  f = await startStreamFixture({ config: { dataDir } });
  const again = f;
  await eventually(async () => (await again.get(UUID)).State === 'Enabled');
  const url = `${f.server.endpoint}${new URL(out).pathname}`;
  await f.kinesis.putText(stream, SHARD, 'k', 'c', start + 2);
  const [event] = await f.events(url, 1);
  assert.deepEqual([bodiesOf(event), event.state, event.isFinalInvokeForWindow], [['c'], { count: 2 }, false]);
});

test('a throttled batch waits, and is not given up', async () => {
  const fixture = f ?? assert.fail('no server');
  const stream = await fixture.stream();
  const { name: FunctionName, out } = await fixture.worker();
  const failures = await fixture.queue();
  await fixture.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  const { UUID } = await fixture.map(FunctionName, stream, {
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  await fixture.kinesis.putText(stream, SHARD, 'k', 'patient');
  await eventually(async () => (await fixture.get(UUID)).LastProcessingResult === 'PROBLEM: Function call failed');
  await fixture.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  assert.deepEqual((await fixture.events(out, 1)).flatMap(bodiesOf), ['patient']);
});

test('other numbers of lanes lose nothing and keep the order of each key', async () => {
  const fixture = f ?? assert.fail('no server');
  const stream = await fixture.stream();
  const { name, out } = await fixture.worker();
  const { UUID } = await fixture.map(name, stream, { BatchSize: 2, ParallelizationFactor: 2 });
  const put: string[] = [];
  for (const ParallelizationFactor of [3, 1, 4]) {
    for (let n = 0; n < 6; n++) {
      put.push(`${n % 3}-${ParallelizationFactor}-${n}`);
      await fixture.kinesis.putText(stream, SHARD, `key${n % 3}`, put.at(-1) ?? '');
    }
    await fixture.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ParallelizationFactor }));
    await fixture.inState(UUID, 'Enabled');
  }
  const seen: string[] = [];
  await eventually(async () => {
    seen.push(...(await fixture.events(out, 1)).flatMap(bodiesOf));
    return put.every((text) => seen.includes(text));
  }, 30_000);
  const firsts = [...new Set(seen)];
  for (const key of ['0-', '1-', '2-']) {
    const of = (all: string[]): string[] => all.filter((text) => text.startsWith(key));
    assert.deepEqual(of(firsts), of(put));
  }
});

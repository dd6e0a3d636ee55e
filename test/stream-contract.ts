// What every source of streams must do (src/kernel/stream.ts). Kinesis, DynamoDB Streams and the test streams run it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamPosition, StreamRecord, StreamSource } from '#kernel/stream.ts';
import { eventually } from './eventually.ts';

export interface ContractStream<R extends StreamRecord> {
  source: StreamSource<R>;
  /** of a stream with one open shard */
  arn: string;
  /** Puts a record into an open shard; answers its sequence number. */
  put: (shardId: string, key: string) => Promise<string>;
  /** Closes a shard; others go on in its place. */
  split: (shardId: string) => Promise<void>;
}

export function streamContract<R extends StreamRecord>(name: string, create: () => Promise<ContractStream<R>>): void {
  const limits = { records: 100, bytes: 1024 * 1024 };

  const open = async (): Promise<
    ContractStream<R> & { shard: string; numbers: (position: StreamPosition) => Promise<string[]> }
  > => {
    const stream = await create();
    const { source, arn } = stream;
    const [shard] = await source.shards(arn);
    const id = shard?.id ?? assert.fail('no shard');
    return {
      ...stream,
      shard: id,
      async numbers(position) {
        const page = await source.read(arn, id, await source.cursor(arn, id, position), limits);
        return page.records.map(({ sequenceNumber }) => sequenceNumber);
      },
    };
  };

  test(`${name}: every position begins where it says`, async () => {
    const { put, shard, numbers, source, arn } = await open();
    const first = await put(shard, 'a');
    const second = await put(shard, 'b');
    assert.ok(BigInt(first) < BigInt(second));
    assert.deepEqual(await numbers({ type: 'TRIM_HORIZON' }), [first, second]);
    assert.deepEqual(await numbers({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: second }), [second]);
    assert.deepEqual(await numbers({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: first }), [second]);
    assert.deepEqual(await numbers({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: second }), []);
    assert.deepEqual(await numbers({ type: 'AT_TIMESTAMP', at: 0 }), [first, second]);
    assert.deepEqual(await numbers({ type: 'AT_TIMESTAMP', at: Date.now() + 60_000 }), []);
    const latest = await source.cursor(arn, shard, { type: 'LATEST' });
    const third = await put(shard, 'c');
    const { records } = await source.read(arn, shard, latest, limits);
    assert.deepEqual(
      records.map(({ sequenceNumber, partitionKey }) => [sequenceNumber, partitionKey]),
      [[third, 'c']],
    );
  });

  test(`${name}: an empty shard has positions too, before what comes`, async () => {
    const { put, shard, source, arn } = await open();
    const cursors = await Promise.all(
      (['TRIM_HORIZON', 'LATEST'] as const).map((type) => source.cursor(arn, shard, { type })),
    );
    const number = await put(shard, 'a');
    for (const cursor of cursors) {
      const { records } = await source.read(arn, shard, cursor, limits);
      assert.deepEqual(
        records.map(({ sequenceNumber }) => sequenceNumber),
        [number],
      );
    }
  });

  test(`${name}: pages join without gap or repetition`, async () => {
    const { put, shard, source, arn } = await open();
    const all: string[] = [];
    for (let n = 0; n < 7; n++) all.push(await put(shard, `${n % 2}`));
    const seen: string[] = [];
    let cursor = await source.cursor(arn, shard, { type: 'TRIM_HORIZON' });
    for (let pages = 0; pages < 5; pages++) {
      const page = await source.read(arn, shard, cursor, { ...limits, records: 2 });
      assert.ok(page.records.length <= 2);
      seen.push(...page.records.map(({ sequenceNumber }) => sequenceNumber));
      cursor = page.next ?? assert.fail('an open shard has no end');
    }
    assert.deepEqual(seen, all);
  });

  test(`${name}: a closed shard comes to an end, and its children name it`, async () => {
    const { put, split, shard, source, arn } = await open();
    await put(shard, 'a');
    await split(shard);
    const page = await source.read(arn, shard, await source.cursor(arn, shard, { type: 'TRIM_HORIZON' }), limits);
    assert.deepEqual([page.records.length, page.next], [1, undefined]);
    const end = await source.read(arn, shard, await source.cursor(arn, shard, { type: 'LATEST' }), limits);
    assert.deepEqual([end.records.length, end.next], [0, undefined]);
    const shards = await source.shards(arn);
    assert.ok(shards.some(({ id }) => id === shard));
    const children = shards.filter(({ id }) => id !== shard);
    assert.ok(children.length > 0);
    for (const { parentIds } of children) assert.deepEqual(parentIds, [shard]);
  });

  test(`${name}: watchers hear of records, until they stop`, async () => {
    const { put, shard, source, arn } = await open();
    let heard = 0;
    const unwatch = source.watch(arn, () => heard++);
    await put(shard, 'a');
    await eventually(() => heard > 0);
    unwatch();
    const before = heard;
    await put(shard, 'b');
    await put(shard, 'c');
    assert.equal(heard, before);
  });

  test(`${name}: what does not exist is not found`, async () => {
    const { source, arn } = await open();
    assert.equal(await source.find(`${arn}-none`), undefined);
    assert.ok(((await source.find(arn))?.retentionMs ?? 0) > 0);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import type { StreamRecord } from '#kernel/stream.ts';
import { gatherBatch, type GatheredBatch, type GatherOptions } from './gather-batch.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');

interface Shard {
  /** [arrival in seconds after T0, bytes of the event] */
  records: [number, number?][];
  closed?: boolean;
}

/** Cursors are indexes; `waits` is what happens while the reader waits for more. */
function gather(
  { records, closed = false }: Shard,
  options: Partial<GatherOptions<StreamRecord>> = {},
  waits: (() => void)[] = [],
): Promise<GatheredBatch<StreamRecord>> {
  const clock = new ManualClock(T0);
  return gatherBatch<StreamRecord>({
    clock,
    async read(cursor, limits) {
      const start = Number(cursor);
      const page = records.slice(start, start + limits.records);
      const next = start + page.length;
      return {
        records: page.map(([seconds, bytes = 10], n) => ({
          sequenceNumber: String(start + n),
          partitionKey: 'x'.repeat(bytes),
          arrivedAt: T0 + seconds * 1000,
        })),
        ...(!(closed && next === records.length) && { next: String(next) }),
      };
    },
    cursorAt: async (sequenceNumber) => sequenceNumber,
    toItem: (record) => ({ record, text: record.partitionKey }),
    arrivals: {
      count: 0,
      async since(_seen, ms) {
        const happens = waits.shift();
        if (happens) happens();
        else clock.advance(ms);
      },
    },
    signal: new AbortController().signal,
    from: '0',
    batchSize: 10,
    windowSeconds: 0,
    tumblingSeconds: 0,
    openWindow: undefined,
    ...options,
  });
}

const numbers = ({ items }: GatheredBatch<StreamRecord>): number[] =>
  items.map(({ record }) => Number(record.sequenceNumber));

test('without a window a batch is what one look finds', async () => {
  const batch = await gather({ records: [[0], [0], [0]] });
  assert.deepEqual([numbers(batch), batch.next, batch.isIdle], [[0, 1, 2], '3', false]);
  const none = await gather({ records: [] });
  assert.deepEqual([numbers(none), none.next, none.isIdle], [[], '0', true]);
});

test('a batch has at most its size', async () => {
  const batch = await gather({ records: [[0], [0], [0]] }, { batchSize: 2 });
  assert.deepEqual([numbers(batch), batch.next], [[0, 1], '2']);
});

test('a window waits for more, until it closes or the batch is full', async () => {
  const shard: Shard = { records: [[0]] };
  const more = (): number => shard.records.push([0]);
  const full = await gather(shard, { batchSize: 3, windowSeconds: 300 }, [more, more]);
  assert.deepEqual(numbers(full), [0, 1, 2]);
  const late = await gather({ records: [[0]] }, { batchSize: 3, windowSeconds: 30 });
  assert.deepEqual(numbers(late), [0]);
});

test('a payload holds six megabytes, and what does not fit is left for the next', async () => {
  const size = 2_500_000;
  const batch = await gather({
    records: [
      [0, size],
      [0, size],
      [0, size],
    ],
  });
  assert.deepEqual([numbers(batch), batch.next], [[0, 1], '2']);
  // one that alone is larger must go, or the shard would stand still
  assert.deepEqual(numbers(await gather({ records: [[0, 7_000_000], [0]] })), [0]);
});

test('records that are not for this reader are passed over', async () => {
  const batch = await gather({ records: [[0], [0]] }, { toItem: () => undefined });
  assert.deepEqual([numbers(batch), batch.next, batch.lastNumber, batch.isIdle], [[], '2', '1', false]);
});

test('the end of a shard has no cursor', async () => {
  const batch = await gather({ records: [[0]], closed: true });
  assert.deepEqual([numbers(batch), batch.next, batch.isWindowOver], [[0], undefined, false]);
});

test('a batch belongs to one tumbling window; a later record ends it', async () => {
  const records: Shard['records'] = [[1], [59], [61]];
  const first = await gather({ records }, { tumblingSeconds: 60 });
  assert.deepEqual([numbers(first), first.next, first.windowStart, first.isWindowOver], [[0, 1], '2', T0, true]);
  const nothing = await gather({ records }, { tumblingSeconds: 60, from: '2', openWindow: T0 });
  assert.deepEqual([numbers(nothing), nothing.next, nothing.isWindowOver], [[], '2', true]);
  const second = await gather({ records }, { tumblingSeconds: 60, from: '2' });
  assert.deepEqual([numbers(second), second.windowStart, second.isWindowOver], [[2], T0 + 60_000, false]);
});

test('a tumbling window is over when its time is, or its shard', async () => {
  const open = await gather({ records: [] }, { tumblingSeconds: 60, openWindow: T0 });
  assert.deepEqual([open.isWindowOver, open.msToWindowEnd], [false, 60_000]);
  const over = await gather(
    { records: [] },
    { tumblingSeconds: 60, openWindow: T0, clock: new ManualClock(T0 + 60_000) },
  );
  assert.equal(over.isWindowOver, true);
  const ended = await gather({ records: [], closed: true }, { tumblingSeconds: 60, openWindow: T0 });
  assert.equal(ended.isWindowOver, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverBatch, type Attempt, type DeliverySteps, type Discard } from './batch-delivery.ts';

const outcome = { requestId: 'r', executedVersion: '$LATEST', functionError: 'Unhandled' };
const failed = (from: number): Attempt => ({ type: 'failed', from, outcome });

interface Told {
  invoked: number[][];
  advanced: number[];
  discarded: { items: readonly number[]; why: Discard }[];
  backOffs: number[];
  done: boolean;
}

async function deliver(
  batch: number[],
  answer: (items: readonly number[], tries: number) => Attempt,
  steps: Partial<DeliverySteps<number>> = {},
): Promise<Told> {
  const told: Told = { invoked: [], advanced: [], discarded: [], backOffs: [], done: false };
  told.done = await deliverBatch(batch, {
    retriesMax: -1,
    bisect: false,
    isTooOld: () => false,
    async invoke(items) {
      told.invoked.push([...items]);
      return answer(items, told.invoked.length);
    },
    async advance(last) {
      told.advanced.push(last);
    },
    async discard(items, why) {
      told.discarded.push({ items, why });
    },
    async backOff(failures) {
      told.backOffs.push(failures);
    },
    isStopped: () => false,
    ...steps,
  });
  return told;
}

test('a batch is tried until it succeeds', async () => {
  const told = await deliver([1, 2], (_items, tries) => (tries < 3 ? failed(0) : { type: 'succeeded' }));
  assert.deepEqual([told.invoked.length, told.backOffs, told.done], [3, [1, 2], true]);
});

test('retries are counted beyond the first try, then the batch is given up', async () => {
  const told = await deliver([1, 2], () => failed(0), { retriesMax: 2 });
  assert.equal(told.invoked.length, 3);
  const why = { condition: 'RetryAttemptsExhausted', invokeCount: 3, outcome };
  assert.deepEqual(told.discarded, [{ items: [1, 2], why }]);
});

test('a throttle is no try', async () => {
  const told = await deliver([1], (_items, tries) => (tries < 4 ? { type: 'throttled' } : { type: 'succeeded' }), {
    retriesMax: 0,
  });
  assert.deepEqual([told.invoked.length, told.backOffs, told.discarded], [4, [1, 2, 3], []]);
});

test('splitting finds the record that fails, costs no retries and keeps the order', async () => {
  const told = await deliver([1, 2, 3, 4], (items) => (items.includes(3) ? failed(0) : { type: 'succeeded' }), {
    retriesMax: 0,
    bisect: true,
  });
  assert.deepEqual(told.invoked, [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
  assert.deepEqual(
    told.discarded.map(({ items }) => items),
    [[3]],
  );
  assert.deepEqual(told.advanced, [2]);
});

test('what came before the first failed record is done, the rest is tried again', async () => {
  const told = await deliver([1, 2, 3], (_items, tries) => (tries === 1 ? failed(2) : { type: 'succeeded' }));
  assert.deepEqual([told.invoked, told.advanced], [[[1, 2, 3], [3]], [2]]);
});

test('a record has all its retries, whatever failed before it', async () => {
  const told = await deliver([1, 2, 3, 4], (items) => failed(items.length > 1 ? 1 : 0), { retriesMax: 1 });
  assert.deepEqual(told.invoked, [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4]]);
  assert.deepEqual(
    told.discarded.map(({ items }) => items),
    [[4]],
  );
});

test('with splitting, the cut is where the function says', async () => {
  const told = await deliver([1, 2, 3, 4], (items) => (items.length === 4 ? failed(1) : { type: 'succeeded' }), {
    bisect: true,
    retriesMax: 0,
  });
  assert.deepEqual(
    [told.invoked, told.discarded],
    [
      [
        [1, 2, 3, 4],
        [2, 3, 4],
      ],
      [],
    ],
  );
});

test('records that have become too old go without a try', async () => {
  const told = await deliver([1, 2, 3], () => ({ type: 'succeeded' }), { isTooOld: (item) => item < 3 });
  assert.deepEqual(told.invoked, [[3]]);
  assert.deepEqual(told.discarded, [{ items: [1, 2], why: { condition: 'RecordAgeExceeded', invokeCount: 0 } }]);
  const all = await deliver([1, 2], () => ({ type: 'succeeded' }), { isTooOld: () => true });
  assert.deepEqual([all.invoked, all.discarded.length, all.done], [[], 1, true]);
});

test('a stop between tries leaves the rest', async () => {
  let stopped = false;
  const told = await deliver([1, 2], () => failed(0), {
    backOff: async () => void (stopped = true),
    isStopped: () => stopped,
  });
  assert.deepEqual([told.invoked.length, told.done, told.discarded], [1, false, []]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laneCheckpoints } from './starting.ts';

const at = (lane: number, lanes: number, sequenceNumber?: string, cursor: string | undefined = `c${lane}`) => ({
  shardId: 's',
  lane,
  lanes,
  ...(cursor !== '' && { cursor }),
  ...(sequenceNumber !== undefined && { sequenceNumber }),
});

test('checkpoints stay while the number of lanes does', () => {
  const before = [at(0, 2, '5'), at(1, 2, '9')];
  assert.deepEqual(laneCheckpoints(before, 2), before);
});

test('other lanes begin where the slowest was, by number and not by text', () => {
  const after = laneCheckpoints([at(0, 2, '10'), at(1, 2, '9')], 3);
  assert.deepEqual(
    after.map(({ lane, lanes, cursor }) => [lane, lanes, cursor]),
    [
      [0, 3, 'c1'],
      [1, 3, 'c1'],
      [2, 3, 'c1'],
    ],
  );
});

test('a lane that has handled nothing is the slowest, one at the end the quickest', () => {
  assert.equal(laneCheckpoints([at(0, 2, '1'), at(1, 2)], 1)[0]?.cursor, 'c1');
  assert.equal(laneCheckpoints([at(0, 2, '7', ''), at(1, 2, '5')], 1)[0]?.cursor, 'c1');
  assert.equal(laneCheckpoints([at(0, 2, '7', ''), at(1, 2, '8', '')], 1)[0]?.cursor, undefined);
});

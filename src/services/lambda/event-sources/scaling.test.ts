import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import { Scaling } from './scaling.ts';

test('on demand, five batches at first and 300 more a minute while there is work, up to 1,250', () => {
  const clock = new ManualClock();
  const scaling = new Scaling(clock, {});
  assert.equal(scaling.limit, 5);
  scaling.enter();
  clock.advance(60_000);
  assert.equal(scaling.limit, 305);
  clock.advance(3_600_000);
  assert.equal(scaling.limit, 1250);
  scaling.idle();
  assert.equal(scaling.limit, 5);
});

test('a maximum concurrency is never passed', () => {
  const clock = new ManualClock();
  const scaling = new Scaling(clock, { maximumConcurrency: 2 });
  scaling.enter();
  clock.advance(600_000);
  assert.equal(scaling.limit, 2);
});

test('provisioned pollers run ten each, from the minimum by 1,000 a minute to the maximum', () => {
  const clock = new ManualClock();
  const scaling = new Scaling(clock, { pollers: { minimum: 3, maximum: 200 } });
  assert.equal(scaling.limit, 30);
  scaling.enter();
  clock.advance(60_000);
  assert.equal(scaling.limit, 1030);
  clock.advance(600_000);
  assert.equal(scaling.limit, 2000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import { TokenBucket, Throttles } from './throttle.ts';

test('a bucket lets the burst pass, then the rate', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(2, 10, clock.now());
  const burst = Array.from({ length: 13 }, () => bucket.take(clock.now()));
  assert.equal(burst.filter(Boolean).length, 10);
  clock.advance(499);
  assert.equal(bucket.take(clock.now()), false);
  clock.advance(1);
  assert.equal(bucket.take(clock.now()), true);
  assert.equal(bucket.take(clock.now()), false);
});

test('a bucket never holds more than its burst', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(100, 3, clock.now());
  clock.advance(60_000);
  assert.deepEqual(
    Array.from({ length: 4 }, () => bucket.take(clock.now())),
    [true, true, true, false],
  );
});

test('a limit of zero lets nothing pass', () => {
  const bucket = new TokenBucket(0, 0, 0);
  assert.equal(bucket.take(1e9), false);
});

test('buckets keep their tokens until a limit changes', () => {
  const clock = new ManualClock();
  const throttles = new Throttles(clock);
  const limits = { rateLimit: 1, burstLimit: 1 };
  assert.equal(throttles.bucket('a', limits).take(clock.now()), true);
  assert.equal(throttles.bucket('a', { ...limits }).take(clock.now()), false);
  assert.equal(throttles.bucket('a', { ...limits, burstLimit: 2 }).take(clock.now()), true);
});

test('buckets that nobody uses are forgotten, those in use are not', () => {
  const clock = new ManualClock();
  const throttles = new Throttles(clock);
  const slow = { rateLimit: 0.001, burstLimit: 1 };
  throttles.bucket('used', slow).take(clock.now());
  for (let i = 0; i < 25_000; i++) throttles.bucket(`idle${i}`, slow);
  assert.equal(throttles.bucket('used', slow).take(clock.now()), false);
});

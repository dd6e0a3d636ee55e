import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange } from './ranges.ts';

test('a range is cut at the end of the object', () => {
  assert.deepEqual(parseRange('bytes=0-4', 10), { start: 0, end: 4 });
  assert.deepEqual(parseRange('bytes=5-', 10), { start: 5, end: 9 });
  assert.deepEqual(parseRange('bytes=5-100', 10), { start: 5, end: 9 });
});

test('a suffix range counts from the end', () => {
  assert.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseRange('bytes=-30', 10), { start: 0, end: 9 });
});

test('what is no single range is ignored', () => {
  for (const header of ['bytes=0-1,3-4', 'bytes=x', 'bytes=-', 'items=0-1', 'bytes=5-2', undefined]) {
    assert.equal(parseRange(header, 10), undefined);
  }
});

test('a range that begins beyond the end is refused with 416', () => {
  const beyond = { code: 'InvalidRange', status: 416 };
  assert.throws(() => parseRange('bytes=10-', 10), beyond);
  assert.throws(() => parseRange('bytes=-0', 10), beyond);
  assert.throws(() => parseRange('bytes=0-', 0), beyond);
});

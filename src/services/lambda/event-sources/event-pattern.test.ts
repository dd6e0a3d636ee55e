import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, InvalidPattern } from './event-pattern.ts';

const matches = (pattern: unknown, event: unknown): boolean => compilePattern(JSON.stringify(pattern)).matches(event);

test('values are alternatives, fields must all match', () => {
  const pattern = { body: { type: ['a', 'b'], count: [1] } };
  assert.ok(matches(pattern, { body: { type: 'b', count: 1, more: true } }));
  assert.ok(!matches(pattern, { body: { type: 'c', count: 1 } }));
  assert.ok(!matches(pattern, { body: { type: 'a' } }));
});

test('an item of an array is enough', () => {
  assert.ok(matches({ tags: ['x'] }, { tags: ['w', 'x'] }));
  assert.ok(matches({ items: { id: [2] } }, { items: [{ id: 1 }, { id: 2 }] }));
});

test('operators', () => {
  assert.ok(matches({ a: [{ prefix: 'ab' }] }, { a: 'abc' }));
  assert.ok(matches({ a: [{ suffix: 'bc' }] }, { a: 'abc' }));
  assert.ok(matches({ a: [{ 'equals-ignore-case': 'ABC' }] }, { a: 'abc' }));
  assert.ok(matches({ a: [{ exists: false }] }, {}));
  assert.ok(!matches({ a: [{ exists: false }] }, { a: null }));
  assert.ok(matches({ a: [null] }, { a: null }));
  assert.ok(matches({ a: [''] }, { a: '' }));
  assert.ok(matches({ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'z' }));
  assert.ok(!matches({ a: [{ 'anything-but': 'x' }] }, { a: 'x' }));
  assert.ok(!matches({ a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'xy' }));
  assert.ok(matches({ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }));
  assert.ok(!matches({ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: '5' }));
  assert.ok(matches({ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }));
});

test('what is no pattern is refused', () => {
  for (const pattern of [[], { a: 'b' }, { a: [] }, { a: [{ like: 'b' }] }, { a: [{ numeric: ['~', 1] }] }]) {
    assert.throws(() => compilePattern(JSON.stringify(pattern)), InvalidPattern, JSON.stringify(pattern));
  }
  assert.throws(() => compilePattern('{'), InvalidPattern);
});

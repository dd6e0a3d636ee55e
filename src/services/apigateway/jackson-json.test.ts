import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jacksonJson } from './jackson-json.ts';

test('objects are indented, lists stay in their line', () => {
  const value = { a: 1, list: ['x', { b: null }], none: [], empty: {}, left: undefined };
  assert.equal(
    jacksonJson(value),
    '{\n  "a" : 1,\n  "list" : [ "x", {\n    "b" : null\n  } ],\n  "none" : [ ],\n  "empty" : { }\n}',
  );
  assert.deepEqual(JSON.parse(jacksonJson(value)), { a: 1, list: ['x', { b: null }], none: [], empty: {} });
});

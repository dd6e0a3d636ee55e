import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedItems } from './batch-response.ts';

const ids = ['a', 'b'];

test('nothing reported is success', () => {
  for (const answer of ['null', '{}', '{"batchItemFailures":[]}', '{"batchItemFailures":null}']) {
    assert.equal((failedItems(answer, ids) as Set<string>).size, 0, answer);
  }
});

test('reported messages fail, the others do not', () => {
  assert.deepEqual(failedItems('{"batchItemFailures":[{"itemIdentifier":"b"}]}', ids), new Set(['b']));
});

test('an answer that says nothing sensible fails the whole batch', () => {
  for (const item of ['{"itemIdentifier":""}', '{"itemIdentifier":null}', '{"id":"a"}', '{"itemIdentifier":"zz"}']) {
    assert.equal(failedItems(`{"batchItemFailures":[${item}]}`, ids), 'all', item);
  }
  assert.equal(failedItems('"text"', ids), 'all');
});

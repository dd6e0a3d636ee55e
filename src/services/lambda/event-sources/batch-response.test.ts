import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedItems } from './batch-response.ts';
import { compileFilters, toRecord, type SqsRecord } from './sqs-event.ts';

const record = (messageId: string, body = 'x'): SqsRecord =>
  toRecord({ MessageId: messageId, Body: body }, 'arn:aws:sqs:us-east-1:000000000000:q');
const records = [record('a'), record('b')];

test('nothing reported is success', () => {
  for (const answer of ['null', '{}', '{"batchItemFailures":[]}', '{"batchItemFailures":null}']) {
    assert.equal((failedItems(answer, records) as Set<string>).size, 0, answer);
  }
});

test('reported messages fail, the others do not', () => {
  assert.deepEqual(failedItems('{"batchItemFailures":[{"itemIdentifier":"b"}]}', records), new Set(['b']));
});

test('an answer that says nothing sensible fails the whole batch', () => {
  for (const item of ['{"itemIdentifier":""}', '{"itemIdentifier":null}', '{"id":"a"}', '{"itemIdentifier":"zz"}']) {
    assert.equal(failedItems(`{"batchItemFailures":[${item}]}`, records), 'all', item);
  }
  assert.equal(failedItems('"text"', records), 'all');
});

test('filters look into JSON bodies and drop what has the other form', () => {
  const json = compileFilters(['{"body":{"kind":["order"]}}']);
  assert.ok(json(record('a', '{"kind":"order"}')));
  assert.ok(!json(record('a', '{"kind":"other"}')));
  assert.ok(!json(record('a', 'kind')));
  const plain = compileFilters(['{"body":["hello"]}']);
  assert.ok(plain(record('a', 'hello')));
  assert.ok(!plain(record('a', '{"hello":1}')));
});

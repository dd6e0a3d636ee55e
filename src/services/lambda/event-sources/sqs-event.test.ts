import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFilters, toRecord, type SqsRecord } from './sqs-event.ts';

const record = (body: string): SqsRecord =>
  toRecord({ MessageId: 'a', Body: body }, 'arn:aws:sqs:us-east-1:000000000000:q');

test('filters look into JSON bodies and drop what has the other form', () => {
  const json = compileFilters(['{"body":{"kind":["order"]}}']);
  assert.ok(json(record('{"kind":"order"}')));
  assert.ok(!json(record('{"kind":"other"}')));
  assert.ok(!json(record('kind')));
  const plain = compileFilters(['{"body":["hello"]}']);
  assert.ok(plain(record('hello')));
  assert.ok(!plain(record('{"hello":1}')));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KinesisRecord, TableRecord } from '#kernel/stream.ts';
import { kinesisKind, tableKind } from './stream-event.ts';

const origin = {
  shardId: 's',
  eventSourceArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/x',
  roleArn: 'r',
};
const change: TableRecord = {
  sequenceNumber: '1',
  partitionKey: 'k',
  arrivedAt: 1_573_690_399_500,
  eventId: 'e',
  eventName: 'MODIFY',
  keys: { Id: { B: Buffer.from('ab') } },
  newImage: { Id: { B: Buffer.from('ab') }, L: { L: [{ BS: [Buffer.from('c')] }, { NULL: true }] }, N: { N: '1.50' } },
  sizeBytes: 3,
  viewType: 'NEW_IMAGE',
};

test('binary values of an item are base64, numbers stay texts, times are whole seconds', () => {
  const { dynamodb } = tableKind.toEvent(change, origin) as any;
  assert.deepEqual(dynamodb.Keys, { Id: { B: 'YWI=' } });
  assert.deepEqual(dynamodb.NewImage, {
    Id: { B: 'YWI=' },
    L: { L: [{ BS: ['Yw=='] }, { NULL: true }] },
    N: { N: '1.50' },
  });
  assert.equal(dynamodb.ApproximateCreationDateTime, 1_573_690_399);
  assert.ok(!('OldImage' in dynamodb));
});

test("a table's records are filtered by their event", () => {
  const matches = tableKind.compileFilters([
    '{"eventName":["INSERT"]}',
    '{"dynamodb":{"NewImage":{"N":{"N":["1.50"]}}}}',
  ]);
  const event = tableKind.toEvent(change, origin);
  assert.ok(matches(change, event));
  const other: TableRecord = { ...change, newImage: { N: { N: '2' } } };
  assert.ok(!matches(other, tableKind.toEvent(other, origin)));
});

test("Kinesis' data is looked into as JSON; without a pattern for it, it may be anything", () => {
  const record = (text: string): KinesisRecord => ({
    sequenceNumber: '1',
    partitionKey: 'k',
    arrivedAt: 1,
    data: Buffer.from(text),
  });
  const passes = (pattern: string, text: string): boolean =>
    kinesisKind.compileFilters([pattern])(record(text), kinesisKind.toEvent(record(text), origin));
  assert.ok(passes('{"data":{"a":[1]}}', '{"a":1}'));
  assert.ok(!passes('{"data":{"a":[1]}}', '{"a":2}'));
  assert.ok(!passes('{"data":{"a":[{"exists":false}]}}', 'no JSON'));
  assert.ok(!passes('{"data":{"a":[{"exists":false}]}}', '17'));
  assert.ok(passes('{"partitionKey":["k"]}', 'no JSON'));
});

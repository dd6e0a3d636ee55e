import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerQuery, isPlatformName, parseQuestion } from './names.ts';

function query(name: string, type: number): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

test('a name of AWS leads to this machine', () => {
  const answer = answerQuery(query('sqs.us-east-1.amazonaws.com', 1));
  assert.ok(answer);
  assert.equal(answer.readUInt16BE(0), 0x1234);
  assert.equal(answer.readUInt16BE(6), 1);
  assert.deepEqual([...answer.subarray(-4)], [127, 0, 0, 1]);
});

test('a name of AWS has no IPv6 address but exists', () => {
  const answer = answerQuery(query('sqs.us-east-1.amazonaws.com', 28));
  assert.equal(answer?.readUInt8(3), 0x80);
  assert.equal(answer?.readUInt16BE(6), 0);
});

test('any other name does not exist', () => {
  assert.equal(answerQuery(query('example.com', 1))?.readUInt8(3), 0x83);
});

test('only whole labels make a platform name', () => {
  assert.ok(isPlatformName('abc.lambda-url.us-east-1.on.aws'));
  assert.ok(isPlatformName('D111.CloudFront.net'));
  assert.ok(!isPlatformName('evilamazonaws.com'));
  assert.ok(!isPlatformName('amazonaws.com.evil.example'));
});

test('bytes that are no query never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseQuestion(Buffer.from(bytes));
      answerQuery(Buffer.from(bytes));
    }),
  );
});

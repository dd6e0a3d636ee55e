import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerQuery, isPlatformName, parseQuestion } from './names.ts';

const nowhere = async (): Promise<undefined> => undefined;

function query(name: string, type: number): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

test('a name of AWS leads to this machine', async () => {
  const answer = await answerQuery(query('sqs.us-east-1.amazonaws.com', 1), nowhere);
  assert.ok(answer);
  assert.equal(answer.readUInt16BE(0), 0x1234);
  assert.equal(answer.readUInt16BE(6), 1);
  assert.deepEqual([...answer.subarray(-4)], [127, 0, 0, 1]);
});

test('a name of AWS has no IPv6 address but exists', async () => {
  const answer = await answerQuery(query('sqs.us-east-1.amazonaws.com', 28), nowhere);
  assert.equal(answer?.readUInt8(3), 0x80);
  assert.equal(answer?.readUInt16BE(6), 0);
});

test('a name that nobody knows does not exist', async () => {
  assert.equal((await answerQuery(query('example.com', 1), nowhere))?.readUInt8(3), 0x83);
});

test('a name of the outside has the address that stands for it', async () => {
  const answer = await answerQuery(query('Example.com', 1), async (name) =>
    name === 'example.com' ? '127.64.0.1' : undefined,
  );
  assert.deepEqual([...(answer ?? Buffer.alloc(0)).subarray(-4)], [127, 64, 0, 1]);
});

test('only whole labels make a platform name', () => {
  assert.ok(isPlatformName('abc.lambda-url.us-east-1.on.aws'));
  assert.ok(isPlatformName('D111.CloudFront.net'));
  assert.ok(!isPlatformName('evilamazonaws.com'));
  assert.ok(!isPlatformName('amazonaws.com.evil.example'));
});

test('bytes that are no query never throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
      parseQuestion(Buffer.from(bytes));
      await answerQuery(Buffer.from(bytes), nowhere);
    }),
  );
});

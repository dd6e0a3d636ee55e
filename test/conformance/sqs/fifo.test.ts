import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import { ManualClock } from '#core/clock.ts';
import { startTestServer, type TestServer } from '../../harness.ts';

const clock = new ManualClock(Date.parse('2026-11-21T12:00:00Z'));
let server: TestServer;
let sqs: SQSClient;
before(async () => {
  server = await startTestServer({ clock });
  sqs = new SQSClient({ ...server.sdk, systemClockOffset: clock.now() - Date.now() });
});
after(async () => {
  sqs.destroy();
  await server.stop();
});

let names = 0;
async function create(Attributes: Record<string, string> = {}): Promise<string> {
  const input = { QueueName: `fifo-${++names}.fifo`, Attributes: { FifoQueue: 'true', ...Attributes } };
  return (await sqs.send(new CreateQueueCommand(input))).QueueUrl ?? '';
}
let ids = 0;
const send = (
  QueueUrl: string,
  group: string | undefined,
  MessageBody: string,
  MessageDeduplicationId: string | undefined = `id-${++ids}`,
): Promise<SendMessageCommandOutput> =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: group, MessageDeduplicationId }));
const receive = async (
  QueueUrl: string,
  MaxNumberOfMessages = 10,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> => {
  const input = { QueueUrl, MaxNumberOfMessages, MessageSystemAttributeNames: ['All' as const], ...more };
  return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? [];
};
const remove = (QueueUrl: string, { ReceiptHandle }: Message): Promise<unknown> =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
const bodies = (messages: Message[]): (string | undefined)[] => messages.map(({ Body }) => Body);

test('messages carry their group, deduplication id and an ascending sequence number', async () => {
  const url = await create();
  const first = await send(url, 'g', 'a', 'd1');
  const second = await send(url, 'g', 'b', 'd2');
  assert.match(first.SequenceNumber ?? '', /^\d{20}$/);
  assert.ok((first.SequenceNumber ?? '') < (second.SequenceNumber ?? ''));
  const [message] = await receive(url, 1);
  const { SequenceNumber, MessageGroupId, MessageDeduplicationId } = message?.Attributes ?? {};
  assert.deepEqual(
    { SequenceNumber, MessageGroupId, MessageDeduplicationId },
    { SequenceNumber: first.SequenceNumber, MessageGroupId: 'g', MessageDeduplicationId: 'd1' },
  );
});

test('a group gives its messages in order, and none while one of them is in flight', async () => {
  const url = await create();
  for (const [group, body] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
    ['b', 'b2'],
  ])
    await send(url, group, body ?? '');
  const [a1] = await receive(url, 1);
  assert.equal(a1?.Body, 'a1');
  const others = await receive(url);
  assert.deepEqual(bodies(others), ['b1', 'b2']);
  assert.deepEqual(await receive(url), []);
  await remove(url, a1 as Message);
  assert.deepEqual(bodies(await receive(url)), ['a2']);
});

test('one receive takes as much of a group as it can before the next group', async () => {
  const url = await create();
  for (const [group, body] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
    ['b', 'b2'],
    ['a', 'a3'],
  ]) {
    await send(url, group, body ?? '');
  }
  assert.deepEqual(bodies(await receive(url, 4)), ['a1', 'a2', 'a3', 'b1']);
});

test('a group comes back in order when its timeout is over', async () => {
  const url = await create({ VisibilityTimeout: '10' });
  for (const body of ['1', '2', '3']) await send(url, 'g', body);
  const [one, two] = await receive(url, 2);
  await remove(url, one as Message);
  clock.advance(10_000);
  assert.deepEqual(bodies(await receive(url)), ['2', '3']);
  await assert.rejects(remove(url, two as Message), {
    name: 'InvalidParameterValue',
    message: `Value ${two?.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  });
});

test('an earlier message that was given back waits for a later one in flight', async () => {
  const url = await create();
  for (const body of ['1', '2']) await send(url, 'g', body);
  const [one, two] = await receive(url);
  await sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: one?.ReceiptHandle, VisibilityTimeout: 0 }),
  );
  assert.deepEqual(await receive(url), []);
  await remove(url, two as Message);
  assert.deepEqual(bodies(await receive(url)), ['1']);
});

test('a duplicate within five minutes is answered like the first and not stored', async () => {
  const url = await create();
  const first = await send(url, 'g', 'x', 'same');
  const second = await send(url, 'h', 'y', 'same');
  assert.equal(second.MessageId, first.MessageId);
  assert.equal(second.SequenceNumber, first.SequenceNumber);
  const [message] = await receive(url);
  await remove(url, message as Message);
  await send(url, 'g', 'x', 'same');
  assert.deepEqual(await receive(url), []);
  clock.advance(5 * 60_000);
  await send(url, 'g', 'z', 'same');
  assert.deepEqual(bodies(await receive(url)), ['z']);
});

test('deduplication by content, and by group', async () => {
  const url = await create({ ContentBasedDeduplication: 'true' });
  const plain = (body: string, group = 'g'): Promise<unknown> =>
    sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageGroupId: group }));
  await plain('same');
  await plain('same', 'h');
  await plain('other');
  assert.deepEqual(bodies(await receive(url)), ['same', 'other']);
  const fast = await create({ DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' });
  await send(fast, 'g', '1', 'same');
  await send(fast, 'h', '2', 'same');
  await send(fast, 'g', '3', 'same');
  assert.deepEqual(bodies(await receive(fast)), ['1', '2']);
});

test('duplicates inside one batch count too', async () => {
  const url = await create();
  const { Successful = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: ['1', '2'].map((Id) => ({ Id, MessageBody: Id, MessageGroupId: 'g', MessageDeduplicationId: 'same' })),
    }),
  );
  assert.equal(Successful[0]?.MessageId, Successful[1]?.MessageId);
  assert.equal((await receive(url)).length, 1);
});

test('what a FIFO queue demands and refuses', async () => {
  const url = await create();
  const plain = (more: object): Promise<unknown> =>
    sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x', ...more }));
  await assert.rejects(plain({}), {
    name: 'MissingParameter',
    message: 'The request must contain the parameter MessageGroupId.',
  });
  await assert.rejects(plain({ MessageGroupId: 'g' }), {
    name: 'InvalidParameterValue',
    message:
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  });
  await assert.rejects(plain({ MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 1 }), {
    name: 'InvalidParameterValue',
    message:
      'Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type',
  });
});

test('the same receive attempt gets the same messages again', async () => {
  const url = await create();
  for (const body of ['1', '2']) await send(url, 'g', body);
  const attempt = { ReceiveRequestAttemptId: 'attempt' };
  const first = await receive(url, 10, attempt);
  const again = await receive(url, 10, attempt);
  assert.deepEqual(bodies(again), ['1', '2']);
  assert.equal(again[0]?.ReceiptHandle, first[0]?.ReceiptHandle);
  assert.equal(again[0]?.Attributes?.['ApproximateReceiveCount'], '1');
  await remove(url, again[0] as Message);
  assert.deepEqual(await receive(url, 10, attempt), []);
});

test('dead letters of a FIFO queue keep their group and let the next message pass', async () => {
  const dead = await create();
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
  );
  const url = await create({
    VisibilityTimeout: '0',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 1 }),
  });
  await send(url, 'g', 'bad');
  assert.deepEqual(bodies(await receive(url, 1)), ['bad']);
  await send(url, 'g', 'good');
  assert.deepEqual(bodies(await receive(url, 1)), ['good']);
  const [message] = await receive(dead);
  assert.equal(message?.Body, 'bad');
  assert.equal(message?.Attributes?.['MessageGroupId'], 'g');
});

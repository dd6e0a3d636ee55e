import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import { ManualClock } from '#core/clock.ts';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

// Time stands still but where a test moves it.
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
  const QueueName = `messages-${++names}${Attributes['FifoQueue'] ? '.fifo' : ''}`;
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}
const send = (
  QueueUrl: string,
  MessageBody: string,
  more: Partial<SendMessageCommandInput> = {},
): Promise<SendMessageCommandOutput> => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const receive = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], ...more }))).Messages ??
  [];
const remove = (QueueUrl: string, { ReceiptHandle }: Message): Promise<unknown> =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
async function only(url: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> {
  const [message, ...others] = await receive(url, more);
  assert.ok(message && others.length === 0);
  return message;
}
const bodies = (messages: Message[]): (string | undefined)[] => messages.map(({ Body }) => Body);
async function counts(QueueUrl: string): Promise<number[]> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return ['', 'NotVisible', 'Delayed'].map((kind) =>
    Number((Attributes as Record<string, string>)[`ApproximateNumberOfMessages${kind}`]),
  );
}

test('a message is received with its attributes, and gone when deleted', async () => {
  const url = await create();
  const sent = await send(url, 'hello', {
    MessageAttributes: {
      text: { DataType: 'String', StringValue: 'ü' },
      'a.b': { DataType: 'Number.int', StringValue: '7' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    },
  });
  assert.equal(sent.MD5OfMessageBody, createHash('md5').update('hello').digest('hex'));
  // the SDK itself compares the digests of body and attributes
  const message = await only(url, { MessageAttributeNames: ['All'] });
  assert.equal(message.MessageId, sent.MessageId);
  assert.equal(message.Body, 'hello');
  assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual(message.MessageAttributes?.['raw']?.BinaryValue, new Uint8Array([0, 255]));
  assert.deepEqual(message.Attributes, {
    SenderId: '000000000000',
    ApproximateFirstReceiveTimestamp: String(clock.now()),
    ApproximateReceiveCount: '1',
    SentTimestamp: String(clock.now()),
  });
  assert.deepEqual(await counts(url), [0, 1, 0]);
  await remove(url, message);
  await remove(url, message);
  assert.deepEqual(await counts(url), [0, 0, 0]);
});

test('attributes are answered only when they are asked for', async () => {
  const url = await create({ VisibilityTimeout: '0' });
  await send(url, 'x', {
    MessageAttributes: {
      'k.a': { DataType: 'String', StringValue: '1' },
      other: { DataType: 'String', StringValue: '2' },
    },
  });
  const plain = await only(url, { MessageSystemAttributeNames: [] });
  assert.deepEqual(Object.keys(plain), ['MessageId', 'ReceiptHandle', 'MD5OfBody', 'Body']);
  const some = await only(url, { MessageAttributeNames: ['k.*'], MessageSystemAttributeNames: ['SenderId'] });
  assert.deepEqual(Object.keys(some.MessageAttributes ?? {}), ['k.a']);
  assert.deepEqual(some.Attributes, { SenderId: '000000000000' });
});

test('a received message is invisible for its timeout and then comes back with a higher count', async () => {
  const url = await create({ VisibilityTimeout: '10' });
  await send(url, 'again');
  const first = await only(url);
  assert.deepEqual(await receive(url), []);
  clock.advance(9_999);
  assert.deepEqual(await receive(url), []);
  clock.advance(1);
  const second = await only(url, { VisibilityTimeout: 100 });
  assert.equal(second.Attributes?.['ApproximateReceiveCount'], '2');
  assert.equal(
    second.Attributes?.['ApproximateFirstReceiveTimestamp'],
    first.Attributes?.['ApproximateFirstReceiveTimestamp'],
  );
  clock.advance(99_000);
  assert.deepEqual(await receive(url), []);
  await remove(url, first); // an older handle of a standard queue deletes as well
  assert.deepEqual(await counts(url), [0, 0, 0]);
});

test('ChangeMessageVisibility moves the moment of return', async () => {
  const url = await create();
  const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number): Promise<unknown> =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
  await send(url, 'x');
  const message = await only(url);
  await change(message.ReceiptHandle, 100);
  clock.advance(50_000);
  assert.deepEqual(await receive(url), []);
  await change(message.ReceiptHandle, 0);
  await assert.rejects(change(message.ReceiptHandle, 5), {
    name: 'InvalidParameterValue',
    message: `Value ${message.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
  });
  await remove(url, await only(url));
  await assert.rejects(change('garbage', 5), { name: 'ReceiptHandleIsInvalid' });
  await assert.rejects(change(message.ReceiptHandle, 43_201), { name: 'InvalidParameterValue' });
  const other = await create();
  await assert.rejects(sqs.send(new DeleteMessageCommand({ QueueUrl: other, ReceiptHandle: message.ReceiptHandle })), {
    name: 'ReceiptHandleIsInvalid',
    message: `The receipt handle "${message.ReceiptHandle}" is not valid for this queue.`,
  });
});

test('a message is invisible for 12 hours at most, extensions included', async () => {
  const url = await create({ MessageRetentionPeriod: '1209600' });
  await send(url, 'x');
  const { ReceiptHandle } = await only(url, { VisibilityTimeout: 43_200 });
  clock.advance(60_000);
  const extend = (VisibilityTimeout: number): Promise<unknown> =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
  await assert.rejects(extend(43_141), {
    message:
      'Value 43141 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
  });
  await extend(43_140);
});

test('delays: of the queue, of the message, and up to 15 minutes', async () => {
  const url = await create({ DelaySeconds: '60' });
  await send(url, 'later');
  await send(url, 'at once', { DelaySeconds: 0 });
  assert.deepEqual(await counts(url), [1, 0, 1]);
  assert.deepEqual(bodies(await receive(url, { MaxNumberOfMessages: 10 })), ['at once']);
  clock.advance(60_000);
  assert.ok(bodies(await receive(url, { MaxNumberOfMessages: 10 })).includes('later'));
  await assert.rejects(send(url, 'x', { DelaySeconds: 901 }), {
    name: 'InvalidParameterValue',
    message: 'Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
  });
});

test('messages older than the retention period are never seen again', async () => {
  const url = await create({ MessageRetentionPeriod: '60' });
  await send(url, 'old');
  clock.advance(30_000);
  await send(url, 'young');
  clock.advance(30_000);
  assert.deepEqual(bodies(await receive(url, { MaxNumberOfMessages: 10 })), ['young']);
});

test('long polls are answered by a send, each by one message', async () => {
  const url = await create();
  const first = receive(url, { WaitTimeSeconds: 20 });
  const second = receive(url, { WaitTimeSeconds: 20 });
  // both have arrived when the server has answered what was asked after them
  await counts(url);
  await send(url, 'one');
  await send(url, 'two');
  const got = [...(await first), ...(await second)];
  assert.deepEqual(new Set(bodies(got)), new Set(['one', 'two']));
});

test('a long poll ends empty with its time, and wakes when a message becomes visible', async () => {
  const url = await create({ VisibilityTimeout: '5' });
  const empty = receive(url, { WaitTimeSeconds: 20 });
  let isAnswered = false;
  void empty.then(() => (isAnswered = true));
  await eventually(() => {
    clock.advance(20_000);
    return isAnswered;
  });
  assert.deepEqual(await empty, []);
  await send(url, 'back');
  await only(url);
  const waiting = receive(url, { WaitTimeSeconds: 20 });
  isAnswered = false;
  void waiting.then(() => (isAnswered = true));
  await eventually(() => {
    clock.advance(1000);
    return isAnswered;
  });
  assert.deepEqual(bodies(await waiting), ['back']);
});

test('a client that hangs up takes no messages', async () => {
  const url = await create();
  const leaving = new AbortController();
  const gone = sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), {
    abortSignal: leaving.signal,
  });
  await counts(url);
  leaving.abort();
  await assert.rejects(gone, { name: 'AbortError' });
  const stays = receive(url, { WaitTimeSeconds: 20 });
  await counts(url);
  await send(url, 'for who stays');
  assert.deepEqual(bodies(await stays), ['for who stays']);
});

test('one receiver never gets what another has: 200 messages, 8 receivers', async () => {
  const url = await create();
  for (let n = 0; n < 20; n++) {
    const Entries = Array.from({ length: 10 }, (_none, m) => ({ Id: `${m}`, MessageBody: `${n * 10 + m}` }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  }
  const seen: (string | undefined)[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (;;) {
        const messages = await receive(url, { MaxNumberOfMessages: 10 });
        if (messages.length === 0) return;
        seen.push(...bodies(messages));
        const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      }
    }),
  );
  assert.equal(seen.length, 200);
  assert.equal(new Set(seen).size, 200);
  assert.deepEqual(await counts(url), [0, 0, 0]);
});

test('a message may have 1 MiB and no byte more', async () => {
  const url = await create();
  const body = '"'.repeat(1024 * 1024);
  await send(url, body);
  const message = await only(url);
  assert.ok(message.Body === body);
  await remove(url, message);
  const tooLong = {
    name: 'InvalidParameterValue',
    message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
  };
  await assert.rejects(send(url, `${body}x`), tooLong);
  await assert.rejects(
    send(url, body, { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } }),
    tooLong,
  );
  const small = await create({ MaximumMessageSize: '1024' });
  await assert.rejects(send(small, 'x'.repeat(1025)), { message: /Message must be shorter than 1024 bytes\.$/ });
});

const REFUSED: [string, string, Partial<SendMessageCommandInput>, string, RegExp][] = [
  ['an empty body', '', {}, 'MissingParameter', /^The request must contain the parameter MessageBody\.$/],
  ['characters that XML has not', 'a\u0000', {}, 'InvalidMessageContents', /^Invalid characters found\./],
  [
    'a deduplication id',
    'x',
    { MessageDeduplicationId: 'd' },
    'InvalidParameterValue',
    /^Value d for parameter MessageDeduplicationId is invalid\. Reason: The request include parameter that is not valid for this queue type$/,
  ],
  [
    'an attribute without a type',
    'x',
    { MessageAttributes: { a: { DataType: '', StringValue: 'b' } } },
    'InvalidParameterValue',
    /must contain a non-empty message attribute type\.$/,
  ],
  [
    'an unknown type',
    'x',
    { MessageAttributes: { a: { DataType: 'Float', StringValue: '1' } } },
    'InvalidParameterValue',
    /the set of supported type prefixes is Binary, Number, and String\.$/,
  ],
  [
    'an empty attribute',
    'x',
    { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
    'InvalidParameterValue',
    /must contain a non-empty message attribute value for message attribute type 'String'\.$/,
  ],
  [
    'a number that is none',
    'x',
    { MessageAttributes: { a: { DataType: 'Number', StringValue: 'b' } } },
    'InvalidParameterValue',
    /Can't cast the value of message \(user\) attribute 'a' to a number\./,
  ],
];
for (const [what, body, more, name, message] of REFUSED) {
  test(`SendMessage to a standard queue refuses ${what}`, async () => {
    await assert.rejects(send(await create(), body, more), { name, message });
  });
}

test('ReceiveMessage says its limits', async () => {
  const url = await create();
  await assert.rejects(receive(url, { MaxNumberOfMessages: 11 }), {
    message: 'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
  });
  await assert.rejects(receive(url, { WaitTimeSeconds: 21 }), {
    message: 'Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.',
  });
  await assert.rejects(receive(url, { MessageSystemAttributeNames: ['Nothing' as never] }), {
    name: 'InvalidAttributeName',
    message: 'Unknown Attribute Nothing.',
  });
});

test('batches answer entry by entry', async () => {
  const url = await create();
  const batch = (Entries: { Id: string; MessageBody: string; DelaySeconds?: number }[]): Promise<any> =>
    sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  const { Successful, Failed } = await batch([
    { Id: 'good', MessageBody: 'x' },
    { Id: 'bad', MessageBody: 'x', DelaySeconds: 1000 },
  ]);
  assert.deepEqual(
    Successful.map(({ Id }: { Id: string }) => Id),
    ['good'],
  );
  assert.deepEqual(Failed, [
    {
      Id: 'bad',
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message: 'Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
    },
  ]);
  await assert.rejects(batch([]), { name: 'EmptyBatchRequest' });
  await assert.rejects(
    batch([
      { Id: 'a', MessageBody: 'x' },
      { Id: 'a', MessageBody: 'y' },
    ]),
    {
      name: 'BatchEntryIdsNotDistinct',
      message: 'Id a repeated.',
    },
  );
  await assert.rejects(batch([{ Id: 'a b', MessageBody: 'x' }]), { name: 'InvalidBatchEntryId' });
  await assert.rejects(batch(Array.from({ length: 11 }, (_none, n) => ({ Id: `${n}`, MessageBody: 'x' }))), {
    name: 'TooManyEntriesInBatchRequest',
    message: 'Maximum number of entries per request are 10. You have sent 11.',
  });
  await assert.rejects(batch([1, 2].map((n) => ({ Id: `${n}`, MessageBody: 'x'.repeat(600_000) }))), {
    name: 'BatchRequestTooLong',
    message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes.',
  });
  const message = await only(url);
  const changed = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: url,
      Entries: [
        { Id: '1', ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 },
        { Id: '2', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
      ],
    }),
  );
  assert.deepEqual(changed.Successful, [{ Id: '1' }]);
  assert.equal(changed.Failed?.[0]?.Code, 'ReceiptHandleIsInvalid');
  assert.deepEqual(await counts(url), [1, 0, 0]);
});

test('a message that was received too often goes to the dead-letter queue, and back by a redrive', async () => {
  const dead = await create();
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
  );
  const deadLetterTargetArn = Attributes?.['QueueArn'];
  const url = await create({
    VisibilityTimeout: '0',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  });
  const large = 'x'.repeat(100_000);
  const { MessageId } = await send(url, large);
  await only(url);
  await only(url);
  assert.deepEqual(await receive(url), []);
  assert.deepEqual(await counts(url), [0, 0, 0]);
  const message = await only(dead, { VisibilityTimeout: 0 });
  assert.equal(message.MessageId, MessageId);
  assert.ok(message.Body === large);
  assert.match(message.Attributes?.['DeadLetterQueueSourceArn'] ?? '', /^arn:aws:sqs:us-east-1:000000000000:messages-/);

  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }));
  const done = await eventually(async () => {
    clock.advance(1000);
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: deadLetterTargetArn }));
    return Results?.find(({ Status }) => Status === 'COMPLETED');
  });
  assert.equal(done.ApproximateNumberOfMessagesMoved, 1);
  assert.deepEqual(await counts(dead), [0, 0, 0]);
  const back = await only(url);
  assert.equal(back.MessageId, MessageId);
  assert.equal(back.Attributes?.['ApproximateReceiveCount'], '1');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let sqs: SQSClient;
before(async () => {
  server = await startTestServer();
  sqs = new SQSClient(server.sdk);
});
after(async () => {
  sqs.destroy();
  await server.stop();
});

let names = 0;
const newName = (suffix = ''): string => `queue-${++names}${suffix}`;
async function create(Attributes: Record<string, string> = {}, name = newName()): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return QueueUrl;
}
const attributesOf = async (QueueUrl: string, ...AttributeNames: string[]): Promise<Record<string, string>> =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: AttributeNames as never }))).Attributes ??
  {};
const set = (QueueUrl: string, Attributes: Record<string, string>): Promise<unknown> =>
  sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));

test("a new queue has AWS's defaults and a URL on the host that was called", async () => {
  const name = newName();
  const url = await create({}, name);
  assert.equal(url, `${server.endpoint}/000000000000/${name}`);
  const { CreatedTimestamp, LastModifiedTimestamp, ...rest } = await attributesOf(url, 'All');
  assert.match(CreatedTimestamp ?? '', /^\d{10}$/);
  assert.equal(LastModifiedTimestamp, CreatedTimestamp);
  assert.deepEqual(rest, {
    QueueArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: '30',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
  });
});

test('a FIFO queue says so in its attributes', async () => {
  const url = await create({ FifoQueue: 'true' }, newName('.fifo'));
  const { FifoQueue, DeduplicationScope, FifoThroughputLimit, ContentBasedDeduplication } = await attributesOf(
    url,
    'All',
  );
  assert.deepEqual(
    { FifoQueue, DeduplicationScope, FifoThroughputLimit, ContentBasedDeduplication },
    {
      FifoQueue: 'true',
      DeduplicationScope: 'queue',
      FifoThroughputLimit: 'perQueue',
      ContentBasedDeduplication: 'false',
    },
  );
});

test('creating a queue again answers the same queue, with another value an error', async () => {
  const name = newName();
  const url = await create({ VisibilityTimeout: '10' }, name);
  assert.equal(await create({ VisibilityTimeout: '10' }, name), url);
  assert.equal(await create({}, name), url);
  await assert.rejects(create({ VisibilityTimeout: '11' }, name), {
    name: 'QueueNameExists',
    message: 'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
  });
});

const REFUSED: [string, Record<string, string>, string, string, string?][] = [
  [
    'a name',
    {},
    'InvalidParameterValue',
    'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    'a b',
  ],
  [
    'a FIFO name without FifoQueue',
    {},
    'InvalidParameterValue',
    'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    'a.fifo',
  ],
  [
    'a FIFO queue without the suffix',
    { FifoQueue: 'true' },
    'InvalidParameterValue',
    'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
  ],
  ['FifoQueue false', { FifoQueue: 'false' }, 'InvalidAttributeName', 'Unknown Attribute FifoQueue.'],
  ['an unknown attribute', { Foo: '1' }, 'InvalidAttributeName', 'Unknown Attribute Foo.'],
  [
    'a long visibility timeout',
    { VisibilityTimeout: '43201' },
    'InvalidAttributeValue',
    'Invalid value for the parameter VisibilityTimeout.',
  ],
  [
    'a small message size',
    { MaximumMessageSize: '1023' },
    'InvalidAttributeValue',
    'Invalid value for the parameter MaximumMessageSize.',
  ],
  ['a long delay', { DelaySeconds: '901' }, 'InvalidAttributeValue', 'Invalid value for the parameter DelaySeconds.'],
  [
    'a short retention',
    { MessageRetentionPeriod: '59' },
    'InvalidAttributeValue',
    'Invalid value for the parameter MessageRetentionPeriod.',
  ],
  ['a policy that is none', { Policy: '{' }, 'InvalidAttributeValue', 'Invalid value for the parameter Policy.'],
  ['a read-only attribute', { QueueArn: 'x' }, 'InvalidAttributeName', 'Unknown Attribute QueueArn.'],
];
for (const [what, attributes, name, message, queueName] of REFUSED) {
  test(`CreateQueue refuses ${what}`, async () => {
    await assert.rejects(create(attributes, queueName ?? newName()), { name, message });
  });
}

test('KMS keys are refused in words', async () => {
  await assert.rejects(create({ KmsMasterKeyId: 'alias/aws/sqs' }), { name: 'InvalidAttributeValue', message: /KMS/ });
});

test('a redrive policy names a queue that exists, of the same kind', async () => {
  const arn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const policy = (target: string, count: unknown = 3): string =>
    JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount: count });
  await assert.rejects(create({ RedrivePolicy: policy(arn('nowhere')) }), {
    name: 'InvalidParameterValue',
    message: `Value ${policy(arn('nowhere'))} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
  });
  const target = newName();
  const url = await create({}, target);
  await assert.rejects(create({ RedrivePolicy: policy(arn(target), 0) }), {
    message: /Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive\.$/,
  });
  await assert.rejects(create({ FifoQueue: 'true', RedrivePolicy: policy(arn(target)) }, newName('.fifo')), {
    message: /Dead-letter queue must be same type of queue as the source\.$/,
  });
  const source = await create({ RedrivePolicy: policy(arn(target), '5') });
  assert.deepEqual(await attributesOf(source, 'RedrivePolicy'), { RedrivePolicy: policy(arn(target), 5) });
  const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url }));
  assert.deepEqual(queueUrls, [source]);
  await set(url, { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' });
  await assert.rejects(create({ RedrivePolicy: policy(arn(target)) }), { name: 'InvalidParameterValue' });
  await set(source, { RedrivePolicy: '' });
  assert.deepEqual(await attributesOf(source, 'RedrivePolicy'), {});
});

test('SetQueueAttributes changes what GetQueueAttributes answers', async () => {
  const url = await create();
  await set(url, { VisibilityTimeout: '77', DelaySeconds: '1' });
  assert.deepEqual(await attributesOf(url, 'VisibilityTimeout', 'DelaySeconds'), {
    VisibilityTimeout: '77',
    DelaySeconds: '1',
  });
  await assert.rejects(attributesOf(url, 'Nothing'), {
    name: 'InvalidAttributeName',
    message: 'Unknown Attribute Nothing.',
  });
  const fifo = await create({ FifoQueue: 'true' }, newName('.fifo'));
  await assert.rejects(set(fifo, { FifoThroughputLimit: 'perMessageGroupId' }), { name: 'InvalidAttributeValue' });
  await set(fifo, { FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' });
});

test('a queue that is not there has one answer for every operation', async () => {
  const missing = { name: 'QueueDoesNotExist', message: 'The specified queue does not exist.' };
  const QueueUrl = `${server.endpoint}/000000000000/never`;
  await assert.rejects(sqs.send(new GetQueueUrlCommand({ QueueName: 'never' })), missing);
  await assert.rejects(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })), missing);
  await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl })), missing);
  await assert.rejects(sqs.send(new DeleteQueueCommand({ QueueUrl })), missing);
  const answer = await fetch(`${server.endpoint}/`, {
    method: 'POST',
    headers: formHeaders(),
    body: new URLSearchParams({ Action: 'GetQueueUrl', Version: '2012-11-05', QueueName: 'never' }).toString(),
  });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
});

/** As signed by somebody whose key is not known: `start` lets any key in. */
function formHeaders(): Record<string, string> {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${stamp.slice(0, 8)}/us-east-1/sqs/aws4_request`;
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-amz-date': stamp,
    authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  };
}

test('the query protocol answers XML', async () => {
  const call = async (parameters: Record<string, string>, path = '/'): Promise<string> => {
    const answer = await fetch(server.endpoint + path, {
      method: 'POST',
      headers: formHeaders(),
      body: new URLSearchParams({ Version: '2012-11-05', ...parameters }).toString(),
    });
    return answer.text();
  };
  const name = newName();
  const created = await call({
    Action: 'CreateQueue',
    QueueName: name,
    'Attribute.1.Name': 'VisibilityTimeout',
    'Attribute.1.Value': '5',
  });
  assert.match(created, new RegExp(`<QueueUrl>${server.endpoint}/000000000000/${name}</QueueUrl>`));
  const QueueUrl = `${server.endpoint}/000000000000/${name}`;
  const sent = await call({ Action: 'SendMessage', QueueUrl, MessageBody: 'hello & goodbye' }, `/000000000000/${name}`);
  assert.match(sent, /<MD5OfMessageBody>[0-9a-f]{32}<\/MD5OfMessageBody>/);
  const received = await call({ Action: 'ReceiveMessage', QueueUrl, 'AttributeName.1': 'All' });
  assert.match(received, /<Body>hello &amp; goodbye<\/Body>/);
  assert.match(received, /<Attribute><Name>ApproximateReceiveCount<\/Name><Value>1<\/Value><\/Attribute>/);
});

test('queues are listed by prefix, in pages', async () => {
  const prefix = `listed-${newName()}-`;
  const urls = [];
  for (const n of [1, 2, 3]) urls.push(await create({}, prefix + n));
  const all = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
  assert.deepEqual(all.QueueUrls, urls);
  assert.equal(all.NextToken, undefined);
  const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2 }));
  assert.deepEqual(first.QueueUrls, urls.slice(0, 2));
  const second = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken: first.NextToken }),
  );
  assert.deepEqual(second.QueueUrls, urls.slice(2));
  assert.equal(second.NextToken, undefined);
  assert.equal((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'none-such' }))).QueueUrls, undefined);
});

test('the name of a deleted queue is free again after a minute', async () => {
  const name = newName();
  const url = await create({}, name);
  await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
  await assert.rejects(create({}, name), {
    name: 'QueueDeletedRecently',
    message: 'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  });
  await assert.rejects(attributesOf(url, 'All'), { name: 'QueueDoesNotExist' });
});

test('who waits for messages of a queue that is deleted is told', async () => {
  const QueueUrl = await create();
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const refused = assert.rejects(waiting, { name: 'QueueDoesNotExist' });
  await attributesOf(QueueUrl, 'All');
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await refused;
});

test('a purge empties the queue, once a minute', async () => {
  const url = await create();
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'gone' }));
  await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
  assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl: url }))).Messages, undefined);
  assert.equal((await attributesOf(url, 'All'))['ApproximateNumberOfMessages'], '0');
  await assert.rejects(sqs.send(new PurgeQueueCommand({ QueueUrl: url })), {
    name: 'PurgeQueueInProgress',
    message: /^Only one PurgeQueue operation on queue-\d+ is allowed every 60 seconds\.$/,
  });
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'new' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url }));
  assert.equal(Messages[0]?.Body, 'new');
});

test('tags are set, listed and removed', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: newName(), tags: { a: '1' } }));
  await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { b: '2' } }));
  assert.deepEqual((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, { a: '1', b: '2' });
  await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['a', 'b'] }));
  assert.equal((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, undefined);
});

test('AddPermission writes a statement, RemovePermission takes it away', async () => {
  const name = newName();
  const url = await create({}, name);
  const add = (Label: string, ...Actions: string[]): Promise<unknown> =>
    sqs.send(new AddPermissionCommand({ QueueUrl: url, Label, AWSAccountIds: ['111122223333'], Actions }));
  await add('partner', 'SendMessage', 'ReceiveMessage');
  assert.deepEqual(JSON.parse((await attributesOf(url, 'Policy'))['Policy'] ?? ''), {
    Version: '2008-10-17',
    Id: `arn:aws:sqs:us-east-1:000000000000:${name}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: 'partner',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: ['SQS:SendMessage', 'SQS:ReceiveMessage'],
        Resource: `arn:aws:sqs:us-east-1:000000000000:${name}`,
      },
    ],
  });
  await assert.rejects(add('partner', 'SendMessage'), {
    message: 'Value partner for parameter Label is invalid. Reason: Already exists.',
  });
  await assert.rejects(add('nobody'), {
    name: 'MissingParameter',
    message: 'The request must contain the parameter Actions.',
  });
  await assert.rejects(add('other', 'CreateQueue'), {
    message:
      'Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.',
  });
  await sqs.send(new RemovePermissionCommand({ QueueUrl: url, Label: 'partner' }));
  assert.deepEqual(await attributesOf(url, 'Policy'), {});
});

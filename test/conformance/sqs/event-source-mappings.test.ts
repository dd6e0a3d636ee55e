import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  PutFunctionEventInvokeConfigCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from '../lambda/fixture.ts';

let server: TestServer;
let sqs: SQSClient;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  sqs = new SQSClient(server.sdk);
  lambda = new LambdaClient(server.sdk);
});
after(async () => {
  sqs.destroy();
  lambda.destroy();
  await server.stop();
});

/** Repeats to the queue in OUT what it got; fails for a body with `fail`. */
const WORKER = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
exports.handler = async ({ Records }) => {
  const bodies = Records.map(({ body }) => body);
  const MessageBody = JSON.stringify({ bodies, counts: Records.map(({ attributes }) => attributes.ApproximateReceiveCount) });
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody }));
  if (bodies.some((body) => body.includes('fail'))) throw new Error('as asked');
};`;

let names = 0;
async function createQueue(Attributes: Record<string, string> = {}): Promise<{ url: string; arn: string }> {
  const QueueName = `source-${++names}${Attributes['FifoQueue'] ? '.fifo' : ''}`;
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return { url, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
}
async function createWorker(): Promise<{ name: string; results: string }> {
  const { url, arn } = await createQueue();
  const name = `worker-${++names}`;
  const OUT = `https://sqs.us-east-1.amazonaws.com/000000000000/${arn.split(':').at(-1)}`;
  await createFunction(lambda, name, WORKER, { Environment: { Variables: { OUT } }, Timeout: 5 });
  return { name, results: url };
}
const map = (
  FunctionName: string,
  EventSourceArn: string,
  more: Partial<CreateEventSourceMappingCommandInput> = {},
): Promise<EventSourceMappingConfiguration> =>
  lambda.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn, ...more }));
const get = (UUID: string | undefined): Promise<EventSourceMappingConfiguration> =>
  lambda.send(new GetEventSourceMappingCommand({ UUID }));
const inState = (UUID: string | undefined, state: string): Promise<unknown> =>
  eventually(async () => (await get(UUID)).State === state);

interface Result {
  bodies: string[];
  counts: string[];
}
async function results(QueueUrl: string, count: number): Promise<Result[]> {
  const all: Result[] = [];
  await eventually(async () => {
    const input = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 600 };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input));
    all.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as Result));
    return all.length >= count;
  }, 20_000);
  return all;
}
async function left(QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}
const send = (QueueUrl: string, MessageBody: string, group?: string): Promise<unknown> =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody,
      ...(group !== undefined && { MessageGroupId: group, MessageDeduplicationId: MessageBody }),
    }),
  );

test('a mapping is created, listed, changed, tagged and deleted', async () => {
  const { name } = await createWorker();
  const { arn } = await createQueue();
  const {
    $metadata: _m,
    UUID = '',
    LastModified,
    ...created
  } = (await map(name, arn, { Enabled: false, Tags: { a: '1' } })) as any;
  assert.match(UUID, /^[0-9a-f-]{36}$/);
  assert.ok(LastModified instanceof Date);
  const mappingArn = `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`;
  assert.deepEqual(created, {
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    EventSourceArn: arn,
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    State: 'Creating',
    StateTransitionReason: 'USER_INITIATED',
    FunctionResponseTypes: [],
    EventSourceMappingArn: mappingArn,
  });
  await inState(UUID, 'Disabled');
  await lambda.send(new TagResourceCommand({ Resource: mappingArn, Tags: { b: '2' } }));
  assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource: mappingArn }))).Tags, { a: '1', b: '2' });
  const listed = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: name }));
  assert.deepEqual(
    listed.EventSourceMappings?.map((each) => each.UUID),
    [UUID],
  );
  const updated = await lambda.send(
    new UpdateEventSourceMappingCommand({
      UUID,
      Enabled: true,
      BatchSize: 3,
      ScalingConfig: { MaximumConcurrency: 5 },
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] },
    }),
  );
  assert.equal(updated.State, 'Enabling');
  await inState(UUID, 'Enabled');
  const now = await get(UUID);
  assert.deepEqual(
    [now.BatchSize, now.ScalingConfig, now.FilterCriteria],
    [3, { MaximumConcurrency: 5 }, { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] }],
  );
  const deleted = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  assert.equal(deleted.State, 'Deleting');
  await eventually(async () => {
    const { name: error, message } = await get(UUID).catch((thrown: Error) => thrown as any);
    return error === 'ResourceNotFoundException' && message === 'The resource you requested does not exist.';
  });
});

test('provisioned pollers are bounds of what runs at once, and can be taken back', async () => {
  const { name } = await createWorker();
  const { arn } = await createQueue();
  const provisioned = (ProvisionedPollerConfig: object): Promise<EventSourceMappingConfiguration> =>
    map(name, arn, { ProvisionedPollerConfig, Enabled: false });
  await assert.rejects(provisioned({ MinimumPollers: 1 }), {
    name: 'InvalidParameterValueException',
    message: 'MinimumPollers must be between 2 and 200 for SQS event sources.',
  });
  const limited = map(name, arn, {
    ProvisionedPollerConfig: { MinimumPollers: 2 },
    ScalingConfig: { MaximumConcurrency: 5 },
  });
  await assert.rejects(limited, { name: 'InvalidParameterValueException' });
  const { UUID, ProvisionedPollerConfig } = await provisioned({ MinimumPollers: 3 });
  assert.deepEqual(ProvisionedPollerConfig, { MinimumPollers: 3, MaximumPollers: 200 });
  const updated = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, ProvisionedPollerConfig: {} }));
  assert.equal(updated.ProvisionedPollerConfig, undefined);
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
});

test('what cannot be mapped is refused in words', async () => {
  const { name } = await createWorker();
  const { arn } = await createQueue();
  const fifo = await createQueue({ FifoQueue: 'true' });
  const quick = await createQueue({ VisibilityTimeout: '1' });
  const refused = async (
    source: string,
    more: Partial<CreateEventSourceMappingCommandInput>,
    message: RegExp | string,
  ): Promise<void> => {
    await assert.rejects(map(name, source, more), { name: 'InvalidParameterValueException', message });
  };
  await refused(
    `${arn}-none`,
    {},
    /^Error occurred while ReceiveMessage\. SQS Error Code: AWS\.SimpleQueueService\.NonExistentQueue\./,
  );
  await refused(
    arn,
    { BatchSize: 11 },
    'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
  );
  await refused(fifo.arn, { BatchSize: 11 }, /must be between 1 and 10/);
  await refused(fifo.arn, { MaximumBatchingWindowInSeconds: 1 }, /not supported for FIFO/);
  await refused(quick.arn, {}, 'Queue visibility timeout: 1 seconds is less than Function timeout: 5 seconds');
  await refused(
    arn,
    { FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } },
    'Invalid filter pattern definition.',
  );
  await refused(arn, { StartingPosition: 'LATEST' }, 'StartingPosition is not valid for SQS event sources.');
  await refused(arn, { MaximumRetryAttempts: 3 }, /^Unsupported MaximumRetryAttempts parameter/);
  // no service of this program has streams yet: they are not found, as on AWS
  const stream = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';
  await refused(stream, { StartingPosition: 'LATEST' }, `Stream not found: ${stream}`);
  await refused(arn, { KMSKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/k' }, /does not offer KMSKeyArn/);
  await refused(arn, { MetricsConfig: { Metrics: ['EventCount'] } }, /does not offer MetricsConfig/);
  await refused('arn:aws:kafka:us-east-1:000000000000:cluster/c/1', { Topics: ['topic'] }, /does not offer Amazon MSK/);
  await refused('arn:aws:s3:::bucket', {}, 'Unrecognized event source.');
  await assert.rejects(map('nobody', arn), { name: 'ResourceNotFoundException', message: /^Function not found: / });
  const { UUID } = await map(name, arn, { Enabled: false });
  await assert.rejects(map(name, arn), {
    name: 'ResourceConflictException',
    message: new RegExp(
      `provided mapping already exists\\. Please update or delete the existing mapping with UUID ${UUID}$`,
    ),
  });
});

test('a batch that fails comes back by its visibility timeout, whole', async () => {
  const worker = await createWorker();
  const source = await createQueue({ VisibilityTimeout: '5' });
  const Entries = ['fine', 'fail'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: source.url, Entries }));
  await map(worker.name, source.arn);
  const [first, second] = await results(worker.results, 2);
  assert.deepEqual(
    [first?.bodies, first?.counts],
    [
      ['fine', 'fail'],
      ['1', '1'],
    ],
  );
  assert.deepEqual(
    [second?.bodies, second?.counts],
    [
      ['fine', 'fail'],
      ['2', '2'],
    ],
  );
});

test('a window gathers more than one receive gives', async () => {
  const worker = await createWorker();
  const source = await createQueue();
  const { UUID } = await map(worker.name, source.arn, {
    BatchSize: 25,
    MaximumBatchingWindowInSeconds: 300,
    Enabled: false,
  });
  for (let n = 0; n < 5; n++) {
    const Entries = Array.from({ length: 5 }, (_none, m) => ({ Id: `${m}`, MessageBody: `${n}${m}` }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: source.url, Entries }));
  }
  assert.equal(await left(source.url), 25);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  const [batch] = await results(worker.results, 1);
  assert.equal(batch?.bodies.length, 25);
  await eventually(async () => (await left(source.url)) === 0);
});

test('messages that are too long for one payload go in several', async () => {
  const source = await createQueue();
  const { url, arn } = await createQueue();
  const name = `counter-${++names}`;
  const code = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
exports.handler = ({ Records }) =>
  sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: JSON.stringify({ bodies: Records.map(({ body }) => body.length) }) }));`;
  const OUT = `https://sqs.us-east-1.amazonaws.com/000000000000/${arn.split(':').at(-1)}`;
  await createFunction(lambda, name, code, { Environment: { Variables: { OUT } }, Timeout: 10, MemorySize: 512 });
  // each is twice as long as JSON
  for (let n = 0; n < 3; n++) await send(source.url, '\t'.repeat(1_040_000));
  await map(name, source.arn, { BatchSize: 3000, MaximumBatchingWindowInSeconds: 1 });
  const sizes = (await results(url, 2)).map(({ bodies }) => bodies.length);
  assert.deepEqual(
    sizes.toSorted((a, b) => a - b),
    [1, 2],
  );
});

test('a disabled mapping takes nothing', async () => {
  const worker = await createWorker();
  const source = await createQueue();
  const { UUID } = await map(worker.name, source.arn);
  await send(source.url, 'one');
  await results(worker.results, 1);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await inState(UUID, 'Disabled');
  const held = eventually(async () => {
    await send(source.url, 'two');
    return (await left(source.url)) > 0;
  });
  await held;
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  const input = { QueueUrl: source.url, WaitTimeSeconds: 5 };
  assert.equal((await sqs.send(new ReceiveMessageCommand(input))).Messages?.[0]?.Body, 'two');
});

test('groups of a FIFO queue arrive in order', async () => {
  const worker = await createWorker();
  const source = await createQueue({ FifoQueue: 'true' });
  await map(worker.name, source.arn, { BatchSize: 2 });
  for (let n = 0; n < 12; n++) await send(source.url, `${n % 3}-${Math.floor(n / 3)}`, `g${n % 3}`);
  const seen = new Map<string, string[]>();
  let count = 0;
  await eventually(async () => {
    for (const { bodies } of await results(worker.results, 1)) {
      for (const body of bodies) {
        const [group = ''] = body.split('-');
        seen.set(group, [...(seen.get(group) ?? []), body]);
        count++;
      }
    }
    return count === 12;
  }, 20_000);
  for (const [group, bodies] of seen) {
    assert.deepEqual(
      bodies,
      [0, 1, 2, 3].map((n) => `${group}-${n}`),
    );
  }
});

test('a function that feeds its own queue is stopped after 16 rounds', async () => {
  const source = await createQueue({ VisibilityTimeout: '600' });
  const results = await createQueue();
  const name = `loop-${++names}`;
  const urlOf = (arn: string): string => `https://sqs.us-east-1.amazonaws.com/000000000000/${arn.split(':').at(-1)}`;
  const code = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
exports.handler = async ({ Records: [{ body }] }) => {
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: body }));
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OWN, MessageBody: String(Number(body) + 1) }));
};`;
  const Variables = { OWN: urlOf(source.arn), OUT: urlOf(results.arn) };
  await createFunction(lambda, name, code, { Environment: { Variables }, Timeout: 5 });
  await map(name, source.arn, { BatchSize: 1 });
  await send(source.url, '1');
  await eventually(async () => (await left(results.url)) >= 16, 30_000);
  // the message of the round that was stopped stays in flight, then comes back
  await eventually(async () => (await left(source.url)) === 1);
  assert.equal(await left(results.url), 16);
});

test('a queue is the dead-letter queue of an asynchronous invocation', async () => {
  const dead = await createQueue();
  const name = `doomed-${++names}`;
  await createFunction(lambda, name, 'exports.handler = async () => { throw new Error("never"); };', {
    DeadLetterConfig: { TargetArn: dead.arn },
  });
  await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: name, MaximumRetryAttempts: 0 }));
  const { $metadata } = await lambda.send(
    new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload: '{"a":1}' }),
  );
  const message = await eventually(async () => {
    const input = { QueueUrl: dead.url, WaitTimeSeconds: 1, MessageAttributeNames: ['All'] };
    return (await sqs.send(new ReceiveMessageCommand(input))).Messages?.[0];
  });
  assert.equal(message.Body, '{"a":1}');
  const { RequestID, ErrorCode, ErrorMessage } = message.MessageAttributes ?? {};
  assert.equal(RequestID?.StringValue, $metadata.requestId);
  assert.deepEqual(
    [ErrorCode?.StringValue, ErrorCode?.DataType, ErrorMessage?.StringValue],
    ['200', 'Number', 'never'],
  );
});

// Orders go through a queue to a function: handled, filtered, retried, dead-lettered.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let sqs: SQSClient;
before(async () => {
  app = await startApplication(path.resolve(import.meta.dirname, '../../examples/sqs-worker/template.yaml'));
  sqs = new SQSClient(app.sdk);
});
after(async () => {
  sqs?.destroy();
  await app?.stop();
});

const url = (name: string): string => app.outputs[name] ?? '';

async function receive(queue: string, count: number): Promise<Message[]> {
  const all: Message[] = [];
  await eventually(async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url(queue),
        WaitTimeSeconds: 1,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    all.push(...Messages);
    return all.length >= count;
  }, 30_000);
  return all;
}

const left = async (queue: string): Promise<number> => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url(queue), AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
};

test('the template makes the mapping that it describes', async () => {
  const lambda = new LambdaClient(app.sdk);
  const { EventSourceMappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: app.outputs['WorkerName'] }),
  );
  assert.equal(EventSourceMappings.length, 1);
  const { BatchSize, State, ScalingConfig, FunctionResponseTypes } = EventSourceMappings[0] ?? {};
  assert.deepEqual(
    { BatchSize, State, ScalingConfig, FunctionResponseTypes },
    {
      BatchSize: 5,
      State: 'Enabled',
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
  );
  lambda.destroy();
});

test('every order gets its receipt, and the queue is empty afterwards', async () => {
  const orders = Array.from({ length: 8 }, (_none, n) => ({ type: 'order', id: `o${n}`, items: ['a', 'b'] }));
  const { Failed } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url('OrdersUrl'),
      Entries: orders.map((order) => ({
        Id: order.id,
        MessageBody: JSON.stringify(order),
        MessageAttributes: { shop: { DataType: 'String', StringValue: 'main' } },
      })),
    }),
  );
  assert.equal(Failed, undefined);
  const receipts = (await receive('ReceiptsUrl', 8)).map(({ Body = '' }) => JSON.parse(Body));
  assert.deepEqual(new Set(receipts.map(({ order }) => order)), new Set(orders.map(({ id }) => id)));
  const [{ event }] = receipts;
  assert.deepEqual(Object.keys(event), [
    'messageId',
    'receiptHandle',
    'body',
    'attributes',
    'messageAttributes',
    'md5OfMessageAttributes',
    'md5OfBody',
    'eventSource',
    'eventSourceARN',
    'awsRegion',
  ]);
  assert.deepEqual(event.messageAttributes, {
    shop: { stringValue: 'main', stringListValues: [], binaryListValues: [], dataType: 'String' },
  });
  assert.equal(event.eventSource, 'aws:sqs');
  assert.equal(event.attributes.ApproximateReceiveCount, '1');
  await eventually(async () => (await left('OrdersUrl')) === 0);
});

test('an order that cannot be handled is tried twice and ends in the dead-letter queue', async () => {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: url('OrdersUrl'), MessageBody: JSON.stringify({ type: 'order', id: 'bad' }) }),
  );
  const [dead] = await receive('DeadOrdersUrl', 1);
  assert.equal(JSON.parse(dead?.Body ?? '').id, 'bad');
  assert.match(
    dead?.Attributes?.['DeadLetterQueueSourceArn'] ?? '',
    /^arn:aws:sqs:us-east-1:000000000000:sqs-worker-Orders-/,
  );
  assert.equal(dead?.Attributes?.['ApproximateReceiveCount'], '3');
  assert.equal(await left('OrdersUrl'), 0);
});

test('what no filter wants is dropped unseen', async () => {
  for (const MessageBody of ['{"type":"noise","items":["x"]}', 'plain text']) {
    await sqs.send(new SendMessageCommand({ QueueUrl: url('OrdersUrl'), MessageBody }));
  }
  await eventually(async () => (await left('OrdersUrl')) === 0);
  assert.equal(await left('DeadOrdersUrl'), 1);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient, type Message } from '@aws-sdk/client-sqs';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
let sqs: SQSClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  sqs = new SQSClient(server.sdk);
  await createFunction(
    lambda,
    'either',
    'exports.handler = async (event) => { if (event.fail) throw new TypeError("as asked"); return { ok: event.n }; };',
  );
});
after(() => server.stop());

const arnOf = (queue: string): string => `arn:aws:sqs:us-east-1:000000000000:${queue}`;
async function createQueue(QueueName: string): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
}
async function receive(QueueUrl: string): Promise<Message> {
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ['All'] }),
  );
  assert.equal(Messages?.length, 1);
  return Messages[0]!;
}
async function send(payload: object): Promise<string> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: 'either', InvocationType: 'Event', Payload: JSON.stringify(payload) }),
  );
  return answer.$metadata.requestId ?? '';
}

test('outcomes go to the queues of success and failure', async () => {
  const [good, bad] = await Promise.all([createQueue('good'), createQueue('bad')]);
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'either',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: arnOf('good') }, OnFailure: { Destination: arnOf('bad') } },
    }),
  );
  const requestId = await send({ n: 1 });
  const success = JSON.parse((await receive(good)).Body ?? '');
  assert.deepEqual([success.requestContext.requestId, success.responsePayload], [requestId, { ok: 1 }]);
  await send({ fail: true });
  const failure = JSON.parse((await receive(bad)).Body ?? '');
  assert.deepEqual(
    [failure.requestContext.condition, failure.responseContext.functionError, failure.responsePayload.errorMessage],
    ['RetriesExhausted', 'Unhandled', 'as asked'],
  );
});

test('a dead letter is the event itself, with the error as attributes', async () => {
  const dead = await createQueue('dead');
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'either', DeadLetterConfig: { TargetArn: arnOf('dead') } }),
  );
  const requestId = await send({ fail: true, letter: 7 });
  const { Body, MessageAttributes } = await receive(dead);
  assert.deepEqual(JSON.parse(Body ?? ''), { fail: true, letter: 7 });
  assert.deepEqual(MessageAttributes, {
    ErrorCode: { DataType: 'Number', StringValue: '200' },
    ErrorMessage: { DataType: 'String', StringValue: 'as asked' },
    RequestID: { DataType: 'String', StringValue: requestId },
  });
});

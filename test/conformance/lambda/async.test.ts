import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionRecursionConfigCommand,
  GetFunctionRecursionConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;
const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  logs = new CloudWatchLogsClient(server.sdk);
  await createFunction(
    lambda,
    'receiver',
    'exports.handler = async (event) => console.log("got " + JSON.stringify(event));',
  );
});
after(() => server.stop());

const send = async (FunctionName: string, payload: unknown): Promise<string> => {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(payload) }),
  );
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [202, undefined]);
  return answer.$metadata.requestId ?? '';
};

/** The record that the receiver got about a request. */
const received = (requestId: string): Promise<any> =>
  eventually(async () => {
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/receiver', filterPattern: `"got" "${requestId}"` }),
    );
    const message = events?.[0]?.message;
    return message === undefined ? undefined : JSON.parse(message.slice(message.indexOf('got ') + 4));
  });

test('a success is recorded at its destination', async () => {
  await createFunction(lambda, 'succeeds', 'exports.handler = async (event) => ({ sum: event.a + 1 });');
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'succeeds',
      DestinationConfig: { OnSuccess: { Destination: arnOf('receiver') } },
    }),
  );
  const requestId = await send('succeeds', { a: 1 });
  const record = await received(requestId);
  assert.match(record.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(record, {
    version: '1.0',
    timestamp: record.timestamp,
    requestContext: {
      requestId,
      functionArn: `${arnOf('succeeds')}:$LATEST`,
      condition: 'Success',
      approximateInvokeCount: 1,
    },
    requestPayload: { a: 1 },
    responseContext: { statusCode: 200, executedVersion: '$LATEST' },
    responsePayload: { sum: 2 },
  });
});

test('a failure is recorded with the error, after its tries', async () => {
  await createFunction(lambda, 'fails', 'exports.handler = async () => { throw new Error("no"); };');
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'fails',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: arnOf('receiver') } },
    }),
  );
  const requestId = await send('fails', { b: 2 });
  const { timestamp: _1, responsePayload, ...record } = await received(requestId);
  assert.deepEqual(record, {
    version: '1.0',
    requestContext: {
      requestId,
      functionArn: `${arnOf('fails')}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 1,
    },
    requestPayload: { b: 2 },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  });
  assert.deepEqual([responsePayload.errorType, responsePayload.errorMessage], ['Error', 'no']);
});

test('a failure goes to a bucket under its day', async () => {
  const s3 = new S3Client(server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'failures' }));
  await createFunction(lambda, 'fails-to-s3', 'exports.handler = async () => { throw new Error("no"); };');
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'fails-to-s3',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
    }),
  );
  const requestId = await send('fails-to-s3', {});
  const Key = await eventually(
    async () => (await s3.send(new ListObjectsV2Command({ Bucket: 'failures' }))).Contents?.[0]?.Key,
  );
  assert.match(
    Key,
    /^aws\/lambda\/async\/fails-to-s3\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-zA-Z-]+$/,
  );
  const object = await s3.send(new GetObjectCommand({ Bucket: 'failures', Key }));
  assert.equal(JSON.parse((await object.Body?.transformToString()) ?? '').requestContext.requestId, requestId);
});

test('reserved concurrency 0 sends events to the destination without a try', async () => {
  await createFunction(lambda, 'stopped', 'exports.handler = async () => 1;');
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'stopped', ReservedConcurrentExecutions: 0 }));
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'stopped',
      DestinationConfig: { OnFailure: { Destination: arnOf('receiver') } },
    }),
  );
  const requestId = await send('stopped', { c: 3 });
  const record = await received(requestId);
  assert.deepEqual(
    [record.requestContext.approximateInvokeCount, record.requestPayload, record.responsePayload],
    [0, { c: 3 }, undefined],
  );
});

test('a large event is accepted up to 1 MB', async () => {
  await createFunction(lambda, 'large', 'exports.handler = async (event) => console.log("length", event.text.length);');
  await send('large', { text: 'x'.repeat(900_000) });
  await eventually(async () => {
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/large', filterPattern: '"length 900000"' }),
    );
    return events?.length;
  });
  await assert.rejects(
    lambda.send(
      new InvokeCommand({
        FunctionName: 'large',
        InvocationType: 'Event',
        Payload: JSON.stringify('x'.repeat(1024 * 1024)),
      }),
    ),
    {
      name: 'RequestTooLargeException',
      message: '1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
    },
  );
});

test('the configuration of asynchronous invocation: put, update, get, list, delete', async () => {
  const FunctionName = 'large';
  const put = await lambda.send(
    new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 }),
  );
  assert.deepEqual(
    [put.FunctionArn, put.MaximumRetryAttempts, put.MaximumEventAgeInSeconds, put.DestinationConfig],
    [`${arnOf('large')}:$LATEST`, 1, 60, { OnSuccess: {}, OnFailure: {} }],
  );
  const updated = await lambda.send(
    new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 2 }),
  );
  assert.deepEqual([updated.MaximumRetryAttempts, updated.MaximumEventAgeInSeconds], [2, 60]);
  const listed = await lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName }));
  assert.deepEqual(
    listed.FunctionEventInvokeConfigs?.map((each) => each.MaximumRetryAttempts),
    [2],
  );
  await lambda.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName }));
  await assert.rejects(lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })), {
    name: 'ResourceNotFoundException',
    message: `The function ${arnOf('large')}:$LATEST doesn't have an EventInvokeConfig`,
  });
  await assert.rejects(
    lambda.send(
      new PutFunctionEventInvokeConfigCommand({ FunctionName, Qualifier: 'nobody', MaximumRetryAttempts: 1 }),
    ),
    { name: 'ResourceNotFoundException', message: "The function doesn't exist." },
  );
  await assert.rejects(
    lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName,
        DestinationConfig: { OnSuccess: { Destination: 'arn:aws:s3:::failures' } },
      }),
    ),
    {
      name: 'InvalidParameterValueException',
      message:
        'The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::failures), onFailure=null) is invalid.',
    },
  );
  await assert.rejects(lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName })), {
    name: 'InvalidParameterValueException',
  });
  await assert.rejects(
    lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 3 })),
    { name: 'ValidationException' },
  );
});

test('a loop of functions is stopped after sixteen invocations', async () => {
  // What the SDKs do inside of Lambda: the trace of the invocation goes along with every call.
  const source = `
    const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
    exports.handler = async (event) => {
      const client = new LambdaClient({});
      try {
        const answer = await client.send(new InvokeCommand({ FunctionName: 'loops', Payload: JSON.stringify({ depth: event.depth + 1 }) }));
        return JSON.parse(Buffer.from(answer.Payload).toString());
      } catch (error) {
        return { depth: event.depth, error: error.name, message: error.message };
      }
    };`;
  await createFunction(lambda, 'loops', source, { Timeout: 60, MemorySize: 256 });
  assert.equal(
    (await lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName: 'loops' }))).RecursiveLoop,
    'Terminate',
  );
  const { result } = await invoke(lambda, 'loops', { depth: 1 });
  assert.deepEqual(result, {
    depth: 16,
    error: 'RecursiveInvocationException',
    message:
      "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.",
  });
});

test('a function may be allowed to loop', async () => {
  const source = `
    const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
    exports.handler = async (event) => {
      if (event.left === 0) return 'done';
      const answer = await new LambdaClient({}).send(new InvokeCommand({ FunctionName: 'allowed', Payload: JSON.stringify({ left: event.left - 1 }) }));
      return JSON.parse(Buffer.from(answer.Payload).toString());
    };`;
  await createFunction(lambda, 'allowed', source, { Timeout: 60, MemorySize: 256 });
  const changed = await lambda.send(
    new PutFunctionRecursionConfigCommand({ FunctionName: 'allowed', RecursiveLoop: 'Allow' }),
  );
  assert.equal(changed.RecursiveLoop, 'Allow');
  assert.equal((await invoke(lambda, 'allowed', { left: 18 })).result, 'done');
});

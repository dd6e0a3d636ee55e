// What time does to executions, by a clock that the test moves. Once it has, what functions sign is too old: the order matters.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  GetDurableExecutionCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  PutFunctionEventInvokeConfigCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ManualClock } from '#core/clock.ts';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { call, DURABLE, ended, handler, historyOf, start } from './durable-fixture.ts';
import { createFunction } from './fixture.ts';

const HOUR_MS = 3_600_000;
const clock = new ManualClock(Date.now());
let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer({ clock });
  lambda = new LambdaClient(server.sdk);
  await createFunction(
    lambda,
    'sleep',
    handler(`
      const slept = await context.step(async () => event.text ?? 'well');
      await context.wait({ hours: event.hours ?? 1 });
      return slept.length;`),
    { ...DURABLE, DurableConfig: { ExecutionTimeout: 7 * 24 * 3600, RetentionPeriodInDays: 2 } },
  );
});
after(() => server.stop());

const waits = (arn: string): Promise<unknown> =>
  eventually(async () => (await historyOf(lambda, arn)).some(({ EventType }) => EventType === 'InvocationCompleted'));

test('the event of an asynchronous execution that does not succeed goes to the dead letter queue', async () => {
  const sqs = new SQSClient(server.sdk);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
  const DeadLetterConfig = { TargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead' };
  await createFunction(
    lambda,
    'fails',
    handler(`if (event.wait) await context.wait({ hours: 1 }); throw new Error('for good');`),
    { ...DURABLE, DeadLetterConfig },
  );
  const receive = async (): Promise<[string | undefined, string | undefined]> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] }),
    );
    return [Messages[0]?.Body, Messages[0]?.MessageAttributes?.['ErrorMessage']?.StringValue];
  };
  await start(lambda, 'fails', { n: 1 });
  assert.deepEqual(await receive(), ['{"n":1}', 'for good']);
  const DurableExecutionArn = await start(lambda, 'fails', { wait: true });
  await lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn, Error: { ErrorMessage: 'halt' } }));
  assert.deepEqual(await receive(), ['{"wait":true}', 'halt']);
  const OnFailure = { Destination: DeadLetterConfig.TargetArn };
  await assert.rejects(
    lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: 'fails', DestinationConfig: { OnFailure } })),
    { name: 'InvalidParameterValueException' },
  );
});

test('a wait of days costs nothing but the days; the history goes after its retention', async () => {
  const named = { InvocationType: 'Event', DurableExecutionName: 'long' } as const;
  const { arn: DurableExecutionArn } = await call(lambda, 'sleep', { hours: 72, text: 'x'.repeat(100_000) }, named);
  await waits(DurableExecutionArn);
  clock.advance(71 * HOUR_MS);
  const before = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
  assert.equal(before.Status, 'RUNNING');
  clock.advance(HOUR_MS);
  const execution = await ended(lambda, DurableExecutionArn);
  assert.deepEqual([execution.Status, execution.Result], ['SUCCEEDED', '100000']);
  clock.advance(47 * HOUR_MS);
  assert.equal((await historyOf(lambda, DurableExecutionArn)).at(-1)?.EventType, 'ExecutionSucceeded');
  clock.advance(HOUR_MS);
  await eventually(() =>
    assert.rejects(historyOf(lambda, DurableExecutionArn), { name: 'ResourceNotFoundException' }).then(() => true),
  );
  const { DurableExecutions } = await lambda.send(
    new ListDurableExecutionsByFunctionCommand({ FunctionName: 'sleep' }),
  );
  assert.deepEqual(DurableExecutions, []);
  const again = await call(lambda, 'sleep', { hours: 1 }, named);
  assert.notEqual(again.arn, DurableExecutionArn, 'the name is free again');
});

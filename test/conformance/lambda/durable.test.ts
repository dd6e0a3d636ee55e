// AWS's own SDK for durable execution, as the runtime brings it, unmodified, inside of functions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  LambdaClient,
  SendDurableExecutionCallbackSuccessCommand,
  type Event,
  type GetDurableExecutionCommandOutput,
} from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const DURABLE = { Runtime: 'nodejs24.x', Timeout: 60, DurableConfig: { ExecutionTimeout: 300 } } as const;
const handler = (body: string): string => `
  const sdk = require('@aws/durable-execution-sdk-js');
  exports.handler = sdk.withDurableExecution(async (event, context) => { ${body} });`;

async function call(
  name: string,
  payload: unknown = {},
): Promise<{ error: string | undefined; arn: string; result: any }> {
  const FunctionName = `${name}:$LATEST`;
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
  const result = JSON.parse(answer.Payload?.transformToString() || 'null');
  return { error: answer.FunctionError, arn: answer.DurableExecutionArn ?? '', result };
}

async function historyOf(DurableExecutionArn: string): Promise<Event[]> {
  const { Events = [] } = await lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn }));
  return Events;
}

const ended = (DurableExecutionArn: string): Promise<GetDurableExecutionCommandOutput> =>
  eventually(async () => {
    const execution = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
    return execution.Status === 'RUNNING' ? undefined : execution;
  }, 30_000);

test('steps and a wait: each step runs once, and the caller waits for the end', async () => {
  await createFunction(
    lambda,
    'steps',
    handler(`
      const a = await context.step('first', async () => event.n + 1);
      await context.wait('pause', { seconds: 1 });
      return { sum: a + await context.step('second', async () => 10) };`),
    DURABLE,
  );
  const { arn, error, result } = await call('steps', { n: 1 });
  assert.deepEqual([error, result], [undefined, { sum: 12 }]);
  assert.match(
    arn,
    /^arn:aws:lambda:us-east-1:000000000000:function:steps:\$LATEST\/durable-execution\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/,
  );
  const events = await historyOf(arn);
  assert.deepEqual(
    events.map(({ EventId, EventType, SubType, Name }) => [EventId, EventType, SubType, Name].filter((each) => each)),
    [
      [1, 'ExecutionStarted', arn.split('/').at(-2)],
      [2, 'StepStarted', 'Step', 'first'],
      [3, 'StepSucceeded', 'Step', 'first'],
      [4, 'WaitStarted', 'Wait', 'pause'],
      [5, 'InvocationCompleted'],
      [6, 'WaitSucceeded', 'Wait', 'pause'],
      [7, 'StepStarted', 'Step', 'second'],
      [8, 'StepSucceeded', 'Step', 'second'],
      [9, 'InvocationCompleted'],
      [10, 'ExecutionSucceeded', arn.split('/').at(-2)],
    ],
  );
});

test('a step is tried again after its delay, and its attempts are in the history', async () => {
  await createFunction(
    lambda,
    'retries',
    handler(`
      return context.step('flaky', async ({ attempt }) => { if (global.tries = (global.tries ?? 0) + 1, global.tries < 3) throw new Error('try ' + global.tries); return global.tries; },
        { retryStrategy: (error, attempt) => ({ shouldRetry: attempt < 3, delay: { seconds: 1 } }) });`),
    DURABLE,
  );
  const { arn, result } = await call('retries');
  assert.equal(result, 3);
  const steps = (await historyOf(arn)).filter(({ EventType }) => EventType?.startsWith('Step'));
  assert.deepEqual(
    steps.map((event) => [
      event.EventType,
      event.StepFailedDetails?.RetryDetails ?? event.StepSucceededDetails?.RetryDetails,
    ]),
    [
      ['StepStarted', undefined],
      ['StepFailed', { CurrentAttempt: 1, NextAttemptDelaySeconds: 1 }],
      ['StepStarted', undefined],
      ['StepFailed', { CurrentAttempt: 2, NextAttemptDelaySeconds: 1 }],
      ['StepStarted', undefined],
      ['StepSucceeded', { CurrentAttempt: 3 }],
    ],
  );
});

test('a callback is answered from outside', async () => {
  await createFunction(
    lambda,
    'approval',
    handler(`
      return context.waitForCallback('approve', async (callbackId) => { console.log(callbackId); }, { timeout: { minutes: 5 } });`),
    DURABLE,
  );
  const started = await lambda.send(new InvokeCommand({ FunctionName: 'approval:$LATEST', InvocationType: 'Event' }));
  assert.equal(started.StatusCode, 202);
  const arn = started.DurableExecutionArn ?? '';
  const CallbackId = await eventually(
    async () =>
      (await historyOf(arn)).find((event) => event.CallbackStartedDetails)?.CallbackStartedDetails?.CallbackId,
  );
  await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('"yes"') }));
  const execution = await ended(arn);
  assert.deepEqual([execution.Status, execution.Result], ['SUCCEEDED', '"\\"yes\\""']);
});

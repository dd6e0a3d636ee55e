// AWS's SDK for durable execution in Python, as the runtime brings it, unmodified.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  CreateFunctionCommand,
  LambdaClient,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { call, callbackOf, ended, historyOf, start } from './durable-fixture.ts';
import { ROLE, zip } from './fixture.ts';

const SDK = new URL('../../../runtimes/python/site-packages/aws_durable_execution_sdk_python', import.meta.url);
const skip = !existsSync(SDK) && 'the runtime brings no Python SDK for durable execution on this machine';

const SOURCE = `
from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration

@durable_step
def add(step, a, b):
    return a + b

@durable_execution
def handler(event, context: DurableContext):
    if event.get('approve'):
        callback = context.create_callback(name='approval')
        return {'approved': callback.result()}
    total = context.step(add(event['a'], event['b']), name='add')
    context.wait(Duration.from_seconds(2), name='pause')
    return {'total': context.step(add(total, 1), name='again')}
`;

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'python',
      Role: ROLE,
      Runtime: 'python3.13',
      Handler: 'main.handler',
      Timeout: 60,
      MemorySize: 256,
      Code: { ZipFile: await zip({ 'main.py': SOURCE }) },
      DurableConfig: { ExecutionTimeout: 300 },
    }),
  );
});
after(() => server.stop());

test('Python: steps and a wait', { skip }, async () => {
  const { arn, error, result } = await call(lambda, 'python', { a: 1, b: 2 });
  assert.deepEqual([error, result], [undefined, { total: 4 }]);
  assert.deepEqual((await historyOf(lambda, arn)).map(({ EventType, Name }) => [EventType, Name]).slice(1, -1), [
    ['StepStarted', 'add'],
    ['StepSucceeded', 'add'],
    ['WaitStarted', 'pause'],
    ['InvocationCompleted', undefined],
    ['WaitSucceeded', 'pause'],
    ['StepStarted', 'again'],
    ['StepSucceeded', 'again'],
    ['InvocationCompleted', undefined],
  ]);
});

test('Python: a callback', { skip }, async () => {
  const arn = await start(lambda, 'python', { approve: true });
  const CallbackId = await callbackOf(lambda, arn);
  await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('yes') }));
  const { Status, Result } = await ended(lambda, arn);
  assert.deepEqual([Status, Result], ['SUCCEEDED', '{"approved": "yes"}']);
});

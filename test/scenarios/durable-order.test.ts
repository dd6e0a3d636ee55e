// examples/durable-order under IAM: a durable function with its role, a chained invoke, a callback by way of a queue.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetDurableExecutionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let lambda: LambdaClient;
before(async () => {
  app = await startApplication(path.resolve(import.meta.dirname, '../../examples/durable-order/template.yaml'), {
    iam: 'enforce',
  });
  lambda = new LambdaClient(app.sdk);
});
after(async () => {
  lambda?.destroy();
  await app?.stop();
});

const order = async (id: string, amount: number): Promise<string> => {
  const started = await lambda.send(
    new InvokeCommand({
      FunctionName: app.outputs['OrderFunction'],
      InvocationType: 'Event',
      DurableExecutionName: `order-${id}`,
      Payload: JSON.stringify({ id, items: ['tea'], amount }),
    }),
  );
  return started.DurableExecutionArn ?? '';
};

const resultOf = (DurableExecutionArn: string): Promise<unknown> =>
  eventually(async () => {
    const execution = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
    if (execution.Status === 'RUNNING') return undefined;
    assert.equal(execution.Status, 'SUCCEEDED', JSON.stringify(execution.Error));
    return JSON.parse(execution.Result ?? '') as object;
  }, 30_000);

test('the template sets the function up as durable', async () => {
  const { DurableConfig, Version } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: app.outputs['OrderFunction'] }),
  );
  assert.deepEqual([DurableConfig, Version], [{ ExecutionTimeout: 600, RetentionPeriodInDays: 7 }, '1']);
});

test('an order is charged, packed and shipped', async () => {
  const arn = await order('1', 20);
  const sqs = new SQSClient(app.sdk);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: app.outputs['ParcelsUrl'], WaitTimeSeconds: 20 }),
  );
  sqs.destroy();
  const { callbackId: CallbackId, ...parcel } = JSON.parse(Messages[0]?.Body ?? '') as { callbackId: string };
  assert.deepEqual(parcel, { id: 'r-1', items: ['tea'] });
  await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('parcel 7') }));
  assert.deepEqual(await resultOf(arn), { order: '1', status: 'shipped', parcel: 'parcel 7', charged: 20 });
});

test('an order that is too dear is declined', async () => {
  assert.deepEqual(await resultOf(await order('2', 200)), { order: '2', status: 'declined' });
});

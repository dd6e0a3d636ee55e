// Executions as resources: configuration, starts, lists, history, stop, and who may do what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  PublishVersionCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  StopDurableExecutionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { CreateUserCommand, CreateAccessKeyCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { call, DURABLE, ended, handler, historyOf, start } from './durable-fixture.ts';
import { createFunction, ROLE, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await createFunction(lambda, 'echo', handler('return event;'), DURABLE);
  await createFunction(lambda, 'sleep', handler('await context.wait({ hours: 1 });'), DURABLE);
});
after(() => server.stop());

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const created = async (FunctionName: string, DurableConfig: object): Promise<unknown> =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': '' }) },
      DurableConfig,
    }),
  );

test('DurableConfig: defaults, changes, what is refused', async () => {
  await created('configured', { ExecutionTimeout: 60 });
  const FunctionName = 'configured';
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
  assert.deepEqual(Configuration?.DurableConfig, { ExecutionTimeout: 60, RetentionPeriodInDays: 14 });
  const updated = await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, DurableConfig: { RetentionPeriodInDays: 3 } }),
  );
  assert.deepEqual(updated.DurableConfig, { ExecutionTimeout: 60, RetentionPeriodInDays: 3 });
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }));
  const kept = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  assert.deepEqual(kept.DurableConfig, updated.DurableConfig);
  await assert.rejects(created('no-timeout', { RetentionPeriodInDays: 3 }), {
    name: 'InvalidParameterValueException',
    message: 'You cannot create a function with a durable configuration without an executionTimeout',
  });
  await assert.rejects(created('too-long', { ExecutionTimeout: 31_622_401 }), { name: 'ValidationException' });
  await assert.rejects(created('too-kept', { ExecutionTimeout: 1, RetentionPeriodInDays: 91 }), {
    name: 'ValidationException',
  });
  await createFunction(lambda, 'usual', 'exports.handler = async () => 1;');
  const usual = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'usual' }));
  assert.equal(usual.DurableConfig, undefined);
  await assert.rejects(
    lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'usual', DurableConfig: { ExecutionTimeout: 1 } }),
    ),
    { name: 'InvalidParameterValueException' },
  );
});

test('a durable function is invoked with a qualifier, and waited for at most fifteen minutes', async () => {
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'echo' })), {
    name: 'InvalidParameterValueException',
    message: 'You cannot invoke a durable function using an unqualified ARN.',
  });
  await createFunction(lambda, 'long', handler('return 1;'), { ...DURABLE, DurableConfig: { ExecutionTimeout: 901 } });
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'long:$LATEST' })), {
    name: 'InvalidParameterValueException',
    message: 'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
  });
  assert.equal((await ended(lambda, await start(lambda, 'long'))).Result, '1');
  await assert.rejects(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: 'echo:$LATEST' })), {
    name: 'InvalidParameterValueException',
  });
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'echo', InvocationType: 'DryRun' })), {
    name: 'InvalidParameterValueException',
  });
  const dry = await lambda.send(new InvokeCommand({ FunctionName: 'echo:$LATEST', InvocationType: 'DryRun' }));
  assert.deepEqual([dry.StatusCode, dry.DurableExecutionArn], [204, undefined]);
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'usual', DurableExecutionName: 'a' })), {
    name: 'InvalidParameterValueException',
  });
});

test('the same name and payload mean the same execution', async () => {
  const once = await call(lambda, 'echo', { n: 1 }, { DurableExecutionName: 'order-1' });
  assert.equal(once.arn.split('/').at(-2), 'order-1');
  const again = await call(lambda, 'echo', { n: 1 }, { DurableExecutionName: 'order-1' });
  assert.deepEqual([again.arn, again.result], [once.arn, { n: 1 }]);
  const asEvent = await call(lambda, 'echo', { n: 1 }, { DurableExecutionName: 'order-1', InvocationType: 'Event' });
  assert.deepEqual([asEvent.status, asEvent.arn], [202, once.arn]);
  await assert.rejects(call(lambda, 'echo', { n: 2 }, { DurableExecutionName: 'order-1' }), {
    name: 'DurableExecutionAlreadyStartedException',
  });
  const starts = (await historyOf(lambda, once.arn)).filter(({ EventType }) => EventType === 'ExecutionStarted');
  assert.equal(starts.length, 1);
  await assert.rejects(call(lambda, 'echo', {}, { DurableExecutionName: 'no spaces' }), {
    name: 'ValidationException',
  });
});

test('GetDurableExecution: with its data and without', async () => {
  const { arn: DurableExecutionArn } = await call(lambda, 'echo', { n: 3 });
  const { $metadata: _1, ...whole } = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
  const { StartTimestamp, EndTimestamp, TraceHeader } = whole;
  assert.ok(StartTimestamp instanceof Date && EndTimestamp instanceof Date && EndTimestamp >= StartTimestamp);
  assert.match(TraceHeader?.XAmznTraceId ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0/);
  assert.deepEqual(whole, {
    DurableExecutionArn,
    DurableExecutionName: DurableExecutionArn.split('/').at(-2),
    FunctionArn: `${arnOf('echo')}:$LATEST`,
    InputPayload: '{"n":3}',
    Result: '{"n":3}',
    StartTimestamp,
    EndTimestamp,
    Status: 'SUCCEEDED',
    Version: '$LATEST',
    TraceHeader,
    ExecutionDataIncluded: true,
    DurableConfig: { ExecutionTimeout: 300, RetentionPeriodInDays: 14 },
  });
  const bare = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn, IncludeExecutionData: false }));
  assert.deepEqual([bare.InputPayload, bare.Result, bare.ExecutionDataIncluded], [undefined, undefined, false]);
  await assert.rejects(
    lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: `${DurableExecutionArn}0` })),
    { name: 'ResourceNotFoundException' },
  );
  await assert.rejects(lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arnOf('echo') })), {
    name: 'ValidationException',
  });
});

test('the history: pages, backwards, without data', async () => {
  const { arn: DurableExecutionArn } = await call(lambda, 'echo', { n: 4 });
  const page = (input: object) => lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn, ...input }));
  const first = await page({ MaxItems: 2 });
  assert.deepEqual(
    first.Events?.map(({ EventId }) => EventId),
    [1, 2],
  );
  const second = await page({ MaxItems: 2, Marker: first.NextMarker });
  assert.deepEqual([second.Events?.map(({ EventId }) => EventId), second.NextMarker], [[3], undefined]);
  const back = await page({ ReverseOrder: true });
  assert.deepEqual(
    back.Events?.map(({ EventId }) => EventId),
    [3, 2, 1],
  );
  const bare = await page({ IncludeExecutionData: false });
  assert.deepEqual(
    [bare.Events?.[0]?.ExecutionStartedDetails?.Input, bare.Events?.[2]?.ExecutionSucceededDetails?.Result],
    [{ Truncated: true }, { Truncated: true }],
  );
  await assert.rejects(page({ Marker: 'bm90IGEgbnVtYmVy' }), { name: 'InvalidParameterValueException' });
});

test('ListDurableExecutionsByFunction: newest first, filters, pages', async () => {
  await createFunction(lambda, 'listed', handler('if (event.fail) throw new Error("f"); return 1;'), DURABLE);
  await lambda.send(new PublishVersionCommand({ FunctionName: 'listed' }));
  for (const [name, fail] of [
    ['one', false],
    ['two', true],
    ['three', false],
  ] as const) {
    await call(lambda, 'listed', { fail }, { DurableExecutionName: name });
  }
  await lambda.send(new InvokeCommand({ FunctionName: 'listed:1', DurableExecutionName: 'published' }));
  const list = async (input: object = {}): Promise<string[]> => {
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.send(
        new ListDurableExecutionsByFunctionCommand({ FunctionName: 'listed', ...input, ...(Marker && { Marker }) }),
      );
      names.push(...(page.DurableExecutions ?? []).map((each) => each.DurableExecutionName ?? ''));
      Marker = page.NextMarker;
    } while (Marker);
    return names;
  };
  assert.deepEqual(await list(), ['published', 'three', 'two', 'one']);
  assert.deepEqual(await list({ MaxItems: 1 }), ['published', 'three', 'two', 'one']);
  assert.deepEqual(await list({ ReverseOrder: true, MaxItems: 3 }), ['one', 'two', 'three', 'published']);
  assert.deepEqual(await list({ Statuses: ['FAILED'] }), ['two']);
  assert.deepEqual(await list({ Statuses: ['SUCCEEDED', 'FAILED'], DurableExecutionName: 'one' }), ['one']);
  assert.deepEqual(await list({ Qualifier: '1' }), ['published']);
  assert.deepEqual(await list({ StartedAfter: new Date(Date.now() + 60_000) }), []);
  assert.deepEqual(await list({ StartedBefore: new Date(0) }), []);
  const { DurableExecutions = [] } = await lambda.send(
    new ListDurableExecutionsByFunctionCommand({ FunctionName: 'listed', MaxItems: 1 }),
  );
  assert.deepEqual(Object.keys(DurableExecutions[0] ?? {}).toSorted(), [
    'DurableExecutionArn',
    'DurableExecutionName',
    'EndTimestamp',
    'FunctionArn',
    'StartTimestamp',
    'Status',
  ]);
  assert.equal(DurableExecutions[0]?.FunctionArn, `${arnOf('listed')}:1`);
  await assert.rejects(lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'nobody' })), {
    name: 'ResourceNotFoundException',
    message: `Function not found: ${arnOf('nobody')}`,
  });
});

test('StopDurableExecution: once, with an error or without', async () => {
  const DurableExecutionArn = await start(lambda, 'sleep');
  const { StopTimestamp } = await lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn }));
  assert.ok(StopTimestamp instanceof Date);
  const again = await lambda.send(
    new StopDurableExecutionCommand({ DurableExecutionArn, Error: { ErrorMessage: 'too late' } }),
  );
  assert.deepEqual(again.StopTimestamp, StopTimestamp);
  const { Status, Error: error } = await ended(lambda, DurableExecutionArn);
  assert.deepEqual([Status, error], ['STOPPED', { ErrorMessage: 'Execution stopped by user request' }]);
  const stopped = (await historyOf(lambda, DurableExecutionArn)).find((event) => event.ExecutionStoppedDetails);
  assert.deepEqual(stopped?.ExecutionStoppedDetails, {
    Error: { Payload: { ErrorMessage: 'Execution stopped by user request' }, Truncated: false },
  });
});

test('callback ids that are none', async () => {
  await assert.rejects(
    lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: Buffer.from('{}').toString('base64') })),
    { name: 'InvalidParameterValueException' },
  );
  await assert.rejects(lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: '***' })), {
    name: 'ValidationException',
  });
});

test('where IAM is enforced, each action is asked for the execution', async () => {
  const strict = await startTestServer({ config: { iam: 'enforce' } });
  try {
    const root = new LambdaClient(strict.sdk);
    const iam = new IAMClient(strict.sdk);
    await iam.send(new CreateUserCommand({ UserName: 'reader' }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'reader' }));
    const Statement = [{ Effect: 'Allow', Action: 'lambda:GetDurableExecution', Resource: `${arnOf('sleep')}:*` }];
    await iam.send(
      new PutUserPolicyCommand({
        UserName: 'reader',
        PolicyName: 'p',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
    const reader = new LambdaClient({
      ...strict.sdk,
      credentials: { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' },
    });
    await createTrustedFunction(iam, root);
    const DurableExecutionArn = await start(root, 'sleep');
    const seen = await reader.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
    assert.equal(seen.Status, 'RUNNING');
    await assert.rejects(reader.send(new StopDurableExecutionCommand({ DurableExecutionArn })), {
      name: 'AccessDeniedException',
    });
  } finally {
    await strict.stop();
  }
});

async function createTrustedFunction(iam: IAMClient, client: LambdaClient): Promise<void> {
  const { CreateRoleCommand } = await import('@aws-sdk/client-iam');
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }];
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'test',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
  await createFunction(client, 'sleep', handler('await context.wait({ hours: 1 });'), DURABLE);
}

test('an event source mapping waits for the executions of its batches', async () => {
  const sqs = new SQSClient(server.sdk);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'source' }));
  const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:source';
  const map = (FunctionName: string) =>
    lambda.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }));
  await assert.rejects(map('echo'), {
    name: 'InvalidParameterValueException',
    message: 'You cannot invoke a durable function using an unqualified ARN.',
  });
  await assert.rejects(map('long:$LATEST'), { name: 'InvalidParameterValueException' });
  await createFunction(
    lambda,
    'batch',
    handler('await context.wait({ seconds: 1 }); return event.Records.map((record) => record.body);'),
    { ...DURABLE, Timeout: 10 },
  );
  await map('batch:$LATEST');
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
  const arn = await eventually(async () => {
    const listed = await lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'batch' }));
    return listed.DurableExecutions?.[0]?.DurableExecutionArn;
  }, 30_000);
  assert.equal((await ended(lambda, arn)).Result, '["m"]');
  await eventually(async () => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
    const { Attributes = {} } = await sqs.send(asked);
    return AttributeNames.every((name) => Attributes[name] === '0');
  });
});

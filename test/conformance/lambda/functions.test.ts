import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  RemovePermissionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { ROLE as Role, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const create = async (FunctionName: string, source: string, rest: object = {}) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': source }) },
      ...rest,
    }),
  );
const invoke = async (FunctionName: string, payload: unknown = {}, rest: object = {}) => {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...rest }));
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, result: text === '' ? undefined : JSON.parse(text) };
};

test('CreateFunction answers every default, and the function runs', async () => {
  const created = await create('hello', 'exports.handler = async (event) => ({ hello: event.name });');
  assert.equal(created.FunctionArn, 'arn:aws:lambda:us-east-1:000000000000:function:hello');
  assert.equal(created.State, 'Pending');
  const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: 'hello' }));
  assert.deepEqual(
    {
      timeout: Configuration?.Timeout,
      memory: Configuration?.MemorySize,
      description: Configuration?.Description,
      version: Configuration?.Version,
      state: Configuration?.State,
      update: Configuration?.LastUpdateStatus,
      tracing: Configuration?.TracingConfig,
      logging: Configuration?.LoggingConfig,
      architectures: Configuration?.Architectures,
      storage: Configuration?.EphemeralStorage,
      environment: Configuration?.Environment,
      layers: Configuration?.Layers,
    },
    {
      timeout: 3,
      memory: 128,
      description: '',
      version: '$LATEST',
      state: 'Active',
      update: 'Successful',
      tracing: { Mode: 'PassThrough' },
      logging: { LogFormat: 'Text', LogGroup: '/aws/lambda/hello' },
      architectures: ['x86_64'],
      storage: { Size: 512 },
      environment: undefined,
      layers: undefined,
    },
  );
  const downloaded = Buffer.from(await (await fetch(Code?.Location ?? '')).arrayBuffer());
  assert.equal(downloaded.length, Configuration?.CodeSize);
  const answer = await invoke('hello', { name: 'world' });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion, answer.result], [200, '$LATEST', { hello: 'world' }]);
});

test('a second function of the same name, and one without a package, are refused', async () => {
  await assert.rejects(create('hello', ''), {
    name: 'ResourceConflictException',
    message: 'Function already exist: hello',
  });
  await assert.rejects(create('nozip', '', { Code: { ZipFile: Buffer.from('no zip') } }), {
    name: 'InvalidParameterValueException',
  });
  await assert.rejects(create('badrt', '', { Runtime: 'nodejs99' }), { name: 'InvalidParameterValueException' });
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: 'nozip' })), {
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nozip',
  });
});

test('a function error comes back with its kind and payload, and the tail of the log', async () => {
  await create('throws', 'exports.handler = async () => { console.log("before"); throw new TypeError("no"); };');
  const answer = await invoke('throws', {}, { LogType: 'Tail' });
  assert.equal(answer.FunctionError, 'Unhandled');
  assert.deepEqual([answer.result.errorType, answer.result.errorMessage], ['TypeError', 'no']);
  const tail = Buffer.from(answer.LogResult ?? '', 'base64').toString();
  assert.match(
    tail,
    /START RequestId: .* Version: \$LATEST\n[^]*\tINFO\tbefore\n[^]*END RequestId: [^]*REPORT RequestId: .*\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB/,
  );
});

test('what a function writes is in its log group', async () => {
  await create('writes', 'exports.handler = async (event) => { console.log("line", event.n); };');
  await invoke('writes', { n: 41 });
  const logs = new CloudWatchLogsClient(server.sdk);
  const found = await eventually(async () => {
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/writes', filterPattern: '"line 41"' }),
    );
    return events?.length ? events : undefined;
  });
  assert.match(found[0]?.logStreamName ?? '', /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
});

test('payloads that are no JSON, or too large, are refused', async () => {
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'hello', Payload: 'nonsense' })), {
    name: 'InvalidRequestContentException',
    message:
      /^Could not parse request body into json: Could not parse payload into json: Unrecognized token 'nonsense'/,
  });
  await assert.rejects(
    lambda.send(new InvokeCommand({ FunctionName: 'hello', Payload: JSON.stringify('x'.repeat(6 * 1024 * 1024)) })),
    {
      name: 'RequestTooLargeException',
    },
  );
});

test('an event is accepted with 202 and runs', async () => {
  const answer = await invoke('writes', { n: 99 }, { InvocationType: 'Event' });
  assert.equal(answer.StatusCode, 202);
  const logs = new CloudWatchLogsClient(server.sdk);
  await eventually(async () => {
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/writes', filterPattern: '"line 99"' }),
    );
    return events?.length;
  });
  assert.equal((await invoke('writes', {}, { InvocationType: 'DryRun' })).StatusCode, 204);
});

test('an update serves new code and no request in flight fails', async () => {
  await create('updated', 'exports.handler = async () => { await new Promise((r) => setTimeout(r, 20)); return 0; };', {
    Timeout: 30,
  });
  let stop = false;
  const failures: unknown[] = [];
  const load = Promise.all(
    [1, 2, 3].map(async () => {
      while (!stop) {
        const answer = await invoke('updated').catch((error: unknown) => ({ FunctionError: error, result: -1 }));
        if (answer.FunctionError !== undefined) failures.push(answer.FunctionError);
      }
    }),
  );
  for (let n = 1; n <= 3; n++) {
    await lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: 'updated',
        ZipFile: await zip({ 'index.js': `exports.handler = async () => ${n};` }),
      }),
    );
    assert.equal((await invoke('updated')).result, n);
  }
  stop = true;
  await load;
  assert.deepEqual(failures, []);
});

test('environment and layers reach the code; a changed configuration takes effect', async () => {
  const layer = await lambda.send(
    new PublishLayerVersionCommand({
      LayerName: 'words',
      Content: { ZipFile: await zip({ 'nodejs/node_modules/words/index.js': 'module.exports = "from the layer";' }) },
    }),
  );
  await create('configured', 'exports.handler = async () => [process.env.WORD, require("words")];', {
    Environment: { Variables: { WORD: 'first' } },
    Layers: [layer.LayerVersionArn],
  });
  assert.deepEqual((await invoke('configured')).result, ['first', 'from the layer']);
  const updated = await lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'configured',
      Environment: { Variables: { WORD: 'second' } },
    }),
  );
  assert.equal(updated.LastUpdateStatus, 'InProgress');
  assert.deepEqual((await invoke('configured')).result, ['second', 'from the layer']);
  await assert.rejects(
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'configured',
        Environment: { Variables: { AWS_REGION: 'x' } },
      }),
    ),
    { name: 'InvalidParameterValueException', message: /Reserved keys used in this request: AWS_REGION$/ },
  );
});

test('versions are immutable, aliases point to them', async () => {
  await create(
    'versioned',
    'exports.handler = async (event, context) => [1, context.functionVersion, context.invokedFunctionArn];',
  );
  const first = await lambda.send(new PublishVersionCommand({ FunctionName: 'versioned' }));
  assert.equal(first.Version, '1');
  assert.equal(
    (await lambda.send(new PublishVersionCommand({ FunctionName: 'versioned' }))).Version,
    '1',
    'nothing changed, no new version',
  );
  await lambda.send(new CreateAliasCommand({ FunctionName: 'versioned', Name: 'live', FunctionVersion: '1' }));
  await lambda.send(
    new UpdateFunctionCodeCommand({
      FunctionName: 'versioned',
      ZipFile: await zip({ 'index.js': 'exports.handler = async () => 2;' }),
    }),
  );
  assert.equal((await invoke('versioned')).result, 2);
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:versioned:live';
  assert.deepEqual((await invoke('versioned:live')).result, [1, '1', arn]);
  assert.deepEqual((await invoke('versioned', {}, { Qualifier: '1' })).ExecutedVersion, '1');
  const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'versioned' }));
  assert.deepEqual(
    Versions?.map((version) => version.Version),
    ['$LATEST', '1'],
  );
  await assert.rejects(lambda.send(new DeleteFunctionCommand({ FunctionName: 'versioned', Qualifier: '1' })), {
    name: 'ResourceConflictException',
  });
});

test('permissions make the function policy', async () => {
  const grant = {
    FunctionName: 'hello',
    StatementId: 'api',
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: 'arn:aws:execute-api:us-east-1:000000000000:abc/*',
  };
  await lambda.send(new AddPermissionCommand(grant));
  await assert.rejects(lambda.send(new AddPermissionCommand(grant)), { name: 'ResourceConflictException' });
  const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName: 'hello' }));
  assert.deepEqual(JSON.parse(Policy ?? '').Statement, [
    {
      Sid: 'api',
      Effect: 'Allow',
      Principal: { Service: 'apigateway.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
      Condition: { ArnLike: { 'AWS:SourceArn': grant.SourceArn } },
    },
  ]);
  await lambda.send(new RemovePermissionCommand({ FunctionName: 'hello', StatementId: 'api' }));
  await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName: 'hello' })), {
    name: 'ResourceNotFoundException',
  });
});

test('functions are listed and deleted', async () => {
  const { Functions, NextMarker } = await lambda.send(new ListFunctionsCommand({ MaxItems: 2 }));
  assert.deepEqual(
    Functions?.map((each) => each.FunctionName),
    ['configured', 'hello'],
  );
  assert.equal(NextMarker, 'hello');
  await lambda.send(new DeleteFunctionCommand({ FunctionName: 'hello' }));
  await assert.rejects(lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'hello' })), {
    name: 'ResourceNotFoundException',
  });
  await assert.rejects(invoke('hello'), { name: 'ResourceNotFoundException' });
});

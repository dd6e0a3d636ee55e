// Members and words of answers as AWS gives them (answers of 2023 to 2026, and what the comments name).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetLayerVersionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionEventInvokeConfigsCommand,
  ListFunctionUrlConfigsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  RemoveLayerVersionPermissionCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke, ROLE, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
const FunctionName = 'exact';
const ARN = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await createFunction(lambda, FunctionName, 'let n = 0; exports.handler = async () => ++n;');
});
after(() => server.stop());

const invalid = (message: string) => ({ name: 'InvalidParameterValueException', message });
const missing = (message: string) => ({ name: 'ResourceNotFoundException', message });
const create = async (name: string, rest: Partial<CreateFunctionCommandInput>) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: ROLE,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': 'exports.handler = async () => 1;' }) },
      ...rest,
    }),
  );
const revisionOf = async (Qualifier?: string): Promise<string | undefined> =>
  (await lambda.send(new GetFunctionCommand({ FunctionName, ...(Qualifier && { Qualifier }) }))).Configuration
    ?.RevisionId;

test('a change under way is one revision, its end another', async () => {
  const changed = await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 10 }));
  const settled = await revisionOf();
  assert.notEqual(settled, changed.RevisionId);
  assert.equal(await revisionOf(), settled);
});

test('PublishVersion answers what is being created, and again what is there; $LATEST has a revision more', async () => {
  const before = await revisionOf();
  const first = await lambda.send(new PublishVersionCommand({ FunctionName }));
  assert.deepEqual(
    [first.Version, first.State, first.StateReason, first.StateReasonCode, first.LastUpdateStatus],
    ['1', 'Pending', 'The function is being created.', 'Creating', undefined],
  );
  assert.notEqual(await revisionOf(), before);
  const again = await lambda.send(new PublishVersionCommand({ FunctionName }));
  assert.deepEqual([again.Version, again.State, again.LastUpdateStatus], ['1', 'Active', 'Successful']);
  assert.equal(again.RevisionId, await revisionOf('1'));
  const described = await lambda.send(new PublishVersionCommand({ FunctionName, Description: 'of the version' }));
  assert.deepEqual([described.Version, described.Description], ['1', '']);
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: 'of the function' }));
  const second = await lambda.send(new PublishVersionCommand({ FunctionName, Description: 'of the version' }));
  assert.deepEqual([second.Version, second.Description], ['2', 'of the version']);
  assert.equal((await lambda.send(new PublishVersionCommand({ FunctionName }))).Version, '2');
});

test('a policy has the revision of what it hangs on, and its change ends no environment', async () => {
  const grant = { FunctionName, StatementId: 's', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' };
  assert.equal((await invoke(lambda, FunctionName)).result, 1);
  const before = await revisionOf();
  await assert.rejects(lambda.send(new AddPermissionCommand({ ...grant, RevisionId: 'stale' })), {
    name: 'PreconditionFailedException',
  });
  await lambda.send(new AddPermissionCommand({ ...grant, RevisionId: before }));
  const { RevisionId } = await lambda.send(new GetPolicyCommand({ FunctionName }));
  assert.notEqual(RevisionId, before);
  assert.equal(RevisionId, await revisionOf());
  assert.equal((await invoke(lambda, FunctionName)).result, 2);
  await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: 's', RevisionId }));
  assert.notEqual(await revisionOf(), RevisionId);
  for (const Qualifier of ['9', 'nope']) {
    const words = Qualifier === '9' ? `Function not found: ${ARN}:9` : `Cannot find alias arn: ${ARN}:nope`;
    await assert.rejects(lambda.send(new AddPermissionCommand({ ...grant, Qualifier })), missing(words));
  }
});

test('GetFunction and Invoke know an alias that is not there as a function; UpdateAlias as an alias', async () => {
  const words = missing(`Function not found: ${ARN}:nope`);
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: 'nope' })), words);
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName, Qualifier: 'nope' })), words);
  await assert.rejects(
    lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'nope' })),
    missing(`Alias not found: ${ARN}:nope`),
  );
  await assert.rejects(
    lambda.send(
      new CreateAliasCommand({
        FunctionName,
        Name: 'a',
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { 1: 2 } },
      }),
    ),
    { name: 'ValidationException' },
  );
});

test('an empty VpcConfig is answered as one, an absent one not', async () => {
  const answer = await create('outside', { VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } });
  assert.deepEqual(answer.VpcConfig, {
    SubnetIds: [],
    SecurityGroupIds: [],
    VpcId: '',
    Ipv6AllowedForDualStack: false,
  });
  assert.equal((await create('never-inside', {})).VpcConfig, undefined);
});

test('what CreateFunction refuses', async () => {
  const layer = (name: string, version: number, region = 'us-east-1') =>
    `arn:aws:lambda:${region}:000000000000:layer:${name}:${version}`;
  for (let n = 0; n < 2; n++) {
    await lambda.send(
      new PublishLayerVersionCommand({ LayerName: 'both', Content: { ZipFile: await zip({ 'a.txt': String(n) }) } }),
    );
  }
  const cases: [Partial<CreateFunctionCommandInput>, { name: string; message?: string }][] = [
    [
      { LoggingConfig: { LogFormat: 'Text', ApplicationLogLevel: 'INFO' } },
      invalid(
        'Log Level is not supported when LogFormat is set to "Text". Remove log level from your request or change the LogFormat to "JSON" and try again.',
      ),
    ],
    [
      { Layers: [layer('both', 1, 'us-west-2')] },
      invalid('Layers are not in the same region as the function. Layers are expected to be in region us-east-1.'),
    ],
    [
      { Layers: [layer('both', 1), layer('both', 2)] },
      invalid(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${layer('both', 2)} and ${layer('both', 1)} are versions of the same layer.`,
      ),
    ],
    [{ FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:theirs' }, { name: 'AccessDeniedException' }],
    [
      { Code: { ZipFile: Buffer.alloc(50 * 1024 * 1024 + 1) } },
      invalid('Zipped size must be smaller than 52428800 bytes'),
    ],
  ];
  for (const [rest, error] of cases) await assert.rejects(create('refused', rest), error);
});

test('what belongs to a function is not changed by a version or an alias', async () => {
  const words = invalid(
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  );
  const qualified = { FunctionName: `${FunctionName}:1` };
  await assert.rejects(
    lambda.send(new PutFunctionConcurrencyCommand({ ...qualified, ReservedConcurrentExecutions: 1 })),
    words,
  );
  await assert.rejects(lambda.send(new GetFunctionConcurrencyCommand(qualified)), words);
  await assert.rejects(lambda.send(new UpdateFunctionConfigurationCommand({ ...qualified, Timeout: 4 })), words);
});

test('a payload that is no JSON is shown with the place', async () => {
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName, Payload: 'test' })), {
    name: 'InvalidRequestContentException',
    message:
      "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'test': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (byte[])\"test\"; line: 1, column: 5]",
  });
});

test('words for functions and layers that are not there', async () => {
  const nobody = { FunctionName: 'nobody' };
  const config = missing("The function doesn't exist.");
  await assert.rejects(
    lambda.send(new PutFunctionEventInvokeConfigCommand({ ...nobody, MaximumRetryAttempts: 0 })),
    config,
  );
  await assert.rejects(lambda.send(new ListFunctionEventInvokeConfigsCommand(nobody)), config);
  const url = missing('Function does not exist');
  await assert.rejects(lambda.send(new CreateFunctionUrlConfigCommand({ ...nobody, AuthType: 'NONE' })), url);
  await assert.rejects(
    lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, Qualifier: 'nope', AuthType: 'NONE' })),
    url,
  );
  await assert.rejects(lambda.send(new ListFunctionUrlConfigsCommand(nobody)), url);
  const below = invalid('Layer Version Cannot be less than 1');
  await assert.rejects(lambda.send(new GetLayerVersionCommand({ LayerName: 'both', VersionNumber: -1 })), below);
  await assert.rejects(lambda.send(new DeleteLayerVersionCommand({ LayerName: 'both', VersionNumber: 0 })), below);
  await assert.rejects(
    lambda.send(new RemoveLayerVersionPermissionCommand({ LayerName: 'both', VersionNumber: 7, StatementId: 's' })),
    missing('Layer version arn:aws:lambda:us-east-1:000000000000:layer:both:7 does not exist.'),
  );
  await assert.rejects(
    lambda.send(new TagResourceCommand({ Resource: ARN, Tags: {} })),
    invalid('An error occurred and the request cannot be processed.'),
  );
});

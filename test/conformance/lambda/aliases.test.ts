import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddLayerVersionPermissionCommand,
  AddPermissionCommand,
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteLayerVersionCommand,
  GetAliasCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  GetLayerVersionPolicyCommand,
  GetPolicyCommand,
  LambdaClient,
  ListAliasesCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  RemoveLayerVersionPermissionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  type AddPermissionCommandInput,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:two';
const FunctionName = 'two';
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await createFunction(lambda, FunctionName, 'exports.handler = async () => 1;');
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  const ZipFile = await zip({ 'index.js': 'exports.handler = async () => 2;' });
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, Publish: true }));
});
after(() => server.stop());

const invalid = (message: string) => ({ name: 'InvalidParameterValueException', message });

test('a weighted alias sends its share to the other version', async () => {
  const created = await lambda.send(
    new CreateAliasCommand({
      FunctionName,
      Name: 'half',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
    }),
  );
  const { $metadata: _1, RevisionId: _2, ...alias } = created;
  assert.deepEqual(alias, {
    AliasArn: `${ARN}:half`,
    Name: 'half',
    FunctionVersion: '1',
    Description: '',
    RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
  });
  const seen = new Set<string | undefined>();
  for (let n = 0; n < 200 && seen.size < 2; n++) {
    const answer = await invoke(lambda, 'two:half');
    assert.equal(answer.version, String(answer.result));
    seen.add(answer.version);
  }
  assert.deepEqual(seen, new Set(['1', '2']));
  await lambda.send(
    new UpdateAliasCommand({ FunctionName, Name: 'half', RoutingConfig: { AdditionalVersionWeights: { 2: 1 } } }),
  );
  for (let n = 0; n < 10; n++) assert.equal((await invoke(lambda, 'two:half')).version, '2');
  const cleared = await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'half', RoutingConfig: {} }));
  assert.equal(cleared.RoutingConfig, undefined);
  assert.equal((await invoke(lambda, 'two:half')).version, '1');
});

test('what an alias cannot be', async () => {
  const create = (rest: { Name?: string; FunctionVersion?: string; weights?: Record<string, number> }) =>
    lambda.send(
      new CreateAliasCommand({
        FunctionName,
        Name: rest.Name ?? 'wrong',
        FunctionVersion: rest.FunctionVersion ?? '1',
        ...(rest.weights && { RoutingConfig: { AdditionalVersionWeights: rest.weights } }),
      }),
    );
  await assert.rejects(create({ FunctionVersion: '9' }), {
    name: 'ResourceNotFoundException',
    message: `Function not found: ${ARN}:9`,
  });
  await assert.rejects(create({ Name: 'half' }), {
    name: 'ResourceConflictException',
    message: `Alias already exists: ${ARN}:half`,
  });
  await assert.rejects(
    create({ FunctionVersion: '$LATEST', weights: { 1: 0.1 } }),
    invalid('$LATEST is not supported for an alias pointing to more than 1 version'),
  );
  await assert.rejects(
    create({ weights: { 1: 0.1 } }),
    invalid('Invalid function version 1. Function version 1 is already included in routing configuration.'),
  );
  await assert.rejects(create({ Name: '12' }), { name: 'ValidationException' });
});

test('aliases are read, guarded by revision, listed by version, and take their policy along', async () => {
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }));
  const alias = await lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }));
  await assert.rejects(lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', RevisionId: 'stale' })), {
    name: 'PreconditionFailedException',
  });
  assert.notEqual(
    (await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', Description: 'x' }))).RevisionId,
    alias.RevisionId,
  );
  const { Aliases } = await lambda.send(new ListAliasesCommand({ FunctionName, FunctionVersion: '2' }));
  assert.deepEqual(
    Aliases?.map((each) => each.Name),
    ['live'],
  );
  const grant = { FunctionName, StatementId: 's', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' };
  await lambda.send(new AddPermissionCommand({ ...grant, Qualifier: 'live' }));
  await lambda.send(new DeleteAliasCommand({ FunctionName, Name: 'live' }));
  await lambda.send(new DeleteAliasCommand({ FunctionName, Name: 'live' }));
  await assert.rejects(lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' })), {
    name: 'ResourceNotFoundException',
    message: `Cannot find alias arn: ${ARN}:live`,
  });
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }));
  await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName, Qualifier: 'live' })), {
    name: 'ResourceNotFoundException',
  });
});

test('AddPermission writes the statement that each form of grant means', async () => {
  const grants: [Partial<AddPermissionCommandInput>, object][] = [
    [{ Principal: '111122223333' }, { Principal: { AWS: 'arn:aws:iam::111122223333:root' } }],
    [
      { Principal: 'arn:aws:iam::111122223333:role/caller' },
      { Principal: { AWS: 'arn:aws:iam::111122223333:role/caller' } },
    ],
    [
      { Principal: '*', PrincipalOrgID: 'o-1234567890' },
      { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } },
    ],
    [
      { Principal: 's3.amazonaws.com', SourceAccount: '111122223333', SourceArn: 'arn:aws:s3:::bucket' },
      {
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          StringEquals: { 'AWS:SourceAccount': '111122223333' },
          ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::bucket' },
        },
      },
    ],
    [
      { Principal: 'alexa-appkit.amazon.com', EventSourceToken: 'skill' },
      {
        Principal: { Service: 'alexa-appkit.amazon.com' },
        Condition: { StringEquals: { 'lambda:EventSourceToken': 'skill' } },
      },
    ],
    [
      { Principal: '*', Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' },
      {
        Principal: '*',
        Action: 'lambda:InvokeFunctionUrl',
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
      },
    ],
    [
      { Principal: '*', InvokedViaFunctionUrl: true },
      { Principal: '*', Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } } },
    ],
  ];
  for (const [index, [grant, expected]] of grants.entries()) {
    const { Statement } = await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: `s${index}`,
        Action: 'lambda:InvokeFunction',
        Principal: '',
        ...grant,
      }),
    );
    assert.deepEqual(JSON.parse(Statement ?? ''), {
      Sid: `s${index}`,
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: ARN,
      ...expected,
    });
  }
  const add = (rest: Partial<AddPermissionCommandInput>) =>
    lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: 'x',
        Action: 'lambda:InvokeFunction',
        Principal: 's3.amazonaws.com',
        ...rest,
      }),
    );
  await assert.rejects(
    add({ Principal: 'nobody' }),
    invalid('The provided principal was invalid. Please check the principal and try again.'),
  );
  await assert.rejects(
    add({ Qualifier: '$LATEST' }),
    invalid('We currently do not support adding policies for $LATEST.'),
  );
  await assert.rejects(add({ StatementId: 's0' }), {
    name: 'ResourceConflictException',
    message:
      'The statement id (s0) provided already exists. Please provide a new statement id, or remove the existing statement.',
  });
  await assert.rejects(add({ RevisionId: 'stale' }), { name: 'PreconditionFailedException' });
  for (let n = 0; n < grants.length; n++)
    await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: `s${n}` }));
  await assert.rejects(lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: 's0' })), {
    name: 'ResourceNotFoundException',
    message: 'No policy is associated with the given resource.',
  });
});

test('a policy above 20 KB is refused', async () => {
  const add = (n: number) =>
    lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: `big${n}-${'x'.repeat(80)}`,
        Action: 'lambda:InvokeFunction',
        Principal: 's3.amazonaws.com',
        SourceArn: `arn:aws:s3:::${'y'.repeat(1000)}`,
      }),
    );
  await assert.rejects(
    async () => {
      for (let n = 0; n < 40; n++) await add(n);
    },
    {
      name: 'PolicyLengthExceededException',
      message: /^The final policy size \(\d+\) is bigger than the limit \(20480\)\.$/,
    },
  );
});

test('layers: versions count up, are listed newest first, and filtered', async () => {
  const LayerName = 'words';
  const publish = async (text: string, runtime: 'nodejs22.x' | 'python3.12') =>
    lambda.send(
      new PublishLayerVersionCommand({
        LayerName,
        Description: text,
        LicenseInfo: 'MIT',
        CompatibleRuntimes: [runtime],
        CompatibleArchitectures: ['x86_64'],
        Content: { ZipFile: await zip({ 'a.txt': text }) },
      }),
    );
  const first = await publish('one', 'nodejs22.x');
  const layerArn = 'arn:aws:lambda:us-east-1:000000000000:layer:words';
  const { $metadata: _1, Content, CreatedDate, ...rest } = first;
  assert.deepEqual(rest, {
    LayerArn: layerArn,
    LayerVersionArn: `${layerArn}:1`,
    Version: 1,
    Description: 'one',
    CompatibleRuntimes: ['nodejs22.x'],
    CompatibleArchitectures: ['x86_64'],
    LicenseInfo: 'MIT',
  });
  assert.match(CreatedDate ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  const bytes = Buffer.from(await (await fetch(Content?.Location ?? '')).arrayBuffer());
  assert.equal(bytes.length, Content?.CodeSize);
  assert.equal((await publish('two', 'python3.12')).Version, 2);
  const { LayerVersions } = await lambda.send(new ListLayerVersionsCommand({ LayerName }));
  assert.deepEqual(
    LayerVersions?.map((each) => each.Version),
    [2, 1],
  );
  const page = await lambda.send(new ListLayerVersionsCommand({ LayerName, MaxItems: 1 }));
  const next = await lambda.send(
    new ListLayerVersionsCommand({ LayerName, MaxItems: 1, Marker: page.NextMarker ?? '' }),
  );
  assert.deepEqual(
    [page.LayerVersions?.[0]?.Version, next.LayerVersions?.[0]?.Version, next.NextMarker],
    [2, 1, undefined],
  );
  const { Layers } = await lambda.send(new ListLayersCommand({ CompatibleRuntime: 'nodejs22.x' }));
  assert.deepEqual(
    Layers?.map((each) => [each.LayerName, each.LatestMatchingVersion?.Version]),
    [['words', 1]],
  );
  const byArn = await lambda.send(new GetLayerVersionByArnCommand({ Arn: `${layerArn}:2` }));
  assert.equal(byArn.Description, 'two');
  await lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: 2 }));
  await assert.rejects(lambda.send(new GetLayerVersionCommand({ LayerName, VersionNumber: 2 })), {
    name: 'ResourceNotFoundException',
    message: 'The resource you requested does not exist.',
  });
  assert.equal((await publish('three', 'nodejs22.x')).Version, 3, 'numbers are never used again');
  await assert.rejects(
    lambda.send(new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: Buffer.from('no zip') } })),
    invalid('Could not unzip uploaded file. Please check your file, then try to upload again.'),
  );
});

test('the policy of a layer version', async () => {
  const at = { LayerName: 'words', VersionNumber: 1 };
  await assert.rejects(lambda.send(new GetLayerVersionPolicyCommand(at)), { name: 'ResourceNotFoundException' });
  const added = await lambda.send(
    new AddLayerVersionPermissionCommand({
      ...at,
      StatementId: 'all',
      Action: 'lambda:GetLayerVersion',
      Principal: '*',
    }),
  );
  const statement = {
    Sid: 'all',
    Effect: 'Allow',
    Principal: '*',
    Action: 'lambda:GetLayerVersion',
    Resource: 'arn:aws:lambda:us-east-1:000000000000:layer:words:1',
  };
  assert.deepEqual(JSON.parse(added.Statement ?? ''), statement);
  const policy = await lambda.send(new GetLayerVersionPolicyCommand(at));
  assert.deepEqual(JSON.parse(policy.Policy ?? ''), { Version: '2012-10-17', Id: 'default', Statement: [statement] });
  assert.equal(policy.RevisionId, added.RevisionId);
  await assert.rejects(
    lambda.send(
      new AddLayerVersionPermissionCommand({
        ...at,
        StatementId: 'more',
        Action: 'lambda:GetLayerVersion',
        Principal: '111122223333',
        RevisionId: 'stale',
      }),
    ),
    { name: 'PreconditionFailedException' },
  );
  await lambda.send(new RemoveLayerVersionPermissionCommand({ ...at, StatementId: 'all' }));
  await assert.rejects(lambda.send(new GetLayerVersionPolicyCommand(at)), { name: 'ResourceNotFoundException' });
});

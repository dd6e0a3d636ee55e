import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  GetRuntimeManagementConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, ROLE, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
const HELLO = 'exports.handler = async () => 1;';
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:plain';
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await createFunction(lambda, 'plain', HELLO, { Tags: { stage: 'test' } });
});
after(() => server.stop());

const refused = async (
  rest: Partial<CreateFunctionCommandInput>,
  expected: { name: string; message: string | RegExp },
) => assert.rejects(createFunction(lambda, 'refused', HELLO, rest), expected);
const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterValueException', message });
const validation = (message: string | RegExp) => ({ name: 'ValidationException', message });

test('an unknown runtime is refused with the list of those there are', async () => {
  for (const name of ['nodejs99', 'nodejs99.x', 'python3.99']) {
    const text = new RegExp(
      `^Value ${name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \\[.*nodejs24\\.x.*\\] or be a valid ARN$`,
    );
    await refused({ Runtime: name as never }, invalid(text));
    await assert.rejects(
      lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'plain', Runtime: name as never })),
      invalid(text),
    );
  }
});

test('limits of settings', async () => {
  await refused(
    { MemorySize: 64 },
    validation(/at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128$/),
  );
  await refused(
    { MemorySize: 10_241 },
    validation(/at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240$/),
  );
  await refused(
    { Timeout: 901 },
    validation(/at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900$/),
  );
  await refused({ EphemeralStorage: { Size: 511 } }, validation(/at 'ephemeralStorage.size'/));
  await refused(
    { Environment: { Variables: { BIG: 'x'.repeat(4096) } } },
    invalid(
      /^Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit\. String measured: \{"BIG":"x+"\}$/,
    ),
  );
  await refused(
    { Handler: undefined },
    invalid('Runtime and Handler are mandatory parameters for functions created with deployment packages.'),
  );
  await refused(
    { Role: 'nobody' },
    validation(/at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern/),
  );
  await refused(
    { Role: 'arn:aws:iam::999999999999:role/other' },
    { name: 'AccessDeniedException', message: 'Cross-account pass role is not allowed.' },
  );
  await refused(
    { Layers: Array.from({ length: 6 }, (_, n) => `arn:aws:lambda:us-east-1:000000000000:layer:l${n}:1`) },
    invalid(/^Cannot reference more than 5 layers\.$/),
  );
  await refused(
    { Architectures: ['x86_64', 'arm64'] },
    { name: /^(InvalidParameterValueException|ValidationException)$/ as never, message: /rchitectures/ },
  );
});

test('settings that would have no effect are refused in words', async () => {
  const without: [Partial<CreateFunctionCommandInput>, string][] = [
    [{ VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } }, 'VpcConfig'],
    [{ KMSKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/a' }, 'KMSKeyArn'],
    [{ SnapStart: { ApplyOn: 'PublishedVersions' }, Runtime: 'python3.12' }, 'SnapStart'],
  ];
  for (const [settings, word] of without) {
    await refused(settings, invalid(new RegExp(`^Gatehouse does not offer ${word}`)));
  }
});

test('SnapStart is refused in the words of AWS where the runtime has none', async () => {
  await refused(
    { SnapStart: { ApplyOn: 'PublishedVersions' } },
    invalid('nodejs22.x is not supported for SnapStart enabled functions.'),
  );
});

test('a package comes from one place', async () => {
  await refused({ Code: {} }, invalid('Please provide a source for function code.'));
  const ZipFile = await zip({ 'index.js': HELLO });
  await refused(
    { Code: { ZipFile, S3Bucket: 'bucket', S3Key: 'key' } },
    invalid('Please do not provide other FunctionCode parameters when providing a ZipFile.'),
  );
  await refused(
    { Code: { S3Bucket: 'no-such-bucket', S3Key: 'key' } },
    invalid(/^Error occurred while GetObject\. S3 Error Code: NoSuchBucket\. S3 Error Message: /),
  );
  await refused(
    { Code: { ZipFile: Buffer.from('no zip') } },
    invalid(/^Could not unzip uploaded file\. Please check your file, then try to upload again\.$/),
  );
});

test('functions are named by name, partial and full ARN, with a qualifier or without', async () => {
  await lambda.send(new PublishVersionCommand({ FunctionName: 'plain' }));
  const names = ['plain', 'function:plain', '000000000000:function:plain', ARN];
  for (const FunctionName of names) {
    const at = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.equal(at.FunctionArn, ARN, FunctionName);
    const version = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `${FunctionName}:1` }));
    assert.deepEqual([version.FunctionArn, version.Version], [`${ARN}:1`, '1']);
  }
  const latest = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: 'plain', Qualifier: '$LATEST' }),
  );
  assert.deepEqual([latest.FunctionArn, latest.Version], [`${ARN}:$LATEST`, '$LATEST']);
  await assert.rejects(
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `${ARN}:1`, Qualifier: '2' })),
    invalid('The derived qualifier from the function name does not match the specified qualifier.'),
  );
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: ARN.replace('us-east-1', 'eu-west-1') })), {
    name: 'ResourceNotFoundException',
    message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
  });
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: 'plain', Qualifier: '7' })), {
    name: 'ResourceNotFoundException',
    message: `Function not found: ${ARN}:7`,
  });
  await assert.rejects(
    createFunction(lambda, 'x'.repeat(65), HELLO),
    validation(/at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64$/),
  );
});

test('lists leave out the state and the version of the runtime', async () => {
  const { Functions } = await lambda.send(new ListFunctionsCommand({}));
  const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'plain' }));
  for (const each of [...(Functions ?? []), ...(Versions ?? [])]) {
    assert.deepEqual([each.State, each.LastUpdateStatus, each.RuntimeVersionConfig], [undefined, undefined, undefined]);
    assert.equal(each.PackageType, 'Zip');
  }
  assert.deepEqual(
    Versions?.map((each) => each.FunctionArn),
    [`${ARN}:$LATEST`, `${ARN}:1`],
  );
});

test('pages of versions and functions', async () => {
  await createFunction(lambda, 'paged', HELLO);
  for (let n = 1; n <= 4; n++) {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'paged', Timeout: n + 5 }));
    await lambda.send(new PublishVersionCommand({ FunctionName: 'paged', Description: `n${n}` }));
  }
  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await lambda.send(
      new ListVersionsByFunctionCommand({
        FunctionName: 'paged',
        MaxItems: 2,
        ...(Marker !== undefined && { Marker }),
      }),
    );
    assert.ok((page.Versions?.length ?? 0) <= 2);
    seen.push(...(page.Versions ?? []).map((each) => each.Version));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(seen, ['$LATEST', '1', '2', '3', '4']);
});

test('revision ids guard changes', async () => {
  await createFunction(lambda, 'guarded', HELLO);
  const { RevisionId } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'guarded' }));
  const changed = await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'guarded', Timeout: 4, ...(RevisionId && { RevisionId }) }),
  );
  assert.notEqual(changed.RevisionId, RevisionId);
  const stale = { name: 'PreconditionFailedException' };
  await assert.rejects(
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'guarded',
        Timeout: 5,
        ...(RevisionId && { RevisionId }),
      }),
    ),
    stale,
  );
  await assert.rejects(
    lambda.send(new PublishVersionCommand({ FunctionName: 'guarded', ...(RevisionId && { RevisionId }) })),
    stale,
  );
  await assert.rejects(
    lambda.send(new PublishVersionCommand({ FunctionName: 'guarded', CodeSha256: 'other' })),
    invalid(/^CodeSHA256 \(other\) is different from current CodeSHA256 in \$LATEST/),
  );
});

test('of two changes at once none is lost without a word', async () => {
  await createFunction(lambda, 'raced', HELLO);
  const changes = [{ Timeout: 7 }, { MemorySize: 256 }, { Description: 'new' }];
  const outcomes = await Promise.allSettled(
    changes.map((change) => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'raced', ...change }))),
  );
  const now = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'raced' }));
  for (const [index, change] of changes.entries()) {
    const outcome = outcomes[index]!;
    const [[name, value] = ['', undefined]] = Object.entries(change);
    if (outcome.status === 'fulfilled') assert.equal(now[name as 'Timeout'], value);
    else {
      assert.equal(
        (outcome.reason as Error).message,
        `The operation cannot be performed at this time. An update is in progress for resource: ${ARN.replace('plain', 'raced')}`,
      );
    }
  }
  assert.ok(outcomes.some((outcome) => outcome.status === 'fulfilled'));
});

test('DryRun of new code checks it and changes nothing', async () => {
  const FunctionName = 'plain';
  const before = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const ZipFile = await zip({ 'index.js': 'exports.handler = async () => 2;' });
  const dry = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, DryRun: true }));
  assert.notEqual(dry.CodeSha256, before.CodeSha256);
  const after_ = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  assert.deepEqual([after_.CodeSha256, after_.RevisionId], [before.CodeSha256, before.RevisionId]);
  await assert.rejects(
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: Buffer.from('x'), DryRun: true })),
    invalid(/^Could not unzip/),
  );
});

test('Publish makes a version along with the change', async () => {
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'published',
      Role: ROLE,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Publish: true,
      Code: { ZipFile: await zip({ 'index.js': HELLO }) },
    }),
  );
  assert.deepEqual([created.Version, created.State], ['1', 'Pending']);
  const updated = await lambda.send(
    new UpdateFunctionCodeCommand({
      FunctionName: 'published',
      Publish: true,
      ZipFile: await zip({ 'index.js': 'exports.handler = async () => 2;' }),
    }),
  );
  assert.deepEqual([updated.Version, updated.FunctionArn], ['2', ARN.replace('plain', 'published:2')]);
});

test('an environment that is emptied is absent', async () => {
  await createFunction(lambda, 'emptied', HELLO, { Environment: { Variables: { ONE: '1' } } });
  const updated = await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'emptied', Environment: { Variables: {} } }),
  );
  assert.equal(updated.Environment, undefined);
});

test('tags belong to the function, not to its versions', async () => {
  await lambda.send(new TagResourceCommand({ Resource: ARN, Tags: { team: 'red' } }));
  await lambda.send(new UntagResourceCommand({ Resource: ARN, TagKeys: ['stage'] }));
  assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource: ARN }))).Tags, { team: 'red' });
  assert.deepEqual((await lambda.send(new GetFunctionCommand({ FunctionName: 'plain' }))).Tags, { team: 'red' });
  await assert.rejects(lambda.send(new TagResourceCommand({ Resource: `${ARN}:1`, Tags: { a: 'b' } })), {
    name: /^(InvalidParameterValueException|ValidationException)$/ as never,
    message: /.+/,
  });
  const Tags = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, '']));
  await assert.rejects(lambda.send(new TagResourceCommand({ Resource: ARN, Tags })), {
    name: 'InvalidParameterValueException',
  });
});

test('reserved concurrency leaves 100 to the rest of the account', async () => {
  const put = (FunctionName: string, ReservedConcurrentExecutions: number) =>
    lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
  assert.equal((await put('plain', 500)).ReservedConcurrentExecutions, 500);
  await put('guarded', 400);
  await assert.rejects(
    put('guarded', 401),
    invalid(
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  );
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
  assert.equal(AccountLimit?.UnreservedConcurrentExecutions, 100);
  assert.deepEqual((await lambda.send(new GetFunctionCommand({ FunctionName: 'plain' }))).Concurrency, {
    ReservedConcurrentExecutions: 500,
  });
  await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'plain' }));
  assert.equal(
    (await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'plain' }))).ReservedConcurrentExecutions,
    undefined,
  );
});

test('what a function has none of is said truthfully', async () => {
  const FunctionName = 'plain';
  const signing = await lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }));
  assert.deepEqual([signing.FunctionName, signing.CodeSigningConfigArn], ['plain', undefined]);
  await assert.rejects(lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' })), {
    name: 'ProvisionedConcurrencyConfigNotFoundException',
    message: 'No Provisioned Concurrency Config found for this function',
  });
  assert.deepEqual(
    (await lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }))).ProvisionedConcurrencyConfigs,
    [],
  );
  assert.equal((await lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName }))).UpdateRuntimeOn, 'Auto');
});

test('DeleteFunction deletes a version alone, and answers 204', async () => {
  const gone = await lambda.send(new DeleteFunctionCommand({ FunctionName: 'published', Qualifier: '1' }));
  assert.equal(gone.$metadata.httpStatusCode, 204);
  const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'published' }));
  assert.deepEqual(
    Versions?.map((each) => each.Version),
    ['$LATEST', '2'],
  );
  await assert.rejects(
    lambda.send(new DeleteFunctionCommand({ FunctionName: 'published', Qualifier: '$LATEST' })),
    invalid('$LATEST version cannot be deleted without deleting the function.'),
  );
  await lambda.send(new DeleteFunctionCommand({ FunctionName: 'published' }));
  await assert.rejects(lambda.send(new DeleteFunctionCommand({ FunctionName: 'published' })), {
    name: 'ResourceNotFoundException',
  });
});

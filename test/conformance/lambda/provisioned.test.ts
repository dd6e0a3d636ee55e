import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetProvisionedConcurrencyConfigCommand,
  LambdaClient,
  ListProvisionedConcurrencyConfigsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  type GetProvisionedConcurrencyConfigCommandOutput,
} from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const SOURCE = 'exports.handler = async () => [process.env.AWS_LAMBDA_INITIALIZATION_TYPE, TEXT];';
const source = (text: string): string => SOURCE.replace('TEXT', JSON.stringify(text));

const publish = async (FunctionName: string): Promise<string> =>
  (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version ?? '';

const put = (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions = 1): Promise<any> =>
  lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions }));

const get = (FunctionName: string, Qualifier: string): Promise<GetProvisionedConcurrencyConfigCommandOutput> =>
  lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));

const ready = (name: string, qualifier: string): Promise<GetProvisionedConcurrencyConfigCommandOutput> =>
  eventually(async () => {
    const config = await get(name, qualifier);
    return config.Status === 'READY' ? config : undefined;
  });

const invalid = (message: string): object => ({ name: 'InvalidParameterValueException', message, Type: 'User' });

test('a configuration begins IN_PROGRESS and is READY when its environments are initialised', async () => {
  await createFunction(lambda, 'begins', source('one'));
  const version = await publish('begins');
  const { $metadata, LastModified, ...answer } = await put('begins', version, 2);
  assert.equal($metadata.httpStatusCode, 202);
  assert.match(LastModified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  assert.deepEqual(answer, {
    RequestedProvisionedConcurrentExecutions: 2,
    AllocatedProvisionedConcurrentExecutions: 0,
    Status: 'IN_PROGRESS',
  });
  const { $metadata: _, ...config } = await ready('begins', version);
  assert.deepEqual(config, {
    RequestedProvisionedConcurrentExecutions: 2,
    AvailableProvisionedConcurrentExecutions: 2,
    AllocatedProvisionedConcurrentExecutions: 2,
    Status: 'READY',
    LastModified,
  });
  assert.deepEqual((await invoke(lambda, 'begins', {}, { Qualifier: version })).result, [
    'provisioned-concurrency',
    'one',
  ]);
  assert.deepEqual((await invoke(lambda, 'begins')).result, ['on-demand', 'one']);
});

test('a function that cannot be initialised is FAILED, with the reason', async () => {
  await createFunction(lambda, 'broken', 'throw new Error("broken");');
  const version = await publish('broken');
  await put('broken', version);
  const config = await eventually(async () => {
    const now = await get('broken', version);
    return now.Status === 'FAILED' ? now : undefined;
  });
  assert.equal(config.StatusReason, 'FUNCTION_ERROR_INIT_FAILURE');
  assert.equal(config.AvailableProvisionedConcurrentExecutions, 0);
});

test('an alias takes its provisioned concurrency to the version that it is moved to', async () => {
  await createFunction(lambda, 'moves', source('first'));
  const first = await publish('moves');
  await lambda.send(new CreateAliasCommand({ FunctionName: 'moves', Name: 'live', FunctionVersion: first }));
  await put('moves', 'live');
  await ready('moves', 'live');
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'moves', ZipFile: await zip({ 'index.js': source('second') }) }),
  );
  const second = await publish('moves');
  await lambda.send(new UpdateAliasCommand({ FunctionName: 'moves', Name: 'live', FunctionVersion: second }));
  await ready('moves', 'live');
  const { result, version } = await invoke(lambda, 'moves', {}, { Qualifier: 'live' });
  assert.deepEqual([result, version], [['provisioned-concurrency', 'second'], second]);
  await lambda.send(new DeleteAliasCommand({ FunctionName: 'moves', Name: 'live' }));
  const { ProvisionedConcurrencyConfigs } = await lambda.send(
    new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'moves' }),
  );
  assert.deepEqual(ProvisionedConcurrencyConfigs, []);
});

test('$LATEST, and an alias of it, cannot be provisioned', async () => {
  await createFunction(lambda, 'latest', source('one'));
  await lambda.send(new CreateAliasCommand({ FunctionName: 'latest', Name: 'dev', FunctionVersion: '$LATEST' }));
  const words = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';
  await assert.rejects(put('latest', '$LATEST'), invalid(words));
  await assert.rejects(put('latest', 'dev'), invalid(words));
  await assert.rejects(
    get('latest', '$LATEST'),
    invalid('The function resource provided must be an alias or a published version.'),
  );
});

test('a version is provisioned by itself or by an alias, not by both', async () => {
  await createFunction(lambda, 'both', source('one'));
  const version = await publish('both');
  await lambda.send(new CreateAliasCommand({ FunctionName: 'both', Name: 'live', FunctionVersion: version }));
  await put('both', version);
  await assert.rejects(put('both', 'live'), {
    name: 'ResourceConflictException',
    message: "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  });
  const deleted = await lambda.send(
    new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: 'both', Qualifier: version }),
  );
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  await put('both', 'live');
  await assert.rejects(put('both', version), {
    name: 'ResourceConflictException',
    message: 'Version is pointed by a Provisioned Concurrency alias',
  });
  await assert.rejects(
    lambda.send(new UpdateAliasCommand({ FunctionName: 'both', Name: 'live', FunctionVersion: '$LATEST' })),
    invalid('Provisioned Concurrency Configs cannot be applied to unpublished function versions.'),
  );
});

test('a weighted alias cannot be provisioned', async () => {
  await createFunction(lambda, 'weighted', source('one'));
  const first = await publish('weighted');
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'weighted', ZipFile: await zip({ 'index.js': source('two') }) }),
  );
  const second = await publish('weighted');
  const RoutingConfig = { AdditionalVersionWeights: { [second]: 0.5 } };
  const alias = { FunctionName: 'weighted', Name: 'live', FunctionVersion: first, RoutingConfig };
  await lambda.send(new CreateAliasCommand(alias));
  await assert.rejects(
    put('weighted', 'live'),
    invalid('Alias with weights can not be used with Provisioned Concurrency'),
  );
});

test('what is not there is said as such', async () => {
  await createFunction(lambda, 'absent', source('one'));
  const version = await publish('absent');
  await assert.rejects(get('absent', version), {
    name: 'ProvisionedConcurrencyConfigNotFoundException',
    message: 'No Provisioned Concurrency Config found for this function',
    Type: 'User',
  });
  await assert.rejects(put('absent', '99'), {
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent:99',
  });
  await assert.rejects(put('absent', 'nope'), {
    name: 'ResourceNotFoundException',
    message: 'Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:absent:nope',
  });
  await assert.rejects(put('absent', version, 0), { name: 'ValidationException' });
  await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: 'absent', Qualifier: version }));
});

test('it stays within what the function reserves, and the account keeps its minimum', async () => {
  await createFunction(lambda, 'amounts', source('one'));
  const version = await publish('amounts');
  const unreserved = async (): Promise<number> =>
    (await lambda.send(new GetAccountSettingsCommand({}))).AccountLimit?.UnreservedConcurrentExecutions ?? 0;
  const free = await unreserved();
  await assert.rejects(
    put('amounts', version, free - 50),
    invalid(
      "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  );
  await assert.rejects(
    put('amounts', version, free + 1),
    invalid(
      free === 1000
        ? "Specified ConcurrentExecutions for function is greater than account's concurrency limit [1000]."
        : `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${free}].`,
    ),
  );
  const reserve = (ReservedConcurrentExecutions: number): Promise<unknown> =>
    lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'amounts', ReservedConcurrentExecutions }));
  await reserve(1);
  await assert.rejects(
    put('amounts', version, 2),
    invalid(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    ),
  );
  await put('amounts', version, 1);
  assert.equal(await unreserved(), free - 1);
  await assert.rejects(
    reserve(0),
    invalid("ReservedConcurrentExecutions  0 should not be lower than function's total provisioned concurrency [1]."),
  );
  await ready('amounts', version);
  await assert.rejects(invoke(lambda, 'amounts'), {
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    retryAfterSeconds: '1',
    Type: 'User',
  });
  assert.equal((await invoke(lambda, 'amounts', {}, { Qualifier: version })).status, 200);
  await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'amounts' }));
  assert.equal(await unreserved(), free - 1);
});

test('configurations are listed with their ARNs, in pages', async () => {
  await createFunction(lambda, 'listed', source('one'));
  const version = await publish('listed');
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'listed', ZipFile: await zip({ 'index.js': source('two') }) }),
  );
  await lambda.send(
    new CreateAliasCommand({ FunctionName: 'listed', Name: 'live', FunctionVersion: await publish('listed') }),
  );
  await Promise.all([put('listed', version), put('listed', 'live')]);
  const list = async (rest: object): Promise<any> =>
    lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'listed', ...rest }));
  const first = await list({ MaxItems: 1 });
  const second = await list({ MaxItems: 1, Marker: first.NextMarker });
  const arns = [...first.ProvisionedConcurrencyConfigs, ...second.ProvisionedConcurrencyConfigs].map(
    ({ FunctionArn }) => FunctionArn,
  );
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:listed';
  assert.deepEqual(arns, [`${arn}:1`, `${arn}:live`]);
  assert.equal(second.NextMarker, undefined);
});

test('the environments are made again when the program starts again', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-provisioned-'));
  try {
    const earlier = await startTestServer({ config: { dataDir } });
    const client = new LambdaClient(earlier.sdk);
    await createFunction(client, 'kept', source('one'));
    await client.send(new PublishVersionCommand({ FunctionName: 'kept' }));
    await client.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName: 'kept',
        Qualifier: '1',
        ProvisionedConcurrentExecutions: 1,
      }),
    );
    await earlier.stop();
    const later = await startTestServer({ config: { dataDir } });
    const again = new LambdaClient(later.sdk);
    await eventually(async () => {
      const input = { FunctionName: 'kept', Qualifier: '1' };
      return (await again.send(new GetProvisionedConcurrencyConfigCommand(input))).Status === 'READY';
    });
    assert.equal((await invoke(again, 'kept', {}, { Qualifier: '1' })).result[0], 'provisioned-concurrency');
    await later.stop();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

// PackageType Image through the API: which images are found, what the answers have and lack, what is refused and how.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  type Capability,
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  type InvalidParameterValueException,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { ImageStore } from '#functions/images/store.ts';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { bashImage, dockerArchive } from '../../image-archive.ts';
import { ROLE, zip } from './fixture.ts';

const REGISTRY = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-images-'));
let server: TestServer;
let lambda: LambdaClient;
/** hexadecimal */
let digest: string;
let other: string;

async function load(name: string, marker: string): Promise<string> {
  const file = path.join(dataDir, 'archive.tar');
  writeFileSync(file, dockerArchive(bashImage([{ path: 'app/marker', content: marker }]), [name]));
  const [loaded] = await new ImageStore(path.join(dataDir, 'functions/images')).load(file);
  return loaded?.image.digest.slice('sha256:'.length) ?? '';
}

before(async () => {
  server = await startTestServer({ config: { dataDir } });
  lambda = new LambdaClient(server.sdk);
  digest = await load('team/app:1', 'one');
  other = await load('team/app:2', 'two');
});
after(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const create = (FunctionName: string, rest: Partial<CreateFunctionCommandInput> = {}) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      PackageType: 'Image',
      Code: { ImageUri: `${REGISTRY}/team/app:1` },
      ...rest,
    }),
  );
async function run(FunctionName: string, command: string): Promise<string> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(command) }));
  const text = answer.Payload?.transformToString() ?? '';
  assert.equal(answer.FunctionError, undefined, text);
  return JSON.parse(text) as string;
}
const MARKER = 'read -r line < /app/marker; echo $line';
const refused = (promise: Promise<unknown>, message: string): Promise<void> =>
  assert.rejects(promise, (error: InvalidParameterValueException) => {
    assert.deepEqual([error.name, error.message], ['InvalidParameterValueException', message]);
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });

test('CreateFunction answers what an image function has, and nothing of a zip’s', async () => {
  const created = await create('answers');
  const { $metadata: _, RevisionId, LastModified, ...rest } = created;
  assert.ok(RevisionId && LastModified);
  assert.deepEqual(rest, {
    FunctionName: 'answers',
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:answers',
    Role: ROLE,
    CodeSize: 0,
    Description: '',
    Timeout: 3,
    MemorySize: 128,
    CodeSha256: digest,
    Version: '$LATEST',
    TracingConfig: { Mode: 'PassThrough' },
    State: 'Pending',
    StateReason: 'The function is being created.',
    StateReasonCode: 'Creating',
    PackageType: 'Image',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/answers' },
  });
  const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: 'answers' }));
  assert.equal(Configuration?.State, 'Active');
  for (const member of ['Runtime', 'Handler', 'Layers', 'RuntimeVersionConfig', 'ImageConfigResponse']) {
    assert.ok(!(member in (Configuration ?? {})), member);
  }
  assert.deepEqual(Code, {
    RepositoryType: 'ECR',
    ImageUri: `${REGISTRY}/team/app:1`,
    ResolvedImageUri: `${REGISTRY}/team/app@sha256:${digest}`,
  });
  const { Functions } = await lambda.send(new ListFunctionsCommand({}));
  assert.equal(Functions?.find((each) => each.FunctionName === 'answers')?.PackageType, 'Image');
});

test('an image function runs with its configuration and environment', async () => {
  const ImageConfig = { Command: ['other.handler', '--fast'], WorkingDirectory: '/etc' };
  const created = await create('configured', { ImageConfig, Environment: { Variables: { FOO: 'function' } } });
  assert.deepEqual(created.ImageConfigResponse, { ImageConfig });
  const command = 'echo $ARGUMENTS $PWD $FOO $BAR $AWS_LAMBDA_FUNCTION_NAME $AWS_EXECUTION_ENV $_HANDLER.';
  assert.equal(
    await run('configured', command),
    'other.handler --fast /etc function image configured AWS_Lambda_Image .',
  );
  const updated = await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'configured', ImageConfig: { Command: ['third'] } }),
  );
  assert.deepEqual(updated.ImageConfigResponse, { ImageConfig: { Command: ['third'] } });
  assert.equal(await run('configured', 'echo $ARGUMENTS $PWD'), 'third /app');
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'configured', Timeout: 5 }));
  assert.equal(await run('configured', 'echo $ARGUMENTS'), 'third');
  const reset = await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'configured', ImageConfig: {} }),
  );
  assert.ok(!('ImageConfigResponse' in reset));
  assert.equal(await run('configured', 'echo $ARGUMENTS'), 'app.handler');
});

test('images are found by tag, by digest, and by a local name', async () => {
  for (const [name, ImageUri, ResolvedImageUri] of [
    ['by-digest', `${REGISTRY}/team/app@sha256:${other}`, `${REGISTRY}/team/app@sha256:${other}`],
    ['by-both', `${REGISTRY}/team/app:1@sha256:${other}`, `${REGISTRY}/team/app@sha256:${other}`],
    ['by-name', 'team/app:2', `team/app@sha256:${other}`],
  ] as const) {
    await create(name, { Code: { ImageUri } });
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    assert.equal(Code?.ResolvedImageUri, ResolvedImageUri);
    assert.equal(await run(name, MARKER), 'two');
  }
});

test('UpdateFunctionCode moves to another image; published versions stay', async () => {
  await create('moving');
  const published = await lambda.send(new PublishVersionCommand({ FunctionName: 'moving' }));
  assert.equal(published.CodeSha256, digest);
  assert.equal(await run('moving', MARKER), 'one');
  const updated = await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'moving', ImageUri: `${REGISTRY}/team/app:2` }),
  );
  assert.equal(updated.CodeSha256, other);
  assert.equal(updated.LastUpdateStatus, 'InProgress');
  assert.equal(await run('moving', MARKER), 'two');
  assert.equal(await run('moving:1', MARKER), 'one');
});

test('a tag that moves changes a function when its code is updated, not before', async () => {
  const first = await load('moved:latest', 'first');
  await create('tagged', { Code: { ImageUri: `${REGISTRY}/moved:latest` } });
  const second = await load('moved:latest', 'second');
  assert.notEqual(first, second);
  assert.equal(await run('tagged', MARKER), 'first');
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'tagged', ImageUri: `${REGISTRY}/moved:latest` }));
  assert.equal(await run('tagged', MARKER), 'second');
});

test('images that are not there, and addresses that are none, are refused', async () => {
  const uri = (ImageUri: string): Promise<unknown> => create('none', { Code: { ImageUri } });
  const missing = [
    `${REGISTRY}/team/app:9`,
    `${REGISTRY}/team/none:1`,
    `${REGISTRY}/team/app@sha256:${'0'.repeat(64)}`,
  ];
  for (const each of missing)
    await refused(uri(each), `Source image ${each} does not exist. Provide a valid source image.`);
  for (const each of ['team/app:9', `${REGISTRY}/team/app`, `${REGISTRY}/Team/App:1`, 'https://example.com/app']) {
    await refused(uri(each), `Source image ${each} is not valid. Provide a valid source image.`);
  }
});

test('what belongs to zips is refused for images, and the other way round', async () => {
  const onImage = "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.";
  await refused(create('mixed', { Runtime: 'nodejs22.x' }), onImage);
  await refused(create('mixed', { Handler: 'index.handler' }), onImage);
  await refused(create('mixed', { Layers: ['arn:aws:lambda:us-east-1:000000000000:layer:l:1'] }), onImage);
  const ZipFile = await zip({ 'index.js': 'exports.handler = async () => 1' });
  await refused(
    create('mixed', { Code: { ZipFile } }),
    'Please provide ImageUri when creating a function with packageType Image.',
  );
  const asZip = { PackageType: 'Zip', Runtime: 'nodejs22.x', Handler: 'index.handler' } as const;
  await refused(create('mixed', asZip), "Please don't provide ImageUri when creating a function with packageType Zip.");
  await refused(
    create('mixed', { ...asZip, Code: { ZipFile }, ImageConfig: { Command: ['x'] } }),
    "Please don't provide ImageConfig when the intended function PackageType is Zip.",
  );

  await create('image');
  await create('zip', { ...asZip, Code: { ZipFile } });
  await refused(
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'image', ZipFile })),
    'Please provide ImageUri when updating a function with packageType Image.',
  );
  await refused(
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'zip', ImageUri: `${REGISTRY}/team/app:1` })),
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  );
  await refused(
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'image', Handler: 'a.b' })),
    onImage,
  );
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'image' }));
  assert.equal(Configuration?.CodeSha256, digest);
});

test('a SAM template with PackageType Image deploys, and changes its image', async () => {
  const cloudformation = new CloudFormationClient(server.sdk);
  const template = {
    Transform: 'AWS::Serverless-2016-10-31',
    Resources: {
      Job: {
        Type: 'AWS::Serverless::Function',
        Metadata: { DockerTag: 'v1', DockerContext: '.', Dockerfile: 'Dockerfile' },
        Properties: {
          FunctionName: 'from-sam',
          PackageType: 'Image',
          ImageUri: 'team/app:1',
          ImageConfig: { Command: ['sam.handler'] },
        },
      },
    },
  };
  const described = () => ({
    TemplateBody: JSON.stringify(template),
    Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'] as const satisfies Capability[],
  });
  const reached = (status: string): Promise<unknown> =>
    eventually(async () => {
      const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: 'images' }));
      assert.doesNotMatch(Stacks?.[0]?.StackStatus ?? '', /ROLLBACK/, Stacks?.[0]?.StackStatusReason);
      return Stacks?.[0]?.StackStatus === status;
    });
  await cloudformation.send(new CreateStackCommand({ StackName: 'images', ...described() }));
  await reached('CREATE_COMPLETE');
  assert.equal(await run('from-sam', 'echo $ARGUMENTS'), 'sam.handler');
  const { PackageType } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'from-sam' }));
  assert.equal(PackageType, 'Image');

  const { ImageConfig: _, ...changed } = template.Resources.Job.Properties;
  template.Resources.Job.Properties = { ...changed, ImageUri: 'team/app:2' } as never;
  await cloudformation.send(new UpdateStackCommand({ StackName: 'images', ...described() }));
  await reached('UPDATE_COMPLETE');
  assert.equal(await run('from-sam', `echo $ARGUMENTS; ${MARKER}`), 'app.handler\ntwo');
});

test('image functions are there and run after the server starts anew', async () => {
  await create('lasting');
  await server.stop();
  server = await startTestServer({ config: { dataDir } });
  lambda = new LambdaClient(server.sdk);
  assert.equal(await run('lasting', MARKER), 'one');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateCodeSigningConfigCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  LambdaClient,
  ListCodeSigningConfigsCommand,
  ListFunctionsByCodeSigningConfigCommand,
  ListTagsCommand,
  PutFunctionCodeSigningConfigCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateCodeSigningConfigCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const PROFILE = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/abcdefghij';
const AllowedPublishers = { SigningProfileVersionArns: [PROFILE] };
const SOURCE = 'exports.handler = async () => 1;';

async function create(rest: object = {}): Promise<string> {
  const { CodeSigningConfig } = await lambda.send(new CreateCodeSigningConfigCommand({ AllowedPublishers, ...rest }));
  return CodeSigningConfig?.CodeSigningConfigArn ?? '';
}
const enforced = { CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' as const } };
const blocked = (name: string): object => ({
  name: 'CodeVerificationFailedException',
  message: `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`,
});

test('a configuration warns unless told otherwise, and what is changed stays changed', async () => {
  const created = await lambda.send(new CreateCodeSigningConfigCommand({ AllowedPublishers }));
  assert.equal(created.$metadata.httpStatusCode, 201);
  const { CodeSigningConfigArn, CodeSigningConfigId, LastModified, ...rest } = created.CodeSigningConfig!;
  assert.match(CodeSigningConfigId ?? '', /^csc-[a-z0-9]{17}$/);
  assert.equal(
    CodeSigningConfigArn,
    `arn:aws:lambda:us-east-1:000000000000:code-signing-config:${CodeSigningConfigId}`,
  );
  assert.match(LastModified ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+\+0000$/);
  assert.deepEqual(rest, {
    AllowedPublishers,
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Warn' },
    Description: '',
  });
  await lambda.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn, Description: 'strict', ...enforced }));
  const { CodeSigningConfig } = await lambda.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn }));
  assert.equal(CodeSigningConfig?.Description, 'strict');
  assert.deepEqual(CodeSigningConfig?.CodeSigningPolicies, enforced.CodeSigningPolicies);
  assert.deepEqual(CodeSigningConfig?.AllowedPublishers, AllowedPublishers);
  const { CodeSigningConfigs } = await lambda.send(new ListCodeSigningConfigsCommand({}));
  assert.ok(CodeSigningConfigs?.some((each) => each.CodeSigningConfigArn === CodeSigningConfigArn));
});

test('unsigned code is blocked where the configuration enforces, and deployed where it warns', async () => {
  const enforce = await create(enforced);
  await assert.rejects(
    createFunction(lambda, 'blocked', SOURCE, { CodeSigningConfigArn: enforce }),
    blocked('blocked'),
  );
  const warn = await create();
  await createFunction(lambda, 'warned', SOURCE, { CodeSigningConfigArn: warn });
  const update = async (): Promise<unknown> =>
    lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'warned', ZipFile: await zip({ 'index.js': `${SOURCE} //` }) }),
    );
  await update();
  await lambda.send(new PutFunctionCodeSigningConfigCommand({ FunctionName: 'warned', CodeSigningConfigArn: enforce }));
  await assert.rejects(update(), blocked('warned'));
  await lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: 'warned' }));
  await update();
});

test('functions say their configuration, and a configuration its functions', async () => {
  const arn = await create();
  await createFunction(lambda, 'attached', SOURCE);
  const none = await lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName: 'attached' }));
  assert.equal(none.CodeSigningConfigArn, undefined);
  const put = await lambda.send(
    new PutFunctionCodeSigningConfigCommand({ FunctionName: 'attached', CodeSigningConfigArn: arn }),
  );
  assert.deepEqual([put.FunctionName, put.CodeSigningConfigArn], ['attached', arn]);
  const { FunctionArns } = await lambda.send(
    new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: arn }),
  );
  assert.deepEqual(FunctionArns, ['arn:aws:lambda:us-east-1:000000000000:function:attached']);
  const deletion = new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: arn });
  await assert.rejects(lambda.send(deletion), { name: 'ResourceConflictException' });
  await lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: 'attached' }));
  assert.equal((await lambda.send(deletion)).$metadata.httpStatusCode, 204);
  await assert.rejects(lambda.send(deletion), {
    name: 'CodeSigningConfigNotFoundException',
    message: `The Lambda code signing configuration ${arn} can not be found.`,
  });
  await assert.rejects(
    lambda.send(new PutFunctionCodeSigningConfigCommand({ FunctionName: 'attached', CodeSigningConfigArn: arn })),
    {
      name: 'CodeSigningConfigNotFoundException',
      message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    },
  );
});

test('a configuration has tags', async () => {
  const Resource = await create({ Tags: { team: 'a' } });
  await lambda.send(new TagResourceCommand({ Resource, Tags: { stage: 'b' } }));
  await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['team'] }));
  assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource }))).Tags, { stage: 'b' });
});

test('a stack whose configuration enforces cannot deploy its unsigned function', async () => {
  const cloudformation = new CloudFormationClient(server.sdk);
  const TemplateBody = JSON.stringify({
    Resources: {
      Signing: {
        Type: 'AWS::Lambda::CodeSigningConfig',
        Properties: { AllowedPublishers, ...enforced },
      },
      Hello: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: 'arn:aws:iam::000000000000:role/test',
          Code: { ZipFile: SOURCE },
          CodeSigningConfigArn: { Ref: 'Signing' },
        },
      },
    },
  });
  await cloudformation.send(new CreateStackCommand({ StackName: 'signed', TemplateBody }));
  const stack = await eventually(async () => {
    const [found] = (await cloudformation.send(new DescribeStacksCommand({ StackName: 'signed' }))).Stacks ?? [];
    return found?.StackStatus?.endsWith('_IN_PROGRESS') ? undefined : found;
  }, 30_000);
  assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
});

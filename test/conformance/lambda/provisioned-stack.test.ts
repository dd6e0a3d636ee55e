import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { GetProvisionedConcurrencyConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { invoke } from './fixture.ts';

let server: TestServer;
let cloudformation: CloudFormationClient;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  cloudformation = new CloudFormationClient(server.sdk);
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const template = (InlineCode: string): string =>
  JSON.stringify({
    Transform: 'AWS::Serverless-2016-10-31',
    Resources: {
      Hello: {
        Type: 'AWS::Serverless::Function',
        Properties: {
          FunctionName: 'provisioned-hello',
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          InlineCode,
          AutoPublishAlias: 'live',
          ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 },
        },
      },
    },
  });

const source = (text: string): string =>
  `exports.handler = async () => [process.env.AWS_LAMBDA_INITIALIZATION_TYPE, '${text}'];`;

const Capabilities: ('CAPABILITY_IAM' | 'CAPABILITY_AUTO_EXPAND')[] = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];

const settled = (StackName: string): Promise<Stack> =>
  eventually(async () => {
    const stack = (await cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
    return stack?.StackStatus?.endsWith('_IN_PROGRESS') ? undefined : stack;
  }, 30_000);

test('a stack is complete when what its alias provisions is ready, and an update takes it along', async () => {
  const create = { StackName: 'provisioned', TemplateBody: template(source('one')), Capabilities };
  await cloudformation.send(new CreateStackCommand(create));
  assert.equal((await settled('provisioned')).StackStatus, 'CREATE_COMPLETE');
  const input = { FunctionName: 'provisioned-hello', Qualifier: 'live' };
  assert.equal((await lambda.send(new GetProvisionedConcurrencyConfigCommand(input))).Status, 'READY');
  const update = { StackName: 'provisioned', TemplateBody: template(source('two')), Capabilities };
  await cloudformation.send(new UpdateStackCommand(update));
  assert.equal((await settled('provisioned')).StackStatus, 'UPDATE_COMPLETE');
  const { result, version } = await invoke(lambda, 'provisioned-hello', {}, { Qualifier: 'live' });
  assert.deepEqual([result, version], [['provisioned-concurrency', 'two'], '2']);
});

test('a function that cannot be initialised fails its stack, with the reason', async () => {
  const TemplateBody = template('throw new Error("no");').replace('provisioned-hello', 'provisioned-broken');
  await cloudformation.send(new CreateStackCommand({ StackName: 'broken', TemplateBody, Capabilities }));
  assert.equal((await settled('broken')).StackStatus, 'ROLLBACK_COMPLETE');
  const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName: 'broken' }));
  const failed = StackEvents.find(
    ({ ResourceStatus, ResourceType }) => ResourceStatus === 'CREATE_FAILED' && ResourceType === 'AWS::Lambda::Alias',
  );
  assert.match(failed?.ResourceStatusReason ?? '', /failed to be applied\. Reason: FUNCTION_ERROR_INIT_FAILURE/);
});

// What SAM makes of an API with keys, usage plans, authorizers, models and settings of methods, deployed by CloudFormation.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { GetApiKeysCommand, GetStageCommand, GetUsagePlansCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { eventually } from '../../harness.ts';
import { startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const cloudformation = new CloudFormationClient(server.sdk);
const StackName = 'shop';

const TEMPLATE = {
  AWSTemplateFormatVersion: '2010-09-09',
  Transform: 'AWS::Serverless-2016-10-31',
  Resources: {
    Shop: {
      Type: 'AWS::Serverless::Api',
      Properties: {
        StageName: 'live',
        Auth: {
          ApiKeyRequired: true,
          UsagePlan: {
            CreateUsagePlan: 'PER_API',
            Quota: { Limit: 100, Period: 'DAY' },
            Throttle: { BurstLimit: 50, RateLimit: 50 },
          },
        },
        BinaryMediaTypes: ['image~1png'],
        CacheClusterEnabled: true,
        CacheClusterSize: '0.5',
        MethodSettings: [
          {
            ResourcePath: '/*',
            HttpMethod: '*',
            ThrottlingBurstLimit: 40,
            ThrottlingRateLimit: 40,
            MetricsEnabled: true,
          },
        ],
        MinimumCompressionSize: 1000,
        Variables: { name: 'shop' },
      },
    },
    Hello: {
      Type: 'AWS::Serverless::Function',
      Properties: {
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        InlineCode: 'exports.handler = async (event) => ({ statusCode: 200, body: event.stageVariables.name });',
        Events: { Get: { Type: 'Api', Properties: { RestApiId: { Ref: 'Shop' }, Method: 'get', Path: '/hello' } } },
      },
    },
  },
  Outputs: { ApiId: { Value: { Ref: 'Shop' } } },
};

test("SAM's Api with keys and a usage plan deploys, answers those with a key, and goes away", async () => {
  const Capabilities: ('CAPABILITY_IAM' | 'CAPABILITY_AUTO_EXPAND')[] = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];
  await cloudformation.send(
    new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(TEMPLATE), Capabilities }),
  );
  const stack = await eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const found = Stacks?.[0];
    if (/ROLLBACK|FAILED/.test(found?.StackStatus ?? '')) {
      const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName }));
      assert.fail(
        StackEvents.map((each) => `${each.LogicalResourceId}: ${each.ResourceStatusReason ?? ''}`).join('\n'),
      );
    }
    return found?.StackStatus === 'CREATE_COMPLETE' ? found : undefined;
  }, 30_000);
  const restApiId = stack.Outputs?.[0]?.OutputValue ?? '';
  await untilStatus(() => server.ask(restApiId, 'live', '/hello'), 403);
  const { items: [key] = [] } = await server.client.send(new GetApiKeysCommand({ includeValues: true }));
  const headers = { 'x-api-key': key?.value ?? '' };
  const answer = await untilStatus(() => server.ask(restApiId, 'live', '/hello', { headers }), 200);
  assert.equal(await answer.text(), 'shop');
  const stage = await server.client.send(new GetStageCommand({ restApiId, stageName: 'live' }));
  assert.equal(stage.methodSettings?.['*/*']?.throttlingBurstLimit, 40);
  assert.equal(stage.cacheClusterStatus, 'AVAILABLE');

  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => (await server.client.send(new GetUsagePlansCommand({}))).items?.length === 0);
  await eventually(async () => (await server.client.send(new GetApiKeysCommand({}))).items?.length === 0);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

test('a SAM function with FunctionUrlConfig answers everybody', async () => {
  const cloudformation = new CloudFormationClient(server.sdk);
  const TemplateBody = JSON.stringify({
    Transform: 'AWS::Serverless-2016-10-31',
    Resources: {
      Hello: {
        Type: 'AWS::Serverless::Function',
        Properties: {
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          InlineCode: 'exports.handler = async (event) => ({ path: event.rawPath });',
          FunctionUrlConfig: { AuthType: 'NONE', Cors: { AllowOrigins: ['*'] } },
        },
      },
    },
    Outputs: { Url: { Value: { 'Fn::GetAtt': ['HelloUrl', 'FunctionUrl'] } } },
  });
  await cloudformation.send(
    new CreateStackCommand({
      StackName: 'url',
      TemplateBody,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'],
    }),
  );
  const stack = await eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: 'url' }));
    return Stacks?.[0]?.StackStatus === 'CREATE_IN_PROGRESS' ? undefined : Stacks?.[0];
  }, 30_000);
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE', stack.StackStatusReason);
  const url = stack.Outputs?.find((output) => output.OutputKey === 'Url')?.OutputValue ?? '';
  const [, id = ''] = /^http:\/\/([a-z0-9]{32})\.lambda-url\./.exec(url) ?? [];
  const answer = await fetch(`${server.endpoint}/_aws/lambda-url/${id}/a`, {
    headers: { origin: 'https://a.example' },
  });
  assert.deepEqual(await answer.json(), { path: '/a' });
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
});

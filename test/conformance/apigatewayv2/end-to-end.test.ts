// HTTP API → Lambda proxy 2.0, over HTTP: by the SDK, and by CloudFormation from what SAM makes of a template.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CreateIntegrationCommand, CreateRouteCommand, CreateStageCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { eventually } from '../../harness.ts';
import { startHttpApiServer, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());

const SOURCE = `export const handler = async (event) => ({
  statusCode: 201,
  headers: { 'x-version': event.version },
  cookies: ['a=1', 'b=2'],
  body: JSON.stringify([event.routeKey, event.pathParameters, event.queryStringParameters, event.stageVariables, event.body]),
});`;

test('a request goes through route, integration and function and back', async () => {
  const { client } = server;
  const ApiId = await server.createApi();
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: await server.createFunction('pets', SOURCE),
      PayloadFormatVersion: '2.0',
    }),
  );
  await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: 'POST /pets/{id}', Target: `integrations/${IntegrationId}` }),
  );
  await client.send(new CreateStageCommand({ ApiId, StageName: 'test', AutoDeploy: true, StageVariables: { v: '1' } }));
  const response = await untilStatus(
    () => server.ask(ApiId, 'test', '/pets/7?colour=red', { method: 'POST', body: 'hello' }),
    201,
  );
  assert.equal(response.headers.get('x-version'), '2.0');
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual(await response.json(), ['POST /pets/{id}', { id: '7' }, { colour: 'red' }, { v: '1' }, 'hello']);
  assert.equal((await server.ask(ApiId, 'test', '/cats')).status, 404);
});

test("SAM's HttpApi deploys and answers", async () => {
  const cloudformation = new CloudFormationClient(server.sdk);
  const TemplateBody = JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Transform: 'AWS::Serverless-2016-10-31',
    Resources: {
      Web: {
        Type: 'AWS::Serverless::HttpApi',
        Properties: { CorsConfiguration: { AllowOrigins: ['https://example.com'] }, StageName: 'live' },
      },
      Hello: {
        Type: 'AWS::Serverless::Function',
        Properties: {
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          InlineCode: "exports.handler = async () => 'hello';",
          Events: { Get: { Type: 'HttpApi', Properties: { ApiId: { Ref: 'Web' }, Method: 'GET', Path: '/hello' } } },
        },
      },
    },
    Outputs: { ApiId: { Value: { Ref: 'Web' } } },
  });
  const Capabilities: ('CAPABILITY_IAM' | 'CAPABILITY_AUTO_EXPAND')[] = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];
  await cloudformation.send(new CreateStackCommand({ StackName: 'web', TemplateBody, Capabilities }));
  const stack = await eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: 'web' }));
    const found = Stacks?.[0];
    if (found?.StackStatus?.includes('ROLLBACK')) assert.fail(`${found.StackStatus}: ${found.StackStatusReason}`);
    return found?.StackStatus === 'CREATE_COMPLETE' ? found : undefined;
  }, 30_000);
  const apiId = stack.Outputs?.[0]?.OutputValue ?? '';
  const response = await untilStatus(
    () => server.ask(apiId, 'live', '/hello', { headers: { Origin: 'https://example.com' } }),
    200,
  );
  assert.equal(await response.text(), 'hello');
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://example.com');
});

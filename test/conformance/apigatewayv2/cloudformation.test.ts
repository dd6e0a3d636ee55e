// The resource types of HTTP APIs, made, changed and deleted by CloudFormation.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { GetApiCommand, GetAuthorizersCommand, GetRoutesCommand, GetStageCommand } from '@aws-sdk/client-apigatewayv2';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { eventually } from '../../harness.ts';
import { refusal, startHttpApiServer, untilStack, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const cloudformation = new CloudFormationClient(server.sdk);
const StackName = 'http';

const template = (routeKey: string, stage: object): string =>
  JSON.stringify({
    Resources: {
      Api: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: { Name: 'web', ProtocolType: 'HTTP', CorsConfiguration: { AllowOrigins: ['*'] }, Tags: { a: '1' } },
      },
      Backend: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'HTTP_PROXY',
          IntegrationMethod: 'ANY',
          IntegrationUri: 'http://127.0.0.1:9',
          PayloadFormatVersion: '1.0',
          RequestParameters: { 'append:header.x-from': 'web' },
        },
      },
      Tokens: {
        Type: 'AWS::ApiGatewayV2::Authorizer',
        Properties: {
          ApiId: { Ref: 'Api' },
          Name: 'tokens',
          AuthorizerType: 'JWT',
          IdentitySource: ['$request.header.Authorization'],
          JwtConfiguration: { Audience: ['web'], Issuer: 'https://issuer.example.com' },
        },
      },
      Open: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: routeKey,
          Target: { 'Fn::Sub': 'integrations/${Backend}' },
        },
      },
      Closed: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: 'GET /closed',
          AuthorizationType: 'JWT',
          AuthorizerId: { Ref: 'Tokens' },
          Target: { 'Fn::Sub': 'integrations/${Backend}' },
        },
      },
      Stage: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...stage },
      },
    },
    Outputs: { ApiId: { Value: { Ref: 'Api' } }, Endpoint: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } } },
  });

test('a stack of HTTP API resources is made, changed and deleted', async () => {
  const first = template('GET /open', { StageVariables: { a: '1' } });
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: first }));
  const { ApiId = '', Endpoint } = await untilStack(cloudformation, StackName, 'CREATE_COMPLETE');
  assert.ok(Endpoint?.includes(ApiId));
  const ask = (path: string) => () => server.ask(ApiId, '$default', path);
  await untilStatus(ask('/open'), 500);
  await untilStatus(ask('/closed'), 401);
  assert.deepEqual((await client.send(new GetApiCommand({ ApiId }))).Tags?.['a'], '1');
  assert.equal((await client.send(new GetAuthorizersCommand({ ApiId }))).Items?.length, 1);

  const second = template('GET /opened', { DefaultRouteSettings: { ThrottlingBurstLimit: 9, ThrottlingRateLimit: 9 } });
  await cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody: second }));
  await untilStack(cloudformation, StackName, 'UPDATE_COMPLETE');
  await untilStatus(ask('/opened'), 500);
  await untilStatus(ask('/open'), 404);
  const stage = await client.send(new GetStageCommand({ ApiId, StageName: '$default' }));
  assert.deepEqual(stage.StageVariables, {});
  assert.equal(stage.DefaultRouteSettings?.ThrottlingBurstLimit, 9);
  const keys = (await client.send(new GetRoutesCommand({ ApiId }))).Items?.map((route) => route.RouteKey ?? '').sort();
  assert.deepEqual(keys, ['GET /closed', 'GET /opened']);

  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => {
    await assert.rejects(client.send(new GetApiCommand({ ApiId })), refusal('NotFoundException', /Invalid API/));
    return true;
  });
});

// The resource types of WebSocket APIs, made, changed and deleted by CloudFormation; a stage without AutoDeploy serves its
// deployment and nothing newer.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  GetApisCommand,
  GetIntegrationResponsesCommand,
  GetModelsCommand,
  GetRoutesCommand,
} from '@aws-sdk/client-apigatewayv2';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { WebSocket } from 'ws';
import { eventually } from '../../harness.ts';
import { startHttpApiServer, untilStack } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const cloudformation = new CloudFormationClient(server.sdk);
const StackName = 'sockets';

const ApiId = { Ref: 'Api' };
const resource = (name: string, Properties: object, more: object = {}): object => ({
  Type: `AWS::ApiGatewayV2::${name}`,
  Properties: { ApiId, ...Properties },
  ...more,
});

/** `deployment`: the logical id, new where a deployment is to be made. */
const template = (answer: string, deployment: string): string =>
  JSON.stringify({
    Resources: {
      Api: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: { Name: 'shop', ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' },
      },
      Order: resource('Model', {
        Name: 'Order',
        ContentType: 'application/json',
        Schema: { type: 'object', required: ['title'] },
      }),
      Mock: resource('Integration', {
        IntegrationType: 'MOCK',
        TemplateSelectionExpression: '\\$default',
        RequestTemplates: { $default: '{"statusCode":200}' },
      }),
      MockAnswer: resource('IntegrationResponse', {
        IntegrationId: { Ref: 'Mock' },
        IntegrationResponseKey: '$default',
        ResponseTemplates: { $default: answer },
      }),
      OrderRoute: resource(
        'Route',
        {
          RouteKey: 'order',
          Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Mock' }]] },
          ModelSelectionExpression: '\\$default',
          RequestModels: { $default: 'Order' },
          RouteResponseSelectionExpression: '$default',
        },
        { DependsOn: 'Order' },
      ),
      OrderResponse: resource('RouteResponse', { RouteId: { Ref: 'OrderRoute' }, RouteResponseKey: '$default' }),
      [deployment]: resource('Deployment', {}, { DependsOn: ['OrderResponse', 'MockAnswer'] }),
      Live: resource('Stage', {
        StageName: 'live',
        DeploymentId: { Ref: deployment },
        DefaultRouteSettings: { LoggingLevel: 'ERROR', ThrottlingBurstLimit: 50, ThrottlingRateLimit: 100 },
      }),
    },
    Outputs: {
      ApiId: { Value: ApiId },
      Mock: { Value: { Ref: 'Mock' } },
      Endpoint: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } },
    },
  });

const messageTo = (apiId: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.endpoint.replace('http', 'ws')}/_aws/execute-api/${apiId}/live`);
    socket.once('error', reject);
    socket.once('open', () => socket.send(text));
    socket.once('message', (data: Buffer) => {
      socket.terminate();
      resolve(data.toString());
    });
  });

test('a stack of WebSocket resources is made, changed and deleted', async () => {
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: template('taken', 'First') }));
  const {
    ApiId: apiId = '',
    Mock: IntegrationId,
    Endpoint,
  } = await untilStack(cloudformation, StackName, 'CREATE_COMPLETE');
  assert.match(Endpoint ?? '', /^wss?:\/\//);
  assert.equal(await messageTo(apiId, '{"action":"order","title":"x"}'), 'taken');
  assert.match(await messageTo(apiId, '{"action":"order"}'), /Invalid request body/);
  const { Items: models } = await client.send(new GetModelsCommand({ ApiId: apiId }));
  assert.deepEqual(JSON.parse(models?.[0]?.Schema ?? ''), { type: 'object', required: ['title'] });

  // The integration response changes, the stage keeps its deployment.
  await cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody: template('noted', 'First') }));
  await untilStack(cloudformation, StackName, 'UPDATE_COMPLETE');
  const { Items: responses } = await client.send(new GetIntegrationResponsesCommand({ ApiId: apiId, IntegrationId }));
  assert.deepEqual(responses?.[0]?.ResponseTemplates, { $default: 'noted' });
  assert.equal(await messageTo(apiId, '{"action":"order","title":"x"}'), 'taken');

  await cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody: template('noted', 'Second') }));
  await untilStack(cloudformation, StackName, 'UPDATE_COMPLETE');
  await eventually(async () => (await messageTo(apiId, '{"action":"order","title":"x"}')) === 'noted');
  assert.equal((await client.send(new GetRoutesCommand({ ApiId: apiId }))).Items?.length, 1);

  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => (await client.send(new GetApisCommand({}))).Items?.length === 0);
});

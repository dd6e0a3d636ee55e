// WebSocket APIs: what they may have, and a message that comes back.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateApiCommand,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateIntegrationResponseCommand,
  CreateRouteCommand,
  CreateRouteResponseCommand,
  CreateStageCommand,
  DeleteApiCommand,
  DeleteRouteResponseCommand,
  ExportApiCommand,
  GetIntegrationResponsesCommand,
  GetRouteResponsesCommand,
} from '@aws-sdk/client-apigatewayv2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { WebSocket } from 'ws';
import { eventually } from '../../harness.ts';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;

const createChat = async (): Promise<string> =>
  (
    await client.send(
      new CreateApiCommand({
        Name: 'chat',
        ProtocolType: 'WEBSOCKET',
        RouteSelectionExpression: '$request.body.action',
      }),
    )
  ).ApiId ?? '';
const createIntegration = async (ApiId: string, functionArn: string): Promise<string> => {
  const IntegrationUri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
  const command = new CreateIntegrationCommand({ ApiId, IntegrationType: 'AWS_PROXY', IntegrationUri });
  return `integrations/${(await client.send(command)).IntegrationId}`;
};

test('a WebSocket API answers its own defaults and refuses what HTTP APIs have', async () => {
  const ApiId = await createChat();
  await assert.rejects(
    client.send(new CreateStageCommand({ ApiId, StageName: '$default' })),
    refusal('BadRequestException', /\$default is supported only for HTTP APIs/),
  );
  const route = (input: object) => client.send(new CreateRouteCommand({ ApiId, RouteKey: 'send', ...input }));
  await assert.rejects(
    route({ AuthorizationType: 'AWS_IAM' }),
    refusal('BadRequestException', 'Currently, authorization is restricted to the $connect route only'),
  );
  await assert.rejects(route({ RouteResponseSelectionExpression: '$x' }), refusal('BadRequestException', /\$default/));
  await assert.rejects(
    client.send(new ExportApiCommand({ ApiId, OutputType: 'JSON', Specification: 'OAS30' })),
    refusal('BadRequestException', /only for HTTP APIs/),
  );
  await assert.rejects(
    client.send(new CreateAuthorizerCommand({ ApiId, Name: 'a', AuthorizerType: 'JWT', IdentitySource: [] })),
    refusal('BadRequestException', /REQUEST/),
  );
  const AuthorizerUri = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  await assert.rejects(
    client.send(
      new CreateAuthorizerCommand({ ApiId, Name: 'a', AuthorizerType: 'REQUEST', IdentitySource: [], AuthorizerUri }),
    ),
    refusal('BadRequestException', 'Invalid Authorizer URI specified'),
  );
  const { $metadata: _metadata, RouteId: _id, ...made } = await route({});
  assert.deepEqual(made, { ApiKeyRequired: false, AuthorizationType: 'NONE', RouteKey: 'send' });
  await assert.rejects(route({}), refusal('ConflictException', 'Route with key send already exists for this API'));
});

test('responses of routes and integrations are made once, and go with their API', async () => {
  const ApiId = await createChat();
  const { IntegrationId } = await client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: 'MOCK' }));
  const { RouteId } = await client.send(new CreateRouteCommand({ ApiId, RouteKey: 'send' }));
  const response = { ApiId, RouteId, RouteResponseKey: '$default' };
  const { RouteResponseId } = await client.send(new CreateRouteResponseCommand(response));
  await assert.rejects(client.send(new CreateRouteResponseCommand(response)), refusal('ConflictException', /already/));
  await client.send(new DeleteRouteResponseCommand({ ApiId, RouteId, RouteResponseId }));
  assert.deepEqual((await client.send(new GetRouteResponsesCommand({ ApiId, RouteId }))).Items, []);
  await client.send(
    new CreateIntegrationResponseCommand({
      ApiId,
      IntegrationId,
      IntegrationResponseKey: '/4\\d\\d/',
      ResponseTemplates: { $default: '{}' },
    }),
  );
  const { Items = [] } = await client.send(new GetIntegrationResponsesCommand({ ApiId, IntegrationId }));
  assert.equal(Items[0]?.IntegrationResponseKey, '/4\\d\\d/');
  await client.send(new DeleteApiCommand({ ApiId }));
});

test('a message is routed to its function, and the answer comes back', async () => {
  const ApiId = await createChat();
  const accept = await server.createFunction('accept', 'export const handler = async () => ({ statusCode: 200 });');
  const echo = await server.createFunction(
    'echo',
    'export const handler = async (event) => ({ statusCode: 200, body: JSON.parse(event.body).text.toUpperCase() });',
  );
  await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: '$connect', Target: await createIntegration(ApiId, accept) }),
  );
  const { RouteId } = await client.send(
    new CreateRouteCommand({
      ApiId,
      RouteKey: 'send',
      RouteResponseSelectionExpression: '$default',
      Target: await createIntegration(ApiId, echo),
    }),
  );
  await client.send(new CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: '$default' }));
  await client.send(new CreateStageCommand({ ApiId, StageName: 'live' }));
  await client.send(new CreateDeploymentCommand({ ApiId, StageName: 'live' }));
  const { port } = server.platform.config;
  const headers = { Host: `${ApiId}.execute-api.us-east-1.localhost:${port}` };
  const answer = await eventually(
    () =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers });
        socket.on('error', reject);
        socket.on('open', () => socket.send('{"action":"send","text":"hello"}'));
        socket.on('message', (data: Buffer) => {
          socket.close();
          resolve(data.toString());
        });
      }),
  );
  assert.equal(answer, 'HELLO');
});

test('a function connects by the name that AWS gives the API, over TLS', async () => {
  const ApiId = await createChat();
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'MOCK',
      TemplateSelectionExpression: '\\$default',
      RequestTemplates: { $default: '{"statusCode":200}' },
    }),
  );
  const ResponseTemplates = { $default: 'hello $context.domainName' };
  await client.send(
    new CreateIntegrationResponseCommand({
      ApiId,
      IntegrationId,
      IntegrationResponseKey: '$default',
      ResponseTemplates,
    }),
  );
  const Target = `integrations/${IntegrationId}`;
  const { RouteId } = await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: '$default', RouteResponseSelectionExpression: '$default', Target }),
  );
  await client.send(new CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: '$default' }));
  await client.send(new CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));
  await server.createFunction(
    'caller',
    `export const handler = ({ url }) => new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.onopen = () => socket.send('hi');
      socket.onerror = ({ message }) => reject(new Error(message));
      socket.onmessage = ({ data }) => resolve(data);
    });`,
  );
  const host = `${ApiId}.execute-api.us-east-1.amazonaws.com`;
  const Payload = JSON.stringify({ url: `wss://${host}/live` });
  const lambda = new LambdaClient(server.sdk);
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'caller', Payload }));
  assert.equal(Buffer.from(answer.Payload ?? []).toString(), JSON.stringify(`hello ${host}`));
});

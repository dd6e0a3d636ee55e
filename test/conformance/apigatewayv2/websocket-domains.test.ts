// WebSocket APIs behind a name of one's own: the handshake, the name that functions are told, callbacks by it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import {
  CreateApiCommand,
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  CreateIntegrationCommand,
  CreateIntegrationResponseCommand,
  CreateRouteCommand,
  CreateRouteResponseCommand,
  CreateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { WebSocket } from 'ws';
import { eventually } from '../../harness.ts';
import { startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const { port } = server.platform.config;

/** An API, off by its own endpoint, that answers connection, name and stage. */
async function createApi(): Promise<string> {
  const RouteSelectionExpression = '$request.body.action';
  const { ApiId } = await client.send(
    new CreateApiCommand({
      Name: 'chat',
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression,
      DisableExecuteApiEndpoint: true,
    }),
  );
  const integration = { IntegrationType: 'MOCK', TemplateSelectionExpression: '\\$default' } as const;
  const RequestTemplates = { $default: '{"statusCode":200}' };
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({ ApiId, ...integration, RequestTemplates }),
  );
  const ResponseTemplates = { $default: '$context.connectionId $context.domainName $context.stage' };
  const response = { ApiId, IntegrationId, IntegrationResponseKey: '$default', ResponseTemplates };
  await client.send(new CreateIntegrationResponseCommand(response));
  const route = { ApiId, RouteKey: '$default', RouteResponseSelectionExpression: '$default' };
  const Target = `integrations/${IntegrationId}`;
  const { RouteId } = await client.send(new CreateRouteCommand({ ...route, Target }));
  await client.send(new CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: '$default' }));
  await client.send(new CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));
  return ApiId ?? '';
}

/** Connects by the name and asks; answers the first message. */
const ask = (name: string, path: string): Promise<{ socket: WebSocket; text: string }> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { Host: name } });
    socket.once('error', reject);
    socket.once('open', () => socket.send('x'));
    socket.once('message', (data: Buffer) => resolve({ socket, text: data.toString() }));
  });

test('a domain leads to the stage of its mapping, and callbacks come back by it', async () => {
  const ApiId = await createApi();
  const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';
  const mapped = async (DomainName: string, ApiMappingKey?: string) => {
    const DomainNameConfigurations = [{ CertificateArn }];
    await client.send(new CreateDomainNameCommand({ DomainName, DomainNameConfigurations }));
    await client.send(
      new CreateApiMappingCommand({ DomainName, ApiId, Stage: 'live', ...(ApiMappingKey && { ApiMappingKey }) }),
    );
  };
  await mapped('chat.example.com');
  await mapped('more.example.com', 'chat');
  for (const [name, path] of [
    ['chat.example.com', ''],
    ['more.example.com', '/chat'],
  ] as const) {
    const { socket, text } = await eventually(() => ask(name, path || '/'));
    const [ConnectionId, domainName, stage] = text.split(' ');
    assert.deepEqual([domainName, stage], [name, 'live']);
    const management = new ApiGatewayManagementApiClient({ ...server.sdk, endpoint: `${server.endpoint}${path}` });
    // The SDK signs for the name it asks, and asks here.
    management.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['host'] = name;
        return next(args);
      },
      { step: 'build' },
    );
    const answer = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
    await management.send(new PostToConnectionCommand({ ConnectionId, Data: 'hello' }));
    assert.equal(await answer, 'hello');
    socket.terminate();
  }
  await assert.rejects(ask('more.example.com', '/other'), /403/);
  await assert.rejects(ask(`${ApiId}.execute-api.us-east-1.localhost`, '/live'), /403/);
});

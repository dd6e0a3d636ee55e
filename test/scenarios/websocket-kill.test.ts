// kill -9 under a few hundred open connections: clients see the end, and nothing is left of their connections afterwards.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import {
  ApiGatewayV2Client,
  CreateApiCommand,
  CreateIntegrationCommand,
  CreateIntegrationResponseCommand,
  CreateRouteCommand,
  CreateRouteResponseCommand,
  CreateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { WebSocket } from 'ws';
import { startProgram, type Program } from '../crash/program.ts';

const CONNECTIONS = 300;
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-sockets-'));
let program: Program | undefined;
after(async () => {
  await program?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

/** An API whose `me` answers the connection's id. */
async function createApi(client: ApiGatewayV2Client): Promise<string> {
  const { ApiId } = await client.send(
    new CreateApiCommand({
      Name: 'echo',
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.action',
    }),
  );
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'MOCK',
      TemplateSelectionExpression: '\\$default',
      RequestTemplates: { $default: '{"statusCode":200}' },
    }),
  );
  const ResponseTemplates = { $default: '$context.connectionId' };
  const response = { ApiId, IntegrationId, IntegrationResponseKey: '$default', ResponseTemplates };
  await client.send(new CreateIntegrationResponseCommand(response));
  const Target = `integrations/${IntegrationId}`;
  const { RouteId } = await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: 'me', Target, RouteResponseSelectionExpression: '$default' }),
  );
  await client.send(new CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: '$default' }));
  await client.send(new CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));
  return ApiId ?? '';
}

interface Client {
  id: string;
  closed: Promise<number>;
  socket: WebSocket;
}

/** Connects and asks who it is. */
function connect(endpoint: string, apiId: string): Promise<Client> {
  const socket = new WebSocket(`${endpoint.replace('http', 'ws')}/_aws/execute-api/${apiId}/live`);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"action":"me"}'));
    socket.once('message', (data: Buffer) => {
      socket.on('error', () => {});
      resolve({ id: data.toString(), closed, socket });
    });
  });
}

test('clients of a killed server see the close, and their connections are gone after the restart', async () => {
  program = await startProgram(dataDir);
  const apiId = await createApi(new ApiGatewayV2Client(program.sdk));
  const { endpoint } = program.sdk;
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(endpoint, apiId)));
  assert.equal(new Set(clients.map(({ id }) => id)).size, CONNECTIONS);
  const first = new ApiGatewayManagementApiClient(program.sdk);
  await first.send(new GetConnectionCommand({ ConnectionId: clients[0]!.id }));

  await program.kill();
  const codes = await Promise.all(clients.map(({ closed }) => closed));
  assert.deepEqual([...new Set(codes)], [1006]);

  program = await startProgram(dataDir);
  const management = new ApiGatewayManagementApiClient(program.sdk);
  for (const { id } of clients.slice(0, 20)) {
    const post = management.send(new PostToConnectionCommand({ ConnectionId: id, Data: 'are you there?' }));
    await assert.rejects(post, { name: 'GoneException' });
  }
  const again = await connect(program.sdk.endpoint, apiId);
  assert.ok(!clients.some(({ id }) => id === again.id));
  again.socket.terminate();
});

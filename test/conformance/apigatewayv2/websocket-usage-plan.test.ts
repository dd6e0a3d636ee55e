// API keys of a WebSocket API, all of it by the SDK: the key of a usage plan opens a connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteUsagePlanCommand,
} from '@aws-sdk/client-api-gateway';
import {
  CreateApiCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { WebSocket } from 'ws';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const rest = new APIGatewayClient(server.sdk);

async function createApi(): Promise<string> {
  const { ApiId = '' } = await client.send(
    new CreateApiCommand({ Name: 'keys', ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' }),
  );
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'MOCK',
      TemplateSelectionExpression: '200',
      RequestTemplates: { '200': '{"statusCode": 200}' },
    }),
  );
  await client.send(
    new CreateRouteCommand({
      ApiId,
      RouteKey: '$connect',
      ApiKeyRequired: true,
      Target: `integrations/${IntegrationId}`,
    }),
  );
  const { DeploymentId } = await client.send(new CreateDeploymentCommand({ ApiId }));
  await client.send(new CreateStageCommand({ ApiId, StageName: 'live', DeploymentId }));
  return ApiId;
}

/** The status of the handshake: 101 for an open connection. */
async function handshake(apiId: string, headers: Record<string, string> = {}): Promise<number> {
  const url = `${server.endpoint.replace('http', 'ws')}/_aws/execute-api/${apiId}/live`;
  const socket = new WebSocket(url, { headers });
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, response]) => (response as { statusCode: number }).statusCode),
  ]);
  socket.on('error', () => {}).terminate();
  return status;
}

test('the key of a usage plan opens a connection; the plan holds its stage', async () => {
  const apiId = await createApi();
  const apiStages = [{ apiId, stage: 'live' }];
  const { id: usagePlanId } = await rest.send(new CreateUsagePlanCommand({ name: 'plan', apiStages }));
  const key = await rest.send(new CreateApiKeyCommand({ name: 'key', enabled: true }));
  assert.equal(await handshake(apiId, { 'x-api-key': key.value ?? '' }), 403);
  await rest.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: key.id, keyType: 'API_KEY' }));
  assert.equal(await handshake(apiId, { 'x-api-key': key.value ?? '' }), 101);
  assert.equal(await handshake(apiId), 403);
  await assert.rejects(
    rest.send(new DeleteUsagePlanCommand({ usagePlanId })),
    refusal('BadRequestException', /because there are API Stages associated with it/),
  );
});

test('a stage that is not there and throttles by route are refused', async () => {
  const apiId = await createApi();
  const create = (stage: object) =>
    rest.send(new CreateUsagePlanCommand({ name: 'plan', apiStages: [{ apiId, ...stage }] }));
  await assert.rejects(create({ stage: 'none' }), { name: 'NotFoundException' });
  const throttle = { '$connect/ANY': { rateLimit: 1, burstLimit: 1 } };
  await assert.rejects(create({ stage: 'live', throttle }), /throttles by route for the stage of a WebSocket API/);
});

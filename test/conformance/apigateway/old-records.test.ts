// What this program wrote before 2026-11-21 is still served.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CreateStageCommand, GetBasePathMappingsCommand, GetDomainNamesCommand } from '@aws-sdk/client-api-gateway';
import { createApi, deploy, putMock, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;
const { store } = server.platform;
const at = ['000000000000', 'us-east-1', 'apigateway'];

test('a deployment that was frozen in its own record makes stages', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '"old"');
  const deploymentId = await deploy(server, restApiId);
  await store.transact(async (tx) => {
    const { inflateRawSync } = await import('node:zlib');
    const key = [...at, 'frozen', restApiId, deploymentId];
    const packed = await tx.get<Uint8Array>(key);
    const record = await tx.get([...at, 'deployment', restApiId, deploymentId]);
    const frozen = JSON.parse(inflateRawSync(packed!.value).toString());
    tx.set([...at, 'deployment', restApiId, deploymentId], { ...record!.value, frozen });
    tx.delete(key);
  });
  await client.send(new CreateStageCommand({ restApiId, deploymentId, stageName: 'again' }));
  const response = await untilStatus(() => server.ask(restApiId, 'again', '/'), 200);
  assert.equal(await response.text(), '"old"');
});

test('a domain of the shape before answers and is listed', async () => {
  const mappings = [{ path: 'v1', apiId: 'abc', stage: 'test' }];
  const stored = { accountId: '000000000000', region: 'us-east-1', domainName: 'old.example.com', mappings };
  await store.transact((tx) => tx.set(['global', 'execute-api-domains', 'old.example.com'], stored));
  const { items = [] } = await client.send(new GetDomainNamesCommand({}));
  assert.deepEqual(
    items.map((domain) => domain.domainName),
    ['old.example.com'],
  );
  const found = await client.send(new GetBasePathMappingsCommand({ domainName: 'old.example.com' }));
  assert.deepEqual(found.items, [{ basePath: 'v1', restApiId: 'abc', stage: 'test' }]);
});

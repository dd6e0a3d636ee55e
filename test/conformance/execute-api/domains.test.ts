import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { putDomain, removeDomain, type Domain } from '#gateway/index.ts';
import { eventually } from '../../harness.ts';
import { ACCOUNT, askHost, invocationUri, publishHttp, publishRest, REGION, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
after(() => server.stop());

const echo = server.functionArn('echo', (event) => ({ statusCode: 200, body: JSON.stringify(event) }));
const rest = () =>
  publishRest(server, {
    methods: { 'ANY /{proxy+}': { methodIntegration: { type: 'AWS_PROXY', uri: invocationUri(echo) } } },
    api: { disableExecuteApiEndpoint: true },
  });
let ids = 0;
type Given = Pick<Domain, 'domainName'> & { mappings: Omit<Domain['mappings'][number], 'id'>[] };
const domain = ({ domainName, mappings }: Given): Domain => ({
  accountId: ACCOUNT,
  region: REGION,
  domainName,
  id: 'abcdefghij',
  endpointType: 'REGIONAL',
  ipAddressType: 'ipv4',
  securityPolicy: 'TLS_1_2',
  routingMode: 'API_MAPPING_ONLY',
  tags: {},
  createdMs: 0,
  rules: [],
  mappings: mappings.map((mapping) => ({ id: `m${ids++}`, ...mapping })),
});

test('paths of a custom domain lead to APIs by their longest mapping', async () => {
  const root = await rest();
  const orders = await rest();
  const http = await publishHttp(server, {
    deployment: {
      routes: [{ routeId: 'r', routeKey: 'GET /pets', target: 'integrations/i' }],
      integrations: [
        { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: echo, payloadFormatVersion: '2.0' },
      ],
    },
  });
  const domainName = 'api.example.com';
  await server.platform.store.transact((tx) =>
    putDomain(
      tx,
      domain({
        domainName,
        mappings: [
          { path: '', apiId: root, stage: 'test' },
          { path: 'v1/orders', apiId: orders, stage: 'test' },
          { path: 'v2', apiId: http, stage: '$default' },
          { path: 'staged', apiId: orders },
        ],
      }),
    ),
  );
  const event = async (path: string) => JSON.parse((await askHost(server, `${domainName}:4566`, path)).body);
  await eventually(async () => (await askHost(server, domainName, '/a')).status === 200);
  const a = await event('/a/b?q=1');
  assert.deepEqual(
    [a.requestContext.apiId, a.path, a.requestContext.path, a.requestContext.domainName],
    [root, '/a/b', '/a/b', domainName],
  );
  const b = await event('/v1/orders/7');
  assert.deepEqual(
    [b.requestContext.apiId, b.path, b.requestContext.path, b.pathParameters],
    [orders, '/v1/orders/7', '/v1/orders/7', { proxy: '7' }],
  );
  assert.equal((await event('/v1/ordersX')).requestContext.apiId, root);
  const c = await event('/v2/pets');
  assert.deepEqual([c.requestContext.apiId, c.rawPath, c.routeKey], [http, '/v2/pets', 'GET /pets']);
  const d = await event('/staged/test/x');
  assert.deepEqual(
    [d.requestContext.apiId, d.requestContext.path, d.pathParameters],
    [orders, '/staged/test/x', { proxy: 'x' }],
  );
});

test('wildcard names, names without a mapping, and names that are gone', async () => {
  const apiId = await rest();
  await server.platform.store.transact((tx) =>
    putDomain(
      tx,
      domain({
        domainName: '*.wild.example.com',
        mappings: [{ path: 'only', apiId, stage: 'test' }],
      }),
    ),
  );
  await eventually(async () => (await askHost(server, 'one.wild.example.com', '/only/x')).status === 200);
  const unmapped = await askHost(server, 'two.wild.example.com', '/else');
  assert.deepEqual([unmapped.status, unmapped.body], [403, '{"message":"Forbidden"}']);
  await server.platform.store.transact((tx) => removeDomain(tx, '*.wild.example.com'));
  await eventually(async () => (await askHost(server, 'one.wild.example.com', '/only/x')).status !== 200);
});

test('an API whose own endpoint is disabled answers under its domain only', async () => {
  const apiId = await rest();
  const { status, body } = await askHost(server, `${apiId}.execute-api.${REGION}.localhost`, '/test/x');
  assert.deepEqual([status, body], [403, '{"message":"Forbidden"}']);
});

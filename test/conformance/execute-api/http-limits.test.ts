import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gatewayMetricsOf } from '#gateway/index.ts';
import { ACCOUNT, ask, publishHttp, REGION, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
after(() => server.stop());
const echo = server.functionArn('echo', () => 'x');

test('requests are counted by stage, and by route where detailed metrics are on', async () => {
  const apiId = await publishHttp(server, {
    deployment: {
      routes: [
        { routeId: 'a', routeKey: 'GET /a', target: 'integrations/i' },
        { routeId: 'b', routeKey: 'GET /b', target: 'integrations/i' },
      ],
      integrations: [
        { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: echo, payloadFormatVersion: '2.0' },
      ],
    },
    stage: { routeSettings: { 'GET /a': { detailedMetricsEnabled: true } } },
  });
  for (const path of ['/a', '/a', '/b', '/none']) await ask(server, apiId, path);
  const dimensions = { accountId: ACCOUNT, region: REGION, apiId, stage: '$default' };
  const figures = (method?: string) =>
    gatewayMetricsOf(server.platform)
      .read({ ...dimensions, ...(method !== undefined && { method }) }, 0, Date.now() + 60_000)
      .map((each) => [each.figures.count, each.figures.errors4xx, each.figures.integrationLatencyMs.count]);
  const sum = (method?: string) => figures(method).reduce((all, one) => all.map((n, i) => n + one[i]!), [0, 0, 0]);
  assert.deepEqual(sum(), [4, 1, 3]);
  assert.deepEqual(sum('GET /a'), [2, 0, 2]);
  assert.deepEqual(sum('GET /b'), [0, 0, 0]);
});

test('bodies have at most 10 MB, headers 10,240 bytes', async () => {
  const apiId = await publishHttp(server, {
    deployment: {
      routes: [{ routeId: 'a', routeKey: '$default', target: 'integrations/i' }],
      integrations: [
        { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: echo, payloadFormatVersion: '2.0' },
      ],
    },
  });
  const post = async (bytes: number) => {
    const { status, body } = await ask(server, apiId, '/', { method: 'POST', body: Buffer.alloc(bytes, 'a') });
    return [status, body];
  };
  assert.deepEqual(await post(10 * 1024 * 1024), [200, 'x']);
  assert.deepEqual(await post(10 * 1024 * 1024 + 1), [413, '{"message":"Request Entity Too Large"}']);
  const { status, body } = await ask(server, apiId, '/', { headers: { 'x-large': 'a'.repeat(10_240) } });
  assert.deepEqual([status, body], [431, '{"message":"Request Header Fields Too Large"}']);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import {
  publishApiKey,
  publishUsagePlan,
  usageOf,
  type PublishedApiKey,
  type PublishedRestIntegration,
  type PublishedUsagePlan,
} from '#gateway/index.ts';
import { eventually } from '../../harness.ts';
import { ACCOUNT, ask, invocationUri, publishRest, REGION, startGatewayServer } from './fixture.ts';

const clock = new ManualClock(Date.parse('2026-11-18T12:00:00Z'));
const server = await startGatewayServer({ services: [], clock });
after(() => server.stop());

const echo: { methodIntegration: PublishedRestIntegration } = {
  methodIntegration: {
    type: 'AWS_PROXY',
    uri: invocationUri(
      server.functionArn('backend', (event) => ({
        statusCode: 200,
        body: JSON.stringify(event.requestContext.identity),
      })),
    ),
  },
};
const keyed = { ...echo, apiKeyRequired: true };
const place = { accountId: ACCOUNT, region: REGION };

let count = 0;
async function customer(apiId: string, plan: Partial<PublishedUsagePlan>, key: Partial<PublishedApiKey> = {}) {
  const n = ++count;
  const published: PublishedUsagePlan = {
    ...place,
    id: `plan${n}`,
    name: 'plan',
    apiStages: [{ apiId, stage: 'test' }],
    ...plan,
  };
  const apiKey: PublishedApiKey = {
    ...place,
    id: `key${n}`,
    value: `secret-value-of-key-${n}`,
    name: 'key',
    enabled: true,
    usagePlanIds: [published.id],
    ...key,
  };
  await server.platform.store.transact((tx) => {
    publishUsagePlan(tx, published);
    publishApiKey(tx, apiKey);
  });
  const get = (path = '/test/') => ask(server, apiId, path, { headers: { 'X-API-Key': apiKey.value } });
  return { plan: published, key: apiKey, get };
}

const forbidden = [403, '{"message":"Forbidden"}', 'ForbiddenException'];

test('a key lets in where a usage plan has the stage, and shows in the event', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': keyed, 'GET /open': echo } });
  const { get, key } = await customer(apiId, {});
  const { status, body } = await get();
  assert.equal(status, 200);
  const identity = JSON.parse(body);
  assert.deepEqual([identity.apiKey, identity.apiKeyId], [key.value, key.id]);
  assert.equal((await ask(server, apiId, '/test/open')).status, 200);
});

test('no key, an unknown one, a disabled one and one without a plan for the stage are 403 Forbidden', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': keyed } });
  const elsewhere = await customer(apiId, { apiStages: [{ apiId, stage: 'other' }] });
  const disabled = await customer(apiId, {}, { enabled: false });
  const planless = await customer(apiId, {}, { usagePlanIds: [] });
  for (const ask1 of [
    () => ask(server, apiId, '/test/'),
    () => ask(server, apiId, '/test/', { headers: { 'x-api-key': 'nobody-has-this-key-0' } }),
    elsewhere.get,
    disabled.get,
    planless.get,
  ]) {
    const { status, body, headers } = await ask1();
    assert.deepEqual([status, body, headers['x-amzn-errortype']], forbidden);
  }
});

test('a key that is changed counts at once', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': keyed } });
  const { get, key } = await customer(apiId, {});
  assert.equal((await get()).status, 200);
  await server.platform.store.transact((tx) => publishApiKey(tx, { ...key, enabled: false }));
  await eventually(async () => (await get()).status === 403);
});

test('the authorizer may name the key', async () => {
  const arn = server.functionArn('keyAuthorizer', (event) => ({
    principalId: 'x',
    usageIdentifierKey: event.authorizationToken,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
    },
  }));
  const apiId = await publishRest(server, {
    deployment: {
      apiKeySource: 'AUTHORIZER',
      authorizers: [
        {
          id: 'a',
          name: 'a',
          type: 'TOKEN',
          authorizerUri: invocationUri(arn),
          identitySource: 'method.request.header.Authorization',
        },
      ],
    },
    methods: { 'GET /': { ...keyed, authorizationType: 'CUSTOM', authorizerId: 'a' } },
  });
  const { key } = await customer(apiId, {});
  const get = (Authorization: string) => ask(server, apiId, '/test/', { headers: { Authorization } });
  assert.equal((await get(key.value)).status, 200);
  assert.equal((await get('none')).status, 403);
});

test('quotas end in 429 Limit Exceeded and begin again with the day', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': keyed } });
  const { get, plan, key } = await customer(apiId, { quota: { limit: 3, period: 'DAY' } });
  const statuses = async () => [(await get()).status, (await get()).status, (await get()).status, (await get()).status];
  assert.deepEqual(await statuses(), [200, 200, 200, 429]);
  const over = await get();
  assert.deepEqual(
    [over.status, over.body, over.headers['x-amzn-errortype']],
    [429, '{"message":"Limit Exceeded"}', 'LimitExceededException'],
  );
  const usage = usageOf(server.platform);
  const [today] = await usage.read(plan, [key.id], '2026-11-18', '2026-11-18');
  assert.deepEqual(today!.days, [[3, 0]]);
  await usage.setRemaining(plan, key.id, 2);
  assert.deepEqual(await statuses(), [200, 200, 429, 429]);
  clock.advance(12 * 3600_000);
  assert.deepEqual(await statuses(), [200, 200, 200, 429]);
  const [both] = await usage.read(plan, [key.id], '2026-11-18', '2026-11-19');
  assert.deepEqual(both!.days, [
    [5, 0],
    [3, 0],
  ]);
});

test('weeks begin on Sunday, months on the first; an offset shortens the first period', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': keyed } });
  const weekly = await customer(apiId, { quota: { limit: 2, period: 'WEEK', offset: 1 } });
  const monthly = await customer(apiId, { quota: { limit: 1, period: 'MONTH' } });
  const statuses = async (get: typeof weekly.get) => [(await get()).status, (await get()).status, (await get()).status];
  assert.deepEqual(await statuses(weekly.get), [200, 429, 429]);
  assert.deepEqual(await statuses(monthly.get), [200, 429, 429]);
  clock.advance(Date.parse('2026-11-21T23:59:59Z') - clock.now());
  assert.deepEqual(await statuses(weekly.get), [429, 429, 429]);
  clock.advance(1000);
  assert.deepEqual(await statuses(weekly.get), [200, 200, 429]);
  assert.deepEqual(await statuses(monthly.get), [429, 429, 429]);
  clock.advance(Date.parse('2026-12-01T00:00:00Z') - clock.now());
  assert.deepEqual(await statuses(monthly.get), [200, 429, 429]);
});

test('plans throttle each key for itself, and each method of it', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /a': keyed, 'GET /b': keyed } });
  const limited: Partial<PublishedUsagePlan> = {
    throttle: { burstLimit: 4, rateLimit: 1 },
    apiStages: [{ apiId, stage: 'test', throttle: { '/a/GET': { burstLimit: 2, rateLimit: 1 } } }],
  };
  const one = await customer(apiId, limited);
  const two = await customer(apiId, limited);
  const take = async (get: typeof one.get, path: string, times: number) => {
    const all: number[] = [];
    for (let i = 0; i < times; i++) all.push((await get(path)).status);
    return all;
  };
  assert.deepEqual(await take(one.get, '/test/a', 3), [200, 200, 429]);
  assert.deepEqual(await take(one.get, '/test/b', 3), [200, 200, 429]);
  assert.deepEqual(await take(two.get, '/test/b', 5), [200, 200, 200, 200, 429]);
  const refused = await one.get('/test/a');
  assert.deepEqual([refused.status, refused.body], [429, '{"message":"Too Many Requests"}']);
  clock.advance(1000);
  assert.deepEqual(await take(one.get, '/test/a', 2), [200, 429]);
});

test('counters are kept over restarts', async () => {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const dataDir = mkdtempSync('/tmp/gatehouse-usage-');
  try {
    const published: PublishedUsagePlan = { ...place, id: 'kept', name: 'p', quota: { limit: 5, period: 'DAY' } };
    const options = { services: [], clock, config: { dataDir } };
    const first = await startGatewayServer(options);
    const usage = usageOf(first.platform);
    assert.deepEqual([await usage.take(published, 'k'), await usage.take(published, 'k')], [true, true]);
    await first.stop();
    const second = await startGatewayServer(options);
    const [read] = await usageOf(second.platform).read(published, ['k'], '2026-12-01', '2026-12-01');
    await second.stop();
    assert.deepEqual(read!.days, [[2, 3]]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

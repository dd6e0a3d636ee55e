import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  DeleteUsagePlanKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetTagsCommand,
  GetUsageCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeyCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  ImportApiKeysCommand,
  TagResourceCommand,
  UpdateApiKeyCommand,
  UpdateUsageCommand,
  UpdateUsagePlanCommand,
  type CreateUsagePlanCommandInput,
} from '@aws-sdk/client-api-gateway';
import { createApi, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

/** An API with a method that needs a key, deployed to `test`. */
async function createKeyedApi(): Promise<string> {
  const api = await createApi(server);
  await putMock(server, api, '"hello"', { apiKeyRequired: true });
  await deploy(server, api.restApiId);
  return api.restApiId;
}
const createPlan = async (input: Partial<CreateUsagePlanCommandInput>): Promise<string> =>
  (await client.send(new CreateUsagePlanCommand({ name: 'plan', ...input }))).id ?? '';
const createKey = async (name = 'key'): Promise<{ keyId: string; value: string }> => {
  const { id = '', value = '' } = await client.send(new CreateApiKeyCommand({ name, enabled: true }));
  return { keyId: id, value };
};
const join = (usagePlanId: string, keyId: string) =>
  client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }));

test('CreateApiKey generates a value of 40 letters and digits, shown again only when asked for', async () => {
  const {
    $metadata,
    id = '',
    value = '',
    createdDate,
    lastUpdatedDate,
    ...rest
  } = await client.send(new CreateApiKeyCommand({ name: 'first' }));
  assert.equal($metadata.httpStatusCode, 201);
  assert.match(value, /^[A-Za-z0-9]{40}$/);
  assert.match(id, /^[a-z0-9]{10}$/);
  assert.ok(createdDate && lastUpdatedDate);
  assert.deepEqual(rest, { name: 'first', enabled: false, stageKeys: [] });
  assert.equal((await client.send(new GetApiKeyCommand({ apiKey: id }))).value, undefined);
  assert.equal((await client.send(new GetApiKeyCommand({ apiKey: id, includeValue: true }))).value, value);
});

test('values of keys have 20 characters or more and are unique', async () => {
  const create = (value: string) => client.send(new CreateApiKeyCommand({ name: 'own', value }));
  await assert.rejects(
    create('short'),
    refusal('BadRequestException', 'API Key value should be at least 20 characters'),
  );
  const value = 'a-value-of-twenty-and-more';
  assert.equal((await create(value)).value, value);
  await assert.rejects(create(value), refusal('ConflictException', 'API Key already exists'));
});

test('keys are found by name and customer, with values when asked for', async () => {
  await client.send(new CreateApiKeyCommand({ name: 'query-a', customerId: 'acme' }));
  await client.send(new CreateApiKeyCommand({ name: 'query-b' }));
  const named = await client.send(new GetApiKeysCommand({ nameQuery: 'query-' }));
  assert.deepEqual(named.items?.map((key) => key.name ?? '').sort(), ['query-a', 'query-b']);
  assert.ok(named.items?.every((key) => key.value === undefined));
  const customers = await client.send(new GetApiKeysCommand({ customerId: 'acme', includeValues: true }));
  assert.equal(customers.items?.length, 1);
  assert.equal(customers.items?.[0]?.value?.length, 40);
});

test('UpdateApiKey patches, and refuses other paths', async () => {
  const { keyId: apiKey } = await createKey();
  const patch = (path: string, value: string) =>
    client.send(new UpdateApiKeyCommand({ apiKey, patchOperations: [{ op: 'replace', path, value }] }));
  assert.equal((await patch('/description', 'mine')).description, 'mine');
  assert.equal((await patch('/enabled', 'false')).enabled, false);
  await assert.rejects(
    patch('/value', 'x'),
    refusal('BadRequestException', /^Invalid patch path {2}'\/value' specified for op 'replace'\. Must be one of: \[/),
  );
  const resourceArn = `arn:aws:apigateway:us-east-1::/apikeys/${apiKey}`;
  await client.send(new TagResourceCommand({ resourceArn, tags: { a: '1' } }));
  assert.deepEqual((await client.send(new GetTagsCommand({ resourceArn }))).tags, { a: '1' });
  await client.send(new DeleteApiKeyCommand({ apiKey }));
  await assert.rejects(
    client.send(new GetApiKeyCommand({ apiKey })),
    refusal('NotFoundException', 'Invalid API Key identifier specified'),
  );
});

test('ImportApiKeys reads a file of keys and joins them to plans', async () => {
  const usagePlanId = await createPlan({ name: 'imported' });
  const csv = [
    'Name,Key,Description,Enabled,UsageplanIds',
    `one,imported-key-number-one,"first, of two",TRUE,${usagePlanId}`,
    'two,short,,FALSE,',
  ].join('\n');
  const imported = await client.send(new ImportApiKeysCommand({ body: Buffer.from(csv), format: 'csv' }));
  assert.equal(imported.ids?.length, 1);
  assert.deepEqual(imported.warnings, ['two: API Key value should be at least 20 characters']);
  const key = await client.send(new GetApiKeyCommand({ apiKey: imported.ids?.[0], includeValue: true }));
  assert.equal(key.value, 'imported-key-number-one');
  assert.equal(key.description, 'first, of two');
  assert.equal(key.enabled, true);
  const { items = [] } = await client.send(new GetUsagePlanKeysCommand({ usagePlanId }));
  assert.deepEqual(
    items.map((item) => item.name),
    ['one'],
  );
  await assert.rejects(
    client.send(new ImportApiKeysCommand({ body: Buffer.from(csv), format: 'csv', failOnWarnings: true })),
    refusal('ConflictException', 'API Key already exists'),
  );
});

test('CreateUsagePlan answers what it was given', async () => {
  const apiId = await createKeyedApi();
  const input = {
    name: 'gold',
    apiStages: [{ apiId, stage: 'test' }],
    throttle: { burstLimit: 5, rateLimit: 10 },
    quota: { limit: 100, period: 'MONTH' as const },
  };
  const { $metadata, id = '', ...rest } = await client.send(new CreateUsagePlanCommand(input));
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual(rest, { ...input, quota: { limit: 100, offset: 0, period: 'MONTH' } });
  assert.equal((await client.send(new GetUsagePlanCommand({ usagePlanId: id }))).name, 'gold');
});

test('plans that cannot be are refused', async () => {
  const apiId = await createKeyedApi();
  await assert.rejects(
    createPlan({ apiStages: [{ apiId, stage: 'no' }] }),
    refusal('NotFoundException', `API Stage not found: ${apiId}:no`),
  );
  await assert.rejects(
    createPlan({ apiStages: [{ apiId: 'nothere', stage: 'x' }] }),
    refusal('NotFoundException', /Invalid API identifier/),
  );
  await assert.rejects(
    createPlan({ quota: { limit: 10, offset: 1, period: 'DAY' } }),
    refusal('BadRequestException', 'Usage Plan quota offset must be zero in the DAY period'),
  );
  await assert.rejects(
    createPlan({ quota: { limit: 10, offset: 7, period: 'WEEK' } }),
    refusal('BadRequestException', /between zero and 6/),
  );
  await assert.rejects(
    client.send(new GetUsagePlanCommand({ usagePlanId: 'nothere' })),
    refusal('NotFoundException', 'Invalid Usage Plan ID specified'),
  );
});

test('UpdateUsagePlan patches limits, stages and limits of methods', async () => {
  const apiId = await createKeyedApi();
  const usagePlanId = await createPlan({ name: 'patched' });
  const updated = await client.send(
    new UpdateUsagePlanCommand({
      usagePlanId,
      patchOperations: [
        { op: 'add', path: '/apiStages', value: `${apiId}:test` },
        { op: 'replace', path: `/apiStages/${apiId}:test/throttle/~1pets/GET/rateLimit`, value: '3' },
        { op: 'replace', path: '/throttle/rateLimit', value: '7.5' },
        { op: 'replace', path: '/quota/limit', value: '20' },
        { op: 'replace', path: '/quota/period', value: 'WEEK' },
      ],
    }),
  );
  assert.deepEqual(updated.apiStages, [
    { apiId, stage: 'test', throttle: { '/pets/GET': { rateLimit: 3, burstLimit: 0 } } },
  ]);
  assert.deepEqual(updated.throttle, { rateLimit: 7.5, burstLimit: 0 });
  assert.equal(updated.quota?.limit, 20);
  await assert.rejects(
    client.send(new DeleteUsagePlanCommand({ usagePlanId })),
    refusal(
      'BadRequestException',
      `Cannot delete Usage Plan ${usagePlanId} because there are API Stages associated with it, including ${apiId}:test`,
    ),
  );
  await client.send(
    new UpdateUsagePlanCommand({
      usagePlanId,
      patchOperations: [{ op: 'remove', path: '/apiStages', value: `${apiId}:test` }],
    }),
  );
  await client.send(new DeleteUsagePlanCommand({ usagePlanId }));
});

test('a key is in a plan once, and reaches no stage through two plans', async () => {
  const apiId = await createKeyedApi();
  const apiStages = [{ apiId, stage: 'test' }];
  const [first, second] = [await createPlan({ apiStages }), await createPlan({ apiStages })];
  const { keyId, value } = await createKey('joined');
  const { $metadata: _metadata, ...joined } = await join(first, keyId);
  assert.deepEqual(joined, { id: keyId, type: 'API_KEY', value, name: 'joined' });
  await assert.rejects(join(first, keyId), refusal('ConflictException', /already/));
  await assert.rejects(
    join(second, keyId),
    refusal(
      'ConflictException',
      new RegExp(`cannot reference multiple Usage Plans with the same API stage: ${apiId}:test$`),
    ),
  );
  const plans = await client.send(new GetUsagePlansCommand({ keyId }));
  assert.deepEqual(
    plans.items?.map((plan) => plan.id),
    [first],
  );
  await client.send(new DeleteUsagePlanKeyCommand({ usagePlanId: first, keyId }));
  await assert.rejects(
    client.send(new GetUsagePlanKeyCommand({ usagePlanId: first, keyId })),
    refusal('NotFoundException', 'Invalid API Key identifier specified'),
  );
});

test('requests need a key with a plan; the quota ends them, and UpdateUsage lets them go on', async () => {
  const apiId = await createKeyedApi();
  const { keyId, value } = await createKey();
  const usagePlanId = await createPlan({ apiStages: [{ apiId, stage: 'test' }], quota: { limit: 2, period: 'DAY' } });
  const ask = (headers: Record<string, string>) => () => server.ask(apiId, 'test', '/', { headers });
  await untilStatus(ask({}), 403);
  await untilStatus(ask({ 'x-api-key': value }), 403);
  await join(usagePlanId, keyId);
  await untilStatus(ask({ 'x-api-key': value }), 200);
  assert.equal((await ask({ 'x-api-key': value })()).status, 200);
  const refused = await ask({ 'x-api-key': value })();
  assert.equal(refused.status, 429);
  assert.deepEqual(await refused.json(), { message: 'Limit Exceeded' });
  const day = new Date().toISOString().slice(0, 10);
  const usage = await client.send(new GetUsageCommand({ usagePlanId, startDate: day, endDate: day }));
  assert.deepEqual(usage.items, { [keyId]: [[2, 0]] });
  const patchOperations = [{ op: 'replace' as const, path: '/remaining', value: '1' }];
  const changed = await client.send(new UpdateUsageCommand({ usagePlanId, keyId, patchOperations }));
  assert.deepEqual(changed.items, { [keyId]: [[2, 1]] });
  assert.equal((await ask({ 'x-api-key': value })()).status, 200);
  await client.send(
    new UpdateApiKeyCommand({ apiKey: keyId, patchOperations: [{ op: 'replace', path: '/enabled', value: 'false' }] }),
  );
  await untilStatus(ask({ 'x-api-key': value }), 403);
  await assert.rejects(
    client.send(new GetUsageCommand({ usagePlanId, startDate: 'today', endDate: day })),
    refusal('BadRequestException', /date/),
  );
});

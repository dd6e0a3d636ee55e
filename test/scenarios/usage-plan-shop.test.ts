// examples/usage-plan-shop under IAM: keys in the header and in the query, a quota that ends, a throttle of one method.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { APIGatewayClient, GetUsageCommand, UpdateUsageCommand } from '@aws-sdk/client-api-gateway';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

const BRONZE = 'bronze-key-of-the-example-shop';
const GOLD = 'gold-key-of-the-example-shop';
const QUOTA = 5;

let app: Application;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/usage-plan-shop/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
});
after(() => app?.stop());

interface Said {
  status: number;
  body: unknown;
  headers: Headers;
}
async function ask(output: string, where: string, key?: string, more: RequestInit = {}): Promise<Said> {
  const headers = key === undefined ? {} : { 'x-api-key': key };
  const answer = await fetch(app.local(output) + where, { headers, ...more });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
const order = (key: string): Promise<Said> =>
  ask('ShopUrl', '/orders', key, { method: 'POST', body: '{"product":"tea"}' });

test('without a key, with a wrong one, with an empty one: Forbidden', async () => {
  for (const key of [undefined, 'no-such-key-in-this-shop', '']) {
    const { status, body, headers } = await ask('ShopUrl', '/products', key);
    assert.deepEqual([status, body], [403, { message: 'Forbidden' }]);
    assert.equal(headers.get('x-amzn-errortype'), 'ForbiddenException');
  }
});

test('a key in the query counts by way of its authorizer; the header does not count there', async () => {
  const { status, body } = await ask('LinkShopUrl', `/products?key=${GOLD}`);
  assert.equal(status, 200);
  assert.deepEqual((body as { products: { id: string }[] }).products[0]!.id, 'tea');
  assert.deepEqual((await ask('LinkShopUrl', '/products', GOLD)).status, 401);
  const wrong = await ask('LinkShopUrl', '/products?key=no-such-key-in-this-shop');
  assert.deepEqual([wrong.status, wrong.body], [403, { message: 'Forbidden' }]);
});

test('a quota is one for both ways in, ends with 429, is seen by GetUsage and raised by UpdateUsage', async () => {
  const client = new APIGatewayClient(app.sdk);
  const usagePlanId = app.outputs['BronzePlan']!;
  const keyId = app.outputs['BronzeKeyId']!;
  const today = new Date().toISOString().slice(0, 10);
  const usage = async (): Promise<number[][] | undefined> =>
    (await client.send(new GetUsageCommand({ usagePlanId, startDate: today, endDate: today }))).items?.[keyId];
  for (let i = 0; i < QUOTA; i++) {
    const { status } = await (i % 2
      ? ask('LinkShopUrl', `/products?key=${BRONZE}`)
      : ask('ShopUrl', '/products', BRONZE));
    assert.equal(status, 200);
  }
  const beyond = await ask('ShopUrl', '/products', BRONZE);
  assert.deepEqual([beyond.status, beyond.body], [429, { message: 'Limit Exceeded' }]);
  assert.equal(beyond.headers.get('x-amzn-errortype'), 'LimitExceededException');
  assert.equal(beyond.headers.get('retry-after'), '86400');
  assert.equal((await ask('LinkShopUrl', `/products?key=${BRONZE}`)).status, 429);
  assert.deepEqual(await usage(), [[QUOTA, 0]]);
  const patchOperations = [{ op: 'replace' as const, path: '/remaining', value: '1' }];
  await client.send(new UpdateUsageCommand({ usagePlanId, keyId, patchOperations }));
  assert.equal((await ask('ShopUrl', '/products', BRONZE)).status, 200);
  assert.equal((await ask('ShopUrl', '/products', BRONZE)).status, 429);
});

test('a method that is throttled in the plan is refused beyond its burst, and its neighbour is not', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => order(GOLD)));
  const taken = answers.filter(({ status }) => status === 202).length;
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(taken + refused.length, answers.length);
  assert.ok(taken >= 3 && refused.length > 0, `${taken} taken`);
  assert.deepEqual(refused[0]!.body, { message: 'Too Many Requests' });
  assert.equal(refused[0]!.headers.get('x-amzn-errortype'), 'TooManyRequestsException');
  assert.equal((await ask('ShopUrl', '/products', GOLD)).status, 200);
  const sqs = new SQSClient(app.sdk);
  await eventually(async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: app.outputs['OrdersUrl'],
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    return Number(Attributes?.['ApproximateNumberOfMessages']) === taken;
  });
});

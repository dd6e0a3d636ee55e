// examples/cached-catalogue under IAM: answers by shelf without a function, and who may have them read anew.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { APIGatewayClient, FlushStageCacheCommand } from '@aws-sdk/client-api-gateway';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { gatewayMetricsOf } from '#gateway/index.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/cached-catalogue/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
  await put('tea', ['green', 'black']);
  await put('cups', ['small']);
});
after(() => app?.stop());

const put = (shelf: string, items: string[]): Promise<unknown> =>
  new S3Client(app.sdk).send(
    new PutObjectCommand({ Bucket: app.outputs['Shelf'], Key: `${shelf}.json`, Body: JSON.stringify(items) }),
  );

interface Said {
  status: number;
  warning: string | null;
  body: { shelf?: string; items?: string[]; readings?: number; message?: string };
}

async function ask(user: 'Reader' | 'Editor', query: string, headers: Record<string, string> = {}): Promise<Said> {
  const url = new URL(app.local('CatalogueUrl') + query);
  const credentials = { accessKeyId: app.outputs[`${user}KeyId`]!, secretAccessKey: app.outputs[`${user}Secret`]! };
  const { host: _host, ...signed } = signRequest(
    { method: 'GET', target: url.pathname + url.search, headers: { host: url.host, ...headers } },
    { credentials, region: 'us-east-1', service: 'execute-api', now: Date.now() },
  );
  const answer = await fetch(url, { headers: signed });
  return {
    status: answer.status,
    warning: answer.headers.get('warning'),
    body: (await answer.json()) as Said['body'],
  };
}

test('each shelf is read once, however it is asked for; only one parameter tells answers apart', async () => {
  const first = await ask('Reader', '?shelf=tea');
  assert.deepEqual([first.status, first.body.items], [200, ['green', 'black']]);
  await put('tea', ['green', 'black', 'white']);
  for (const query of ['?shelf=tea', '?shelf=tea&page=2', '?page=2&shelf=tea']) {
    assert.deepEqual((await ask('Reader', query)).body, first.body);
  }
  const cups = await ask('Editor', '?shelf=cups');
  assert.deepEqual([cups.body.items, cups.body.readings], [['small'], first.body.readings! + 1]);
});

test('the editor may have it read anew, the reader gets the old answer and a warning', async () => {
  const old = await ask('Reader', '?shelf=tea');
  const refused = await ask('Reader', '?shelf=tea', { 'cache-control': 'max-age=0' });
  assert.deepEqual([refused.status, refused.body], [200, old.body]);
  assert.match(refused.warning ?? '', /^199 /);
  const anew = await ask('Editor', '?shelf=tea', { 'cache-control': 'max-age=0' });
  assert.deepEqual([anew.warning, anew.body.items], [null, ['green', 'black', 'white']]);
  assert.deepEqual((await ask('Reader', '?shelf=tea')).body, anew.body);
});

test('a flush forgets everything', async () => {
  const { body: before } = await ask('Reader', '?shelf=cups');
  const restApiId = app.outputs['ApiId'];
  await new APIGatewayClient(app.sdk).send(new FlushStageCacheCommand({ restApiId, stageName: 'live' }));
  const after = await eventually(async () => {
    const { body } = await ask('Reader', '?shelf=cups');
    return body.readings! > before.readings! ? body : undefined;
  });
  assert.deepEqual(after.items, before.items);
});

test('what is missing is asked for each time, and a missing parameter is a question like any other', async () => {
  const missing = await ask('Reader', '?shelf=shoes');
  assert.deepEqual([missing.status, missing.body], [404, { message: 'There is no shelf shoes' }]);
  await put('shoes', ['left', 'right']);
  assert.deepEqual((await ask('Reader', '?shelf=shoes')).body.items, ['left', 'right']);
});

test('hits and misses are counted', async () => {
  const [accountId, region] = [app.platform.config.defaultAccountId, 'us-east-1'];
  const dimensions = { accountId, region, apiId: app.outputs['ApiId']!, stage: 'live' };
  const hits = (): [number, number] =>
    gatewayMetricsOf(app.platform)
      .read(dimensions, 0, Date.now() + 60_000)
      .reduce(([hit, miss], { figures }) => [hit + figures.cacheHits, miss + figures.cacheMisses], [0, 0]);
  await ask('Reader', '?shelf=tea');
  const [hit, miss] = hits();
  await ask('Reader', '?shelf=tea');
  assert.deepEqual(hits(), [hit + 1, miss]);
  await ask('Editor', '?shelf=tea', { 'cache-control': 'max-age=0' });
  assert.deepEqual(hits(), [hit + 1, miss + 1]);
});

test('unsigned requests are refused before the cache', async () => {
  const answer = await fetch(`${app.local('CatalogueUrl')}?shelf=tea`);
  assert.deepEqual([answer.status, await answer.json()], [403, { message: 'Missing Authentication Token' }]);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import zlib from 'node:zlib';
import { ManualClock } from '#core/clock.ts';
import type { PublishedMethod, PublishedRestIntegration } from '#gateway/index.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { fakeUsers, keyOf } from './fake-identity.ts';
import { ask, invocationUri, publishRest, REGION, startGatewayServer, type FakeFunction } from './fixture.ts';

const clock = new ManualClock(Date.now());
const server = await startGatewayServer({ services: [], clock, config: { iam: 'enforce' } });
after(() => server.stop());

let count = 0;
function counted(more: Partial<PublishedRestIntegration> = {}): {
  calls: () => number;
  method: { methodIntegration: PublishedRestIntegration };
} {
  let calls = 0;
  const run: FakeFunction = (event) => ({
    statusCode: event.queryStringParameters?.status ?? 200,
    headers: { 'X-Call': String(++calls) },
    body: `call ${calls}`,
  });
  const uri = invocationUri(server.functionArn(`cached${++count}`, run));
  return { calls: () => calls, method: { methodIntegration: { type: 'AWS_PROXY', uri, ...more } } };
}
const cachedStage = {
  cacheClusterEnabled: true,
  cacheClusterSize: '0.5',
  methodSettings: { '*/*': { cachingEnabled: true, cacheTtlInSeconds: 60 } },
};

test('a cached answer asks no backend until its time is over', async () => {
  const { method, calls } = counted();
  const apiId = await publishRest(server, { methods: { 'GET /a': method }, stage: cachedStage });
  const first = await ask(server, apiId, '/test/a');
  const second = await ask(server, apiId, '/test/a?other=1');
  assert.deepEqual([first.body, second.body, second.headers['x-call']], ['call 1', 'call 1', '1']);
  assert.notEqual(first.headers['x-amzn-requestid'], second.headers['x-amzn-requestid']);
  assert.equal(calls(), 1);
  clock.advance(60_000);
  assert.equal((await ask(server, apiId, '/test/a')).body, 'call 2');
});

test('key parameters tell answers apart', async () => {
  const { method, calls } = counted({
    cacheKeyParameters: ['method.request.path.id', 'method.request.querystring.q', 'method.request.header.X-K'],
  });
  const apiId = await publishRest(server, { methods: { 'GET /{id}': method }, stage: cachedStage });
  for (const path of ['/test/1', '/test/1', '/test/2', '/test/2?q=1', '/test/2?q=1', '/test/2?q='])
    await ask(server, apiId, path);
  assert.equal(calls(), 4);
  await ask(server, apiId, '/test/1', { headers: { 'X-K': 'a' } });
  assert.equal(calls(), 5);
});

test('of methods without settings only GET is cached; a method may say otherwise', async () => {
  const post = counted();
  const chosen = counted();
  const not = counted();
  const apiId = await publishRest(server, {
    methods: { 'POST /post': post.method, 'POST /chosen': chosen.method, 'GET /not': not.method },
    stage: {
      ...cachedStage,
      methodSettings: {
        ...cachedStage.methodSettings,
        'chosen/POST': { cachingEnabled: true },
        'not/GET': { cachingEnabled: false },
      },
    },
  });
  for (let i = 0; i < 3; i++) {
    await ask(server, apiId, '/test/post', { method: 'POST' });
    await ask(server, apiId, '/test/chosen', { method: 'POST' });
    await ask(server, apiId, '/test/not');
  }
  assert.deepEqual([post.calls(), chosen.calls(), not.calls()], [3, 1, 3]);
});

test('errors are not kept, nor anything where the cluster is off or the TTL zero', async () => {
  const failing = counted();
  const apiId = await publishRest(server, { methods: { 'GET /': failing.method }, stage: cachedStage });
  for (let i = 0; i < 2; i++) await ask(server, apiId, '/test/?status=500');
  assert.equal(failing.calls(), 2);
  const off = counted();
  const without = await publishRest(server, {
    methods: { 'GET /': off.method },
    stage: { ...cachedStage, cacheClusterEnabled: false },
  });
  const zero = counted();
  const none = await publishRest(server, {
    methods: { 'GET /': zero.method },
    stage: { ...cachedStage, methodSettings: { '*/*': { cachingEnabled: true, cacheTtlInSeconds: 0 } } },
  });
  for (let i = 0; i < 2; i++) {
    await ask(server, without, '/test/');
    await ask(server, none, '/test/');
  }
  assert.deepEqual([off.calls(), zero.calls()], [2, 2]);
});

test('Cache-Control: max-age=0 asks again where it may', async () => {
  const fresh = async (setting: object, headers: Record<string, string> = {}) => {
    const { method, calls } = counted();
    const apiId = await publishRest(server, {
      methods: { 'GET /': method },
      stage: { ...cachedStage, methodSettings: { '*/*': { ...cachedStage.methodSettings['*/*'], ...setting } } },
    });
    await ask(server, apiId, '/test/');
    const { status, headers: answered } = await ask(server, apiId, '/test/', {
      headers: { 'Cache-Control': 'max-age=0', ...headers },
    });
    return [calls(), status, answered['warning']];
  };
  assert.deepEqual(await fresh({ requireAuthorizationForCacheControl: false }), [2, 200, undefined]);
  const required = { requireAuthorizationForCacheControl: true };
  assert.deepEqual(await fresh({ ...required, unauthorizedCacheControlHeaderStrategy: 'FAIL_WITH_403' }), [
    1,
    403,
    undefined,
  ]);
  assert.deepEqual(
    await fresh({ ...required, unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITHOUT_RESPONSE_HEADER' }),
    [1, 200, undefined],
  );
  const [calls, status, warning] = await fresh({
    ...required,
    unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
  });
  assert.deepEqual([calls, status], [1, 200]);
  assert.match(String(warning), /^199 /);
});

fakeUsers(server, {
  reader: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
  refresher: [{ Effect: 'Allow', Action: ['execute-api:Invoke', 'execute-api:InvalidateCache'], Resource: '*' }],
});

test('who may invalidate the cache gets a fresh answer, and so does everyone after him', async () => {
  const { method, calls } = counted();
  const signed: Partial<PublishedMethod> & { methodIntegration: PublishedRestIntegration } = {
    ...method,
    authorizationType: 'AWS_IAM',
  };
  const apiId = await publishRest(server, { methods: { 'GET /': signed }, stage: cachedStage });
  const host = `${apiId}.execute-api.${REGION}.localhost:${server.platform.config.port}`;
  const get = async (user: string, more: Record<string, string> = {}) => {
    const { host: _host, ...headers } = signRequest(
      { method: 'GET', target: '/test/', headers: { host, ...more } },
      { credentials: keyOf(user), region: REGION, service: 'execute-api', now: clock.now() },
    );
    return (await ask(server, apiId, '/test/', { headers })).body;
  };
  const refresh = { 'cache-control': 'max-age=0' };
  assert.deepEqual(
    [await get('reader'), await get('reader', refresh), await get('refresher', refresh), await get('reader')],
    ['call 1', 'call 1', 'call 2', 'call 2'],
  );
  assert.equal(calls(), 2);
});

test('answers of the minimum size and more are compressed for clients that accept it', async () => {
  const text = 'x'.repeat(200);
  const uri = invocationUri(server.functionArn('large', (event) => ({ statusCode: 200, body: event.body ?? text })));
  const methods = { 'POST /': { methodIntegration: { type: 'AWS_PROXY' as const, uri } } };
  const apiId = await publishRest(server, { methods, deployment: { minimumCompressionSize: 100 } });
  const post = (headers: Record<string, string>, body?: string | Buffer) =>
    ask(server, apiId, '/test/', { method: 'POST', headers, ...(body !== undefined && { body }) });
  const gzip = await post({ 'Accept-Encoding': 'deflate;q=0.5, gzip' });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(zlib.gunzipSync(gzip.bytes).toString(), text);
  const deflate = await post({ 'Accept-Encoding': 'deflate' });
  assert.equal(zlib.inflateSync(deflate.bytes).toString(), text);
  for (const [headers, body] of [
    [{}, undefined],
    [{ 'Accept-Encoding': 'br' }, undefined],
    [{ 'Accept-Encoding': 'gzip' }, 'short'],
  ] as const) {
    assert.equal((await post(headers, body)).headers['content-encoding'], undefined);
  }
  const packed = await post({ 'Content-Encoding': 'gzip' }, zlib.gzipSync('packed request'));
  assert.equal(packed.body, 'packed request');
  const bomb = await post({ 'Content-Encoding': 'gzip' }, zlib.gzipSync(Buffer.alloc(11 * 1024 * 1024)));
  assert.equal(bomb.status, 413);
  assert.equal((await post({ 'Content-Encoding': 'gzip' }, 'no gzip')).status, 400);
  const off = await publishRest(server, { methods });
  assert.equal(
    (await ask(server, off, '/test/', { method: 'POST', headers: { 'Accept-Encoding': 'gzip' } })).headers[
      'content-encoding'
    ],
    undefined,
  );
});

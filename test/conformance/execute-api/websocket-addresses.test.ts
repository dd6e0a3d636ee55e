// Where a WebSocket API answers, who may connect, and what open connections see of a deployment.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { publishApiKey, publishUsagePlan, removeStage } from '#gateway/index.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { eventually } from '../../harness.ts';
import { fakeUsers, keyOf } from './fake-identity.ts';
import { ACCOUNT, REGION, ask, startGatewayServer, type FakeFunction } from './fixture.ts';
import {
  ANSWERS,
  openSocket,
  proxy,
  publishSockets,
  refusedWith,
  type OpenOptions,
  type SocketApi,
} from './websocket-fixture.ts';

const server = await startGatewayServer({ services: [], config: { iam: 'enforce' } });
after(() => server.stop());
fakeUsers(server, {
  backend: [{ Effect: 'Allow', Action: 'execute-api:*', Resource: '*' }],
  stranger: [],
});
const { port } = server.platform.config;
const publish = (api: SocketApi) => publishSockets(server, api);
const open = (apiId: string, options?: OpenOptions) => openSocket(server, apiId, options);
const managementAt = (path: string, user = 'backend') =>
  new ApiGatewayManagementApiClient({ ...server.sdk, endpoint: `${server.endpoint}${path}`, credentials: keyOf(user) });

/** Remembers the contexts of its events, and lets everybody in. */
function remembering(): { contexts: any[]; run: FakeFunction } {
  const contexts: any[] = [];
  return { contexts, run: (event) => (contexts.push(event.requestContext), { statusCode: 200, body: 'ok' }) };
}

test('the path form connects, and functions are told a name that leads back here', async () => {
  const { contexts, run } = remembering();
  const apiId = await publish({ routes: { $connect: proxy(server, run) } });
  const client = await open(apiId, { url: `ws://127.0.0.1:${port}/_aws/execute-api/${apiId}/live?x=1` });
  assert.equal(contexts[0].domainName, `${apiId}.execute-api.${REGION}.amazonaws.com`);
  assert.equal(contexts[0].stage, 'live');
  client.socket.terminate();
  await assert.rejects(
    open(apiId, { url: `ws://127.0.0.1:${port}/_aws/execute-api/${apiId}/other` }),
    refusedWith(403),
  );
  await assert.rejects(
    open(apiId, { url: `ws://127.0.0.1:${port}/_aws/execute-api/nosuchapi/live` }),
    refusedWith(403),
  );
});

test('callbacks reach a connection by every form of address, and no other API by its own', async () => {
  const { contexts, run } = remembering();
  const apiId = await publish({ routes: { $connect: proxy(server, run) } });
  const otherId = await publish({ routes: {} });
  const client = await open(apiId);
  const { connectionId: ConnectionId } = contexts[0];
  for (const path of ['', '/live', `/_aws/execute-api/${apiId}/live`]) {
    await managementAt(path).send(new PostToConnectionCommand({ ConnectionId, Data: `by ${path}` }));
    assert.equal(await client.next(), `by ${path}`);
  }
  const elsewhere = managementAt(`/_aws/execute-api/${otherId}/live`).send(
    new PostToConnectionCommand({ ConnectionId, Data: 'x' }),
  );
  await assert.rejects(elsewhere, { name: 'GoneException' });
  client.socket.terminate();
});

test('answers about connections: gone has no body, ids that are none are 400, the rest is as documented', async () => {
  const { contexts, run } = remembering();
  const apiId = await publish({ routes: { $connect: proxy(server, run) } });
  const management = managementAt(`/_aws/execute-api/${apiId}/live`);
  const signed = (method: string, id: string) => {
    const target = `/_aws/execute-api/${apiId}/live/%40connections/${encodeURIComponent(id)}`;
    const headers = signRequest(
      { method, target, headers: { host: `127.0.0.1:${port}` }, body: '' },
      { credentials: keyOf('backend'), region: REGION, service: 'execute-api', now: Date.now() },
    );
    return fetch(`http://127.0.0.1:${port}${target}`, { method, headers });
  };
  const gone = await signed('POST', 'AAAAAAAAAAAAAAA=');
  assert.equal(gone.status, 410);
  assert.equal(gone.headers.get('x-amzn-errortype'), 'GoneException');
  assert.equal(await gone.text(), '');
  const wrong = await signed('POST', 'nonsense');
  assert.equal(wrong.status, 400);
  assert.equal(wrong.headers.get('x-amzn-errortype'), 'BadRequestException');
  assert.deepEqual(await wrong.json(), { message: 'Invalid connectionId: nonsense' });
  const unsigned = await fetch(`http://127.0.0.1:${port}/_aws/execute-api/${apiId}/live/@connections/AAAAAAAAAAAAAAA=`);
  assert.equal(unsigned.status, 403);
  assert.deepEqual(await unsigned.json(), { message: 'Missing Authentication Token' });

  const client = await open(apiId, { headers: { 'User-Agent': 'tester/2' } });
  const { connectionId: ConnectionId, connectedAt } = contexts[0];
  const shown = await signed('GET', ConnectionId);
  const description = (await shown.json()) as Record<string, unknown>;
  assert.deepEqual(Object.keys(description), ['connectedAt', 'identity', 'lastActiveAt']);
  assert.equal(description['connectedAt'], new Date(connectedAt).toISOString());
  assert.deepEqual(description['identity'], { sourceIp: '127.0.0.1', userAgent: 'tester/2' });
  await management.send(new DeleteConnectionCommand({ ConnectionId }));
  assert.deepEqual(await client.closed, { code: 1000, reason: 'Connection Closed Normally' });
  await assert.rejects(management.send(new GetConnectionCommand({ ConnectionId })), { name: 'GoneException' });
});

test('a plain request to a stage is Forbidden, and so is everything where the endpoint is off', async () => {
  const apiId = await publish({ routes: { $default: {} } });
  const plain = await ask(server, apiId, '/live');
  assert.deepEqual([plain.status, plain.body], [403, '{"message":"Forbidden"}']);
  const offId = await publish({ routes: {}, api: { disableExecuteApiEndpoint: true } });
  await assert.rejects(open(offId), refusedWith(403));
  const callback = managementAt(`/_aws/execute-api/${offId}/live`).send(
    new PostToConnectionCommand({ ConnectionId: 'AAAAAAAAAAAAAAA=', Data: 'x' }),
  );
  await assert.rejects(callback, { name: 'ForbiddenException' });
});

test('AWS_IAM at $connect: signed callers with permission, and their identity stays', async () => {
  const { contexts, run } = remembering();
  const apiId = await publish({
    routes: { $connect: proxy(server, run), who: proxy(server, run) },
    more: { $connect: { authorizationType: 'AWS_IAM' }, who: ANSWERS },
  });
  const host = `${apiId}.execute-api.${REGION}.localhost:${port}`;
  const signedAs = (user: string): Record<string, string> => {
    const headers = signRequest(
      { method: 'GET', target: '/live', headers: { host }, body: '' },
      { credentials: keyOf(user), region: REGION, service: 'execute-api', now: Date.now() },
    );
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'));
  };
  await assert.rejects(open(apiId), /^Error: 403 \{"message": "Missing Authentication Token"/);
  await assert.rejects(open(apiId, { headers: signedAs('stranger') }), /^Error: 403 \{"message": "Forbidden"/);
  const client = await open(apiId, { headers: signedAs('backend') });
  client.socket.send('{"action":"who"}');
  assert.equal(await client.next(), 'ok');
  for (const { identity } of contexts) assert.equal(identity.userArn, `arn:aws:iam::${ACCOUNT}:user/backend`);
  client.socket.terminate();
});

test('an API key with a plan for the stage lets in; its throttle and quota count handshakes', async () => {
  const { contexts, run } = remembering();
  const apiId = await publish({
    routes: { $connect: proxy(server, run) },
    more: { $connect: { apiKeyRequired: true } },
  });
  await server.platform.store.transact(async (tx) => {
    const place = { accountId: ACCOUNT, region: REGION };
    const apiStages = [{ apiId, stage: 'live' }];
    for (const id of ['bronze', 'silver']) {
      const key = {
        ...place,
        id: `id-${id}`,
        name: id,
        value: `key-${id}-0123456789`,
        enabled: true,
        usagePlanIds: [id],
      };
      publishApiKey(tx, key);
    }
    publishUsagePlan(tx, {
      ...place,
      id: 'bronze',
      name: 'bronze',
      apiStages,
      throttle: { rateLimit: 0.001, burstLimit: 1 },
    });
    publishUsagePlan(tx, {
      ...place,
      id: 'silver',
      name: 'silver',
      apiStages,
      quota: { limit: 1, period: 'DAY', offset: 0 },
    });
  });
  const withKey = (value: string) => ({ headers: { 'x-api-key': value } });
  await assert.rejects(open(apiId), /^Error: 403 \{"message": "Forbidden"/);
  await assert.rejects(open(apiId, withKey('other')), refusedWith(403));
  for (const [id, message] of [
    ['bronze', 'Too Many Requests'],
    ['silver', 'Limit Exceeded'],
  ] as const) {
    (await open(apiId, withKey(`key-${id}-0123456789`))).socket.terminate();
    assert.equal(contexts.at(-1).identity.apiKeyId, `id-${id}`);
    await assert.rejects(open(apiId, withKey(`key-${id}-0123456789`)), new RegExp(`429 .*"message": "${message}"`));
  }
});

test('open connections follow deployments, and end with their stage', async () => {
  const say = (text: string): SocketApi => ({
    routes: { $default: proxy(server, () => ({ statusCode: 200, body: text })) },
    more: { $default: ANSWERS },
  });
  const apiId = await publish(say('first'));
  const client = await open(apiId);
  client.socket.send('x');
  assert.equal(await client.next(), 'first');
  await publish({ ...say('second'), apiId });
  await eventually(async () => {
    client.socket.send('x');
    return (await client.next()) === 'second';
  });
  await server.platform.store.transact((tx) => removeStage(tx, apiId, 'live'));
  await eventually(() => {
    if (client.socket.readyState === client.socket.OPEN) client.socket.send('x');
    return client.socket.readyState === client.socket.CLOSED;
  });
  assert.equal((await client.closed).code, 1001);
});

test('the throttle of the stage counts each route for itself, handshakes too', async () => {
  const { run } = remembering();
  const apiId = await publish({
    routes: { $connect: proxy(server, run), one: proxy(server, run), two: proxy(server, run) },
    stage: { defaultRouteSettings: { throttlingBurstLimit: 1, throttlingRateLimit: 0.001 } },
  });
  const client = await open(apiId);
  await assert.rejects(open(apiId), /^Error: 429 \{"message": "Too Many Requests"/);
  for (const action of ['one', 'two', 'one']) client.socket.send(JSON.stringify({ action }));
  assert.match(await client.next(), /Too Many Requests/);
  assert.equal(client.messages.length, 1);
  client.socket.terminate();
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedHttpAuthorizer, PublishedHttpDeployment, PublishedRoute } from '#gateway/index.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { startBackend } from './backend.ts';
import { fakeUsers, keyOf } from './fake-identity.ts';
import { ACCOUNT, ask, publishHttp, REGION, startGatewayServer, type FakeFunction } from './fixture.ts';
import { startIssuer } from './issuer.ts';

const server = await startGatewayServer({ services: [], config: { iam: 'enforce' } });
const backend = await startBackend((request, response) => {
  response.statusCode = request.url?.startsWith('/teapot') ? 418 : 200;
  response.setHeader('X-Backend', 'yes');
  response.setHeader('Content-Type', 'application/json');
  response.end('{"id":7}');
});
const issuer = await startIssuer(server, 'login.localhost', '/tenant');
after(async () => {
  await server.stop();
  await backend.stop();
});

let count = 0;
const echo = server.functionArn('backend', (event) => ({
  statusCode: 200,
  body: JSON.stringify(event.requestContext.authorizer ?? null),
}));

function guarded(
  authorizer: Omit<PublishedHttpAuthorizer, 'authorizerId' | 'name'>,
  route: Partial<PublishedRoute> = {},
): Omit<PublishedHttpDeployment, 'id'> {
  return {
    authorizers: [{ authorizerId: 'a', name: 'a', ...authorizer }],
    integrations: [
      { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: echo, payloadFormatVersion: '2.0' },
      { integrationId: 'v1', integrationType: 'AWS_PROXY', integrationUri: echo, payloadFormatVersion: '1.0' },
    ],
    routes: [
      {
        routeId: 'r',
        routeKey: 'GET /pets/{id}',
        target: 'integrations/i',
        authorizationType: authorizer.authorizerType === 'JWT' ? 'JWT' : 'CUSTOM',
        authorizerId: 'a',
        ...route,
      },
    ],
  };
}

const get = (apiId: string, headers: Record<string, string> = {}, path = '/pets/1?q=x') =>
  ask(server, apiId, path, { headers });

const jwt = {
  authorizerType: 'JWT',
  identitySource: ['$request.header.Authorization'],
  jwtConfiguration: { issuer: issuer.issuer, audience: ['web', 'app'] },
} as const;

test('JWT: tokens of the issuer for the audience pass, their claims go to the function', async () => {
  const apiId = await publishHttp(server, {
    deployment: guarded({
      ...jwt,
      identitySource: [...jwt.identitySource],
      jwtConfiguration: { ...jwt.jwtConfiguration, audience: ['web', 'app'] },
    }),
  });
  const token = await issuer.sign({ sub: 'ann', aud: 'web', roles: ['a', 'b'], level: 3 });
  const { status, body } = await get(apiId, { Authorization: `Bearer ${token}` });
  assert.equal(status, 200);
  const { jwt: given } = JSON.parse(body);
  assert.equal(given.scopes, null);
  assert.equal(given.claims.sub, 'ann');
  assert.equal(given.claims.roles, '[a b]');
  assert.equal(given.claims.level, '3');
  const clientOnly = await issuer.sign({ sub: 'ann', client_id: 'app' });
  assert.equal((await get(apiId, { Authorization: clientOnly })).status, 200);
});

test('JWT: what is not a good token is 401 and says why in WWW-Authenticate', async () => {
  const apiId = await publishHttp(server, { deployment: guarded(structuredClone(jwt) as never) });
  const missing = await get(apiId);
  assert.deepEqual(
    [missing.status, missing.body, missing.headers['www-authenticate']],
    [401, '{"message":"Unauthorized"}', 'Bearer'],
  );
  const bad = [
    'nonsense',
    await issuer.sign({ aud: 'other' }),
    await issuer.sign({ aud: 'web' }, { expires: '1s ago' }),
    await issuer.sign({ aud: 'web' }, { wrongKey: true }),
  ];
  for (const token of bad) {
    const { status, body, headers } = await get(apiId, { Authorization: `Bearer ${token}` });
    assert.deepEqual([status, body], [401, '{"message":"Unauthorized"}']);
    assert.match(headers['www-authenticate']!, /^Bearer scope="" error="invalid_token" error_description=".+"$/);
  }
});

test('JWT: one of the scopes of the route must be granted, else 403', async () => {
  const apiId = await publishHttp(server, {
    deployment: guarded(structuredClone(jwt) as never, { authorizationScopes: ['read', 'write'] }),
  });
  const bearer = async (scope: string) => ({ Authorization: `Bearer ${await issuer.sign({ aud: 'web', scope })}` });
  const good = await get(apiId, await bearer('write other'));
  assert.deepEqual(JSON.parse(good.body).jwt.scopes, ['write', 'other']);
  const { status, body, headers } = await get(apiId, await bearer('other'));
  assert.deepEqual([status, body], [403, '{"message":"Forbidden"}']);
  assert.equal(headers['www-authenticate'], 'Bearer scope="read write" error="insufficient_scope"');
});

test('JWT: keys are asked for once', async () => {
  const own = await startIssuer(server, 'rotating.localhost');
  const apiId = await publishHttp(server, {
    deployment: guarded({
      authorizerType: 'JWT',
      identitySource: ['$request.header.Authorization'],
      jwtConfiguration: { issuer: own.issuer, audience: ['web'] },
    }),
  });
  const bearer = async () => ({ Authorization: await own.sign({ aud: 'web', jti: String(Math.random()) }) });
  for (let i = 0; i < 3; i++) assert.equal((await get(apiId, await bearer())).status, 200);
  assert.equal(own.asked, 1);
});

function lambdaAuthorizer(run: FakeFunction, more: Partial<PublishedHttpAuthorizer> = {}) {
  return {
    authorizerType: 'REQUEST' as const,
    authorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${server.functionArn(`auth${++count}`, run)}/invocations`,
    authorizerPayloadFormatVersion: '2.0' as const,
    identitySource: ['$request.header.X-Key'],
    ...more,
  };
}
const policy = (Effect: string, Resource = '*') => ({
  principalId: 'ann',
  policyDocument: { Version: '2012-10-17', Statement: [{ Effect, Action: 'execute-api:Invoke', Resource }] },
  context: { level: 5, deep: { x: [1] } },
});

test('Lambda authorizers 2.0: simple answers, with the event and the context', async () => {
  let event: any;
  const apiId = await publishHttp(server, {
    deployment: guarded(
      lambdaAuthorizer(
        (given) => {
          event = given;
          return { isAuthorized: given.headers['x-key'] === 'good', context: { level: 5, deep: { x: [1] } } };
        },
        { enableSimpleResponses: true },
      ),
    ),
    stage: { stageVariables: { v: '1' } },
  });
  const good = await get(apiId, { 'X-Key': 'good' });
  assert.equal(good.status, 200);
  assert.deepEqual(JSON.parse(good.body), { lambda: { level: 5, deep: { x: [1] } } });
  assert.equal(event.version, '2.0');
  assert.equal(event.type, 'REQUEST');
  assert.equal(event.routeArn, `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/$default/GET/pets/1`);
  assert.deepEqual(event.identitySource, ['good']);
  assert.equal(event.routeKey, 'GET /pets/{id}');
  assert.deepEqual(event.queryStringParameters, { q: 'x' });
  assert.deepEqual(event.pathParameters, { id: '1' });
  assert.deepEqual(event.stageVariables, { v: '1' });
  const bad = await get(apiId, { 'X-Key': 'bad' });
  assert.deepEqual([bad.status, bad.body], [403, '{"message":"Forbidden"}']);
  const none = await get(apiId);
  assert.deepEqual([none.status, none.body], [401, '{"message":"Unauthorized"}']);
});

test('Lambda authorizers: policies of format 1.0 and 2.0, failures are 500', async () => {
  const answers: Record<string, () => unknown> = {
    allow: () => policy('Allow'),
    deny: () => policy('Deny'),
    other: () => policy('Allow', 'arn:aws:execute-api:*:*:*/*/POST/*'),
    text: () => 'yes',
    simple: () => ({ isAuthorized: true }),
    fails: () => {
      throw new Error('Unauthorized');
    },
  };
  for (const version of ['1.0', '2.0'] as const) {
    let event: any;
    const apiId = await publishHttp(server, {
      deployment: guarded(
        lambdaAuthorizer((given) => ((event = given), answers[given.headers['X-Key'] ?? given.headers['x-key']]!()), {
          authorizerPayloadFormatVersion: version,
        }),
      ),
    });
    const statusOf = async (key: string) => (await get(apiId, { 'X-Key': key })).status;
    assert.deepEqual(
      [
        await statusOf('allow'),
        await statusOf('deny'),
        await statusOf('other'),
        await statusOf('text'),
        await statusOf('simple'),
        await statusOf('fails'),
      ],
      [200, 403, 403, 500, 500, 500],
    );
    if (version === '1.0') {
      assert.equal(event.methodArn, `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/$default/GET/pets/1`);
      assert.equal(event.identitySource, 'fails');
      assert.equal(event.authorizationToken, 'fails');
    }
  }
});

test('Lambda authorizers keep answers where a TTL says so', async () => {
  const asked: string[] = [];
  const run: FakeFunction = (event) => (asked.push(event.headers['x-key']), { isAuthorized: true });
  const cached = await publishHttp(server, {
    deployment: guarded(lambdaAuthorizer(run, { enableSimpleResponses: true, authorizerResultTtlInSeconds: 60 })),
  });
  for (const key of ['a', 'a', 'b', 'a']) await get(cached, { 'X-Key': key });
  assert.deepEqual(asked, ['a', 'b']);
  const uncached = await publishHttp(server, {
    deployment: guarded(lambdaAuthorizer(run, { enableSimpleResponses: true })),
  });
  for (const key of ['c', 'c']) await get(uncached, { 'X-Key': key });
  assert.deepEqual(asked, ['a', 'b', 'c', 'c']);
});

fakeUsers(server, { caller: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }], nobody: [] });

test('AWS_IAM: signed requests whose policies allow, others are 403 Forbidden', async () => {
  const deployment = guarded(structuredClone(jwt) as never, { authorizationType: 'AWS_IAM' });
  const apiId = await publishHttp(server, { deployment });
  const host = `${apiId}.execute-api.${REGION}.localhost:${server.platform.config.port}`;
  const signed = (user: string) => {
    const { host: _host, ...headers } = signRequest(
      { method: 'GET', target: '/pets/1?q=x', headers: { host } },
      { credentials: keyOf(user), region: REGION, service: 'execute-api', now: Date.now() },
    );
    return get(apiId, headers);
  };
  const good = await signed('caller');
  assert.equal(good.status, 200);
  assert.equal(JSON.parse(good.body).iam.userArn, `arn:aws:iam::${ACCOUNT}:user/caller`);
  for (const answer of [await signed('nobody'), await get(apiId)]) {
    assert.deepEqual([answer.status, answer.body], [403, '{"message":"Forbidden"}']);
  }
});

test('CORS headers stand on refusals of authorizers, and preflights need none', async () => {
  const apiId = await publishHttp(server, {
    deployment: {
      ...guarded(structuredClone(jwt) as never),
      corsConfiguration: { allowOrigins: ['https://app.example'], allowMethods: ['GET'] },
    },
  });
  const refused = await get(apiId, { Origin: 'https://app.example' });
  assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [401, 'https://app.example']);
  const preflight = await ask(server, apiId, '/pets/1', {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
  });
  assert.equal(preflight.status, 204);
});

test('parameter mapping: requests and responses of HTTP backends', async () => {
  const apiId = await publishHttp(server, {
    stage: { stageVariables: { color: 'red' } },
    deployment: {
      integrations: [
        {
          integrationId: 'i',
          integrationType: 'HTTP_PROXY',
          integrationMethod: 'POST',
          integrationUri: `${backend.url}/original`,
          requestParameters: {
            'overwrite:header.X-Over': '$request.header.X-In',
            'append:header.X-App': 'static',
            'remove:header.X-Gone': "''",
            'append:querystring.who': '${request.path.id}-${stageVariables.color}',
            'remove:querystring.drop': "''",
            'overwrite:header.X-Body': '$request.body.deep.n',
            'overwrite:header.X-Stage': '$context.stage',
            'overwrite:path': '/teapot',
          },
          responseParameters: {
            '418': {
              'overwrite:statuscode': '201',
              'append:header.X-Id': '$response.body.id',
              'overwrite:header.X-Backend': '$response.header.X-Backend-again',
              'remove:header.Content-Type': "''",
              'append:header.X-Path': '$context.path',
            },
          },
        },
      ],
      routes: [{ routeId: 'r', routeKey: 'POST /{id}', target: 'integrations/i' }],
    },
  });
  const answer = await ask(server, apiId, '/7?drop=1&keep=2', {
    method: 'POST',
    headers: { 'X-In': 'in', 'X-Over': 'old', 'X-App': 'first', 'X-Gone': 'x' },
    body: '{"deep":{"n":5}}',
  });
  const { url, headers } = backend.last;
  assert.equal(url, '/teapot?keep=2&who=7-red');
  assert.equal(headers['x-over'], 'in');
  assert.equal(headers['x-app'], 'first, static');
  assert.equal(headers['x-gone'], undefined);
  assert.equal(headers['x-body'], '5');
  assert.equal(headers['x-stage'], '$default');
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['x-id'], '7');
  assert.equal(answer.headers['x-backend'], 'yes');
  assert.equal(answer.headers['content-type'], undefined);
  assert.equal(answer.headers['x-path'], '/7');
});

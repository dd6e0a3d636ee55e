import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedHttpDeployment, PublishedHttpIntegration } from '#gateway/index.ts';
import { startBackend } from './backend.ts';
import { ACCOUNT, ask, askHost, publishHttp, REGION, startGatewayServer, type FakeFunction } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
const backend = await startBackend((_request, response, body) => {
  response.setHeader('X-Backend', 'yes');
  response.end(body.length ? body : 'backend');
});
after(async () => {
  await server.stop();
  await backend.stop();
});

let count = 0;
/** Routes to functions: `GET /pets` → function. */
function deployment(
  routes: Record<string, FakeFunction>,
  more: Partial<PublishedHttpIntegration> = {},
): Pick<PublishedHttpDeployment, 'routes' | 'integrations'> {
  const integrations = Object.entries(routes).map(([, run], i): PublishedHttpIntegration => ({
    integrationId: `int${i}`,
    integrationType: 'AWS_PROXY',
    integrationUri: server.functionArn(`http${++count}`, run),
    payloadFormatVersion: '2.0',
    ...more,
  }));
  return {
    integrations,
    routes: Object.keys(routes).map((routeKey, i) => ({
      routeId: `route${i}`,
      routeKey,
      target: `integrations/int${i}`,
    })),
  };
}
const echo: FakeFunction = (event) => ({ statusCode: 200, body: JSON.stringify(event) });

test('both payload formats say the length of an empty payload', async () => {
  const second = await publishHttp(server, { deployment: deployment({ 'GET /': echo }) });
  assert.equal(JSON.parse((await ask(server, second, '/')).body).headers['content-length'], '0');
  const first = await publishHttp(server, {
    deployment: deployment({ 'GET /': echo }, { payloadFormatVersion: '1.0' }),
  });
  const event = JSON.parse((await ask(server, first, '/', { headers: ['user-agent', 'lower/1'] })).body);
  assert.equal(event.headers['Content-Length'], '0');
  assert.equal(event.headers['User-Agent'], 'lower/1');
});

test('the event has every member of payload format 2.0', async () => {
  const apiId = await publishHttp(server, {
    deployment: deployment({ 'POST /pets/{id}': echo }),
    stage: { stageName: 'dev', stageVariables: { table: 'pets' } },
  });
  const { body } = await ask(server, apiId, '/dev/pets/a%20b?x=1&x=2&y=%20z', {
    method: 'POST',
    headers: [
      'User-Agent',
      'tester/1',
      'X-Multi',
      'one',
      'X-Multi',
      'two',
      'Cookie',
      'a=1; b=2',
      'Content-Type',
      'application/json',
    ],
    body: '{"n":1}',
  });
  const event = JSON.parse(body);
  const domainName = `${apiId}.execute-api.${REGION}.localhost`;
  assert.match(event.requestContext.requestId, /^.{15}=$/);
  assert.deepEqual(event, {
    version: '2.0',
    routeKey: 'POST /pets/{id}',
    rawPath: '/dev/pets/a b',
    rawQueryString: 'x=1&x=2&y=%20z',
    cookies: ['a=1', 'b=2'],
    headers: {
      host: `${domainName}:${server.platform.config.port}`,
      'content-length': '7',
      'user-agent': 'tester/1',
      'x-multi': 'one, two',
      'content-type': 'application/json',
      'x-amzn-trace-id': event.headers['x-amzn-trace-id'],
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': String(server.platform.config.port),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { x: '1,2', y: ' z' },
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      domainName,
      domainPrefix: apiId,
      http: {
        method: 'POST',
        path: '/dev/pets/a b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'tester/1',
      },
      requestId: event.requestContext.requestId,
      routeKey: 'POST /pets/{id}',
      stage: 'dev',
      time: event.requestContext.time,
      timeEpoch: event.requestContext.timeEpoch,
    },
    pathParameters: { id: 'a b' },
    body: '{"n":1}',
    isBase64Encoded: false,
    stageVariables: { table: 'pets' },
  });
});

test('what a request does not have is left out; forms and bytes come in base64', async () => {
  const apiId = await publishHttp(server, { deployment: deployment({ $default: echo }) });
  const empty = JSON.parse((await ask(server, apiId, '/any/where')).body);
  for (const name of ['cookies', 'queryStringParameters', 'pathParameters', 'body', 'stageVariables']) {
    assert.ok(!(name in empty), name);
  }
  assert.equal(empty.routeKey, '$default');
  assert.equal(empty.rawPath, '/any/where');
  assert.equal(empty.rawQueryString, '');
  assert.equal(empty.isBase64Encoded, false);
  const form = await ask(server, apiId, '/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'a=1',
  });
  assert.deepEqual(
    [JSON.parse(form.body).body, JSON.parse(form.body).isBase64Encoded],
    [Buffer.from('a=1').toString('base64'), true],
  );
});

test('routes: exact before parameter before greedy before $default, methods before ANY', async () => {
  const name: (text: string) => FakeFunction = (text) => () => text;
  const keys = [
    'GET /pets/dog/1',
    'GET /pets/dog/{id}',
    'GET /pets/{proxy+}',
    'ANY /pets/dog/{id}',
    'ANY /{proxy+}',
    '$default',
  ];
  const apiId = await publishHttp(server, {
    deployment: deployment(Object.fromEntries(keys.map((key) => [key, name(key)]))),
  });
  const get = async (path: string, method = 'GET') => (await ask(server, apiId, path, { method })).body;
  assert.equal(await get('/pets/dog/1'), 'GET /pets/dog/1');
  assert.equal(await get('/pets/dog/2'), 'GET /pets/dog/{id}');
  assert.equal(await get('/pets/cat/1'), 'GET /pets/{proxy+}');
  assert.equal(await get('/pets/dog/1', 'POST'), 'ANY /pets/dog/{id}');
  assert.equal(await get('/test/5', 'POST'), 'ANY /{proxy+}');
  assert.equal(await get('/'), '$default');
});

test('no route is 404 Not Found; a slash at the end counts', async () => {
  const apiId = await publishHttp(server, { deployment: deployment({ 'GET /pets': () => 'pets' }) });
  for (const [path, method] of [
    ['/none', 'GET'],
    ['/pets', 'POST'],
    ['/pets/', 'GET'],
  ] as const) {
    const { status, body, headers } = await ask(server, apiId, path, { method });
    assert.deepEqual([status, body], [404, '{"message":"Not Found"}'], path);
    assert.match(headers['apigw-requestid']!, /^.{15}=$/);
  }
  const gone = await askHost(server, `nosuchapi2.execute-api.${REGION}.localhost`, '/pets');
  assert.equal(gone.status, 403);
  const named = await publishHttp(server, {
    deployment: deployment({ 'GET /pets': () => 'pets' }),
    stage: { stageName: 'dev' },
  });
  assert.equal((await ask(server, named, '/dev/pets')).body, 'pets');
  assert.deepEqual((await ask(server, named, '/pets')).body, '{"message":"Not Found"}');
});

test('answers are inferred where the function gives no statusCode', async () => {
  let result: unknown;
  const apiId = await publishHttp(server, { deployment: deployment({ 'GET /': () => result }) });
  const cases: [unknown, number, string, string][] = [
    ['Hello', 200, 'application/json', 'Hello'],
    [{ message: 'hi' }, 200, 'application/json', '{"message":"hi"}'],
    [[1, 2], 200, 'application/json', '[1,2]'],
    [null, 200, 'application/json', 'null'],
    [{ statusCode: 201, body: 'made' }, 201, 'text/plain; charset=utf-8', 'made'],
    [
      {
        statusCode: 200,
        headers: { 'content-type': 'text/html' },
        body: Buffer.from('<b>').toString('base64'),
        isBase64Encoded: true,
      },
      200,
      'text/html',
      '<b>',
    ],
  ];
  for (const [given, status, type, body] of cases) {
    result = given;
    const answer = await ask(server, apiId, '/');
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.body], [status, type, body]);
  }
});

test('cookies of the answer become Set-Cookie headers', async () => {
  const apiId = await publishHttp(server, {
    deployment: deployment({
      'GET /': () => ({ statusCode: 204, cookies: ['a=1', 'b=2; Secure'], headers: { 'x-n': 5 } }),
    }),
  });
  const { status, headers } = await ask(server, apiId, '/');
  assert.equal(status, 204);
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2; Secure']);
  assert.equal(headers['x-n'], '5');
});

test('a failing function, a wrong answer and no permission are 500, no answer in time is 503', async () => {
  let release = (): void => {};
  const broken = deployment({
    'GET /fails': () => {
      throw new Error('secret');
    },
    'GET /wrong': () => ({ statusCode: 'x' }),
    'GET /body': () => ({ statusCode: 200, body: {} }),
  });
  const apiId = await publishHttp(server, { deployment: broken });
  for (const path of ['/fails', '/wrong', '/body']) {
    const { status, body } = await ask(server, apiId, path);
    assert.deepEqual([status, body], [500, '{"message":"Internal Server Error"}'], path);
  }
  const slow = await publishHttp(server, {
    deployment: deployment(
      { 'GET /': () => new Promise<void>((resolve) => (release = resolve)) },
      { timeoutInMillis: 50 },
    ),
  });
  const { status, body } = await ask(server, slow, '/');
  release();
  assert.deepEqual([status, body], [503, '{"message":"Service Unavailable"}']);
});

test('payload format 1.0 has the members of REST events and needs a proper answer', async () => {
  const apiId = await publishHttp(server, {
    deployment: deployment({ 'GET /a/{x}': echo, 'GET /plain': () => 'text' }, { payloadFormatVersion: '1.0' }),
  });
  const event = JSON.parse((await ask(server, apiId, '/a/b?q=1&q=2', { headers: { 'X-Custom': 'v' } })).body);
  assert.equal(event.version, '1.0');
  assert.equal(event.resource, '/a/{x}');
  assert.equal(event.path, '/a/b');
  assert.equal(event.headers['X-Custom'], 'v');
  assert.deepEqual(event.multiValueHeaders['X-Custom'], ['v']);
  assert.deepEqual(event.queryStringParameters, { q: '2' });
  assert.deepEqual(event.multiValueQueryStringParameters, { q: ['1', '2'] });
  assert.deepEqual(event.pathParameters, { x: 'b' });
  assert.equal(event.requestContext.httpMethod, 'GET');
  assert.equal(event.requestContext.resourcePath, '/a/{x}');
  assert.equal(event.requestContext.identity.sourceIp, '127.0.0.1');
  assert.equal(event.body, null);
  assert.equal((await ask(server, apiId, '/plain')).status, 500);
});

test('CORS: preflights are answered without a route, other answers carry the configured headers', async () => {
  const apiId = await publishHttp(server, {
    deployment: {
      ...deployment({
        'GET /': () => ({
          statusCode: 200,
          headers: { 'Access-Control-Allow-Origin': 'https://wrong.example' },
          body: 'x',
        }),
      }),
      corsConfiguration: {
        allowOrigins: ['https://app.example', 'http://*'],
        allowMethods: ['GET', 'POST'],
        allowHeaders: ['Content-Type', 'X-Key'],
        exposeHeaders: ['X-Out'],
        maxAge: 300,
        allowCredentials: true,
      },
    },
  });
  const preflight = (origin: string) =>
    ask(server, apiId, '/anything', {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
  const allowed = await preflight('https://app.example');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(allowed.headers['access-control-allow-methods'], 'GET,POST');
  assert.equal(allowed.headers['access-control-allow-headers'], 'content-type,x-key');
  assert.equal(allowed.headers['access-control-max-age'], '300');
  assert.equal(allowed.headers['access-control-allow-credentials'], 'true');
  assert.equal((await preflight('http://any.example')).headers['access-control-allow-origin'], 'http://any.example');
  const other = await preflight('https://evil.example');
  assert.deepEqual([other.status, other.headers['access-control-allow-origin']], [204, undefined]);
  const simple = await ask(server, apiId, '/', { headers: { Origin: 'https://app.example' } });
  assert.equal(simple.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(simple.headers['access-control-expose-headers'], 'x-out');
  const refused = await ask(server, apiId, '/', { headers: { Origin: 'https://evil.example' } });
  assert.equal(refused.headers['access-control-allow-origin'], undefined);
  const missing = await ask(server, apiId, '/none', { headers: { Origin: 'https://app.example' } });
  assert.deepEqual([missing.status, missing.headers['access-control-allow-origin']], [404, 'https://app.example']);
  const noPreflight = await ask(server, apiId, '/', { method: 'OPTIONS' });
  assert.equal(noPreflight.status, 404);
});

test('CORS for everybody says *', async () => {
  const apiId = await publishHttp(server, {
    deployment: { ...deployment({ 'GET /': () => 'x' }), corsConfiguration: { allowOrigins: ['*'] } },
  });
  const { headers } = await ask(server, apiId, '/', { headers: { Origin: 'https://any.example' } });
  assert.equal(headers['access-control-allow-origin'], '*');
  const without = await ask(server, apiId, '/');
  assert.equal(without.headers['access-control-allow-origin'], undefined);
});

test('throttles of routes and of the stage', async () => {
  const apiId = await publishHttp(server, {
    deployment: deployment({ 'GET /a': () => 'a', 'GET /b': () => 'b' }),
    stage: {
      defaultRouteSettings: { throttlingBurstLimit: 2, throttlingRateLimit: 0.001 },
      routeSettings: { 'GET /b': { throttlingBurstLimit: 4, throttlingRateLimit: 0.001 } },
    },
  });
  const statuses = async (path: string) => {
    const all: number[] = [];
    for (let i = 0; i < 6; i++) all.push((await ask(server, apiId, path)).status);
    return all;
  };
  assert.deepEqual(await statuses('/a'), [200, 200, 429, 429, 429, 429]);
  assert.deepEqual(await statuses('/b'), [200, 200, 200, 200, 429, 429]);
  assert.equal((await ask(server, apiId, '/a')).body, '{"message":"Too Many Requests"}');
});

test('HTTP_PROXY forwards the request and says for whom', async () => {
  const apiId = await publishHttp(server, {
    deployment: {
      integrations: [
        {
          integrationId: 'i',
          integrationType: 'HTTP_PROXY',
          integrationMethod: 'ANY',
          integrationUri: `${backend.url}/base/{proxy}`,
          payloadFormatVersion: '1.0',
        },
      ],
      routes: [{ routeId: 'r', routeKey: 'ANY /{proxy+}', target: 'integrations/i' }],
    },
  });
  const answer = await ask(server, apiId, '/a/b?q=1', {
    method: 'POST',
    headers: { 'X-Sent': 'v', 'X-Forwarded-For': '9.9.9.9' },
    body: 'hello',
  });
  assert.equal(answer.body, 'hello');
  assert.equal(answer.headers['x-backend'], 'yes');
  assert.equal(backend.last.method, 'POST');
  assert.equal(backend.last.url, '/base/a/b?q=1');
  assert.equal(backend.last.headers['x-sent'], 'v');
  assert.equal(backend.last.headers['x-forwarded-for'], undefined);
  assert.match(String(backend.last.headers['forwarded']), /^for=9\.9\.9\.9, for=127\.0\.0\.1;host=.+;proto=http$/);
});

test('a route without a target is 404, and a disabled endpoint too', async () => {
  const none = await publishHttp(server, {
    deployment: { routes: [{ routeId: 'r', routeKey: 'GET /' }], integrations: [] },
  });
  assert.equal((await ask(server, none, '/')).status, 404);
  const disabled = await publishHttp(server, {
    deployment: deployment({ 'GET /': () => 'x' }),
    api: { disableExecuteApiEndpoint: true },
  });
  assert.equal((await ask(server, disabled, '/')).status, 404);
});

test('parameter mapping changes what the function sees', async () => {
  const apiId = await publishHttp(server, {
    deployment: deployment(
      { 'GET /pets/{id}': echo },
      {
        requestParameters: {
          'append:header.X-Stage': '$context.stage',
          'remove:header.X-Gone': "''",
          'overwrite:querystring.id': '$request.path.id',
          'overwrite:path': '/other',
        },
      },
    ),
  });
  const { body } = await ask(server, apiId, '/pets/7?id=1&keep=a%20b', { headers: { 'X-Gone': 'x', 'X-Kept': 'y' } });
  const event = JSON.parse(body);
  assert.equal(event.headers['x-stage'], '$default');
  assert.equal(event.headers['x-gone'], undefined);
  assert.equal(event.headers['x-kept'], 'y');
  assert.deepEqual(event.queryStringParameters, { keep: 'a b', id: '7' });
  assert.equal(event.rawPath, '/other');
  assert.equal(event.routeKey, 'GET /pets/{id}');
  assert.deepEqual(event.pathParameters, { id: '7' });
});

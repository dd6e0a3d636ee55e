import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedRestIntegration } from '#gateway/index.ts';
import { startBackend } from './backend.ts';
import { ask, publishRest, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
const backend = await startBackend((request, response, body) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  if (pathname === '/hang') return;
  if (pathname === '/reset') return void request.socket.destroy();
  response.statusCode = Number(searchParams.get('status') ?? 200);
  response.setHeader('X-Backend', 'yes');
  response.setHeader('Server', 'backend/1');
  response.setHeader('Set-Cookie', ['a=1', 'b=2']);
  response.setHeader('Content-Type', request.headers['x-type'] ?? 'application/json');
  response.end(
    pathname === '/bytes' ? Buffer.from([0xff, 0xfe, 0x00, 0x41]) : body.length ? body : '{"from":"backend"}',
  );
});
after(async () => {
  await server.stop();
  await backend.stop();
});

const integration = (more: Partial<PublishedRestIntegration>): { methodIntegration: PublishedRestIntegration } => ({
  methodIntegration: { type: 'HTTP', httpMethod: 'GET', ...more },
});

test('HTTP_PROXY passes method, path, query, headers and body through', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'ANY /p/{proxy+}': integration({
        type: 'HTTP_PROXY',
        httpMethod: 'ANY',
        uri: `${backend.url}/base/{proxy}`,
        requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
      }),
    },
  });
  const answer = await ask(server, apiId, '/test/p/a%20b/c?x=1&x=2&status=201', {
    method: 'PUT',
    headers: ['X-Sent', 'one', 'X-Sent', 'two', 'Content-Type', 'text/plain'],
    body: 'payload',
  });
  const { last } = backend;
  assert.equal(last.method, 'PUT');
  assert.equal(last.url, '/base/a%20b/c?x=1&x=2&status=201');
  assert.equal(last.body.toString(), 'payload');
  assert.equal(last.headers['x-sent'], 'one, two');
  assert.equal(last.headers['x-forwarded-for'], '127.0.0.1');
  assert.match(String(last.headers['x-amzn-trace-id']), /^Root=1-/);
  assert.equal(last.headers['host'], new URL(backend.url).host);
  assert.equal(answer.status, 201);
  assert.equal(answer.body, 'payload');
  assert.equal(answer.headers['x-backend'], 'yes');
  assert.equal(answer.headers['x-amzn-remapped-server'], 'backend/1');
  assert.match(answer.headers['x-amzn-remapped-date']!, /GMT$/);
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.match(answer.headers['x-amzn-requestid']!, /^[0-9a-f-]{36}$/);
});

test('HTTP_PROXY says which API asks, and who it is where the client does not', async () => {
  const apiId = await publishRest(server, {
    methods: { 'GET /': integration({ type: 'HTTP_PROXY', uri: `${backend.url}/x` }) },
  });
  await ask(server, apiId, '/test/', { method: 'GET', headers: ['Accept', '*/*'] });
  assert.equal(backend.last.headers['x-amzn-apigateway-api-id'], apiId);
  assert.equal(backend.last.headers['user-agent'], `AmazonAPIGateway_${apiId}`);
  assert.equal(backend.last.headers['accept'], '*/*');
});

test('an Authorization header that is no signature is told so on paths that are not there', async () => {
  const apiId = await publishRest(server, {
    methods: { 'GET /': integration({ type: 'HTTP_PROXY', uri: `${backend.url}/x` }) },
  });
  const refused = (authorization: string) =>
    ask(server, apiId, '/test/nothere', { method: 'GET', headers: ['Authorization', authorization] });
  const bearer = await refused('Bearer token');
  assert.equal(bearer.status, 403);
  assert.equal(bearer.headers['x-amzn-errortype'], 'IncompleteSignatureException');
  assert.match(
    JSON.parse(bearer.body).message,
    /^Invalid key=value pair \(missing equal-sign\) in Authorization header \(hashed with SHA-256 and encoded with Base64\): '[\w+/]{43}='\.$/,
  );
  assert.match(
    JSON.parse((await refused('token')).body).message,
    /^Authorization header requires 'Credential' parameter\. Authorization header requires 'Signature' parameter\./,
  );
});

test('HTTP_PROXY: mapped parameters take the place of those of the request', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': integration({
        type: 'HTTP_PROXY',
        uri: `${backend.url}/x`,
        requestParameters: {
          'integration.request.header.X-Sent': "'mapped'",
          'integration.request.querystring.q': 'method.request.header.X-Sent',
          'integration.request.header.X-Stage': 'context.stage',
        },
      }),
    },
  });
  await ask(server, apiId, '/test/?q=1&r=2', { headers: { 'x-sent': 'original' } });
  assert.equal(backend.last.url, '/x?r=2&q=original');
  assert.equal(backend.last.headers['x-sent'], 'mapped');
  assert.equal(backend.last.headers['x-stage'], 'test');
});

test('HTTP sends what is mapped and nothing else', async () => {
  const apiId = await publishRest(server, {
    stage: { variables: { host: new URL(backend.url).host } },
    methods: {
      'POST /pets/{id}': integration({
        httpMethod: 'POST',
        uri: 'http://${stageVariables.host}/v1/{petId}',
        requestTemplates: {
          'application/json': `#set($context.requestOverride.header.X-Override = "by template")
#set($context.requestOverride.querystring.extra = "e")
{"name": $input.json('$.n')}`,
        },
        requestParameters: {
          'integration.request.path.petId': 'method.request.path.id',
          'integration.request.querystring.kind': 'method.request.body.kind',
          'integration.request.header.X-Override': "'by parameter'",
        },
        integrationResponses: {
          '200': { statusCode: '200', responseTemplates: { 'application/json': '{"got": $input.json(\'$.name\')}' } },
        },
      }),
    },
  });
  const { body, headers } = await ask(server, apiId, '/test/pets/7?dropped=1', {
    method: 'POST',
    headers: { 'X-Dropped': 'x' },
    body: '{"n":"Rex","kind":"dog"}',
  });
  assert.equal(backend.last.url, '/v1/7?kind=dog&extra=e');
  assert.equal(backend.last.headers['x-dropped'], undefined);
  assert.equal(backend.last.headers['x-override'], 'by template');
  assert.equal(backend.last.headers['user-agent'], `AmazonAPIGateway_${apiId}`);
  assert.equal(backend.last.headers['x-amzn-apigateway-api-id'], apiId);
  assert.equal(backend.last.body.toString().trim(), '{"name": "Rex"}');
  assert.equal(body, '{"got": "Rex"}');
  assert.equal(headers['x-backend'], undefined);
});

test('HTTP chooses its answer by the status of the backend', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /{status}': integration({
        uri: `${backend.url}/`,
        requestParameters: { 'integration.request.querystring.status': 'method.request.path.status' },
        integrationResponses: {
          '200': { statusCode: '200' },
          '404': {
            statusCode: '404',
            selectionPattern: '4\\d{2}',
            responseParameters: { 'method.response.header.X-From': 'integration.response.header.X-Backend' },
          },
        },
      }),
    },
  });
  const missing = await ask(server, apiId, '/test/410');
  assert.deepEqual([missing.status, missing.headers['x-from']], [404, 'yes']);
  assert.equal((await ask(server, apiId, '/test/503')).status, 200);
});

test('a backend that hangs is 504, one that is not there or hangs up is 504 too', async () => {
  const proxyTo = (uri: string) => integration({ type: 'HTTP_PROXY', uri, timeoutInMillis: 60 });
  const apiId = await publishRest(server, {
    methods: {
      'GET /hang': proxyTo(`${backend.url}/hang`),
      'GET /reset': proxyTo(`${backend.url}/reset`),
      'GET /nobody': proxyTo('http://127.0.0.1:1/'),
      'GET /invalid': proxyTo('http://${stageVariables.none}/'),
    },
  });
  const hang = await ask(server, apiId, '/test/hang');
  assert.deepEqual([hang.status, hang.body], [504, '{"message": "Endpoint request timed out"}']);
  for (const path of ['/test/reset', '/test/nobody']) {
    const { status, headers, body } = await ask(server, apiId, path);
    assert.deepEqual([status, body], [504, '{"message": "Network error communicating with endpoint"}'], path);
    assert.equal(headers['x-amzn-errortype'], 'InternalServerErrorException');
  }
  const invalid = await ask(server, apiId, '/test/invalid');
  assert.deepEqual([invalid.status, invalid.body], [500, '{"message": "Internal server error"}']);
});

test('bytes that are no text survive only where their type is binary to the API', async () => {
  const methods = { 'GET /': integration({ type: 'HTTP_PROXY', uri: `${backend.url}/bytes` }) };
  const plain = await publishRest(server, { methods });
  const binary = await publishRest(server, { methods, deployment: { binaryMediaTypes: ['image/*'] } });
  const headers = { 'X-Type': 'image/png' };
  assert.deepEqual((await ask(server, binary, '/test/', { headers })).bytes, Buffer.from([0xff, 0xfe, 0x00, 0x41]));
  assert.notDeepEqual((await ask(server, plain, '/test/', { headers })).bytes, Buffer.from([0xff, 0xfe, 0x00, 0x41]));
});

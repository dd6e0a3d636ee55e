import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedRestIntegration } from '#gateway/index.ts';
import {
  ask,
  askHost,
  ACCOUNT,
  invocationUri,
  publishRest,
  REGION,
  startGatewayServer,
  type FakeFunction,
} from './fixture.ts';

const server = await startGatewayServer({ services: [] });
after(() => server.stop());

let count = 0;
const proxy = (
  run: FakeFunction,
  more: Partial<PublishedRestIntegration> = {},
): { methodIntegration: PublishedRestIntegration } => ({
  methodIntegration: {
    type: 'AWS_PROXY',
    httpMethod: 'POST',
    uri: invocationUri(server.functionArn(`proxy${++count}`, run)),
    ...more,
  },
});
const echo: FakeFunction = (event) => ({ statusCode: 200, body: JSON.stringify(event) });

test('the event has every member of payload format 1.0', async () => {
  const apiId = await publishRest(server, {
    methods: { 'POST /pets/{petId}': proxy(echo) },
    stage: { variables: { table: 'pets' } },
  });
  const { status, body } = await ask(server, apiId, '/test/pets/a%20b?x=1&y=2&x=3+4&empty', {
    method: 'POST',
    headers: [
      'User-Agent',
      'tester/1',
      'X-Multi',
      'one',
      'x-single',
      's',
      'X-Multi',
      'two',
      'Content-Type',
      'text/plain',
    ],
    body: 'hällo',
  });
  assert.equal(status, 200);
  const event = JSON.parse(body);
  assert.match(event.requestContext.requestId, /^[0-9a-f-]{36}$/);
  assert.match(event.requestContext.extendedRequestId, /^[A-Za-z0-9+/]{15}=$/);
  assert.match(event.requestContext.requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.equal(typeof event.requestContext.requestTimeEpoch, 'number');
  assert.match(event.headers['X-Amzn-Trace-Id'], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  const host = `${apiId}.execute-api.${REGION}.localhost`;
  const headers = {
    Host: `${host}:${server.platform.config.port}`,
    'User-Agent': 'tester/1',
    'X-Multi': 'two',
    'x-single': 's',
    'Content-Type': 'text/plain',
    'X-Amzn-Trace-Id': event.headers['X-Amzn-Trace-Id'],
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-Port': String(server.platform.config.port),
    'X-Forwarded-Proto': 'http',
  };
  assert.deepEqual(event, {
    resource: '/pets/{petId}',
    path: '/pets/a%20b',
    httpMethod: 'POST',
    headers,
    multiValueHeaders: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      'X-Multi': ['one', 'two'],
    },
    queryStringParameters: { x: '3 4', y: '2', empty: '' },
    multiValueQueryStringParameters: { x: ['1', '3 4'], y: ['2'], empty: [''] },
    pathParameters: { petId: 'a b' },
    stageVariables: { table: 'pets' },
    requestContext: {
      resourceId: 'res0',
      resourcePath: '/pets/{petId}',
      httpMethod: 'POST',
      extendedRequestId: event.requestContext.extendedRequestId,
      requestTime: event.requestContext.requestTime,
      path: '/test/pets/a%20b',
      accountId: ACCOUNT,
      protocol: 'HTTP/1.1',
      stage: 'test',
      domainPrefix: apiId,
      requestTimeEpoch: event.requestContext.requestTimeEpoch,
      requestId: event.requestContext.requestId,
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: '127.0.0.1',
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: 'tester/1',
        user: null,
      },
      domainName: host,
      deploymentId: 'dep001',
      apiId,
    },
    body: 'hällo',
    isBase64Encoded: false,
  });
});

test('what a request does not have is null', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': proxy(echo) } });
  const { body } = await ask(server, apiId, '/test');
  const event = JSON.parse(body);
  for (const name of [
    'queryStringParameters',
    'multiValueQueryStringParameters',
    'pathParameters',
    'stageVariables',
    'body',
  ]) {
    assert.equal(event[name], null, name);
  }
  assert.equal(event.resource, '/');
  assert.equal(event.path, '/');
  assert.equal(event.requestContext.path, '/test/');
});

test('the function is invoked as API Gateway on behalf of stage, method and resource', async () => {
  let principal;
  const apiId = await publishRest(server, {
    methods: { 'ANY /a/{proxy+}': proxy((_event, request) => ((principal = request.as), { statusCode: 200 })) },
  });
  await ask(server, apiId, '/test/a/b/c', { method: 'PUT' });
  assert.deepEqual(principal, {
    type: 'service',
    service: 'apigateway.amazonaws.com',
    sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/test/PUT/a/{proxy+}`,
    sourceAccount: ACCOUNT,
  });
});

test('answers carry status, headers, several values and cookies', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': proxy(() => ({
        statusCode: 201,
        headers: { 'X-One': 'a', 'Content-Type': 'text/html', 'x-number': 5 },
        multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-One': ['a', 'b'] },
        body: '<p>',
      })),
    },
  });
  const answer = await ask(server, apiId, '/test/');
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['content-type'], 'text/html');
  assert.equal(answer.headers['x-one'], 'a, b');
  assert.equal(answer.headers['x-number'], '5');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.match(answer.headers['x-amzn-requestid']!, /^[0-9a-f-]{36}$/);
  assert.match(answer.headers['x-amz-apigw-id']!, /^.{15}=$/);
  assert.match(answer.headers['x-amzn-trace-id']!, /^Root=1-/);
  assert.equal(answer.body, '<p>');
});

test('application/json is the content type where the function gives none', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': proxy(() => ({ statusCode: '200' })) } });
  const answer = await ask(server, apiId, '/test/');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.body, '');
});

test('headers that belong to the connection are renamed or dropped', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': proxy(() => ({
        statusCode: 401,
        headers: {
          'WWW-Authenticate': 'Basic',
          Date: 'yesterday',
          Server: 'mine',
          Connection: 'close',
          'Content-Length': '99',
          'Transfer-Encoding': 'chunked',
        },
        body: 'no',
      })),
    },
  });
  const { headers, body } = await ask(server, apiId, '/test/');
  assert.equal(headers['x-amzn-remapped-www-authenticate'], 'Basic');
  assert.equal(headers['www-authenticate'], undefined);
  assert.equal(headers['x-amzn-remapped-date'], 'yesterday');
  assert.equal(headers['x-amzn-remapped-server'], 'mine');
  assert.equal(headers['x-amzn-remapped-connection'], 'close');
  assert.equal(headers['x-amzn-remapped-content-length'], '99');
  assert.equal(headers['content-length'], '2');
  assert.equal(headers['transfer-encoding'], undefined);
  assert.equal(body, 'no');
});

test('what is no proxy answer is 502 Internal server error', async () => {
  const wrong: unknown[] = [
    null,
    'text',
    [],
    {},
    { statusCode: 'abc' },
    { statusCode: 42 },
    { statusCode: 200, body: { an: 'object' } },
    { statusCode: 200, headers: 'x' },
    { statusCode: 200, headers: { a: ['b'] } },
    { statusCode: 200, headers: { a: 'b\r\nc: d' } },
    { statusCode: 200, headers: { 'a b': 'c' } },
    { statusCode: 200, multiValueHeaders: { a: 'b' } },
    { statusCode: 200, cookies: [] },
  ];
  let next: unknown;
  const apiId = await publishRest(server, { methods: { 'GET /': proxy(() => next) } });
  for (next of wrong) {
    const { status, body, headers } = await ask(server, apiId, '/test/');
    assert.equal(status, 502, JSON.stringify(next));
    assert.equal(body, '{"message": "Internal server error"}');
    assert.equal(headers['x-amzn-errortype'], 'InternalServerErrorException');
  }
});

test('a failing function is 502 and reveals nothing', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': proxy(() => {
        throw new Error('secret');
      }),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 502);
  assert.equal(body, '{"message": "Internal server error"}');
});

test('a function that is not there, or may not be invoked, is 500', async () => {
  const uri = invocationUri(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:nobody`);
  const apiId = await publishRest(server, {
    methods: { 'GET /': { methodIntegration: { type: 'AWS_PROXY', httpMethod: 'POST', uri } } },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 500);
  assert.equal(body, '{"message": "Internal server error"}');
});

test('a function that takes longer than the timeout is 504', async () => {
  let release = (): void => {};
  const apiId = await publishRest(server, {
    methods: {
      'GET /': proxy(() => new Promise<void>((resolve) => (release = resolve)), { timeoutInMillis: 50 }),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  release();
  assert.equal(status, 504);
  assert.equal(body, '{"message": "Endpoint request timed out"}');
});

test('binary content types go to the function and come back in base64', async () => {
  const pixel = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
  let event: any;
  const apiId = await publishRest(server, {
    deployment: { binaryMediaTypes: ['image/png', 'multipart/form-data'] },
    methods: {
      'POST /': proxy((given) => {
        event = given;
        return {
          statusCode: 200,
          headers: { 'Content-Type': 'image/png' },
          body: pixel.toString('base64'),
          isBase64Encoded: true,
        };
      }),
    },
  });
  const binary = await ask(server, apiId, '/test/', {
    method: 'POST',
    headers: { 'Content-Type': 'image/png', Accept: 'image/png' },
    body: pixel,
  });
  assert.equal(event.isBase64Encoded, true);
  assert.equal(event.body, pixel.toString('base64'));
  assert.deepEqual(binary.bytes, pixel);
  const text = await ask(server, apiId, '/test/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: '{}',
  });
  assert.equal(event.isBase64Encoded, false);
  assert.equal(event.body, '{}');
  assert.equal(text.body, pixel.toString('base64'));
});

test('stage variables name the function', async () => {
  server.functionArn('live', () => ({ statusCode: 200, body: 'live' }));
  const uri = invocationUri(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:\${stageVariables.fn}`);
  const apiId = await publishRest(server, {
    methods: { 'GET /': { methodIntegration: { type: 'AWS_PROXY', httpMethod: 'POST', uri } } },
    stage: { variables: { fn: 'live' } },
  });
  assert.equal((await ask(server, apiId, '/test/')).body, 'live');
});

test('a trace that the client began goes on', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': proxy(echo) } });
  const trace = 'Root=1-67891233-abcdef012345678912345678';
  const { headers, body } = await ask(server, apiId, '/test/', { headers: { 'x-amzn-trace-id': trace } });
  assert.equal(headers['x-amzn-trace-id'], trace);
  const event = JSON.parse(body);
  assert.equal(event.headers['X-Amzn-Trace-Id'], trace);
  assert.equal(event.headers['x-amzn-trace-id'], undefined);
});

test('the payload of a request has at most 10 MB', async () => {
  const apiId = await publishRest(server, { methods: { 'POST /': proxy(() => ({ statusCode: 200 })) } });
  const fits = await ask(server, apiId, '/test/', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024, 'a') });
  assert.equal(fits.status, 200);
  const large = await ask(server, apiId, '/test/', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1, 'a') });
  assert.deepEqual([large.status, large.body], [413, '{"message":"HTTP content length exceeded 10485760 bytes."}']);
  const headers = { 'x-large': 'a'.repeat(10_240) };
  const long = await ask(server, apiId, '/test/', { method: 'POST', headers });
  assert.deepEqual([long.status, long.body], [413, '{"message":"HTTP header is larger than 10240 bytes."}']);
});

test('an API answers by AWS names and by path, and to nobody else', async () => {
  const apiId = await publishRest(server, {
    methods: { 'GET /hello': proxy(() => ({ statusCode: 200, body: 'hi' })) },
  });
  const plain = `127.0.0.1:${server.platform.config.port}`;
  assert.equal((await askHost(server, `${apiId}.execute-api.us-east-1.amazonaws.com`, '/test/hello')).body, 'hi');
  assert.equal((await askHost(server, plain, `/_aws/execute-api/${apiId}/test/hello`)).body, 'hi');
  assert.equal((await askHost(server, plain, `/restapis/${apiId}/test/_user_request_/hello`)).body, 'hi');
  for (const [host, path] of [
    [`${apiId}.execute-api.us-east-1.amazonaws.com`, '/other/hello'],
    [`${apiId}.execute-api.us-east-1.amazonaws.com`, '/'],
    ['nosuchapi.execute-api.us-east-1.amazonaws.com', '/test/hello'],
  ] as const) {
    const { status, body, headers } = await askHost(server, host, path);
    assert.equal(status, 403, host + path);
    assert.equal(body, '{"message":"Forbidden"}');
    assert.equal(headers['x-amzn-errortype'], 'ForbiddenException');
  }
});

test('a missing route is Missing Authentication Token', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /a': proxy(() => ({ statusCode: 200 })) } });
  for (const [method, path] of [
    ['GET', '/test/b'],
    ['POST', '/test/a'],
    ['GET', '/test/a/b'],
  ] as const) {
    const { status, body, headers } = await ask(server, apiId, path, { method });
    assert.equal(status, 403);
    assert.equal(body, '{"message":"Missing Authentication Token"}');
    assert.equal(headers['x-amzn-errortype'], 'MissingAuthenticationTokenException');
    assert.match(headers['x-amzn-requestid']!, /^[0-9a-f-]{36}$/);
  }
});

test('a new deployment takes the place of the old one', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': proxy(() => ({ statusCode: 200, body: 'old' })) } });
  assert.equal((await ask(server, apiId, '/test/')).body, 'old');
  await publishRest(server, { apiId, methods: { 'GET /': proxy(() => ({ statusCode: 200, body: 'new' })) } });
  assert.equal((await ask(server, apiId, '/test/')).body, 'new');
});

test('a deployment of more than a megabyte is served like any other', async () => {
  const methods = Object.fromEntries(
    Array.from({ length: 6000 }, (_, i) => [`GET /r${i}/{id}`, proxyTo(`${i}`)] as const),
  );
  const apiId = await publishRest(server, { methods });
  server.functionArn('big', (event) => ({ statusCode: 200, body: event.resource }));
  assert.equal((await ask(server, apiId, '/test/r5999/x')).body, '/r5999/{id}');
});

function proxyTo(_n: string): { methodIntegration: PublishedRestIntegration } {
  const uri = invocationUri(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:big`);
  return { methodIntegration: { type: 'AWS_PROXY', httpMethod: 'POST', uri } };
}

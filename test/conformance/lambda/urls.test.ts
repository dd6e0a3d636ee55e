import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  LambdaClient,
  ListFunctionUrlConfigsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  UpdateFunctionUrlConfigCommand,
  type CreateFunctionUrlConfigCommandInput,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const ECHO = 'exports.handler = async (event) => event;';

async function grant(FunctionName: string, Qualifier?: string): Promise<void> {
  const shared = { FunctionName, Principal: '*', ...(Qualifier !== undefined && { Qualifier }) };
  await lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'url',
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'NONE',
    }),
  );
  await lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'invoke',
      Action: 'lambda:InvokeFunction',
      InvokedViaFunctionUrl: true,
    }),
  );
}

/** A function that everybody may call by its URL. Answers the host. */
async function publish(
  name: string,
  source: string,
  settings: Partial<CreateFunctionUrlConfigCommandInput> = {},
): Promise<string> {
  await createFunction(lambda, name, source);
  await grant(name);
  const created = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: 'NONE', ...settings }),
  );
  return new URL(created.FunctionUrl ?? '').host;
}

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** `*.localhost` is not known to every resolver: the Host header names the URL. */
function ask(
  host: string,
  path = '/',
  options: {
    method?: string;
    headers?: http.OutgoingHttpHeaders;
    body?: string | Buffer;
    onChunk?: (text: string) => void;
  } = {},
): Promise<Answer> {
  const { port } = new URL(server.endpoint);
  const { method = 'GET', headers = {}, body, onChunk } = options;
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, headers: { host, ...headers } },
      (message) => {
        let text = '';
        message.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          onChunk?.(chunk.toString());
        });
        message.on('error', reject);
        message.on('end', () =>
          resolve({
            status: message.statusCode,
            headers: message.headers,
            text,
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

test('a URL configuration is created, read, changed, listed and deleted', async () => {
  const arn = await createFunction(lambda, 'configured', ECHO);
  const FunctionName = 'configured';
  const Cors = { AllowOrigins: ['https://a.example'], MaxAge: 5 };
  const { $metadata: _1, ...created } = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM', Cors }),
  );
  const { FunctionUrl, CreationTime } = created;
  assert.match(FunctionUrl ?? '', /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/);
  assert.deepEqual(created, {
    FunctionUrl,
    CreationTime,
    FunctionArn: arn,
    AuthType: 'AWS_IAM',
    Cors,
    InvokeMode: 'BUFFERED',
  });
  await assert.rejects(lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' })), {
    name: 'ResourceConflictException',
    message: `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  });
  const { $metadata: _2, ...read } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName }));
  assert.deepEqual({ ...read, LastModifiedTime: undefined }, { ...created, LastModifiedTime: undefined });
  const updated = await lambda.send(
    new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' }),
  );
  assert.deepEqual([updated.AuthType, updated.InvokeMode, updated.Cors], ['NONE', 'RESPONSE_STREAM', Cors]);
  const listed = await lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }));
  assert.deepEqual(
    listed.FunctionUrlConfigs?.map((each) => each.FunctionUrl),
    [FunctionUrl],
  );
  await lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
  await assert.rejects(lambda.send(new GetFunctionUrlConfigCommand({ FunctionName })), {
    name: 'ResourceNotFoundException',
    message: 'The resource you requested does not exist.',
  });
  await assert.rejects(lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: 'nobody', AuthType: 'NONE' })), {
    name: 'ResourceNotFoundException',
  });
});

test('the event is payload format 2.0, without what the request does not have', async () => {
  const host = await publish('echo', ECHO);
  const plain = JSON.parse((await ask(host)).text);
  const [id = ''] = host.split('.');
  const { time, timeEpoch, requestId } = plain.requestContext;
  assert.deepEqual(plain, {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: '',
    headers: {
      host,
      'x-amzn-trace-id': plain.headers['x-amzn-trace-id'],
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': new URL(server.endpoint).port,
      'x-forwarded-proto': 'http',
    },
    requestContext: {
      accountId: 'anonymous',
      apiId: id,
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: id,
      http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time,
      timeEpoch,
    },
    isBase64Encoded: false,
  });
  assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.match(plain.headers['x-amzn-trace-id'], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);

  const full = await ask(host, '/a%20b/c?x=1&x=2&y=%C3%A9+e&flag', {
    method: 'POST',
    headers: {
      cookie: 'one=1; two=2',
      'content-type': 'application/json',
      'user-agent': 'tests',
      'x-many': ['a', 'b'],
    },
    body: '{"n":1}',
  });
  const event = JSON.parse(full.text);
  assert.deepEqual(
    [
      event.rawPath,
      event.rawQueryString,
      event.cookies,
      event.queryStringParameters,
      event.body,
      event.isBase64Encoded,
    ],
    ['/a%20b/c', 'x=1&x=2&y=%C3%A9+e&flag', ['one=1', 'two=2'], { x: '1,2', y: 'é e', flag: '' }, '{"n":1}', false],
  );
  assert.deepEqual(
    [event.headers.cookie, event.headers['x-many'], event.headers['user-agent']],
    [undefined, 'a, b', 'tests'],
  );
  assert.equal(event.requestContext.http.userAgent, 'tests');
  assert.equal(full.headers['x-amzn-requestid'], event.requestContext.requestId);

  const binary = await ask(host, '/', {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from([0, 255, 1]),
  });
  assert.deepEqual([JSON.parse(binary.text).body, JSON.parse(binary.text).isBase64Encoded], ['AP8B', true]);
  const form = await ask(host, '/', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
  });
  assert.deepEqual([JSON.parse(form.text).body, JSON.parse(form.text).isBase64Encoded], ['YT1i', true]);
});

test('clients without wildcard names use the path form', async () => {
  const host = await publish('by-path', ECHO);
  const [id = ''] = host.split('.');
  const event: any = await (await fetch(`${server.endpoint}/_aws/lambda-url/${id}/some/path?a=b`)).json();
  assert.deepEqual(
    [event.rawPath, event.rawQueryString, event.requestContext.domainName],
    ['/some/path', 'a=b', host.replace(/:\d+$/, '')],
  );
});

test('the answer is inferred from what the function returns', async () => {
  const host = await publish('answers', 'exports.handler = async (event) => JSON.parse(event.body);');
  const answer = (value: unknown) =>
    ask(host, '/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
  const inferred = await answer({ message: 'hi' });
  assert.deepEqual(
    [inferred.status, inferred.headers['content-type'], inferred.text],
    [200, 'application/json', '{"message":"hi"}'],
  );
  assert.equal((await answer('Hello')).text, '"Hello"');
  const whole = await answer({
    statusCode: 201,
    headers: { 'Content-Type': 'text/html', 'X-Own': 7, Connection: 'close', Server: 'mine', 'Content-Length': '1' },
    cookies: ['a=1; Path=/', 'b=2'],
    body: '<p>',
  });
  assert.deepEqual(
    [whole.status, whole.text, whole.headers['content-type'], whole.headers['x-own'], whole.headers['set-cookie']],
    [201, '<p>', 'text/html', '7', ['a=1; Path=/', 'b=2']],
  );
  assert.deepEqual(
    [
      whole.headers['x-amzn-remapped-connection'],
      whole.headers['x-amzn-remapped-server'],
      whole.headers['content-length'],
    ],
    ['close', 'mine', '3'],
  );
  const decoded = await answer({
    statusCode: 200,
    isBase64Encoded: true,
    body: Buffer.from('bytes').toString('base64'),
  });
  assert.deepEqual([decoded.text, decoded.headers['content-type']], ['bytes', 'application/json']);
  const none = await answer({ statusCode: 204 });
  assert.deepEqual([none.status, none.text], [204, '']);
  for (const wrong of [
    { statusCode: 'none' },
    { statusCode: 200, body: {} },
    { statusCode: 200, headers: { 'a b': 'c' } },
  ]) {
    const { status, text } = await answer(wrong);
    assert.deepEqual([status, text], [502, 'Internal Server Error']);
  }
});

test('failures of the function reveal nothing', async () => {
  const host = await publish('fails', 'exports.handler = async () => { throw new Error("secret"); };');
  const { status, text, headers } = await ask(host);
  assert.deepEqual([status, text, headers['content-type']], [502, 'Internal Server Error', 'application/json']);
});

test('a throttled function answers 429 with the reason', async () => {
  const host = await publish('throttled', ECHO);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'throttled', ReservedConcurrentExecutions: 0 }));
  const { status, text, headers } = await ask(host);
  assert.deepEqual([status, headers['x-amzn-errortype']], [429, 'TooManyRequestsException']);
  assert.equal(headers['retry-after'], '1');
  assert.deepEqual(JSON.parse(text), {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    Type: 'User',
    message: 'Rate Exceeded.',
  });
});

test('a body above 6 MB is refused', async () => {
  const host = await publish('small', ECHO);
  const { status } = await ask(host, '/', { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024 + 1) });
  assert.equal(status, 413);
});

test('AuthType NONE needs both permissions for everybody', async () => {
  await createFunction(lambda, 'closed', ECHO);
  const created = await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: 'closed', AuthType: 'NONE' }));
  const { host } = new URL(created.FunctionUrl ?? '');
  const refused = async (): Promise<void> => {
    const { status, text, headers } = await ask(host);
    assert.deepEqual([status, headers['x-amzn-errortype']], [403, 'AccessDeniedException']);
    assert.deepEqual(JSON.parse(text), {
      Message:
        'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
    });
  };
  await refused();
  const shared = { FunctionName: 'closed', Principal: '*' };
  await lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'a',
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'NONE',
    }),
  );
  await refused();
  await lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'b',
      Action: 'lambda:InvokeFunction',
      InvokedViaFunctionUrl: true,
    }),
  );
  assert.equal((await ask(host)).status, 200);
  assert.equal((await ask('unknown.lambda-url.us-east-1.localhost')).status, 403);
});

test('AuthType AWS_IAM wants a signature, and tells the function who signed', async () => {
  await createFunction(lambda, 'signed', ECHO);
  const created = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: 'signed', AuthType: 'AWS_IAM' }),
  );
  const { host } = new URL(created.FunctionUrl ?? '');
  assert.equal((await ask(host)).status, 403);
  const authorization =
    'AWS4-HMAC-SHA256 Credential=123456789012/20261121/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=' +
    '0'.repeat(64);
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { text, status } = await ask(host, '/', { headers: { authorization, 'x-amz-date': date } });
  assert.equal(status, 200);
  const { accountId, authorizer } = JSON.parse(text).requestContext;
  assert.equal(accountId, '123456789012');
  assert.deepEqual(authorizer.iam, {
    accessKey: '123456789012',
    accountId: '123456789012',
    callerId: '123456789012',
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: 'arn:aws:iam::123456789012:root',
    userId: '123456789012',
  });
});

test('CORS: preflights are answered for the function, and its own headers replaced', async () => {
  const own = `exports.handler = async (event) => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'mine' }, body: event.requestContext.http.method });`;
  const host = await publish('shared', own, {
    Cors: {
      AllowOrigins: ['https://a.example'],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: ['X-One'],
      ExposeHeaders: ['X-Two'],
      AllowCredentials: true,
      MaxAge: 60,
    },
  });
  const preflight = (origin: string) =>
    ask(host, '/', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  const { status, headers } = await preflight('https://a.example');
  assert.equal(status, 200);
  assert.deepEqual(
    ['origin', 'methods', 'headers', 'credentials'].map((name) => headers[`access-control-allow-${name}`]),
    ['https://a.example', 'GET,POST', 'X-One', 'true'],
  );
  assert.equal(headers['access-control-max-age'], '60');
  assert.equal((await preflight('https://b.example')).headers['access-control-allow-origin'], undefined);
  const simple = await ask(host, '/', { headers: { origin: 'https://a.example' } });
  assert.deepEqual(
    [simple.headers['access-control-allow-origin'], simple.headers['access-control-expose-headers'], simple.text],
    ['https://a.example', 'X-Two', 'GET'],
  );
  assert.equal((await ask(host)).headers['access-control-allow-origin'], undefined);

  const without = await publish('unshared', own);
  const passed = await ask(without, '/', {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
  });
  assert.deepEqual([passed.text, passed.headers['access-control-allow-origin']], ['OPTIONS', 'mine']);
});

test('RESPONSE_STREAM: bytes arrive as the function writes them, under its status and headers', async () => {
  const source = `
    exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      if (event.rawPath === '/open') { stream.end('opened'); return; }
      const out = awslambda.HttpResponseStream.from(stream, { statusCode: 203, headers: { 'Content-Type': 'text/event-stream' }, cookies: ['s=1'] });
      out.write('data: first');
      if (event.rawPath === '/wait') await new Promise((resolve) => setTimeout(resolve, 600000));
      out.write('data: second');
      out.end();
    });`;
  const host = await publish('live', source, { InvokeMode: 'RESPONSE_STREAM' });
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'live', Timeout: 900 }));
  await new Promise<void>((resolve, reject) => {
    const waiting = ask(host, '/wait', { onChunk: (text) => (text === 'data: first' ? resolve() : reject(text)) });
    waiting.catch(() => {}); // ends with the server
  });
  const answer = await ask(host);
  assert.equal(answer.text, 'data: firstdata: second');
  assert.deepEqual(
    [answer.status, answer.headers['content-type'], answer.headers['set-cookie'], answer.headers['transfer-encoding']],
    [203, 'text/event-stream', ['s=1'], 'chunked'],
  );
  const plain = await ask(host, '/open');
  assert.deepEqual(
    [plain.status, plain.headers['content-type'], plain.text],
    [200, 'application/octet-stream', 'opened'],
  );
  const broken = await publish(
    'broken',
    `exports.handler = awslambda.streamifyResponse(async () => { throw new Error('early'); });`,
    { InvokeMode: 'RESPONSE_STREAM' },
  );
  const { status, text } = await ask(broken);
  assert.deepEqual([status, text], [502, 'Internal Server Error']);
});

test('an alias has a URL and permissions of its own', async () => {
  await createFunction(
    lambda,
    'aliased',
    'exports.handler = async (event, context) => [context.functionVersion, context.invokedFunctionArn];',
  );
  await lambda.send(new PublishVersionCommand({ FunctionName: 'aliased' }));
  await lambda.send(new CreateAliasCommand({ FunctionName: 'aliased', Name: 'live', FunctionVersion: '1' }));
  const Qualifier = 'live';
  const created = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: 'aliased', Qualifier, AuthType: 'NONE' }),
  );
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:aliased:live';
  assert.equal(created.FunctionArn, arn);
  const { host } = new URL(created.FunctionUrl ?? '');
  await grant('aliased');
  assert.equal((await ask(host)).status, 403, 'the policy of the function is not that of its alias');
  await grant('aliased', Qualifier);
  assert.deepEqual(JSON.parse((await ask(host)).text), ['1', arn]);
  await assert.rejects(
    lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: 'aliased', Qualifier: 'nobody', AuthType: 'NONE' })),
    { name: 'ResourceNotFoundException' },
  );
});

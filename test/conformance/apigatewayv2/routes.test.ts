import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateIntegrationCommand,
  CreateRouteCommand,
  DeleteIntegrationCommand,
  DeleteRouteCommand,
  GetIntegrationCommand,
  GetRouteCommand,
  GetRoutesCommand,
  UpdateIntegrationCommand,
  UpdateRouteCommand,
  type CreateIntegrationCommandInput,
  type CreateRouteCommandInput,
} from '@aws-sdk/client-apigatewayv2';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:pets';

const createRoute = (ApiId: string, RouteKey: string, rest: Partial<CreateRouteCommandInput> = {}) =>
  client.send(new CreateRouteCommand({ ApiId, RouteKey, ...rest }));
const createIntegration = (ApiId: string, rest: Partial<CreateIntegrationCommandInput> = {}) =>
  client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: functionArn,
      PayloadFormatVersion: '2.0',
      ...rest,
    }),
  );

test('CreateIntegration answers the defaults of a function', async () => {
  const ApiId = await server.createApi();
  const { $metadata, IntegrationId = '', ...rest } = await createIntegration(ApiId);
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual(rest, {
    ConnectionType: 'INTERNET',
    IntegrationMethod: 'POST',
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: functionArn,
    PayloadFormatVersion: '2.0',
    TimeoutInMillis: 30_000,
  });
  const updated = await client.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, TimeoutInMillis: 5000 }));
  assert.equal(updated.TimeoutInMillis, 5000);
  assert.equal(updated.IntegrationUri, functionArn);
  const read = await client.send(new GetIntegrationCommand({ ApiId, IntegrationId }));
  assert.equal(read.TimeoutInMillis, 5000);
});

test('CreateIntegration answers the defaults of an HTTP endpoint', async () => {
  const ApiId = await server.createApi();
  const created = await createIntegration(ApiId, {
    IntegrationType: 'HTTP_PROXY',
    IntegrationUri: 'https://example.com/{proxy}',
    PayloadFormatVersion: '1.0',
  });
  assert.equal(created.IntegrationMethod, 'ANY');
  assert.equal(created.PayloadFormatVersion, '1.0');
});

test('integrations that HTTP APIs do not have are refused', async () => {
  const ApiId = await server.createApi();
  const refused: [Partial<CreateIntegrationCommandInput>, string | RegExp][] = [
    [
      { IntegrationType: 'AWS' },
      'Currently, an API with a protocol type of HTTP may only be associated with proxy integrations (AWS_PROXY, HTTP_PROXY)',
    ],
    [{ IntegrationType: 'MOCK' }, /may only be associated with proxy integrations/],
    [{ PayloadFormatVersion: undefined }, /PayloadFormatVersion is a required parameter/],
    [{ PayloadFormatVersion: '3.0' }, /payload format version/],
    [{ IntegrationType: 'HTTP_PROXY', IntegrationUri: 'https://example.com' }, /payload format version/],
    [
      { IntegrationType: 'HTTP_PROXY', IntegrationUri: 'ftp://x', PayloadFormatVersion: '1.0' },
      /Invalid HTTP endpoint/,
    ],
    [{ IntegrationUri: 'https://example.com' }, /function ARN/],
    [{ TimeoutInMillis: 30_001 }, 'Timeout should be between 50 ms and 30000 ms'],
    [{ TimeoutInMillis: 49 }, 'Timeout should be between 50 ms and 30000 ms'],
    [{ RequestTemplates: { 'application/json': '{}' } }, /RequestTemplates is not supported/],
    [{ PassthroughBehavior: 'NEVER' }, /PassthroughBehavior is not supported/],
    [{ ConnectionType: 'VPC_LINK', ConnectionId: 'abc' }, 'Gatehouse does not offer VPC links of API Gateway'],
    [{ CredentialsArn: 'role' }, /Invalid ARN/],
    [{ IntegrationSubtype: 'SQS-Fly' }, 'Invalid integration subtype specified: SQS-Fly'],
    [
      { RequestParameters: { 'overwrite:body.x': '1' } },
      /Invalid Request Actioned Parameter specified: overwrite:body.x/,
    ],
    [{ ResponseParameters: { '200': { 'append:body.x': '1' } } }, /Invalid Response Actioned Parameter/],
    [{ ResponseParameters: { '100': { 'append:header.x': '1' } } }, /status code/],
    [
      { ResponseParameters: { '200': { 'overwrite:header.Access-Control-Allow-Origin': '*' } } },
      'Operations on header access-control-allow-origin are restricted',
    ],
  ];
  for (const [input, message] of refused) {
    await assert.rejects(createIntegration(ApiId, input), refusal('BadRequestException', message));
  }
});

test('parameters are mapped to and from HTTP endpoints', async () => {
  const ApiId = await server.createApi();
  const RequestParameters = {
    'append:header.x-id': '$context.requestId',
    'overwrite:path': '/pets',
    'remove:querystring.a': "''",
  };
  const ResponseParameters = { '500': { 'overwrite:statuscode': '403' } };
  const created = await createIntegration(ApiId, {
    IntegrationType: 'HTTP_PROXY',
    IntegrationUri: 'https://example.com',
    PayloadFormatVersion: '1.0',
    RequestParameters,
    ResponseParameters,
  });
  assert.deepEqual(created.RequestParameters, RequestParameters);
  assert.deepEqual(created.ResponseParameters, ResponseParameters);
});

test('CreateRoute answers the defaults of a route', async () => {
  const ApiId = await server.createApi();
  const { IntegrationId } = await createIntegration(ApiId);
  const Target = `integrations/${IntegrationId}`;
  const created = await createRoute(ApiId, 'GET /pets/{id}', { Target, OperationName: 'getPet' });
  const { $metadata, RouteId = '', ...rest } = created;
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual(rest, {
    ApiKeyRequired: false,
    AuthorizationType: 'NONE',
    OperationName: 'getPet',
    RouteKey: 'GET /pets/{id}',
    Target,
  });
  const updated = await client.send(new UpdateRouteCommand({ ApiId, RouteId, RouteKey: 'ANY /pets/{id}', Target: '' }));
  assert.equal(updated.RouteKey, 'ANY /pets/{id}');
  assert.equal(updated.Target, undefined);
  assert.equal((await client.send(new GetRouteCommand({ ApiId, RouteId }))).OperationName, 'getPet');
});

test('route keys are $default or a method and a path', async () => {
  const ApiId = await server.createApi();
  const malformed = refusal(
    'BadRequestException',
    'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
  );
  for (const key of [
    '/pets',
    'GET pets',
    'FETCH /pets',
    'get /pets',
    'GET /{a+}/b',
    'GET /{a}/{a}',
    'GET /a b',
    '$connect',
  ]) {
    await assert.rejects(createRoute(ApiId, key), malformed, key);
  }
  for (const key of ['$default', 'GET /', 'ANY /{proxy+}', 'POST /pets/{id}/toys', 'GET /a.b-c_d~e']) {
    assert.equal((await createRoute(ApiId, key)).RouteKey, key);
  }
});

test('a second route for the same requests is a conflict', async () => {
  const ApiId = await server.createApi();
  await createRoute(ApiId, 'GET /pets/{id}');
  const taken = refusal('ConflictException', 'Route with key GET /pets/{id} already exists for this API');
  await assert.rejects(createRoute(ApiId, 'GET /pets/{id}'), taken);
  await assert.rejects(createRoute(ApiId, 'GET /pets/{name}'), taken);
  await createRoute(ApiId, 'POST /pets/{name}');
});

test('a route needs an integration and an authorizer of its API', async () => {
  const ApiId = await server.createApi();
  await assert.rejects(
    createRoute(ApiId, 'GET /', { Target: 'integrations/abcdefg' }),
    refusal('BadRequestException', /target/),
  );
  await assert.rejects(
    createRoute(ApiId, 'GET /', { AuthorizationType: 'JWT', AuthorizerId: 'nothere' }),
    refusal(
      'BadRequestException',
      'Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid JWT authorizer.',
    ),
  );
  await assert.rejects(
    createRoute(ApiId, 'GET /', { ApiKeyRequired: true }),
    refusal('BadRequestException', /ApiKeyRequired/),
  );
  await assert.rejects(
    createRoute(ApiId, 'GET /', { AuthorizationScopes: ['read'] }),
    refusal('BadRequestException', /scopes/),
  );
});

test('an integration that a route uses stays', async () => {
  const ApiId = await server.createApi();
  const { IntegrationId } = await createIntegration(ApiId);
  const { RouteId } = await createRoute(ApiId, 'GET /', { Target: `integrations/${IntegrationId}` });
  await assert.rejects(
    client.send(new DeleteIntegrationCommand({ ApiId, IntegrationId })),
    refusal('ConflictException', /referenced by a Route/),
  );
  await client.send(new DeleteRouteCommand({ ApiId, RouteId }));
  await client.send(new DeleteIntegrationCommand({ ApiId, IntegrationId }));
  assert.deepEqual((await client.send(new GetRoutesCommand({ ApiId }))).Items, []);
  await assert.rejects(client.send(new GetRouteCommand({ ApiId, RouteId })), refusal('NotFoundException', /Route/));
});

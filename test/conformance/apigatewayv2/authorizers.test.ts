import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateAuthorizerCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteAuthorizerCommand,
  GetAuthorizerCommand,
  GetAuthorizersCommand,
  GetRoutesCommand,
  ImportApiCommand,
  UpdateAuthorizerCommand,
  UpdateRouteCommand,
  type CreateAuthorizerCommandInput,
} from '@aws-sdk/client-apigatewayv2';
import { refusal, startHttpApiServer, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:guard';
const invocations = (arn: string): string =>
  `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`;

const JWT = {
  Name: 'tokens',
  AuthorizerType: 'JWT',
  IdentitySource: ['$request.header.Authorization'],
  JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['pets'] },
} satisfies Partial<CreateAuthorizerCommandInput>;
const REQUEST = {
  Name: 'guard',
  AuthorizerType: 'REQUEST',
  AuthorizerUri: invocations(functionArn),
  AuthorizerPayloadFormatVersion: '2.0',
  IdentitySource: ['$request.header.Authorization'],
} satisfies Partial<CreateAuthorizerCommandInput>;
const create = (ApiId: string, input: Partial<CreateAuthorizerCommandInput>) =>
  client.send(new CreateAuthorizerCommand({ ApiId, ...input } as CreateAuthorizerCommandInput));

test('a JWT authorizer answers what it was given', async () => {
  const ApiId = await server.createApi();
  const { $metadata, AuthorizerId, ...rest } = await create(ApiId, JWT);
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual(rest, JWT);
  const read = await client.send(new GetAuthorizerCommand({ ApiId, AuthorizerId }));
  assert.deepEqual(read.JwtConfiguration, JWT.JwtConfiguration);
});

test('a REQUEST authorizer answers its defaults', async () => {
  const ApiId = await server.createApi();
  const { $metadata: _metadata, AuthorizerId, ...rest } = await create(ApiId, REQUEST);
  assert.deepEqual(rest, { ...REQUEST, AuthorizerResultTtlInSeconds: 0, EnableSimpleResponses: false });
  const updated = await client.send(
    new UpdateAuthorizerCommand({ ApiId, AuthorizerId, AuthorizerResultTtlInSeconds: 60, EnableSimpleResponses: true }),
  );
  assert.equal(updated.AuthorizerResultTtlInSeconds, 60);
  assert.equal(updated.EnableSimpleResponses, true);
  assert.equal(updated.Name, 'guard');
});

test('authorizers that cannot be are refused', async () => {
  const ApiId = await server.createApi();
  const refused: [Partial<CreateAuthorizerCommandInput>, RegExp][] = [
    [{ ...JWT, JwtConfiguration: { Audience: ['a'] } }, /Invalid issuer/],
    [{ ...JWT, JwtConfiguration: { Issuer: 'https://x.example' } }, /audience/],
    [{ ...JWT, IdentitySource: ['$context.path'] }, /identity source/],
    [
      { ...REQUEST, AuthorizerPayloadFormatVersion: undefined },
      /AuthorizerPayloadFormatVersion is a required parameter/,
    ],
    [{ ...REQUEST, AuthorizerPayloadFormatVersion: '1.0', EnableSimpleResponses: true }, /EnableSimpleResponses/],
    [{ ...REQUEST, AuthorizerResultTtlInSeconds: 3601 }, /TTL must be between 0 and 3600/],
    [{ ...REQUEST, AuthorizerResultTtlInSeconds: 10, IdentitySource: [] }, /Identity sources are required/],
    [{ ...REQUEST, IdentitySource: ['header.X'] }, /Invalid identity source/],
    [{ ...REQUEST, AuthorizerUri: 'https://example.com' }, /Invalid Authorizer URI/],
    [{ ...REQUEST, AuthorizerType: 'TOKEN' as 'REQUEST' }, /Valid types are JWT and REQUEST/],
  ];
  for (const [input, message] of refused) {
    await assert.rejects(create(ApiId, input), refusal('BadRequestException', message));
  }
  await create(ApiId, JWT);
  await assert.rejects(create(ApiId, JWT), refusal('BadRequestException', /Authorizer name must be unique/));
});

test('an authorizer that a route uses stays, and routes take the kind that fits', async () => {
  const ApiId = await server.createApi();
  const { AuthorizerId } = await create(ApiId, REQUEST);
  await assert.rejects(
    client.send(new CreateRouteCommand({ ApiId, RouteKey: 'GET /', AuthorizationType: 'JWT', AuthorizerId })),
    refusal('BadRequestException', /requires a valid JWT authorizer/),
  );
  const { RouteId } = await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: 'GET /', AuthorizationType: 'CUSTOM', AuthorizerId }),
  );
  await assert.rejects(
    client.send(new DeleteAuthorizerCommand({ ApiId, AuthorizerId })),
    refusal('ConflictException', `Cannot delete authorizer '${AuthorizerId}', is referenced in route: GET /`),
  );
  const opened = await client.send(new UpdateRouteCommand({ ApiId, RouteId, AuthorizationType: 'NONE' }));
  assert.equal(opened.AuthorizerId, undefined);
  await client.send(new DeleteAuthorizerCommand({ ApiId, AuthorizerId }));
  assert.deepEqual((await client.send(new GetAuthorizersCommand({ ApiId }))).Items, []);
});

test('a Lambda authorizer decides about requests', async () => {
  const ApiId = await server.createApi();
  const guard = await server.createFunction(
    'guard',
    "export const handler = async (event) => ({ isAuthorized: event.headers.authorization === 'open', context: { who: 'me' } });",
  );
  const backend = await server.createFunction(
    'backend',
    'export const handler = async (event) => event.requestContext.authorizer.lambda;',
  );
  const { AuthorizerId } = await create(ApiId, {
    ...REQUEST,
    AuthorizerUri: invocations(guard),
    EnableSimpleResponses: true,
  });
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: backend,
      PayloadFormatVersion: '2.0',
    }),
  );
  const Target = `integrations/${IntegrationId}`;
  await client.send(
    new CreateRouteCommand({ ApiId, RouteKey: 'GET /', AuthorizationType: 'CUSTOM', AuthorizerId, Target }),
  );
  await client.send(new CreateStageCommand({ ApiId, StageName: '$default', AutoDeploy: true }));
  const ask = (headers: Record<string, string>) => () => server.ask(ApiId, '$default', '/', { headers });
  const open = await untilStatus(ask({ Authorization: 'open' }), 200);
  assert.deepEqual(await open.json(), { who: 'me' });
  await untilStatus(ask({ Authorization: 'shut' }), 403);
  await untilStatus(ask({}), 401);
});

test('ImportApi makes authorizers of security schemes', async () => {
  const operation = (security?: object[]): object => ({
    ...(security && { security }),
    responses: { default: { description: 'ok' } },
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      uri: invocations(functionArn),
      payloadFormatVersion: '2.0',
    },
  });
  const Body = JSON.stringify({
    openapi: '3.0.1',
    info: { title: 'secured' },
    security: [{ tokens: ['read'] }],
    paths: {
      '/default': { get: operation() },
      '/guarded': { get: operation([{ guard: [] }]) },
      '/signed': { get: operation([{ iam: [] }]) },
      '/open': { get: operation([]) },
    },
    components: {
      securitySchemes: {
        tokens: {
          type: 'oauth2',
          'x-amazon-apigateway-authorizer': {
            type: 'jwt',
            identitySource: '$request.header.Authorization',
            jwtConfiguration: { issuer: 'https://issuer.example.com', audience: ['pets'] },
          },
        },
        guard: {
          type: 'apiKey',
          name: 'Unused',
          in: 'header',
          'x-amazon-apigateway-authorizer': {
            type: 'request',
            identitySource: '$request.header.A, $request.header.B',
            authorizerUri: invocations(functionArn),
            authorizerPayloadFormatVersion: 2.0,
            authorizerResultTtlInSeconds: 30,
            enableSimpleResponses: true,
          },
        },
        iam: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      },
    },
  });
  const { ApiId } = await client.send(new ImportApiCommand({ Body }));
  const { Items: authorizers = [] } = await client.send(new GetAuthorizersCommand({ ApiId }));
  const guard = authorizers.find((each) => each.Name === 'guard');
  assert.deepEqual(guard?.IdentitySource, ['$request.header.A', '$request.header.B']);
  assert.equal(guard?.AuthorizerPayloadFormatVersion, '2.0');
  assert.equal(guard?.AuthorizerResultTtlInSeconds, 30);
  const tokens = authorizers.find((each) => each.Name === 'tokens');
  const { Items: routes = [] } = await client.send(new GetRoutesCommand({ ApiId }));
  const shown = Object.fromEntries(
    routes.map((route) => [route.RouteKey, [route.AuthorizationType, route.AuthorizerId, route.AuthorizationScopes]]),
  );
  assert.deepEqual(shown, {
    'GET /default': ['JWT', tokens?.AuthorizerId, ['read']],
    'GET /guarded': ['CUSTOM', guard?.AuthorizerId, undefined],
    'GET /signed': ['AWS_IAM', undefined, undefined],
    'GET /open': ['NONE', undefined, undefined],
  });
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  DeleteIntegrationCommand,
  DeleteRouteCommand,
  UpdateRouteCommand,
  CreateApiCommand,
  DeleteApiCommand,
  DeleteCorsConfigurationCommand,
  GetApiCommand,
  GetApisCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
  GetTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApiCommand,
} from '@aws-sdk/client-apigatewayv2';
import { refusal, startHttpApiServer, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:pets';

test('CreateApi answers the defaults of an HTTP API, and GetApi the same', async () => {
  const { $metadata, ...created } = await client.send(new CreateApiCommand({ Name: 'pets', ProtocolType: 'HTTP' }));
  assert.equal($metadata.httpStatusCode, 201);
  const { ApiId = '', ApiEndpoint, CreatedDate, ...rest } = created;
  assert.match(ApiId, /^[a-z0-9]{10}$/);
  assert.ok(ApiEndpoint?.includes(`${ApiId}.execute-api.us-east-1.`));
  assert.ok(CreatedDate instanceof Date);
  assert.deepEqual(rest, {
    ApiKeySelectionExpression: '$request.header.x-api-key',
    DisableExecuteApiEndpoint: false,
    IpAddressType: 'ipv4',
    Name: 'pets',
    ProtocolType: 'HTTP',
    RouteSelectionExpression: '$request.method $request.path',
    Tags: {},
  });
  const { $metadata: _metadata, ...read } = await client.send(new GetApiCommand({ ApiId }));
  assert.deepEqual(read, created);
});

test('what HTTP APIs do not have is refused in words', async () => {
  const create = (input: object) => client.send(new CreateApiCommand({ Name: 'x', ProtocolType: 'HTTP', ...input }));
  await assert.rejects(
    create({ ProtocolType: 'WEBSOCKET' }),
    refusal('BadRequestException', /RouteSelectionExpression is required/),
  );
  await assert.rejects(create({ ProtocolType: 'SOAP' }), refusal('BadRequestException', /HTTP, WEBSOCKET/));
  await assert.rejects(create({ Name: 'n'.repeat(129) }), refusal('BadRequestException', /name/));
  await assert.rejects(
    create({ RouteSelectionExpression: '$request.body.action' }),
    refusal('BadRequestException', /route selection/),
  );
  await assert.rejects(
    create({ DisableSchemaValidation: true }),
    refusal('BadRequestException', /protocol type of HTTP/),
  );
  await assert.rejects(create({ RouteKey: 'GET /' }), refusal('BadRequestException', /Target/));
  await assert.rejects(
    create({ CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: true } }),
    refusal('BadRequestException', /allowCredentials/),
  );
  await assert.rejects(
    create({ CorsConfiguration: { AllowOrigins: ['example.com'] } }),
    refusal('BadRequestException', /Invalid format for origin example.com/),
  );
  await assert.rejects(create({ CorsConfiguration: { MaxAge: 86_401 } }), refusal('BadRequestException', /maxAge/));
});

test('an API that is not there is named with its account', async () => {
  const gone = refusal('NotFoundException', 'Invalid API identifier specified 000000000000:nothere');
  await assert.rejects(client.send(new GetApiCommand({ ApiId: 'nothere' })), gone);
  await assert.rejects(client.send(new UpdateApiCommand({ ApiId: 'nothere', Name: 'x' })), gone);
  await assert.rejects(client.send(new DeleteApiCommand({ ApiId: 'nothere' })), gone);
});

test('quick create makes a managed integration, route and $default stage', async () => {
  const ApiId = await server.createApi({ Target: functionArn });
  const { Items: [integration] = [] } = await client.send(new GetIntegrationsCommand({ ApiId }));
  assert.equal(integration?.ApiGatewayManaged, true);
  assert.equal(integration?.PayloadFormatVersion, '2.0');
  assert.equal(integration?.IntegrationUri, functionArn);
  const { Items: [route] = [] } = await client.send(new GetRoutesCommand({ ApiId }));
  assert.equal(route?.RouteKey, '$default');
  assert.equal(route?.ApiGatewayManaged, true);
  assert.equal(route?.Target, `integrations/${integration?.IntegrationId}`);
  const { Items: [stage] = [] } = await client.send(new GetStagesCommand({ ApiId }));
  assert.equal(stage?.StageName, '$default');
  assert.equal(stage?.AutoDeploy, true);
  assert.equal(stage?.ApiGatewayManaged, true);
  assert.equal(
    stage?.LastDeploymentStatusMessage,
    `Successfully deployed stage with deployment ID '${stage?.DeploymentId}'`,
  );
});

test('what quick create made is not deleted, and its route keeps its key', async () => {
  const ApiId = await server.createApi({ Target: functionArn });
  const { Items: [{ IntegrationId = '' } = {}] = [] } = await client.send(new GetIntegrationsCommand({ ApiId }));
  const { Items: [{ RouteId = '' } = {}] = [] } = await client.send(new GetRoutesCommand({ ApiId }));
  await assert.rejects(
    client.send(new UpdateRouteCommand({ ApiId, RouteId, RouteKey: 'GET /pets' })),
    refusal('BadRequestException', /managed by API Gateway/),
  );
  await client.send(new DeleteRouteCommand({ ApiId, RouteId }));
  await assert.rejects(
    client.send(new DeleteIntegrationCommand({ ApiId, IntegrationId })),
    refusal('ConflictException', /managed by API Gateway/),
  );
});

test('UpdateApi changes what quick create made', async () => {
  const ApiId = await server.createApi({ Target: 'https://example.com', RouteKey: 'GET /pets' });
  await client.send(new UpdateApiCommand({ ApiId, Target: functionArn, RouteKey: 'ANY /pets' }));
  const { Items: [integration] = [] } = await client.send(new GetIntegrationsCommand({ ApiId }));
  assert.equal(integration?.IntegrationType, 'AWS_PROXY');
  assert.equal(integration?.IntegrationUri, functionArn);
  const { Items: [route] = [] } = await client.send(new GetRoutesCommand({ ApiId }));
  assert.equal(route?.RouteKey, 'ANY /pets');
  const plain = await server.createApi();
  await assert.rejects(
    client.send(new UpdateApiCommand({ ApiId: plain, Target: functionArn })),
    refusal('BadRequestException', /quick create/),
  );
});

test('UpdateApi keeps what it is not told, and CORS can be taken away', async () => {
  const cors = { AllowOrigins: ['https://example.com'], AllowMethods: ['GET'], MaxAge: 300 };
  const ApiId = await server.createApi({ Description: 'first', CorsConfiguration: cors });
  const updated = await client.send(new UpdateApiCommand({ ApiId, Name: 'cats', Version: '2' }));
  assert.equal(updated.Name, 'cats');
  assert.equal(updated.Version, '2');
  assert.equal(updated.Description, 'first');
  assert.deepEqual(updated.CorsConfiguration, cors);
  await client.send(new DeleteCorsConfigurationCommand({ ApiId }));
  assert.equal((await client.send(new GetApiCommand({ ApiId }))).CorsConfiguration, undefined);
});

test('CORS and DisableExecuteApiEndpoint act on requests at once', async () => {
  const ApiId = await server.createApi({ Target: 'http://127.0.0.1:9' });
  const preflight = (): Promise<Response> =>
    server.ask(ApiId, '$default', '/pets', {
      method: 'OPTIONS',
      headers: { Origin: 'https://example.com', 'Access-Control-Request-Method': 'GET' },
    });
  await client.send(new UpdateApiCommand({ ApiId, CorsConfiguration: { AllowOrigins: ['https://example.com'] } }));
  const allowed = await untilStatus(preflight, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://example.com');
  await client.send(new UpdateApiCommand({ ApiId, DisableExecuteApiEndpoint: true }));
  await untilStatus(preflight, 404);
});

test('GetApis pages with MaxResults and NextToken', async () => {
  await Promise.all([1, 2, 3].map(() => server.createApi()));
  const seen = new Set<string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetApisCommand({ MaxResults: '2', ...(NextToken && { NextToken }) }));
    assert.ok((page.Items?.length ?? 0) <= 2);
    for (const { ApiId = '' } of page.Items ?? []) seen.add(ApiId);
    NextToken = page.NextToken;
  } while (NextToken);
  assert.equal(seen.size, (await client.send(new GetApisCommand({}))).Items?.length);
  await assert.rejects(
    client.send(new GetApisCommand({ MaxResults: '0' })),
    refusal('BadRequestException', /maxResults/),
  );
});

test('tags of APIs are set, added and removed', async () => {
  const ApiId = await server.createApi({ Tags: { team: 'pets' } });
  const ResourceArn = `arn:aws:apigateway:us-east-1::/apis/${ApiId}`;
  await client.send(new TagResourceCommand({ ResourceArn, Tags: { stage: 'test' } }));
  assert.deepEqual((await client.send(new GetTagsCommand({ ResourceArn }))).Tags, { team: 'pets', stage: 'test' });
  await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team'] }));
  assert.deepEqual((await client.send(new GetApiCommand({ ApiId }))).Tags, { stage: 'test' });
  await assert.rejects(
    client.send(new TagResourceCommand({ ResourceArn, Tags: { 'aws:x': '1' } })),
    refusal('BadRequestException', /aws:/),
  );
});

test('DeleteApi takes everything with it', async () => {
  const ApiId = await server.createApi({ Target: 'http://127.0.0.1:9' });
  await client.send(new DeleteApiCommand({ ApiId }));
  await assert.rejects(client.send(new GetRoutesCommand({ ApiId })), refusal('NotFoundException', /Invalid API/));
  await untilStatus(() => server.ask(ApiId, '$default', '/'), 403);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteAccessLogSettingsCommand,
  DeleteDeploymentCommand,
  DeleteRouteCommand,
  DeleteRouteSettingsCommand,
  DeleteStageCommand,
  GetDeploymentsCommand,
  GetStageCommand,
  GetTagsCommand,
  TagResourceCommand,
  UpdateStageCommand,
  type CreateStageCommandInput,
} from '@aws-sdk/client-apigatewayv2';
import { refusal, startHttpApiServer, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;

const createStage = (ApiId: string, StageName: string, rest: Partial<CreateStageCommandInput> = {}) =>
  client.send(new CreateStageCommand({ ApiId, StageName, ...rest }));

/** A route whose backend refuses connections: answered 500 by the integration, so it is there. */
async function createRoute(ApiId: string, RouteKey: string): Promise<string> {
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'HTTP_PROXY',
      IntegrationUri: 'http://127.0.0.1:9',
      PayloadFormatVersion: '1.0',
    }),
  );
  const Target = `integrations/${IntegrationId}`;
  return (await client.send(new CreateRouteCommand({ ApiId, RouteKey, Target }))).RouteId ?? '';
}

test('CreateStage answers the defaults of a stage', async () => {
  const ApiId = await server.createApi();
  const { $metadata, CreatedDate, LastUpdatedDate, ...rest } = await createStage(ApiId, 'test');
  assert.equal($metadata.httpStatusCode, 201);
  assert.ok(CreatedDate && LastUpdatedDate);
  assert.deepEqual(rest, {
    DefaultRouteSettings: { DetailedMetricsEnabled: false },
    RouteSettings: {},
    StageName: 'test',
    StageVariables: {},
    Tags: {},
  });
  await assert.rejects(createStage(ApiId, 'test'), refusal('ConflictException', 'Stage already exists'));
});

test('settings that a stage cannot have are refused', async () => {
  const ApiId = await server.createApi();
  const log = 'arn:aws:logs:us-east-1:000000000000:log-group:x';
  const refused: [Partial<CreateStageCommandInput>, string, string | RegExp][] = [
    [{ StageName: 'a/b' }, 'BadRequestException', /Stage name/],
    [{ ClientCertificateId: 'abc' }, 'BadRequestException', /ClientCertificateId/],
    [
      { DefaultRouteSettings: { LoggingLevel: 'INFO' } },
      'BadRequestException',
      'Execution logs are not supported on protocolType HTTP',
    ],
    [
      { RouteSettings: { 'GET /no': { ThrottlingBurstLimit: 1 } } },
      'NotFoundException',
      'Unable to find Route by key GET /no within the provided RouteSettings',
    ],
    [{ StageVariables: { 'a-b': '1' } }, 'BadRequestException', /Stage variable name/],
    [{ AccessLogSettings: { DestinationArn: log } }, 'BadRequestException', /format/],
    [{ AccessLogSettings: { DestinationArn: 'x', Format: '$context.requestId' } }, 'BadRequestException', /ARN/],
    [{ AccessLogSettings: { DestinationArn: log, Format: 'a\nb' } }, 'BadRequestException', /single line/],
    [{ AccessLogSettings: { DestinationArn: log, Format: '$context.path' } }, 'BadRequestException', /requestId/],
    [{ DeploymentId: 'abcdef' }, 'NotFoundException', 'Invalid Deployment identifier specified'],
  ];
  for (const [input, code, message] of refused) {
    await assert.rejects(createStage(ApiId, 'test', input), refusal(code, message));
  }
});

test('a stage that deploys itself has every change at once', async () => {
  const ApiId = await server.createApi();
  await createStage(ApiId, '$default', { AutoDeploy: true });
  await untilStatus(() => server.ask(ApiId, '$default', '/pets'), 404);
  const RouteId = await createRoute(ApiId, 'GET /pets');
  await untilStatus(() => server.ask(ApiId, '$default', '/pets'), 500);
  await client.send(new DeleteRouteCommand({ ApiId, RouteId }));
  await untilStatus(() => server.ask(ApiId, '$default', '/pets'), 404);
  const { Items = [] } = await client.send(new GetDeploymentsCommand({ ApiId }));
  assert.equal(Items[0]?.AutoDeployed, true);
  assert.equal(Items[0]?.DeploymentStatus, 'DEPLOYED');
  assert.equal(Items[0]?.Description, 'Automatic deployment triggered by changes to the Api configuration');
  const stage = await client.send(new GetStageCommand({ ApiId, StageName: '$default' }));
  assert.equal(stage.DeploymentId, Items[0]?.DeploymentId);
  await assert.rejects(
    client.send(new CreateDeploymentCommand({ ApiId, StageName: '$default' })),
    refusal('BadRequestException', /route/),
  );
});

test('a stage without AutoDeploy serves its deployment, and can go back to another', async () => {
  const ApiId = await server.createApi();
  await assert.rejects(
    client.send(new CreateDeploymentCommand({ ApiId })),
    refusal('BadRequestException', 'At least one route is required before deploying the Api.'),
  );
  await createRoute(ApiId, 'GET /one');
  await createStage(ApiId, 'prod');
  const ask = (path: string) => () => server.ask(ApiId, 'prod', path);
  await untilStatus(ask('/one'), 404);
  const first = await client.send(new CreateDeploymentCommand({ ApiId, StageName: 'prod', Description: 'first' }));
  assert.equal(first.AutoDeployed, false);
  await untilStatus(ask('/one'), 500);
  await createRoute(ApiId, 'GET /two');
  await untilStatus(ask('/two'), 404);
  const second = await client.send(new CreateDeploymentCommand({ ApiId, StageName: 'prod' }));
  await untilStatus(ask('/two'), 500);
  await client.send(new UpdateStageCommand({ ApiId, StageName: 'prod', DeploymentId: first.DeploymentId }));
  await untilStatus(ask('/two'), 404);
  await client.send(new DeleteDeploymentCommand({ ApiId, DeploymentId: second.DeploymentId }));
  await assert.rejects(
    client.send(new DeleteDeploymentCommand({ ApiId, DeploymentId: first.DeploymentId })),
    refusal('BadRequestException', 'Active stages pointing to this deployment must be moved or deleted'),
  );
});

test('throttles of routes act, and their settings can be taken away', async () => {
  const ApiId = await server.createApi();
  await createRoute(ApiId, 'GET /pets');
  const settings = { 'GET /pets': { ThrottlingBurstLimit: 0, ThrottlingRateLimit: 0 } };
  const stage = await createStage(ApiId, 'test', { AutoDeploy: true, RouteSettings: settings });
  assert.deepEqual(stage.RouteSettings, { 'GET /pets': { DetailedMetricsEnabled: false, ...settings['GET /pets'] } });
  await untilStatus(() => server.ask(ApiId, 'test', '/pets'), 429);
  await client.send(new DeleteRouteSettingsCommand({ ApiId, StageName: 'test', RouteKey: 'GET /pets' }));
  await untilStatus(() => server.ask(ApiId, 'test', '/pets'), 500);
  await assert.rejects(
    client.send(new DeleteRouteSettingsCommand({ ApiId, StageName: 'test', RouteKey: 'GET /pets' })),
    refusal('NotFoundException', /Unable to find Route by key GET \/pets/),
  );
});

test('UpdateStage keeps what it is not told', async () => {
  const ApiId = await server.createApi();
  const AccessLogSettings = {
    DestinationArn: 'arn:aws:logs:us-east-1:000000000000:log-group:/http/access',
    Format: '$context.requestId $context.status',
  };
  await createStage(ApiId, 'test', { Description: 'one', StageVariables: { a: '1' }, AccessLogSettings });
  const updated = await client.send(new UpdateStageCommand({ ApiId, StageName: 'test', StageVariables: { b: '2' } }));
  assert.equal(updated.Description, 'one');
  assert.deepEqual(updated.StageVariables, { b: '2' });
  assert.deepEqual(updated.AccessLogSettings, AccessLogSettings);
  await client.send(new DeleteAccessLogSettingsCommand({ ApiId, StageName: 'test' }));
  assert.equal((await client.send(new GetStageCommand({ ApiId, StageName: 'test' }))).AccessLogSettings, undefined);
});

test('stages have tags of their own, and go away', async () => {
  const ApiId = await server.createApi();
  await createStage(ApiId, '$default', { Tags: { a: '1' } });
  const ResourceArn = `arn:aws:apigateway:us-east-1::/apis/${ApiId}/stages/$default`;
  await client.send(new TagResourceCommand({ ResourceArn, Tags: { b: '2' } }));
  assert.deepEqual((await client.send(new GetTagsCommand({ ResourceArn }))).Tags, { a: '1', b: '2' });
  await client.send(new DeleteStageCommand({ ApiId, StageName: '$default' }));
  await assert.rejects(
    client.send(new GetStageCommand({ ApiId, StageName: '$default' })),
    refusal('NotFoundException', 'Invalid stage identifier specified'),
  );
});

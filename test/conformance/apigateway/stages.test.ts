import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateDeploymentCommand,
  CreateStageCommand,
  DeleteDeploymentCommand,
  DeleteStageCommand,
  FlushStageCacheCommand,
  GetDeploymentCommand,
  GetDeploymentsCommand,
  GetStageCommand,
  GetStagesCommand,
  UpdateDeploymentCommand,
  UpdateIntegrationResponseCommand,
  UpdateStageCommand,
  type PatchOperation,
} from '@aws-sdk/client-api-gateway';
import { eventually } from '../../harness.ts';
import { createApi, createResource, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

const patch = (restApiId: string, ...patchOperations: PatchOperation[]) =>
  client.send(new UpdateStageCommand({ restApiId, stageName: 'test', patchOperations }));
const replace = (path: string, value: string): PatchOperation => ({ op: 'replace', path, value });

async function createDeployed(): Promise<{ restApiId: string; resourceId: string; deploymentId: string }> {
  const api = await createApi(server);
  const { resourceId } = await putMock(server, api, '"first"');
  return { restApiId: api.restApiId, resourceId, deploymentId: await deploy(server, api.restApiId) };
}

test('an API without methods, or with a method without integration, is not deployed', async () => {
  const { restApiId } = await createApi(server);
  await assert.rejects(
    client.send(new CreateDeploymentCommand({ restApiId })),
    refusal('BadRequestException', "The REST API doesn't contain any methods"),
  );
});

test('GetStage answers the defaults of a stage', async () => {
  const { restApiId, deploymentId } = await createDeployed();
  const {
    $metadata: _metadata,
    createdDate,
    lastUpdatedDate,
    ...stage
  } = await client.send(new GetStageCommand({ restApiId, stageName: 'test' }));
  assert.ok(createdDate && lastUpdatedDate);
  assert.deepEqual(stage, {
    deploymentId,
    stageName: 'test',
    cacheClusterEnabled: false,
    cacheClusterStatus: 'NOT_AVAILABLE',
    methodSettings: {},
    tracingEnabled: false,
  });
});

test('CreateStage needs a name, a deployment and variables that can be', async () => {
  const { restApiId, deploymentId } = await createDeployed();
  const create = (stageName: string, rest: object = {}) =>
    client.send(new CreateStageCommand({ restApiId, deploymentId, stageName, ...rest }));
  await assert.rejects(create('test'), refusal('ConflictException', 'Stage already exists'));
  await assert.rejects(create('a b'), refusal('BadRequestException', 'Stage name only allows a-zA-Z0-9_-'));
  await assert.rejects(
    create('other', { deploymentId: 'nothere' }),
    refusal('NotFoundException', 'Invalid Deployment identifier specified'),
  );
  await assert.rejects(
    create('other', { variables: { 'a-b': '1' } }),
    refusal('BadRequestException', /Stage variable name/),
  );
  const made = await create('other', { variables: { a: '1' }, tags: { b: '2' } });
  assert.deepEqual(made.variables, { a: '1' });
  assert.deepEqual(made.tags, { b: '2' });
  const { item = [] } = await client.send(new GetStagesCommand({ restApiId, deploymentId }));
  assert.deepEqual(item.map((stage) => stage.stageName ?? '').sort(), ['other', 'test']);
});

test('UpdateStage patches variables, logs and canaries', async () => {
  const { restApiId, deploymentId } = await createDeployed();
  const destinationArn = 'arn:aws:logs:us-east-1:000000000000:log-group:access';
  const updated = await patch(
    restApiId,
    replace('/variables/name', 'value'),
    replace('/accessLogSettings/destinationArn', `${destinationArn}:*`),
    replace('/accessLogSettings/format', '$context.requestId'),
    replace('/canarySettings/percentTraffic', '10'),
    replace('/canarySettings/deploymentId', deploymentId),
    replace('/canarySettings/stageVariableOverrides/name', 'canary'),
  );
  assert.deepEqual(updated.variables, { name: 'value' });
  assert.deepEqual(updated.accessLogSettings, { destinationArn, format: '$context.requestId' });
  assert.equal(updated.canarySettings?.percentTraffic, 10);
  const promoted = await patch(
    restApiId,
    { op: 'copy', from: '/canarySettings/stageVariableOverrides', path: '/variables' },
    { op: 'remove', path: '/canarySettings' },
    { op: 'remove', path: '/accessLogSettings' },
  );
  assert.deepEqual(promoted.variables, { name: 'canary' });
  assert.equal(promoted.canarySettings, undefined);
  assert.equal(promoted.accessLogSettings, undefined);
});

test('settings of methods are patched by resource and method, escaped or not', async () => {
  const { restApiId } = await createDeployed();
  const updated = await patch(
    restApiId,
    replace('/*/*/throttling/rateLimit', '5'),
    replace('/~1pets~1{id}/GET/throttling/burstLimit', '2'),
    replace('/cats/all/GET/throttling/burstLimit', '3'),
    replace('/~1/GET/caching/ttlInSeconds', '10'),
  );
  assert.deepEqual(Object.keys(updated.methodSettings ?? {}).sort(), [
    '*/*',
    'cats/all/GET',
    'pets/{id}/GET',
    '~1/GET',
  ]);
  assert.deepEqual(updated.methodSettings?.['*/*'], {
    metricsEnabled: false,
    loggingLevel: 'OFF',
    dataTraceEnabled: false,
    throttlingBurstLimit: -1,
    throttlingRateLimit: 5,
    cachingEnabled: false,
    cacheTtlInSeconds: 300,
    cacheDataEncrypted: false,
    requireAuthorizationForCacheControl: true,
    unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
  });
  const left = await patch(restApiId, { op: 'remove', path: '/*/*' }, { op: 'remove', path: '/cats/all/GET' });
  assert.deepEqual(Object.keys(left.methodSettings ?? {}).sort(), ['pets/{id}/GET', '~1/GET']);
});

test('patches of stages that cannot be are refused', async () => {
  const { restApiId } = await createDeployed();
  const refused: [PatchOperation, string, string | RegExp][] = [
    [
      replace('/pets/GET/speed', '1'),
      'BadRequestException',
      /^Invalid method setting path: \/pets\/GET\/speed\. Must be one of: \[\/deploymentId, /,
    ],
    [replace('/stageName', 'x'), 'BadRequestException', /^Invalid method setting path: \/stageName\./],
    [replace('/deploymentId', 'nothere'), 'NotFoundException', 'Invalid Deployment identifier specified'],
    [replace('/cacheClusterSize', '7'), 'BadRequestException', /cache cluster size/],
    [replace('/clientCertificateId', 'abc'), 'NotFoundException', 'Invalid Client Certificate identifier specified'],
    [replace('/*/*/logging/loglevel', 'LOUD'), 'BadRequestException', /logging level/],
    [replace('/*/*/throttling/rateLimit', '-2'), 'BadRequestException', /Throttling limits/],
    [replace('/accessLogSettings/destinationArn', 'x'), 'BadRequestException', /Invalid ARN/],
    [replace('/canarySettings/percentTraffic', '101'), 'BadRequestException', /Percent traffic/],
  ];
  for (const [operation, code, message] of refused) {
    await assert.rejects(patch(restApiId, operation), refusal(code, message));
  }
});

test('deployments are frozen, described and deleted when no stage has them', async () => {
  const { restApiId, resourceId, deploymentId } = await createDeployed();
  const summary = await client.send(new GetDeploymentCommand({ restApiId, deploymentId, embed: ['apisummary'] }));
  assert.deepEqual(summary.apiSummary, { '/': { GET: { authorizationType: 'NONE', apiKeyRequired: false } } });
  const ask = (): Promise<Response> => server.ask(restApiId, 'test', '/');
  assert.equal(await (await untilStatus(ask, 200)).json(), 'first');
  await client.send(
    new UpdateIntegrationResponseCommand({
      restApiId,
      resourceId,
      httpMethod: 'GET',
      statusCode: '200',
      patchOperations: [replace('/responseTemplates/application~1json', '"second"')],
    }),
  );
  assert.equal(await (await ask()).json(), 'first');
  await assert.rejects(
    client.send(new DeleteDeploymentCommand({ restApiId, deploymentId })),
    refusal('BadRequestException', 'Active stages pointing to this deployment must be moved or deleted'),
  );
  const second = await deploy(server, restApiId);
  await untilStatus(async () => {
    const response = await ask();
    return (await response.clone().json()) === 'second' ? response : Response.error();
  }, 200);
  const patchOperations = [replace('/description', 'old')];
  await client.send(new UpdateDeploymentCommand({ restApiId, deploymentId, patchOperations }));
  const { items = [] } = await client.send(new GetDeploymentsCommand({ restApiId }));
  assert.equal(items.find((item) => item.id === deploymentId)?.description, 'old');
  await client.send(new DeleteDeploymentCommand({ restApiId, deploymentId }));
  assert.ok(second);
});

test('a throttle of a method acts, and its -1 leaves the limit of all methods', async () => {
  const api = await createApi(server);
  const pets = await createResource(server, api, 'pets');
  await putMock(server, api, '"root"');
  await putMock(server, api, '"pets"', { resourceId: pets });
  await deploy(server, api.restApiId);
  await patch(
    api.restApiId,
    replace('/*/*/throttling/rateLimit', '0'),
    replace('/*/*/throttling/burstLimit', '0'),
    replace('/~1pets/GET/throttling/rateLimit', '100'),
    replace('/~1pets/GET/throttling/burstLimit', '100'),
    replace('/~1/GET/caching/ttlInSeconds', '10'),
  );
  await untilStatus(() => server.ask(api.restApiId, 'test', '/'), 429);
  assert.equal((await server.ask(api.restApiId, 'test', '/pets')).status, 200);
});

test('DeleteStage ends its requests', async () => {
  const { restApiId } = await createDeployed();
  await untilStatus(() => server.ask(restApiId, 'test', '/'), 200);
  await client.send(new DeleteStageCommand({ restApiId, stageName: 'test' }));
  await untilStatus(() => server.ask(restApiId, 'test', '/'), 403);
  await assert.rejects(
    client.send(new GetStageCommand({ restApiId, stageName: 'test' })),
    refusal('NotFoundException', 'Invalid stage identifier specified'),
  );
});

test('a cache answers until FlushStageCache', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '"$context.requestId"');
  await deploy(server, restApiId);
  const enabled = await patch(
    restApiId,
    replace('/cacheClusterEnabled', 'true'),
    replace('/*/*/caching/enabled', 'true'),
  );
  assert.equal(enabled.cacheClusterSize, '0.5');
  assert.equal(enabled.cacheClusterStatus, 'AVAILABLE');
  const ask = async (): Promise<unknown> => (await server.ask(restApiId, 'test', '/')).json();
  const cached = await eventually(async () => {
    const [first, second] = [await ask(), await ask()];
    return first === second ? first : undefined;
  });
  await client.send(new FlushStageCacheCommand({ restApiId, stageName: 'test' }));
  await eventually(async () => (await ask()) !== cached);
});

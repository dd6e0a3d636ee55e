import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateRestApiCommand,
  GetMethodCommand,
  GetModelsCommand,
  GetRequestValidatorsCommand,
  GetResourcesCommand,
  GetStagesCommand,
} from '@aws-sdk/client-api-gateway';
import { createApi, createResource, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

test('a clone has what its source has, under ids of its own, and nothing deployed', async () => {
  const source = await createApi(server, 'source');
  const { restApiId } = source;
  const { id: requestValidatorId } = await client.send(new CreateRequestValidatorCommand({ restApiId, name: 'all' }));
  await client.send(new CreateModelCommand({ restApiId, name: 'Pet', contentType: 'application/json', schema: '{}' }));
  const resourceId = await createResource(server, source, 'pets');
  await putMock(server, source, '"cloned"', { resourceId, requestValidatorId });
  await deploy(server, restApiId);
  const made = await client.send(new CreateRestApiCommand({ name: 'copy', cloneFrom: restApiId }));
  assert.equal(made.name, 'copy');
  assert.notEqual(made.rootResourceId, source.rootId);
  const own = { restApiId: made.id };
  assert.deepEqual((await client.send(new GetStagesCommand(own))).item, []);
  const { items: models = [] } = await client.send(new GetModelsCommand(own));
  assert.deepEqual(models.map((model) => String(model.name)).sort(), ['Empty', 'Error', 'Pet']);
  const { items = [] } = await client.send(new GetResourcesCommand(own));
  const pets = items.find((item) => item.path === '/pets');
  assert.equal(pets?.parentId, made.rootResourceId);
  assert.notEqual(pets?.id, resourceId);
  const method = await client.send(new GetMethodCommand({ ...own, resourceId: pets?.id, httpMethod: 'GET' }));
  assert.equal(method.methodIntegration?.cacheNamespace, pets?.id);
  const { items: validators = [] } = await client.send(new GetRequestValidatorsCommand(own));
  assert.deepEqual(
    validators.map(({ id, name }) => [id, name]),
    [[method.requestValidatorId, 'all']],
  );
  assert.notEqual(method.requestValidatorId, requestValidatorId);
  await deploy(server, made.id!);
  const response = await untilStatus(() => server.ask(made.id!, 'test', '/pets'), 200);
  assert.equal(await response.text(), '"cloned"');
  await assert.rejects(
    client.send(new CreateRestApiCommand({ name: 'x', cloneFrom: 'nothere' })),
    refusal('NotFoundException', 'Invalid API identifier specified 000000000000:nothere'),
  );
});

test('an empty template is answered as null', async () => {
  const api = await createApi(server);
  const { restApiId, resourceId, httpMethod } = await putMock(server, api, '');
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `test/${date.slice(0, 8)}/us-east-1/apigateway/aws4_request`;
  const signed = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=x`;
  const path = `/restapis/${restApiId}/resources/${resourceId}/methods/${httpMethod}/integration`;
  const response = await fetch(server.endpoint + path, { headers: { Authorization: signed, 'x-amz-date': date } });
  const { integrationResponses, ...integration } = (await response.json()) as any;
  assert.deepEqual(integrationResponses, {
    200: { statusCode: '200', responseTemplates: { 'application/json': null } },
  });
  assert.deepEqual(integration, {
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutInMillis: 29_000,
    cacheNamespace: resourceId,
    cacheKeyParameters: [],
  });
});

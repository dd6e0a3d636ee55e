import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CreateModelCommand, GetModelCommand, GetModelTemplateCommand } from '@aws-sdk/client-api-gateway';
import { createApi, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

test('a model is flattened with what it refers to, and has a template of samples', async () => {
  const { restApiId } = await createApi(server);
  const $ref = `https://apigateway.amazonaws.com/restapis/${restApiId}/models/Name`;
  const create = (name: string, schema: object) =>
    client.send(
      new CreateModelCommand({ restApiId, name, contentType: 'application/json', schema: JSON.stringify(schema) }),
    );
  await create('Name', { type: 'object', properties: { first: { type: 'string' } } });
  const pet = { type: 'object', properties: { id: { type: 'integer' }, name: { $ref } } };
  await create('Pet', pet);
  const get = async (flatten: boolean) =>
    JSON.parse((await client.send(new GetModelCommand({ restApiId, modelName: 'Pet', flatten }))).schema ?? '');
  assert.deepEqual(await get(false), pet);
  assert.deepEqual(await get(true), {
    type: 'object',
    properties: { id: { type: 'integer' }, name: { $ref: '#/definitions/Name' } },
    definitions: { Name: { type: 'object', properties: { first: { type: 'string' } } } },
  });
  const { value = '' } = await client.send(new GetModelTemplateCommand({ restApiId, modelName: 'Pet' }));
  const [set, ...sample] = value.split('\n');
  assert.equal(set, "#set($inputRoot = $input.path('$'))");
  assert.deepEqual(JSON.parse(sample.join('\n')), { id: 42, name: { first: 'foo' } });
  await assert.rejects(
    client.send(new GetModelTemplateCommand({ restApiId, modelName: 'Nothing' })),
    refusal('NotFoundException', 'Invalid model name specified: Nothing'),
  );
});

// Models of imported documents, and the text of exports.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateDeploymentCommand,
  GetExportCommand,
  GetMethodCommand,
  GetModelCommand,
  GetResourcesCommand,
  ImportRestApiCommand,
} from '@aws-sdk/client-api-gateway';
import { refusal, startRestApiServer, type RestApiServer } from './fixture.ts';

let server: RestApiServer;
before(async () => {
  server = await startRestApiServer();
});
after(() => server.stop());

const importApi = async (document: object): Promise<string> => {
  const body = Buffer.from(JSON.stringify({ openapi: '3.0.1', info: { title: 'pets', version: '1' }, ...document }));
  return (await server.client.send(new ImportRestApiCommand({ body }))).id ?? '';
};

const mock = {
  type: 'mock',
  requestTemplates: { 'application/json': '{"statusCode":200}' },
  responses: { default: { statusCode: '200' } },
};

test('all models that cannot be are named at once', async () => {
  const $ref = '#/components/schemas/body_1';
  const schemas = { body_1: { type: 'object' }, Pets: { type: 'array', items: { $ref } } };
  await assert.rejects(
    importApi({ paths: {}, components: { schemas } }),
    refusal(
      'BadRequestException',
      "Errors found during import:\n\tUnable to create model for 'body_1': Model name must be alphanumeric: body_1\n\tUnable to create model for 'Pets': Invalid model specified: Validation Result: warnings : [], errors : [Invalid model specified: body_1]",
    ),
  );
});

test('an integration of another shape is told by its path', async () => {
  await assert.rejects(
    importApi({
      paths: { '/': { get: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: { 'Fn::Sub': 'x' } } } } },
    }),
    refusal('BadRequestException', 'Unable to parse API definition because of a malformed integration at path /.'),
  );
});

test('schemas in operations become models named MODEL, and exports are as Jackson prints them', async () => {
  const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
  const restApiId = await importApi({
    paths: {
      '/': {
        post: {
          requestBody: { content: { 'application/json': { schema } } },
          responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } },
          'x-amazon-apigateway-integration': mock,
        },
      },
    },
  });
  const root = (await server.client.send(new GetResourcesCommand({ restApiId }))).items?.[0]?.id ?? '';
  const method = await server.client.send(new GetMethodCommand({ restApiId, resourceId: root, httpMethod: 'POST' }));
  const modelName = method.requestModels?.['application/json'] ?? '';
  assert.match(modelName, /^MODEL[0-9a-f]{6}$/);
  assert.deepEqual(method.methodResponses?.['200']?.responseModels, { 'application/json': modelName });
  const model = await server.client.send(new GetModelCommand({ restApiId, modelName }));
  assert.equal(
    model.schema,
    '{\n  "type" : "object",\n  "required" : [ "id" ],\n  "properties" : {\n    "id" : {\n      "type" : "integer"\n    }\n  }\n}',
  );
  await server.client.send(new CreateDeploymentCommand({ restApiId, stageName: 'dev' }));
  const exported = async (accepts: string): Promise<string> => {
    const command = new GetExportCommand({ restApiId, stageName: 'dev', exportType: 'oas30', accepts });
    return Buffer.from((await server.client.send(command)).body ?? []).toString();
  };
  const json = await exported('application/json');
  assert.ok(json.startsWith('{\n  "openapi" : "3.0.1",\n  "info" : {\n    "title" : "pets",'), json.slice(0, 80));
  assert.equal(JSON.parse(json).servers[0].variables.basePath.default, '/dev');
  assert.ok(Object.hasOwn(JSON.parse(json).components.schemas, modelName));
  assert.ok((await exported('application/yaml')).startsWith('---\nopenapi: "3.0.1"\ninfo:\n  title: "pets"\n'));
});

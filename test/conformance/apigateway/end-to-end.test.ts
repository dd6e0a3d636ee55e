// Requests over HTTP through what the SDK made: mock and function, imported and exported documents.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  GetAuthorizersCommand,
  GetExportCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  ImportRestApiCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  PutRestApiCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import yazl from 'yazl';
import { createApi, createResource, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

async function createFunction(name: string, source: string): Promise<string> {
  const archive = new yazl.ZipFile();
  archive.addBuffer(Buffer.from(source), 'index.mjs');
  archive.end();
  const ZipFile = Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
  const { FunctionArn } = await new LambdaClient(server.sdk).send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: 'arn:aws:iam::000000000000:role/test',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile },
    }),
  );
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FunctionArn}/invocations`;
}

test('a mock answers by its templates, with stage variables', async () => {
  const api = await createApi(server);
  const pet = await createResource(server, api, '{id}');
  await putMock(server, api, '{"id":"$input.params(\'id\')","stage":"$stageVariables.name"}', { resourceId: pet });
  await deploy(server, api.restApiId);
  const patchOperations = [{ op: 'replace' as const, path: '/variables/name', value: 'one' }];
  await client.send(new UpdateStageCommand({ restApiId: api.restApiId, stageName: 'test', patchOperations }));
  const answer = await untilStatus(() => server.ask(api.restApiId, 'test', '/7'), 200);
  assert.deepEqual(await answer.json(), { id: '7', stage: 'one' });
  const missing = await server.ask(api.restApiId, 'test', '/7/8');
  assert.equal(missing.status, 403);
  assert.deepEqual(await missing.json(), { message: 'Missing Authentication Token' });
});

test('a function gets the proxy event and its answer goes back', async () => {
  const uri = await createFunction(
    'proxied',
    "export const handler = async (event) => ({ statusCode: 201, headers: { 'x-path': event.path }, body: JSON.stringify([event.resource, event.pathParameters, event.body]) });",
  );
  const api = await createApi(server);
  const { restApiId } = api;
  const resourceId = await createResource(server, api, '{proxy+}');
  const place = { restApiId, resourceId, httpMethod: 'ANY' };
  await client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  await client.send(new PutIntegrationCommand({ ...place, type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri }));
  await deploy(server, restApiId);
  const answer = await untilStatus(
    () => server.ask(restApiId, 'test', '/pets/7', { method: 'POST', body: 'hello' }),
    201,
  );
  assert.equal(answer.headers.get('x-path'), '/pets/7');
  assert.deepEqual(await answer.json(), ['/{proxy+}', { proxy: 'pets/7' }, 'hello']);
});

const uri =
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations';
const mock = {
  type: 'mock',
  requestTemplates: { 'application/json': '{"statusCode": 200}' },
  passthroughBehavior: 'when_no_match',
  responses: { default: { statusCode: '200', responseTemplates: { 'application/json': '"imported"' } } },
};
const DOCUMENT = {
  swagger: '2.0',
  info: { title: 'imported', version: '7' },
  basePath: '/v1',
  paths: {
    '/pets/{id}': {
      get: {
        operationId: 'getPet',
        produces: ['application/json'],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { name: 'page', in: 'query', required: true, type: 'string' },
        ],
        responses: {
          200: {
            description: '200 response',
            schema: { $ref: '#/definitions/Pet' },
            headers: { X: { type: 'string' } },
          },
        },
        'x-amazon-apigateway-request-validator': 'parameters',
        'x-amazon-apigateway-integration': mock,
      },
      post: {
        consumes: ['application/json'],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { in: 'body', name: 'Pet', required: true, schema: { $ref: '#/definitions/Pet' } },
        ],
        responses: {},
        security: [{ guard: [] }, { api_key: [] }],
        'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri },
      },
    },
  },
  securityDefinitions: {
    api_key: { type: 'apiKey', name: 'x-api-key', in: 'header' },
    guard: {
      type: 'apiKey',
      name: 'Authorization',
      in: 'header',
      'x-amazon-apigateway-authtype': 'custom',
      'x-amazon-apigateway-authorizer': { type: 'token', authorizerUri: uri, authorizerResultTtlInSeconds: 60 },
    },
  },
  definitions: {
    Pet: { type: 'object', properties: { toy: { $ref: '#/definitions/Toy' } } },
    Toy: { type: 'object' },
  },
  'x-amazon-apigateway-request-validators': {
    parameters: { validateRequestBody: false, validateRequestParameters: true },
  },
  'x-amazon-apigateway-gateway-responses': { THROTTLED: { statusCode: '420' } },
  'x-amazon-apigateway-binary-media-types': ['image/png'],
};

test('an imported document answers requests', async () => {
  const { id: restApiId = '', ...api } = await client.send(
    new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(DOCUMENT)) }),
  );
  assert.equal(api.name, 'imported');
  assert.equal(api.version, '7');
  assert.deepEqual(api.binaryMediaTypes, ['image/png']);
  await deploy(server, restApiId);
  const answer = await untilStatus(() => server.ask(restApiId, 'test', '/pets/7?page=1'), 200);
  assert.equal(await answer.json(), 'imported');
  assert.equal((await server.ask(restApiId, 'test', '/pets/7')).status, 400);
  assert.equal((await server.ask(restApiId, 'test', '/pets/7', { method: 'POST' })).status, 401);
});

test('a document is told all that is wrong with it, and nothing stays', async () => {
  const broken = (integration: object): object => ({
    get: { responses: {}, 'x-amazon-apigateway-integration': integration },
  });
  const document = {
    swagger: '2.0',
    info: { title: 'broken' },
    paths: {
      '/a': broken({ type: 'aws_proxy', httpMethod: 'POST', uri: 'nowhere' }),
      '/b': broken({ type: 'soap' }),
      '/c': { get: { responses: { 200: { description: 'ok', schema: { $ref: '#/definitions/No' } } } } },
    },
  };
  const { items: before = [] } = await client.send(new GetRestApisCommand({ limit: 500 }));
  await assert.rejects(
    client.send(new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(document)) })),
    refusal(
      'BadRequestException',
      [
        'Errors found during import:',
        "Unable to put integration on 'GET' for resource at path '/a': Invalid ARN specified in the request",
        "Unable to put integration on 'GET' for resource at path '/b': Invalid integration type specified. Valid options are HTTP, MOCK, AWS, AWS_PROXY, HTTP_PROXY",
        "Unable to put method 'GET' on resource at path '/c': Invalid model identifier specified: No",
      ].join('\n\t'),
    ),
  );
  const { items: after = [] } = await client.send(new GetRestApisCommand({ limit: 500 }));
  assert.equal(after.length, before.length);
});

test('PutRestApi merges into what is there, or overwrites it', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await createResource(server, api, 'own');
  const body = Buffer.from(JSON.stringify(DOCUMENT));
  const paths = async (): Promise<string[]> =>
    ((await client.send(new GetResourcesCommand({ restApiId }))).items ?? []).map((item) => item.path ?? '').sort();
  await client.send(new PutRestApiCommand({ restApiId, body, mode: 'merge' }));
  assert.deepEqual(await paths(), ['/', '/own', '/pets', '/pets/{id}']);
  await client.send(new PutRestApiCommand({ restApiId, body, mode: 'overwrite', parameters: { basepath: 'prepend' } }));
  assert.deepEqual(await paths(), ['/', '/v1', '/v1/pets', '/v1/pets/{id}']);
  assert.equal((await client.send(new GetRestApiCommand({ restApiId }))).name, 'imported');
  assert.equal((await client.send(new GetAuthorizersCommand({ restApiId }))).items?.length, 1);
});

for (const exportType of ['swagger', 'oas30']) {
  test(`an API exported as ${exportType} imports back to the same API`, async () => {
    const exported = async (restApiId: string, accepts = 'application/json'): Promise<string> => {
      const parameters = { extensions: 'apigateway' };
      const command = new GetExportCommand({ restApiId, stageName: 'test', exportType, accepts, parameters });
      const answer = await client.send(command);
      assert.equal(answer.contentType, accepts);
      return Buffer.from(answer.body ?? []).toString();
    };
    const { id: first = '' } = await client.send(
      new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(DOCUMENT)) }),
    );
    await deploy(server, first);
    const document = JSON.parse(await exported(first));
    const yaml = await exported(first, 'application/yaml');
    const { id: second = '' } = await client.send(
      new ImportRestApiCommand({ body: Buffer.from(yaml), failOnWarnings: true }),
    );
    await deploy(server, second);
    const again = JSON.parse((await exported(second)).replaceAll(second, first));
    assert.deepEqual(again, document);
    assert.deepEqual(document.paths['/pets/{id}'].get['x-amazon-apigateway-integration'].responses, mock.responses);
  });
}

test('an export without extensions is a plain document, and wrong forms are refused', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '"x"');
  await deploy(server, restApiId);
  const get = (rest: object) =>
    client.send(new GetExportCommand({ restApiId, stageName: 'test', exportType: 'oas30', ...rest }));
  assert.doesNotMatch(Buffer.from((await get({})).body ?? []).toString(), /x-amazon-apigateway/);
  await assert.rejects(get({ exportType: 'raml' }), refusal('BadRequestException', /exportType/));
  await assert.rejects(get({ stageName: 'no' }), refusal('NotFoundException', 'Invalid stage identifier specified'));
  await assert.rejects(
    client.send(new ImportRestApiCommand({ body: Buffer.from('{"hello":1}') })),
    refusal('BadRequestException', /OpenAPI/),
  );
});

test('a document of megabytes is deployed whole', async () => {
  const paths = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `/p${i}`,
      {
        get: {
          responses: { 200: { description: 'ok' } },
          'x-amazon-apigateway-integration': {
            ...mock,
            responses: {
              default: { statusCode: '200', responseTemplates: { 'application/json': `"${i}${' '.repeat(20_000)}"` } },
            },
          },
        },
      },
    ]),
  );
  const body = Buffer.from(JSON.stringify({ swagger: '2.0', info: { title: 'large' }, paths }));
  assert.ok(body.length > 4_000_000);
  const { id: restApiId = '' } = await client.send(new ImportRestApiCommand({ body }));
  await deploy(server, restApiId);
  const answer = await untilStatus(() => server.ask(restApiId, 'test', '/p199'), 200);
  assert.match(await answer.text(), /^"199 +"$/);
});

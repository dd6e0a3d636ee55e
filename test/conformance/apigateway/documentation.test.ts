import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateDocumentationPartCommand,
  CreateDocumentationVersionCommand,
  CreateStageCommand,
  DeleteDocumentationPartCommand,
  DeleteDocumentationVersionCommand,
  GetDocumentationPartCommand,
  GetDocumentationPartsCommand,
  GetDocumentationVersionCommand,
  GetDocumentationVersionsCommand,
  GetExportCommand,
  GetStageCommand,
  ImportDocumentationPartsCommand,
  ImportRestApiCommand,
  UpdateDocumentationPartCommand,
  UpdateDocumentationVersionCommand,
  UpdateStageCommand,
  type DocumentationPartLocation,
} from '@aws-sdk/client-api-gateway';
import { createApi, deploy, putMock, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

const createPart = (restApiId: string, location: DocumentationPartLocation, properties: object) =>
  client.send(new CreateDocumentationPartCommand({ restApiId, location, properties: JSON.stringify(properties) }));

const exported = async (restApiId: string, extensions?: string, exportType = 'oas30') => {
  const { body } = await client.send(
    new GetExportCommand({
      restApiId,
      stageName: 'test',
      exportType,
      ...(extensions && { parameters: { extensions } }),
    }),
  );
  return JSON.parse(Buffer.from(body!).toString());
};

test('a documentation part is what was said, and is changed and deleted by its id', async () => {
  const { restApiId } = await createApi(server);
  const location = { type: 'METHOD', path: '/', method: 'GET' } as const;
  const { $metadata: _1, ...part } = await createPart(restApiId, location, { summary: 'all of them' });
  assert.match(part.id ?? '', /^[a-z0-9]{6}$/);
  assert.deepEqual(part, { id: part.id, location, properties: '{"summary":"all of them"}' });
  const place = { restApiId, documentationPartId: part.id! };
  const patchOperations = [{ op: 'replace' as const, path: '/properties', value: '{"summary":"some"}' }];
  await client.send(new UpdateDocumentationPartCommand({ ...place, patchOperations }));
  const { $metadata: _2, ...read } = await client.send(new GetDocumentationPartCommand(place));
  assert.deepEqual(read, { ...part, properties: '{"summary":"some"}' });
  await client.send(new DeleteDocumentationPartCommand(place));
  await assert.rejects(
    client.send(new GetDocumentationPartCommand(place)),
    refusal('NotFoundException', 'Invalid Documentation part identifier specified'),
  );
});

test('parts about nothing, twice about the same, or without JSON are refused', async () => {
  const { restApiId } = await createApi(server);
  await createPart(restApiId, { type: 'RESOURCE' }, { description: 'root' });
  await assert.rejects(
    createPart(restApiId, { type: 'RESOURCE', path: '/' }, { description: 'root again' }),
    refusal('ConflictException', 'Documentation part already exists for the specified location'),
  );
  await assert.rejects(
    createPart(restApiId, { type: 'MODEL' }, {}),
    refusal('BadRequestException', /'name' is required/),
  );
  await assert.rejects(
    createPart(restApiId, { type: 'API', method: 'GET' }, {}),
    refusal('BadRequestException', /'method' is not valid for the type API/),
  );
  const properties = 'no JSON';
  await assert.rejects(
    client.send(new CreateDocumentationPartCommand({ restApiId, location: { type: 'API' }, properties })),
    refusal('BadRequestException', /must be a JSON object/),
  );
});

test('parts are found by type, name and path; what has none is listed as undocumented', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '{}', { requestParameters: { 'method.request.querystring.page': false } });
  await createPart(restApiId, { type: 'API' }, { info: { description: 'pets' } });
  await createPart(restApiId, { type: 'MODEL', name: 'Empty' }, { description: 'nothing' });
  const list = async (rest: object) =>
    (await client.send(new GetDocumentationPartsCommand({ restApiId, ...rest }))).items ?? [];
  assert.deepEqual((await list({})).map((part) => String(part.location?.type)).sort(), ['API', 'MODEL']);
  assert.deepEqual((await list({ type: 'MODEL', nameQuery: 'Emp' })).length, 1);
  assert.deepEqual((await list({ nameQuery: 'Full' })).length, 0);
  const missing = (await list({ locationStatus: 'UNDOCUMENTED' })).map((part) => part.location);
  assert.deepEqual(missing, [
    { type: 'MODEL', name: 'Error' },
    { type: 'RESOURCE', path: '/' },
    { type: 'METHOD', path: '/', method: 'GET' },
    { type: 'QUERY_PARAMETER', path: '/', method: 'GET', name: 'page' },
    { type: 'RESPONSE', path: '/', method: 'GET', statusCode: '200' },
  ]);
});

test('a version is a snapshot that a stage publishes and its export shows', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '{}');
  await deploy(server, restApiId);
  const part = await createPart(restApiId, { type: 'METHOD', path: '/', method: 'GET' }, { summary: 'first words' });
  await createPart(restApiId, { type: 'API' }, { info: { description: 'all about pets' } });
  const place = { restApiId, documentationVersion: '1.0' };
  const {
    $metadata: _1,
    createdDate,
    ...version
  } = await client.send(new CreateDocumentationVersionCommand({ ...place, stageName: 'test', description: 'one' }));
  assert.ok(createdDate instanceof Date);
  assert.deepEqual(version, { version: '1.0', description: 'one' });
  const stage = await client.send(new GetStageCommand({ restApiId, stageName: 'test' }));
  assert.equal(stage.documentationVersion, '1.0');
  const patchOperations = [{ op: 'replace' as const, path: '/properties', value: '{"summary":"later"}' }];
  await client.send(new UpdateDocumentationPartCommand({ restApiId, documentationPartId: part.id, patchOperations }));
  const document = await exported(restApiId, 'documentation');
  assert.equal(document.info.description, 'all about pets');
  assert.equal(document.paths['/'].get.summary, 'first words');
  const extension = document['x-amazon-apigateway-documentation'];
  assert.equal(extension.version, '1.0');
  assert.deepEqual(
    extension.documentationParts.find((each: any) => each.location.type === 'METHOD'),
    { location: { type: 'METHOD', path: '/', method: 'GET' }, properties: { summary: 'first words' } },
  );
  assert.equal((await exported(restApiId))['x-amazon-apigateway-documentation'], undefined);
  await assert.rejects(
    client.send(new CreateDocumentationVersionCommand(place)),
    refusal('ConflictException', 'Documentation version already exists'),
  );
  await assert.rejects(
    client.send(new DeleteDocumentationVersionCommand(place)),
    refusal('BadRequestException', /Active stages/),
  );
  await client.send(
    new UpdateStageCommand({
      restApiId,
      stageName: 'test',
      patchOperations: [{ op: 'replace', path: '/documentationVersion', value: '' }],
    }),
  );
  await client.send(
    new UpdateDocumentationVersionCommand({
      ...place,
      patchOperations: [{ op: 'replace', path: '/description', value: 'two' }],
    }),
  );
  assert.equal((await client.send(new GetDocumentationVersionCommand(place))).description, 'two');
  assert.equal((await client.send(new GetDocumentationVersionsCommand({ restApiId }))).items?.length, 1);
  await client.send(new DeleteDocumentationVersionCommand(place));
  await assert.rejects(
    client.send(new GetDocumentationVersionCommand(place)),
    refusal('NotFoundException', 'Invalid Documentation version specified'),
  );
});

test('a stage takes only versions that exist', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  await putMock(server, api, '{}');
  const deploymentId = await deploy(server, restApiId);
  await assert.rejects(
    client.send(
      new CreateStageCommand({ restApiId, deploymentId, stageName: 'other', documentationVersion: 'nowhere' }),
    ),
    refusal('NotFoundException', 'Invalid Documentation version specified'),
  );
});

const document = {
  openapi: '3.0.1',
  info: { title: 'pets', version: '1', description: 'about pets' },
  paths: {
    '/pets': {
      get: {
        summary: 'lists pets',
        parameters: [{ name: 'page', in: 'query', description: 'which page', schema: { type: 'string' } }],
        responses: { 200: { description: 'the pets' } },
        'x-amazon-apigateway-integration': {
          type: 'mock',
          requestTemplates: { 'application/json': '{"statusCode":200}' },
        },
      },
    },
  },
  'x-amazon-apigateway-documentation': {
    version: '1',
    documentationParts: [{ location: { type: 'RESOURCE', path: '/pets' }, properties: { description: 'the shelf' } }],
  },
};

test('documents bring their documentation along', async () => {
  const { id: restApiId = '' } = await client.send(
    new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(document)) }),
  );
  const { items = [] } = await client.send(new GetDocumentationPartsCommand({ restApiId }));
  const said = new Map(items.map((part) => [JSON.stringify(part.location), part.properties]));
  assert.deepEqual(Object.fromEntries(said), {
    '{"type":"API"}': '{"info":{"description":"about pets"}}',
    '{"type":"RESOURCE","path":"/pets"}': '{"description":"the shelf"}',
    '{"type":"METHOD","path":"/pets","method":"GET"}': '{"summary":"lists pets"}',
    '{"type":"QUERY_PARAMETER","path":"/pets","method":"GET","name":"page"}': '{"description":"which page"}',
    '{"type":"RESPONSE","path":"/pets","method":"GET","statusCode":"200"}': '{"description":"the pets"}',
  });
  const changed = { ...document, info: { ...document.info, description: 'other words' }, paths: {} };
  const body = Buffer.from(JSON.stringify(changed));
  const merged = await client.send(new ImportDocumentationPartsCommand({ restApiId, body, mode: 'merge' }));
  assert.deepEqual([merged.ids?.length, merged.warnings], [2, []]);
  assert.equal((await client.send(new GetDocumentationPartsCommand({ restApiId }))).items?.length, 5);
  await client.send(new ImportDocumentationPartsCommand({ restApiId, body, mode: 'overwrite' }));
  assert.equal((await client.send(new GetDocumentationPartsCommand({ restApiId }))).items?.length, 2);
});

test('a part that cannot be is a warning of the import', async () => {
  const { restApiId } = await createApi(server);
  const documentationParts = [{ location: { type: 'NOTHING' }, properties: {} }];
  const bad = { ...document, paths: {}, 'x-amazon-apigateway-documentation': { documentationParts } };
  const body = Buffer.from(JSON.stringify(bad));
  const { warnings } = await client.send(new ImportDocumentationPartsCommand({ restApiId, body }));
  assert.equal(warnings?.length, 1);
  await assert.rejects(
    client.send(new ImportDocumentationPartsCommand({ restApiId, body, failOnWarnings: true })),
    refusal('BadRequestException', /Warnings found during import/),
  );
});

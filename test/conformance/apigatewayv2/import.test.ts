import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ExportApiCommand,
  GetApiCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  ImportApiCommand,
  ReimportApiCommand,
} from '@aws-sdk/client-apigatewayv2';
import { parse as parseYaml } from 'yaml';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:pets';
const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

const integration = { type: 'aws_proxy', httpMethod: 'POST', uri, payloadFormatVersion: '2.0' };
const responses = { default: { description: 'ok' } };
const document = (paths: object, rest: object = {}): string =>
  JSON.stringify({ openapi: '3.0.1', info: { title: 'pets', version: '1.0' }, paths, ...rest });
const keysOf = async (ApiId: string): Promise<string[]> =>
  ((await client.send(new GetRoutesCommand({ ApiId }))).Items ?? []).map((route) => route.RouteKey ?? '').sort();

test('ImportApi reads what SAM writes', async () => {
  const Body = document(
    {
      '/pets/{id}': { get: { responses, operationId: 'getPet', 'x-amazon-apigateway-integration': integration } },
      $default: {
        'x-amazon-apigateway-any-method': {
          isDefaultRoute: true,
          responses: {},
          'x-amazon-apigateway-integration': integration,
        },
      },
    },
    {
      tags: [{ name: 'httpapi:createdBy', 'x-amazon-apigateway-tag-value': 'SAM' }],
      'x-amazon-apigateway-cors': { allowOrigins: ['https://example.com'], maxAge: 60 },
    },
  );
  const { ApiId = '', ...api } = await client.send(new ImportApiCommand({ Body, FailOnWarnings: true }));
  assert.equal(api.Name, 'pets');
  assert.equal(api.Version, '1.0');
  assert.deepEqual(api.Tags, { 'httpapi:createdBy': 'SAM' });
  assert.deepEqual(api.CorsConfiguration, { AllowOrigins: ['https://example.com'], MaxAge: 60 });
  assert.deepEqual(await keysOf(ApiId), ['$default', 'GET /pets/{id}']);
});

test('integrations of the components are shared by the routes that refer to them', async () => {
  const shared = { $ref: '#/components/x-amazon-apigateway-integrations/pets' };
  const Body = document(
    {
      '/a': { get: { responses, 'x-amazon-apigateway-integration': shared } },
      '/b': { get: { responses, 'x-amazon-apigateway-integration': shared } },
    },
    { components: { 'x-amazon-apigateway-integrations': { pets: integration } } },
  );
  const { ApiId } = await client.send(new ImportApiCommand({ Body }));
  assert.equal((await client.send(new GetIntegrationsCommand({ ApiId }))).Items?.length, 1);
});

test('the base path is ignored, prepended or split', async () => {
  const paths = { '/pets': { get: { responses, 'x-amazon-apigateway-integration': integration } } };
  const Body = document(paths, { servers: [{ url: 'https://example.com/v1/shop' }] });
  const keys: string[][] = [];
  for (const Basepath of ['ignore', 'prepend', 'split']) {
    keys.push(await keysOf((await client.send(new ImportApiCommand({ Body, Basepath }))).ApiId ?? ''));
  }
  assert.deepEqual(keys, [['GET /pets'], ['GET /v1/shop/pets'], ['GET /shop/pets']]);
  await assert.rejects(
    client.send(new ImportApiCommand({ Body, Basepath: 'x' })),
    refusal('BadRequestException', /basepath/),
  );
});

test('ReimportApi overwrites routes and settings and keeps the ids of the routes that stay', async () => {
  const route = { get: { responses, 'x-amazon-apigateway-integration': integration } };
  const { ApiId = '' } = await client.send(new ImportApiCommand({ Body: document({ '/a': route, '/b': route }) }));
  const before = (await client.send(new GetRoutesCommand({ ApiId }))).Items?.find((each) => each.RouteKey === 'GET /a');
  await client.send(
    new ReimportApiCommand({ ApiId, Body: document({ '/a': route, '/c': route }, { info: { title: 'cats' } }) }),
  );
  assert.deepEqual(await keysOf(ApiId), ['GET /a', 'GET /c']);
  const after = (await client.send(new GetRoutesCommand({ ApiId }))).Items?.find((each) => each.RouteKey === 'GET /a');
  assert.equal(after?.RouteId, before?.RouteId);
  assert.equal((await client.send(new GetApiCommand({ ApiId }))).Name, 'cats');
});

test('warnings are reported, or fail the import and leave nothing', async () => {
  const Body = document({ '/a': { get: { responses } } });
  const { ApiId, Warnings } = await client.send(new ImportApiCommand({ Body }));
  assert.ok(ApiId);
  assert.deepEqual(Warnings, ['No integration found for route GET /a']);
  await assert.rejects(
    client.send(new ImportApiCommand({ Body, FailOnWarnings: true })),
    refusal('BadRequestException', /Warnings found during import:\n\tNo integration found/),
  );
});

test('what is no OpenAPI 3 document is refused', async () => {
  for (const Body of ['{', '{"swagger":"2.0"}', 'hello', '']) {
    await assert.rejects(
      client.send(new ImportApiCommand({ Body })),
      refusal('BadRequestException', /OpenAPI|definition/i),
    );
  }
});

test('an exported API imports back to the same API', async () => {
  const Body = document(
    {
      '/pets/{id}': { get: { responses, operationId: 'getPet', 'x-amazon-apigateway-integration': integration } },
      $default: { 'x-amazon-apigateway-any-method': { responses, 'x-amazon-apigateway-integration': integration } },
    },
    { 'x-amazon-apigateway-cors': { allowOrigins: ['*'], allowMethods: ['GET'] } },
  );
  const { ApiId } = await client.send(new ImportApiCommand({ Body }));
  const exported = async (id: string | undefined, OutputType: string): Promise<string> => {
    const command = new ExportApiCommand({ ApiId: id, OutputType, Specification: 'OAS30' });
    return Buffer.from((await client.send(command)).body ?? []).toString();
  };
  const yaml = await exported(ApiId, 'YAML');
  const first = JSON.parse(await exported(ApiId, 'JSON'));
  assert.deepEqual(parseYaml(yaml), first);
  assert.equal(first['x-amazon-apigateway-importexport-version'], '1.0');
  const again = await client.send(new ImportApiCommand({ Body: yaml, FailOnWarnings: true }));
  const second = JSON.parse(await exported(again.ApiId, 'JSON'));
  assert.deepEqual({ ...second, servers: null }, { ...first, servers: null });
  const plain = await client.send(
    new ExportApiCommand({ ApiId, OutputType: 'JSON', Specification: 'OAS30', IncludeExtensions: false }),
  );
  assert.doesNotMatch(Buffer.from(plain.body ?? []).toString(), /x-amazon-apigateway-(integration|cors|importexport)/);
  await assert.rejects(
    client.send(new ExportApiCommand({ ApiId, OutputType: 'XML', Specification: 'OAS30' })),
    refusal('BadRequestException', /output type/),
  );
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  DeleteIntegrationCommand,
  DeleteIntegrationResponseCommand,
  DeleteMethodCommand,
  DeleteMethodResponseCommand,
  GetIntegrationCommand,
  GetIntegrationResponseCommand,
  GetMethodCommand,
  GetMethodResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  UpdateIntegrationCommand,
  UpdateIntegrationResponseCommand,
  UpdateMethodCommand,
  UpdateMethodResponseCommand,
  type PatchOperation,
  type PutIntegrationCommandInput,
  type PutMethodCommandInput,
} from '@aws-sdk/client-api-gateway';
import { createApi, putMock, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

const invocations =
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations';
type Place = { restApiId: string; resourceId: string; httpMethod: string };

/** Where the root's GET is, or will be. */
async function newPlace(): Promise<Place> {
  const { restApiId, rootId } = await createApi(server);
  return { restApiId, resourceId: rootId, httpMethod: 'GET' };
}
const putMethod = (place: Place, rest: Partial<PutMethodCommandInput> = {}) =>
  client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE', ...rest }));
const putIntegration = (place: Place, rest: Partial<PutIntegrationCommandInput> = {}) =>
  client.send(new PutIntegrationCommand({ ...place, type: 'MOCK', ...rest }));

test('PutMethod answers the method, and GetMethod with all its parts', async () => {
  const place = await newPlace();
  const { $metadata, ...method } = await putMethod(place, {
    requestParameters: { 'method.request.querystring.page': true },
  });
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual(method, {
    httpMethod: 'GET',
    authorizationType: 'NONE',
    apiKeyRequired: false,
    requestParameters: { 'method.request.querystring.page': true },
  });
  await client.send(
    new PutMethodResponseCommand({ ...place, statusCode: '200', responseModels: { 'application/json': 'Empty' } }),
  );
  await putIntegration(place);
  await client.send(new PutIntegrationResponseCommand({ ...place, statusCode: '200' }));
  const read = await client.send(new GetMethodCommand(place));
  assert.deepEqual(read.methodResponses, {
    200: { statusCode: '200', responseModels: { 'application/json': 'Empty' } },
  });
  assert.deepEqual(read.methodIntegration, {
    type: 'MOCK',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutInMillis: 29_000,
    cacheNamespace: place.resourceId,
    cacheKeyParameters: [],
    integrationResponses: { 200: { statusCode: '200' } },
  });
});

test('methods that cannot be are refused', async () => {
  const place = await newPlace();
  const refused: [Partial<PutMethodCommandInput>, string, string | RegExp][] = [
    [{ httpMethod: 'FETCH' }, 'BadRequestException', /^Invalid HttpMethod specified/],
    [{ authorizationType: 'MAGIC' }, 'BadRequestException', /MAGIC/],
    [
      { authorizationType: 'CUSTOM', authorizerId: 'nothere' },
      'BadRequestException',
      'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
    ],
    [{ requestValidatorId: 'nothere' }, 'BadRequestException', 'Invalid Request Validator identifier specified'],
    [{ requestModels: { 'application/json': 'No' } }, 'BadRequestException', 'Invalid model identifier specified: No'],
    [
      { requestParameters: { 'request.header.x': true } },
      'BadRequestException',
      'Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: request.header.x]',
    ],
    [{ resourceId: 'nothere' }, 'NotFoundException', 'Invalid Resource identifier specified'],
  ];
  for (const [input, code, message] of refused) await assert.rejects(putMethod(place, input), refusal(code, message));
  await putMethod(place);
  await assert.rejects(putMethod(place), refusal('ConflictException', 'Method already exists for this resource'));
});

test('UpdateMethod patches members, parameters and scopes', async () => {
  const place = await newPlace();
  await putMethod(place);
  const patch = (...patchOperations: PatchOperation[]) =>
    client.send(new UpdateMethodCommand({ ...place, patchOperations }));
  const updated = await patch(
    { op: 'replace', path: '/apiKeyRequired', value: 'true' },
    { op: 'add', path: '/requestParameters/method.request.header.X', value: 'false' },
    { op: 'replace', path: '/operationName', value: 'getPets' },
    { op: 'add', path: '/authorizationScopes', value: 'read' },
  );
  assert.equal(updated.apiKeyRequired, true);
  assert.equal(updated.operationName, 'getPets');
  assert.deepEqual(updated.requestParameters, { 'method.request.header.X': false });
  assert.deepEqual(updated.authorizationScopes, ['read']);
  await assert.rejects(
    patch({ op: 'replace', path: '/httpMethod', value: 'PUT' }),
    refusal('BadRequestException', /^Invalid patch path {2}'\/httpMethod' specified for op 'replace'/),
  );
  await client.send(new DeleteMethodCommand(place));
  await assert.rejects(
    client.send(new GetMethodCommand(place)),
    refusal('NotFoundException', 'Invalid Method identifier specified'),
  );
});

test('a method response is put once, patched and deleted', async () => {
  const place = await newPlace();
  await putMethod(place);
  const response = { ...place, statusCode: '404' };
  await client.send(new PutMethodResponseCommand(response));
  await assert.rejects(
    client.send(new PutMethodResponseCommand(response)),
    refusal('ConflictException', 'Response already exists for this resource'),
  );
  const patchOperations: PatchOperation[] = [
    { op: 'add', path: '/responseParameters/method.response.header.X', value: 'true' },
  ];
  const updated = await client.send(new UpdateMethodResponseCommand({ ...response, patchOperations }));
  assert.deepEqual(updated.responseParameters, { 'method.response.header.X': true });
  await client.send(new DeleteMethodResponseCommand(response));
  await assert.rejects(
    client.send(new GetMethodResponseCommand(response)),
    refusal('NotFoundException', 'Invalid Response status code specified'),
  );
});

test('integrations that cannot be, or have no effect here, are refused', async () => {
  const place = await newPlace();
  await putMethod(place, { requestParameters: { 'method.request.header.a': false } });
  const lambda = { type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri: invocations } as const;
  const mapping = 'Invalid mapping expression specified: Validation Result: warnings : [], errors : ';
  const refused: [Partial<PutIntegrationCommandInput>, string | RegExp][] = [
    [{ type: 'HTTP' }, 'Enumeration value for HttpMethod must be non-empty'],
    [{ type: 'HTTP', integrationHttpMethod: 'GET', uri: 'ftp://x' }, 'Invalid HTTP endpoint specified for URI'],
    [
      { ...lambda, uri: 'arn:aws:lambda:us-east-1:000000000000:function:f' },
      'AWS ARN for integration must contain path or action',
    ],
    [{ ...lambda, timeoutInMillis: 49 }, 'Timeout should be between 50 ms and 29000 ms'],
    [{ ...lambda, passthroughBehavior: 'SOMETIMES' }, /^Invalid passthroughBehavior/],
    [
      { ...lambda, connectionType: 'VPC_LINK', connectionId: 'abc' },
      'Gatehouse does not offer VPC links of API Gateway',
    ],
    [
      { requestParameters: { 'integration.header.x': "'1'" } },
      `${mapping}[Invalid mapping expression parameter specified: integration.header.x]`,
    ],
    [
      { requestParameters: { 'integration.request.header.x': 'method.request.header.b' } },
      `${mapping}[Invalid mapping expression specified: method.request.header.b]`,
    ],
  ];
  for (const [input, message] of refused) {
    await assert.rejects(putIntegration(place, input), refusal('BadRequestException', message));
  }
  await putIntegration(place, { requestParameters: { 'integration.request.header.x': 'method.request.header.a' } });
});

test('an integration keeps its responses when it is put again, and loses them when deleted', async () => {
  const place = await putMock(server, await createApi(server), '"x"');
  const put = await putIntegration(place, { requestTemplates: { 'application/json': '{"statusCode": 201}' } });
  assert.deepEqual(Object.keys(put.integrationResponses ?? {}), ['200']);
  const patchOperations: PatchOperation[] = [
    { op: 'replace', path: '/timeoutInMillis', value: '1000' },
    { op: 'add', path: '/requestTemplates/text~1plain', value: '{}' },
  ];
  const updated = await client.send(new UpdateIntegrationCommand({ ...place, patchOperations }));
  assert.equal(updated.timeoutInMillis, 1000);
  assert.deepEqual(Object.keys(updated.requestTemplates ?? {}), ['application/json', 'text/plain']);
  await client.send(new DeleteIntegrationCommand(place));
  await assert.rejects(
    client.send(new GetIntegrationCommand(place)),
    refusal('NotFoundException', 'Invalid Integration identifier specified'),
  );
});

test('integration responses need a method response and headers that it declares', async () => {
  const place = await newPlace();
  await putMethod(place);
  await putIntegration(place);
  const response = { ...place, statusCode: '200' };
  await assert.rejects(
    client.send(new PutIntegrationResponseCommand(response)),
    refusal('NotFoundException', 'Invalid Response status code specified'),
  );
  await client.send(
    new PutMethodResponseCommand({ ...response, responseParameters: { 'method.response.header.A': false } }),
  );
  await assert.rejects(
    client.send(
      new PutIntegrationResponseCommand({ ...response, responseParameters: { 'method.response.header.B': "'1'" } }),
    ),
    refusal('BadRequestException', /Invalid mapping expression parameter specified: method.response.header.B/),
  );
  await client.send(
    new PutIntegrationResponseCommand({ ...response, responseParameters: { 'method.response.header.A': "'1'" } }),
  );
  const patchOperations: PatchOperation[] = [{ op: 'replace', path: '/selectionPattern', value: '2\\d\\d' }];
  const updated = await client.send(new UpdateIntegrationResponseCommand({ ...response, patchOperations }));
  assert.equal(updated.selectionPattern, '2\\d\\d');
  await client.send(new DeleteIntegrationResponseCommand(response));
  await assert.rejects(
    client.send(new GetIntegrationResponseCommand(response)),
    refusal('NotFoundException', 'Invalid Response status code specified'),
  );
});

// Answers and refusals of the control plane, word for word.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateDocumentationPartCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  CreateUsagePlanCommand,
  DeleteModelCommand,
  DeleteRequestValidatorCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  PutRestApiCommand,
  UpdateAccountCommand,
  UpdateMethodCommand,
  UpdateMethodResponseCommand,
  UpdateRequestValidatorCommand,
  UpdateResourceCommand,
  UpdateStageCommand,
  type PatchOperation,
  type PutIntegrationCommandInput,
} from '@aws-sdk/client-api-gateway';
import {
  createApi,
  createResource,
  deploy,
  putMock,
  refusal,
  startRestApiServer,
  type RestApiServer,
} from './fixture.ts';

let server: RestApiServer;
before(async () => {
  server = await startRestApiServer();
});
after(() => server.stop());

const mapping = 'Invalid mapping expression specified: Validation Result: warnings : [], errors : ';
const replace = (path: string, value: string): PatchOperation[] => [{ op: 'replace', path, value }];

test('an API is not described by an empty text', async () => {
  await assert.rejects(
    server.client.send(new CreateRestApiCommand({ name: 'x', description: '' })),
    refusal('BadRequestException', 'Description cannot be an empty string'),
  );
});

test('enumerations of bodies are named below the input of their operation', async () => {
  const restApiId = (await createApi(server)).restApiId;
  const enumeration = (value: string, path: string, values: string): string =>
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy enum value set: [${values}]`;
  const create = (input: object): Promise<unknown> =>
    server.client.send(new CreateRestApiCommand({ name: 'x', ...input }));
  await assert.rejects(
    create({ apiKeySource: 'BODY' }),
    refusal('ValidationException', enumeration('BODY', 'createRestApiInput.apiKeySource', 'AUTHORIZER, HEADER')),
  );
  await assert.rejects(
    create({ endpointConfiguration: { types: ['LOCAL'] } }),
    refusal('ValidationException', /'\[LOCAL\]' at 'createRestApiInput\.endpointConfiguration\.types'/),
  );
  await assert.rejects(
    server.client.send(new PutRestApiCommand({ restApiId, mode: 'replace' as 'merge', body: Buffer.from('{}') })),
    refusal('ValidationException', enumeration('replace', 'mode', 'merge, overwrite')),
  );
  await assert.rejects(
    server.client.send(new CreateAuthorizerCommand({ restApiId, name: 'a', type: 'MAGIC' as 'TOKEN' })),
    refusal(
      'ValidationException',
      enumeration('MAGIC', 'createAuthorizerInput.type', 'REQUEST, TOKEN, COGNITO_USER_POOLS'),
    ),
  );
  await assert.rejects(
    server.client.send(new CreateDocumentationPartCommand({ restApiId, location: { type: 'API' }, properties: '' })),
    refusal('BadRequestException', 'Documentation part properties must be non-empty'),
  );
  await assert.rejects(
    server.client.send(
      new CreateDocumentationPartCommand({ restApiId, location: { type: 'WORLD' as 'API' }, properties: '{}' }),
    ),
    refusal('ValidationException', /^1 validation error detected: Value 'WORLD' at 'createDocumentationPartInput\.loc/),
  );
  await assert.rejects(
    server.client.send(new CreateUsagePlanCommand({ name: 'p', quota: { limit: 1, period: 'YEAR' as 'DAY' } })),
    refusal('ValidationException', /'YEAR' at 'createUsagePlanInput\.quota\.period'/),
  );
});

test('values outside of an enumeration are refused in the words of the model', async () => {
  const { restApiId, rootId: resourceId } = await createApi(server);
  const place = { restApiId, resourceId, httpMethod: 'GET' };
  await server.client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  const put = (input: Partial<PutIntegrationCommandInput>): Promise<unknown> =>
    server.client.send(new PutIntegrationCommand({ ...place, type: 'MOCK', ...input }));
  const refused: [Partial<PutIntegrationCommandInput>, string][] = [
    [{ type: 'SOAP' as 'MOCK' }, "'SOAP' at 'putIntegrationInput.type'"],
    [{ connectionType: 'WIRE' as 'INTERNET' }, "'WIRE' at 'putIntegrationInput.connectionType'"],
    [{ contentHandling: 'X' as 'CONVERT_TO_TEXT' }, "'X' at 'putIntegrationInput.contentHandling'"],
  ];
  for (const [input, what] of refused) {
    await assert.rejects(put(input), (error: Error) => {
      assert.equal(error.name, 'ValidationException');
      const start = `1 validation error detected: Value ${what} failed to satisfy constraint: Member must satisfy enum`;
      assert.ok(error.message.startsWith(start), error.message);
      return true;
    });
  }
  await assert.rejects(put({ type: 'SOAP' as 'MOCK' }), /\[HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS\]$/);
  await assert.rejects(
    put({ type: 'HTTP', integrationHttpMethod: 'FETCH', uri: 'http://example.com' }),
    refusal('BadRequestException', /^Invalid HttpMethod specified/),
  );
  const pattern = 'Member must satisfy regular expression pattern: [1-5]\\d\\d';
  await assert.rejects(
    server.client.send(new PutMethodResponseCommand({ ...place, statusCode: 'default' })),
    refusal(
      'ValidationException',
      `1 validation error detected: Value 'default' at 'statusCode' failed to satisfy constraint: ${pattern}`,
    ),
  );
  await assert.rejects(
    server.client.send(new PutGatewayResponseCommand({ restApiId, responseType: 'TEAPOT' as 'THROTTLED' })),
    refusal('ValidationException', /^1 validation error detected: Value 'TEAPOT' at 'responseType'/),
  );
});

test('methods and their responses name models and parameters that can be', async () => {
  const api = await createApi(server);
  const place = await putMock(server, api, '{}');
  const model = refusal('BadRequestException', 'Invalid model identifier specified: No');
  const response = (input: object): Promise<unknown> =>
    server.client.send(new PutMethodResponseCommand({ ...place, statusCode: '201', ...input }));
  await assert.rejects(response({ responseModels: { 'application/json': 'No' } }), model);
  await assert.rejects(
    response({ responseParameters: { 'x-y': true } }),
    refusal('BadRequestException', `${mapping}[Invalid mapping expression parameter specified: x-y]`),
  );
  await assert.rejects(
    server.client.send(
      new UpdateMethodResponseCommand({
        ...place,
        statusCode: '200',
        patchOperations: [{ op: 'add', path: '/responseModels/application~1json', value: 'No' }],
      }),
    ),
    model,
  );
  await response({ responseParameters: { 'method.response.header.a': true } });
  await assert.rejects(
    server.client.send(
      new PutIntegrationResponseCommand({
        ...place,
        statusCode: '201',
        responseParameters: { 'method.response.header.a': 'unquoted' },
      }),
    ),
    refusal('BadRequestException', `${mapping}[Invalid mapping expression specified: unquoted]`),
  );
});

test('the root resource stays where it is, and no resource is below itself', async () => {
  const api = await createApi(server);
  const resourceId = await createResource(server, api, 'pets');
  const child = await createResource(server, api, 'child', resourceId);
  const update = (id: string, path: string, value: string): Promise<unknown> =>
    server.client.send(
      new UpdateResourceCommand({
        restApiId: api.restApiId,
        resourceId: id,
        patchOperations: replace(path, value),
      }),
    );
  const refused: [string, string, string, string][] = [
    [api.rootId, '/parentId', resourceId, 'Root resource cannot update its parent.'],
    [api.rootId, '/pathPart', 'x', 'Root resource cannot have a path part.'],
    [resourceId, '/parentId', child, 'Resources cannot be cyclical.'],
    [
      resourceId,
      '/path',
      'x',
      "Invalid patch path  '/path' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
    ],
  ];
  for (const [id, path, value, message] of refused) {
    await assert.rejects(update(id, path, value), refusal('BadRequestException', message));
  }
});

test('models refer to models that there are, and stay while they are referred to', async () => {
  const { restApiId } = await createApi(server);
  const create = (name: string, reference?: string): Promise<unknown> => {
    const $ref = `https://apigateway.amazonaws.com/restapis/${restApiId}/models/${reference}`;
    const schema = JSON.stringify(reference === undefined ? { type: 'object' } : { type: 'array', items: { $ref } });
    return server.client.send(new CreateModelCommand({ restApiId, name, contentType: 'application/json', schema }));
  };
  await assert.rejects(
    create('Pets', 'Pet'),
    refusal(
      'BadRequestException',
      'Invalid model specified: Validation Result: warnings : [], errors : [Invalid model specified: Pet]',
    ),
  );
  await create('Pet');
  await create('Pets', 'Pet');
  await assert.rejects(
    server.client.send(new DeleteModelCommand({ restApiId, modelName: 'Pet' })),
    refusal('ConflictException', "Cannot delete model 'Pet', is referenced in model 'Pets'"),
  );
});

test('a validator stays while a method has it; a method gives it up with an empty text', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  const { id = '' } = await server.client.send(new CreateRequestValidatorCommand({ restApiId, name: 'v' }));
  const place = await putMock(server, api, '{}', { requestValidatorId: id });
  const remove = (): Promise<unknown> =>
    server.client.send(new DeleteRequestValidatorCommand({ restApiId, requestValidatorId: id }));
  await assert.rejects(remove(), refusal('ConflictException', /^Cannot delete request validator '/));
  await assert.rejects(
    server.client.send(
      new UpdateRequestValidatorCommand({ restApiId, requestValidatorId: id, patchOperations: replace('/x', 'y') }),
    ),
    /Must be one of: \[\/name, \/validateRequestParameters, \/validateRequestBody\]$/,
  );
  const updated = await server.client.send(
    new UpdateMethodCommand({ ...place, patchOperations: replace('/requestValidatorId', '') }),
  );
  assert.equal('requestValidatorId' in updated, false);
  await remove();
});

test('a canary says its share and cache, and is made on a stage', async () => {
  const api = await createApi(server);
  await putMock(server, api, '{}');
  const { restApiId } = api;
  const deploymentId = await deploy(server, restApiId);
  const made = await server.client.send(
    new CreateStageCommand({ restApiId, stageName: 'canary', deploymentId, canarySettings: { deploymentId } }),
  );
  assert.deepEqual(made.canarySettings, { deploymentId, percentTraffic: 0, useStageCache: false });
  const updated = await server.client.send(
    new UpdateStageCommand({
      restApiId,
      stageName: 'test',
      patchOperations: replace('/canarySettings/percentTraffic', '25.0'),
    }),
  );
  assert.deepEqual(updated.canarySettings, { percentTraffic: 25, useStageCache: false });
  await assert.rejects(
    server.client.send(new CreateDeploymentCommand({ restApiId, canarySettings: { percentTraffic: 1 } })),
    refusal(
      'BadRequestException',
      'Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null',
    ),
  );
});

test('limits that were not said are shown as 0', async () => {
  const { throttle } = await server.client.send(new CreateUsagePlanCommand({ name: 'p', throttle: { rateLimit: 2 } }));
  assert.deepEqual(throttle, { burstLimit: 0, rateLimit: 2 });
});

test('authorizers have a function or user pools', async () => {
  const { restApiId } = await createApi(server);
  const base = { restApiId, name: 'a', identitySource: 'method.request.header.Authorization' };
  await assert.rejects(
    server.client.send(new CreateAuthorizerCommand({ ...base, type: 'TOKEN', authorizerUri: 'nowhere' })),
    refusal(
      'BadRequestException',
      'Invalid Authorizer URI: nowhere. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.',
    ),
  );
  await assert.rejects(
    server.client.send(new CreateAuthorizerCommand({ ...base, type: 'COGNITO_USER_POOLS', providerARNs: ['pool'] })),
    refusal('BadRequestException', 'Invalid Provider ARN(s) specified'),
  );
});

test('the account has usage plans for good, and a role with an ARN', async () => {
  const update = (operation: PatchOperation): Promise<{ features?: string[] }> =>
    server.client.send(new UpdateAccountCommand({ patchOperations: [operation] }));
  assert.deepEqual((await update({ op: 'add', path: '/features', value: 'UsagePlans' })).features, ['UsagePlans']);
  await assert.rejects(
    update({ op: 'remove', path: '/features', value: 'UsagePlans' }),
    refusal('BadRequestException', 'Usage Plans cannot be disabled once enabled'),
  );
  await assert.rejects(
    update({ op: 'replace', path: '/cloudwatchRoleArn', value: 'me' }),
    refusal('BadRequestException', 'Role ARN is not well formed'),
  );
});

// Models, request validators, authorizers and gateway responses.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateAuthorizerCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  DeleteAuthorizerCommand,
  DeleteGatewayResponseCommand,
  DeleteModelCommand,
  DeleteRequestValidatorCommand,
  GetAuthorizerCommand,
  GetAuthorizersCommand,
  GetGatewayResponseCommand,
  GetGatewayResponsesCommand,
  GetModelCommand,
  GetModelsCommand,
  GetRequestValidatorsCommand,
  PutGatewayResponseCommand,
  PutMethodCommand,
  UpdateAuthorizerCommand,
  UpdateGatewayResponseCommand,
  UpdateModelCommand,
  UpdateRequestValidatorCommand,
  type CreateAuthorizerCommandInput,
} from '@aws-sdk/client-api-gateway';
import { createApi, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;
const authorizerUri =
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations';

test('every API has the models Empty and Error, and gets its own', async () => {
  const { restApiId, rootId } = await createApi(server);
  const names = (await client.send(new GetModelsCommand({ restApiId }))).items?.map((model) => model.name);
  assert.deepEqual(names, ['Empty', 'Error']);
  const schema = '{"type":"object"}';
  const created = await client.send(
    new CreateModelCommand({ restApiId, name: 'Pet', contentType: 'application/json', schema }),
  );
  assert.equal(created.schema, schema);
  const patchOperations = [{ op: 'replace' as const, path: '/schema', value: '{"type":"array"}' }];
  await client.send(new UpdateModelCommand({ restApiId, modelName: 'Pet', patchOperations }));
  assert.equal((await client.send(new GetModelCommand({ restApiId, modelName: 'Pet' }))).schema, '{"type":"array"}');
  await client.send(
    new PutMethodCommand({
      restApiId,
      resourceId: rootId,
      httpMethod: 'POST',
      authorizationType: 'NONE',
      requestModels: { 'application/json': 'Pet' },
    }),
  );
  await assert.rejects(
    client.send(new DeleteModelCommand({ restApiId, modelName: 'Pet' })),
    refusal('ConflictException', /^Cannot delete model 'Pet', is referenced in method/),
  );
  await client.send(new DeleteModelCommand({ restApiId, modelName: 'Error' }));
});

test('models that cannot be are refused', async () => {
  const { restApiId } = await createApi(server);
  const create = (name: string, schema = '{}') =>
    client.send(new CreateModelCommand({ restApiId, name, schema, contentType: 'application/json' }));
  await assert.rejects(create('my-model'), refusal('BadRequestException', 'Model name must be alphanumeric: my-model'));
  await assert.rejects(create('Empty'), refusal('ConflictException', 'Model name already exists for this REST API'));
  await assert.rejects(create('Broken', '{'), refusal('BadRequestException', /^Invalid model specified/));
  await assert.rejects(
    client.send(new GetModelCommand({ restApiId, modelName: 'No' })),
    refusal('NotFoundException', 'Invalid model name specified: No'),
  );
});

test('request validators are made, patched and deleted', async () => {
  const { restApiId } = await createApi(server);
  const {
    $metadata: _metadata,
    id: requestValidatorId = '',
    ...rest
  } = await client.send(new CreateRequestValidatorCommand({ restApiId, name: 'body', validateRequestBody: true }));
  assert.deepEqual(rest, { name: 'body', validateRequestBody: true, validateRequestParameters: false });
  const patchOperations = [{ op: 'replace' as const, path: '/validateRequestParameters', value: 'true' }];
  const updated = await client.send(
    new UpdateRequestValidatorCommand({ restApiId, requestValidatorId, patchOperations }),
  );
  assert.equal(updated.validateRequestParameters, true);
  await client.send(new DeleteRequestValidatorCommand({ restApiId, requestValidatorId }));
  assert.deepEqual((await client.send(new GetRequestValidatorsCommand({ restApiId }))).items, []);
});

test('authorizers answer their defaults, are patched and deleted', async () => {
  const { restApiId } = await createApi(server);
  const input = {
    restApiId,
    name: 'guard',
    type: 'TOKEN',
    authorizerUri,
    identitySource: 'method.request.header.Auth',
  } as const;
  const {
    $metadata: _metadata,
    id: authorizerId = '',
    ...rest
  } = await client.send(new CreateAuthorizerCommand(input));
  assert.deepEqual(rest, {
    name: 'guard',
    type: 'TOKEN',
    authType: 'custom',
    authorizerUri,
    identitySource: 'method.request.header.Auth',
    authorizerResultTtlInSeconds: 300,
  });
  const updated = await client.send(
    new UpdateAuthorizerCommand({
      restApiId,
      authorizerId,
      patchOperations: [{ op: 'replace', path: '/authorizerResultTtlInSeconds', value: '0' }],
    }),
  );
  assert.equal(updated.authorizerResultTtlInSeconds, 0);
  const pools = await client.send(
    new CreateAuthorizerCommand({
      restApiId,
      name: 'pools',
      type: 'COGNITO_USER_POOLS',
      identitySource: 'method.request.header.Authorization',
      providerARNs: ['arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a'],
    }),
  );
  assert.equal(pools.authType, 'cognito_user_pools');
  const another = 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_b';
  const added = await client.send(
    new UpdateAuthorizerCommand({
      restApiId,
      authorizerId: pools.id,
      patchOperations: [{ op: 'add', path: '/providerARNs', value: another }],
    }),
  );
  assert.equal(added.providerARNs?.[1], another);
  await client.send(new DeleteAuthorizerCommand({ restApiId, authorizerId }));
  assert.equal((await client.send(new GetAuthorizersCommand({ restApiId }))).items?.length, 1);
  await assert.rejects(
    client.send(new GetAuthorizerCommand({ restApiId, authorizerId })),
    refusal('NotFoundException', 'Invalid Authorizer identifier specified'),
  );
});

test('authorizers that cannot be are refused, and one that a method uses stays', async () => {
  const { restApiId, rootId } = await createApi(server);
  const valid = { name: 'a', type: 'TOKEN', authorizerUri, identitySource: 'method.request.header.Auth' } as const;
  const create = (input: Partial<CreateAuthorizerCommandInput>) =>
    client.send(new CreateAuthorizerCommand({ restApiId, ...valid, ...input }));
  const refused: [Partial<CreateAuthorizerCommandInput>, RegExp][] = [
    [{ authorizerUri: '' }, /Authorizer URI/],
    [{ identitySource: '' }, /Identity Source/],
    [{ authorizerResultTtlInSeconds: 3601 }, /between 0 and 3600/],
    [{ type: 'COGNITO_USER_POOLS' }, /Provider ARN/],
    [{ type: 'REQUEST', identitySource: '' }, /Identity sources are required if caching is enabled/],
  ];
  for (const [input, message] of refused) await assert.rejects(create(input), refusal('BadRequestException', message));
  const { id: authorizerId } = await create({});
  await assert.rejects(create({}), refusal('BadRequestException', /^Authorizer name must be unique/));
  const method = { restApiId, resourceId: rootId, httpMethod: 'GET', authorizerId };
  await assert.rejects(
    client.send(new PutMethodCommand({ ...method, authorizationType: 'COGNITO_USER_POOLS' })),
    refusal('BadRequestException', /requires a valid authorizer/),
  );
  await client.send(new PutMethodCommand({ ...method, authorizationType: 'CUSTOM' }));
  await assert.rejects(
    client.send(new DeleteAuthorizerCommand({ restApiId, authorizerId })),
    refusal('ConflictException', `Cannot delete authorizer '${authorizerId}', is referenced in method`),
  );
});

test('gateway responses have defaults, are put, patched, live and deleted', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  const standard = await client.send(new GetGatewayResponseCommand({ restApiId, responseType: 'UNAUTHORIZED' }));
  assert.equal(standard.statusCode, '401');
  assert.equal(standard.defaultResponse, true);
  assert.deepEqual(standard.responseTemplates, { 'application/json': '{"message":$context.error.messageString}' });
  const responseType = 'MISSING_AUTHENTICATION_TOKEN';
  const put = await client.send(
    new PutGatewayResponseCommand({
      restApiId,
      responseType,
      statusCode: '404',
      responseParameters: { 'gatewayresponse.header.X': "'1'" },
      responseTemplates: { 'application/json': '{"gone":true}' },
    }),
  );
  assert.equal(put.defaultResponse, false);
  const patchOperations = [{ op: 'replace' as const, path: '/statusCode', value: '410' }];
  await client.send(new UpdateGatewayResponseCommand({ restApiId, responseType, patchOperations }));
  await putMock(server, api, '"x"');
  await deploy(server, restApiId);
  const answer = await untilStatus(() => server.ask(restApiId, 'test', '/nothere'), 410);
  assert.equal(answer.headers.get('x'), '1');
  assert.deepEqual(await answer.json(), { gone: true });
  await client.send(new DeleteGatewayResponseCommand({ restApiId, responseType }));
  await assert.rejects(
    client.send(new DeleteGatewayResponseCommand({ restApiId, responseType })),
    refusal('NotFoundException', 'Gateway response type not defined on api'),
  );
  assert.equal((await client.send(new GetGatewayResponsesCommand({ restApiId }))).items?.length, 21);
  await assert.rejects(
    client.send(new PutGatewayResponseCommand({ restApiId, responseType: 'MAGIC' as 'THROTTLED' })),
    refusal('ValidationException', /'responseType' failed to satisfy constraint/),
  );
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateResourceCommand,
  CreateRestApiCommand,
  DeleteResourceCommand,
  DeleteRestApiCommand,
  GetAccountCommand,
  GetResourceCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAccountCommand,
  UpdateResourceCommand,
  UpdateRestApiCommand,
  type CreateRestApiCommandInput,
  type PatchOperation,
} from '@aws-sdk/client-api-gateway';
import { createApi, createResource, putMock, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

const patch = (restApiId: string, ...patchOperations: PatchOperation[]) =>
  client.send(new UpdateRestApiCommand({ restApiId, patchOperations }));

test('CreateRestApi answers the defaults, and GetRestApi the same', async () => {
  const { $metadata, ...created } = await client.send(new CreateRestApiCommand({ name: 'pets' }));
  assert.equal($metadata.httpStatusCode, 201);
  const { id = '', createdDate, rootResourceId = '', ...rest } = created;
  assert.match(id, /^[a-z0-9]{10}$/);
  assert.match(rootResourceId, /^[a-z0-9]{10}$/);
  assert.ok(createdDate instanceof Date);
  assert.deepEqual(rest, {
    name: 'pets',
    apiKeySource: 'HEADER',
    disableExecuteApiEndpoint: false,
    endpointConfiguration: { types: ['EDGE'], ipAddressType: 'ipv4' },
  });
  const { $metadata: _metadata, ...read } = await client.send(new GetRestApiCommand({ restApiId: id }));
  assert.deepEqual(read, created);
});

test('settings that cannot be, or have no effect here, are refused', async () => {
  const refused: [Partial<CreateRestApiCommandInput>, string | RegExp][] = [
    [{ name: '' }, 'Rest API name cannot be empty'],
    [{ minimumCompressionSize: 10_485_761 }, 'Invalid minimum compression size, must be between 0 and 10485760'],
    [{ endpointConfiguration: { types: ['REGIONAL', 'EDGE'] } }, /Invalid EndpointTypes specified/],
    [{ endpointConfiguration: { types: ['PRIVATE'] } }, /Gatehouse does not offer private endpoints/],
    [{ endpointConfiguration: { types: ['REGIONAL'], vpcEndpointIds: ['vpce-1'] } }, /VPCEndpoints can only/],
    [{ policy: '{' }, 'Invalid policy document. Please check the policy syntax and ensure that Principals are valid.'],
    [{ tags: { 'aws:x': '1' } }, /aws:/],
  ];
  for (const [input, message] of refused) {
    await assert.rejects(
      client.send(new CreateRestApiCommand({ name: 'x', ...input })),
      refusal('BadRequestException', message),
    );
  }
});

test('UpdateRestApi patches, and names the paths it knows', async () => {
  const { restApiId } = await createApi(server);
  const updated = await patch(
    restApiId,
    { op: 'replace', path: '/name', value: 'cats' },
    { op: 'replace', path: '/description', value: 'all of them' },
    { op: 'add', path: '/binaryMediaTypes/image~1png' },
    { op: 'replace', path: '/endpointConfiguration/types/EDGE', value: 'REGIONAL' },
    { op: 'replace', path: '/disableExecuteApiEndpoint', value: 'true' },
  );
  assert.equal(updated.name, 'cats');
  assert.equal(updated.description, 'all of them');
  assert.deepEqual(updated.binaryMediaTypes, ['image/png']);
  assert.deepEqual(updated.endpointConfiguration?.types, ['REGIONAL']);
  assert.equal(updated.disableExecuteApiEndpoint, true);
  await assert.rejects(
    patch(restApiId, { op: 'replace', path: '/id', value: 'x' }),
    refusal(
      'BadRequestException',
      /^Invalid patch path {2}'\/id' specified for op 'replace'\. Must be one of: \[\/name, /,
    ),
  );
  await assert.rejects(
    patch(restApiId, { op: 'replace', path: '/disableExecuteApiEndpoint', value: 'perhaps' }),
    refusal('BadRequestException', /boolean/),
  );
});

test('a policy is answered as AWS escapes it', async () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' }],
  });
  const created = await client.send(new CreateRestApiCommand({ name: 'guarded', policy }));
  assert.match(created.policy ?? '', /^\{\\"Version\\":/);
  assert.equal(JSON.parse(`"${created.policy}"`), policy);
  const cleared = await patch(created.id ?? '', { op: 'replace', path: '/policy', value: '' });
  assert.equal(cleared.policy, undefined);
});

test('an API that is not there is named with its account', async () => {
  const gone = refusal('NotFoundException', 'Invalid API identifier specified 000000000000:nothere');
  await assert.rejects(client.send(new GetRestApiCommand({ restApiId: 'nothere' })), gone);
  await assert.rejects(client.send(new GetResourcesCommand({ restApiId: 'nothere' })), gone);
  await assert.rejects(client.send(new DeleteRestApiCommand({ restApiId: 'nothere' })), gone);
});

test('GetRestApis pages with limit and position', async () => {
  await Promise.all(['a', 'b', 'c'].map((name) => createApi(server, name)));
  const seen = new Set<string>();
  let position: string | undefined;
  do {
    const page = await client.send(new GetRestApisCommand({ limit: 2, ...(position && { position }) }));
    assert.ok((page.items?.length ?? 0) <= 2);
    for (const { id = '' } of page.items ?? []) seen.add(id);
    position = page.position;
  } while (position);
  assert.equal(seen.size, (await client.send(new GetRestApisCommand({ limit: 500 }))).items?.length);
});

test('tags are added and removed', async () => {
  const { restApiId } = await createApi(server);
  const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}`;
  await client.send(new TagResourceCommand({ resourceArn, tags: { a: '1', b: '2' } }));
  await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  assert.deepEqual((await client.send(new GetRestApiCommand({ restApiId }))).tags, { b: '2' });
  await assert.rejects(
    client.send(new TagResourceCommand({ resourceArn: 'arn:aws:s3:::x', tags: {} })),
    refusal('BadRequestException', 'Invalid ARN specified in the request'),
  );
});

test('resources form a tree, and a resource goes with all below it', async () => {
  const api = await createApi(server);
  const { restApiId } = api;
  const pets = await createResource(server, api, 'pets');
  const pet = await createResource(server, api, '{id}', pets);
  const { $metadata: _metadata, ...read } = await client.send(new GetResourceCommand({ restApiId, resourceId: pet }));
  assert.deepEqual(read, { id: pet, parentId: pets, pathPart: '{id}', path: '/pets/{id}' });
  await putMock(server, api, '"x"', { resourceId: pet });
  const { items = [] } = await client.send(new GetResourcesCommand({ restApiId, embed: ['methods'] }));
  assert.deepEqual(items.map((item) => item.path ?? '').sort(), ['/', '/pets', '/pets/{id}']);
  assert.equal(items.find((item) => item.id === pet)?.resourceMethods?.['GET']?.methodIntegration?.type, 'MOCK');
  const renamed = await client.send(
    new UpdateResourceCommand({
      restApiId,
      resourceId: pets,
      patchOperations: [{ op: 'replace', path: '/pathPart', value: 'animals' }],
    }),
  );
  assert.equal(renamed.path, '/animals');
  assert.equal((await client.send(new GetResourceCommand({ restApiId, resourceId: pet }))).path, '/animals/{id}');
  await client.send(new DeleteResourceCommand({ restApiId, resourceId: pets }));
  await assert.rejects(
    client.send(new GetResourceCommand({ restApiId, resourceId: pet })),
    refusal('NotFoundException', 'Invalid Resource identifier specified'),
  );
});

test('path parts that cannot be are refused', async () => {
  const api = await createApi(server);
  const { restApiId, rootId } = api;
  const create = (pathPart: string, parentId = rootId) =>
    client.send(new CreateResourceCommand({ restApiId, parentId, pathPart }));
  await createResource(server, api, 'pets');
  await assert.rejects(
    create('pets'),
    refusal('ConflictException', 'Another resource with the same parent already has this name: pets'),
  );
  for (const part of ['a/b', '{a', '{a}b', 'a b']) {
    await assert.rejects(
      create(part),
      refusal('BadRequestException', /^Resource's path part only allow a-zA-Z0-9\._-:/),
    );
  }
  await create('{id}');
  await assert.rejects(
    create('{name}'),
    refusal(
      'BadRequestException',
      'A sibling ({id}) of this resource already has a variable path part -- only one is allowed',
    ),
  );
  const greedy = (await create('{proxy+}')).id ?? '';
  await assert.rejects(create('below', greedy), refusal('BadRequestException', /greedy path variable/));
  await assert.rejects(create('x', 'nothere'), refusal('NotFoundException', 'Invalid Resource identifier specified'));
  await assert.rejects(
    client.send(new DeleteResourceCommand({ restApiId, resourceId: rootId })),
    refusal('BadRequestException', 'Root resource cannot be deleted.'),
  );
});

test('the account has its throttle, and takes a role for logs', async () => {
  const { $metadata: _metadata, ...account } = await client.send(new GetAccountCommand({}));
  assert.deepEqual(account, {
    apiKeyVersion: '4',
    features: ['UsagePlans'],
    throttleSettings: { burstLimit: 5000, rateLimit: 10_000 },
  });
  const value = 'arn:aws:iam::000000000000:role/logs';
  const patchOperations: PatchOperation[] = [{ op: 'replace', path: '/cloudwatchRoleArn', value }];
  assert.equal((await client.send(new UpdateAccountCommand({ patchOperations }))).cloudwatchRoleArn, value);
});

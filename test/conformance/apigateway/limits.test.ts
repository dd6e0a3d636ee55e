import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateDomainNameCommand,
  CreateRestApiCommand,
  CreateVpcLinkCommand,
  DeleteDomainNameCommand,
  GetBasePathMappingsCommand,
  GetDomainNameCommand,
  GetDomainNamesCommand,
  ImportRestApiCommand,
} from '@aws-sdk/client-api-gateway';
import { createResource, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

test('VPC links are refused by name', async () => {
  await assert.rejects(
    client.send(new CreateVpcLinkCommand({ name: 'l', targetArns: ['arn:aws:elasticloadbalancing:x'] })),
    refusal('NotImplemented', 'Gatehouse does not implement apigateway:CreateVpcLink'),
  );
});

test('an API has at most 300 resources', async () => {
  const paths = (count: number) => Object.fromEntries(Array.from({ length: count }, (_each, n) => [`/p${n}`, {}]));
  const document = (count: number) => Buffer.from(JSON.stringify({ swagger: '2.0', info: {}, paths: paths(count) }));
  const { id = '', rootResourceId = '' } = await client.send(new ImportRestApiCommand({ body: document(299) }));
  await assert.rejects(
    createResource(server, { restApiId: id, rootId: rootResourceId }, 'one-more'),
    refusal('LimitExceededException', /^Maximum number of Resources for this API has been reached/),
  );
  await assert.rejects(
    client.send(new ImportRestApiCommand({ body: document(300) })),
    refusal('BadRequestException', /Maximum number of Resources for this API has been reached/),
  );
});

test('private domains are refused wherever they are named', async () => {
  const domainName = 'private.example.com';
  const refused = refusal('BadRequestException', 'Gatehouse does not offer private endpoints of API Gateway');
  const named = { domainName, domainNameId: 'abc' };
  await assert.rejects(client.send(new GetDomainNameCommand(named)), refused);
  await assert.rejects(client.send(new DeleteDomainNameCommand(named)), refused);
  await assert.rejects(client.send(new GetBasePathMappingsCommand(named)), refused);
  const endpointConfiguration = { types: ['PRIVATE' as const] };
  await assert.rejects(client.send(new CreateDomainNameCommand({ domainName, endpointConfiguration })), refused);
  await assert.rejects(client.send(new CreateRestApiCommand({ name: 'p', endpointConfiguration })), refused);
  const { items } = await client.send(new GetDomainNamesCommand({ resourceOwner: 'OTHER_ACCOUNTS' }));
  assert.deepEqual(items, []);
});

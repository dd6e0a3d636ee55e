import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import {
  CreateBasePathMappingCommand,
  CreateDomainNameCommand,
  DeleteBasePathMappingCommand,
  DeleteDomainNameCommand,
  GetBasePathMappingsCommand,
  GetDomainNameCommand,
  TestInvokeMethodCommand,
  UpdateBasePathMappingCommand,
  UpdateDomainNameCommand,
  type CreateDomainNameCommandInput,
} from '@aws-sdk/client-api-gateway';
import { eventually } from '../../harness.ts';
import { createApi, deploy, putMock, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;
const regionalCertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';

const createDomain = (domainName: string, rest: Partial<CreateDomainNameCommandInput> = {}) =>
  client.send(
    new CreateDomainNameCommand({
      domainName,
      regionalCertificateArn,
      endpointConfiguration: { types: ['REGIONAL'] },
      ...rest,
    }),
  );

const statusOf = (host: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.platform.config.port, path, headers: { Host: host } };
    http
      .get(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on('error', reject);
  });

test('a domain leads to its stages by base path', async () => {
  const created = await createDomain('api.example.com');
  assert.equal(created.domainNameStatus, 'AVAILABLE');
  assert.equal(created.securityPolicy, 'TLS_1_2');
  assert.match(created.regionalDomainName ?? '', /^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$/);
  const api = await createApi(server);
  await putMock(server, api, '"hello"');
  await deploy(server, api.restApiId);
  const domainName = 'api.example.com';
  const mapping = { domainName, basePath: 'v1', restApiId: api.restApiId, stage: 'test' };
  const { $metadata: _metadata, ...made } = await client.send(new CreateBasePathMappingCommand(mapping));
  assert.deepEqual(made, { basePath: 'v1', restApiId: api.restApiId, stage: 'test' });
  await eventually(async () => (await statusOf(domainName, '/v1')) === 200);
  await assert.rejects(
    client.send(new CreateBasePathMappingCommand(mapping)),
    refusal('ConflictException', 'Base path already exists for this domain name'),
  );
  const patchOperations = [{ op: 'replace' as const, path: '/basePath', value: '' }];
  const moved = await client.send(new UpdateBasePathMappingCommand({ domainName, basePath: 'v1', patchOperations }));
  assert.equal(moved.basePath, '(none)');
  await eventually(async () => (await statusOf(domainName, '/')) === 200);
  await client.send(new DeleteBasePathMappingCommand({ domainName, basePath: '(none)' }));
  assert.deepEqual((await client.send(new GetBasePathMappingsCommand({ domainName }))).items, []);
  await eventually(async () => (await statusOf(domainName, '/')) === 403);
  await client.send(new DeleteDomainNameCommand({ domainName }));
  await assert.rejects(
    client.send(new GetDomainNameCommand({ domainName })),
    refusal('NotFoundException', 'Invalid domain name identifier specified'),
  );
});

test('domains and mappings that cannot be are refused', async () => {
  await createDomain('taken.example.com');
  await assert.rejects(
    createDomain('taken.example.com'),
    refusal('ConflictException', 'The domain name you provided already exists.'),
  );
  await assert.rejects(createDomain('not a name'), refusal('BadRequestException', /not valid/));
  await assert.rejects(
    createDomain('b.example.com', { regionalCertificateArn: 'x' }),
    refusal('BadRequestException', /certificate/),
  );
  await assert.rejects(
    createDomain('b.example.com', { endpointConfiguration: { types: ['PRIVATE'] } }),
    refusal('BadRequestException', /Gatehouse does not offer private endpoints/),
  );
  const map = (rest: object) =>
    client.send(new CreateBasePathMappingCommand({ domainName: 'taken.example.com', restApiId: 'nothere', ...rest }));
  await assert.rejects(map({}), refusal('NotFoundException', /Invalid API identifier/));
  await assert.rejects(map({ basePath: 'a/b' }), refusal('BadRequestException', /slash character/));
});

test('a domain moves from an edge to a region', async () => {
  const domainName = 'moving.example.com';
  const certificateArn = regionalCertificateArn.replace('abc', 'edge');
  const endpointConfiguration = { types: ['EDGE' as const] };
  const edge = await client.send(new CreateDomainNameCommand({ domainName, certificateArn, endpointConfiguration }));
  assert.match(edge.distributionDomainName ?? '', /^d-[a-z0-9]{10}\.cloudfront\.net$/);
  assert.deepEqual([edge.certificateArn, edge.regionalDomainName], [certificateArn, undefined]);
  const moved = await client.send(
    new UpdateDomainNameCommand({
      domainName,
      patchOperations: [
        { op: 'add', path: '/endpointConfiguration/types', value: 'REGIONAL' },
        { op: 'add', path: '/regionalCertificateArn', value: regionalCertificateArn },
        { op: 'remove', path: '/endpointConfiguration/types/EDGE' },
      ],
    }),
  );
  assert.deepEqual(moved.endpointConfiguration, { types: ['REGIONAL'], ipAddressType: 'ipv4' });
  assert.deepEqual(
    [moved.regionalCertificateArn, moved.certificateArn, moved.distributionDomainName],
    [regionalCertificateArn, undefined, undefined],
  );
  await assert.rejects(
    client.send(
      new UpdateDomainNameCommand({
        domainName,
        patchOperations: [{ op: 'replace', path: '/certificateArn', value: certificateArn }],
      }),
    ),
    refusal('BadRequestException', /only for the endpoint type EDGE/),
  );
});

test('TestInvokeMethod asks the API as it is, without a deployment', async () => {
  const api = await createApi(server);
  const place = await putMock(server, api, '"$input.params(\'name\')"');
  const answer = await client.send(new TestInvokeMethodCommand({ ...place, pathWithQueryString: '/?name=you' }));
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '"you"');
  assert.match(answer.log ?? '', /Method completed with status: 200/);
  await assert.rejects(
    client.send(new TestInvokeMethodCommand({ ...place, httpMethod: 'PUT' })),
    refusal('NotFoundException', 'Invalid Method identifier specified'),
  );
});

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import {
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  DeleteApiMappingCommand,
  DeleteDomainNameCommand,
  GetApiMappingsCommand,
  GetDomainNameCommand,
  UpdateApiMappingCommand,
  type CreateDomainNameCommandInput,
} from '@aws-sdk/client-apigatewayv2';
import { eventually } from '../../harness.ts';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';

const createDomain = (DomainName: string, rest: Partial<CreateDomainNameCommandInput> = {}) =>
  client.send(new CreateDomainNameCommand({ DomainName, DomainNameConfigurations: [{ CertificateArn }], ...rest }));

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

test('a domain leads to its stages by mapping key', async () => {
  const DomainName = 'http.example.com';
  const created = await createDomain(DomainName);
  const [configuration] = created.DomainNameConfigurations ?? [];
  assert.equal(configuration?.EndpointType, 'REGIONAL');
  assert.equal(configuration?.DomainNameStatus, 'AVAILABLE');
  assert.equal(created.ApiMappingSelectionExpression, '$request.basepath');
  // Nobody listens there: the integration answers 500, so the route was found.
  const ApiId = await server.createApi({ Target: 'http://127.0.0.1:9', RouteKey: 'GET /pets' });
  const mapping = { DomainName, ApiId, Stage: '$default', ApiMappingKey: 'shop/v1' };
  const { $metadata: _metadata, ApiMappingId = '', ...made } = await client.send(new CreateApiMappingCommand(mapping));
  assert.deepEqual(made, { ApiId, ApiMappingKey: 'shop/v1', Stage: '$default' });
  await eventually(async () => (await statusOf(DomainName, '/shop/v1/pets')) === 500);
  await assert.rejects(
    client.send(new CreateApiMappingCommand(mapping)),
    refusal('ConflictException', 'ApiMapping key already exists for this domain name'),
  );
  await client.send(new UpdateApiMappingCommand({ DomainName, ApiMappingId, ApiId, ApiMappingKey: '' }));
  await eventually(async () => (await statusOf(DomainName, '/pets')) === 500);
  await client.send(new DeleteApiMappingCommand({ DomainName, ApiMappingId }));
  assert.deepEqual((await client.send(new GetApiMappingsCommand({ DomainName }))).Items, []);
  await client.send(new DeleteDomainNameCommand({ DomainName }));
  await assert.rejects(
    client.send(new GetDomainNameCommand({ DomainName })),
    refusal('NotFoundException', 'Invalid domain name identifier specified'),
  );
});

test('domains and mappings that cannot be are refused', async () => {
  const DomainName = 'taken.example.com';
  await createDomain(DomainName);
  await assert.rejects(createDomain(DomainName), refusal('ConflictException', /already exists/));
  await assert.rejects(
    createDomain('b.example.com', { DomainNameConfigurations: [{ CertificateArn, EndpointType: 'EDGE' }] }),
    refusal('BadRequestException', /REGIONAL/),
  );
  await assert.rejects(
    createDomain('b.example.com', { MutualTlsAuthentication: { TruststoreUri: 's3://nobucket/k' } }),
    refusal('BadRequestException', /Unable to read the truststore/),
  );
  const ApiId = await server.createApi();
  const map = (rest: object) =>
    client.send(new CreateApiMappingCommand({ DomainName, ApiId, Stage: '$default', ...rest }));
  await assert.rejects(map({}), refusal('NotFoundException', 'Invalid stage identifier specified'));
  await assert.rejects(map({ ApiId: 'nothere' }), refusal('NotFoundException', /Invalid API identifier/));
  await assert.rejects(map({ ApiMappingKey: '/a/' }), refusal('BadRequestException', /mapping key/));
});

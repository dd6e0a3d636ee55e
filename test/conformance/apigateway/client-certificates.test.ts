import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { after, test } from 'node:test';
import {
  DeleteClientCertificateCommand,
  GenerateClientCertificateCommand,
  GetClientCertificateCommand,
  GetClientCertificatesCommand,
  GetRestApiCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  TestInvokeMethodCommand,
  UpdateClientCertificateCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import { eventually } from '../../harness.ts';
import { selfSigned } from '../execute-api/certificates.ts';
import { createApi, deploy, refusal, startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
const { client } = server;
const own = await selfSigned('localhost');

/** Answers with the name of whoever proved itself, and 401 to the others. */
const backend = https.createServer({ ...own, requestCert: true, rejectUnauthorized: false }, (request, response) => {
  const { subject, raw } = (request.socket as TLSSocket).getPeerCertificate();
  response.writeHead(subject ? 200 : 401, { 'content-type': 'text/plain' });
  response.end(subject ? new X509Certificate(raw).fingerprint256 : 'who are you?');
});
await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
after(async () => {
  backend.closeAllConnections();
  backend.close();
  await server.stop();
});
const { port } = backend.address() as AddressInfo;

async function proxyApi(tlsConfig: { insecureSkipVerification?: boolean }): Promise<string> {
  const { restApiId, rootId } = await createApi(server);
  const place = { restApiId, resourceId: rootId, httpMethod: 'GET' };
  await client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  await client.send(
    new PutIntegrationCommand({
      ...place,
      type: 'HTTP_PROXY',
      integrationHttpMethod: 'GET',
      uri: `https://localhost:${port}/`,
      tlsConfig,
    }),
  );
  await deploy(server, restApiId);
  return restApiId;
}

test('a client certificate is made, described, renamed and deleted', async () => {
  const tags = { team: 'a' };
  const { $metadata: _1, ...made } = await client.send(
    new GenerateClientCertificateCommand({ description: 'for backends', tags }),
  );
  const { clientCertificateId = '', pemEncodedCertificate = '', createdDate, expirationDate } = made;
  assert.match(clientCertificateId, /^[a-z0-9]{6}$/);
  assert.deepEqual(Object.keys(made).sort(), [
    'clientCertificateId',
    'createdDate',
    'description',
    'expirationDate',
    'pemEncodedCertificate',
    'tags',
  ]);
  assert.equal((expirationDate!.getTime() - createdDate!.getTime()) / 86_400_000, 365);
  assert.match(new X509Certificate(pemEncodedCertificate).subject, /CN=ApiGateway/);
  const { $metadata: _2, ...read } = await client.send(new GetClientCertificateCommand({ clientCertificateId }));
  assert.deepEqual(read, made);
  const patchOperations = [{ op: 'replace' as const, path: '/description', value: 'other' }];
  const changed = await client.send(new UpdateClientCertificateCommand({ clientCertificateId, patchOperations }));
  assert.equal(changed.description, 'other');
  const { items = [] } = await client.send(new GetClientCertificatesCommand({}));
  assert.ok(items.some((item) => item.clientCertificateId === clientCertificateId));
  await client.send(new DeleteClientCertificateCommand({ clientCertificateId }));
  await assert.rejects(
    client.send(new GetClientCertificateCommand({ clientCertificateId })),
    refusal('NotFoundException', 'Invalid Client Certificate identifier specified'),
  );
});

test('a stage shows its certificate to backends that ask for one', async () => {
  const restApiId = await proxyApi({ insecureSkipVerification: true });
  const { clientCertificateId = '', pemEncodedCertificate = '' } = await client.send(
    new GenerateClientCertificateCommand({}),
  );
  const before = await server.ask(restApiId, 'test', '/');
  assert.deepEqual([before.status, await before.text()], [401, 'who are you?']);
  const replace = (value: string) =>
    client.send(
      new UpdateStageCommand({
        restApiId,
        stageName: 'test',
        patchOperations: [{ op: 'replace', path: '/clientCertificateId', value }],
      }),
    );
  assert.equal((await replace(clientCertificateId)).clientCertificateId, clientCertificateId);
  const body = await eventually(async () => {
    const response = await server.ask(restApiId, 'test', '/');
    return response.status === 200 ? response.text() : undefined;
  });
  assert.equal(body, new X509Certificate(pemEncodedCertificate).fingerprint256);
  await assert.rejects(
    client.send(new DeleteClientCertificateCommand({ clientCertificateId })),
    refusal('BadRequestException', /is in use/),
  );
  await assert.rejects(
    replace('nowhere'),
    refusal('NotFoundException', 'Invalid Client Certificate identifier specified'),
  );
  assert.equal((await replace('')).clientCertificateId, undefined);
  await client.send(new DeleteClientCertificateCommand({ clientCertificateId }));
});

test('TestInvokeMethod shows the certificate that it is given', async () => {
  const restApiId = await proxyApi({ insecureSkipVerification: true });
  const { clientCertificateId, pemEncodedCertificate = '' } = await client.send(
    new GenerateClientCertificateCommand({}),
  );
  const { rootResourceId: resourceId } = await client.send(new GetRestApiCommand({ restApiId }));
  const answer = await client.send(
    new TestInvokeMethodCommand({ restApiId, resourceId, httpMethod: 'GET', clientCertificateId }),
  );
  assert.deepEqual([answer.status, answer.body], [200, new X509Certificate(pemEncodedCertificate).fingerprint256]);
});

test('a backend whose authority nobody knows is asked only where the integration says so', async () => {
  const strict = await proxyApi({});
  const response = await server.ask(strict, 'test', '/');
  assert.deepEqual([response.status, await response.text()], [500, '{"message": "Internal server error"}']);
});

test('insecureSkipVerification still insists on the name', async () => {
  const { restApiId, rootId } = await createApi(server);
  const place = { restApiId, resourceId: rootId, httpMethod: 'GET' };
  await client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  await client.send(
    new PutIntegrationCommand({
      ...place,
      type: 'HTTP_PROXY',
      integrationHttpMethod: 'GET',
      uri: `https://127.0.0.1:${port}/`,
      tlsConfig: { insecureSkipVerification: true },
    }),
  );
  await deploy(server, restApiId);
  assert.equal((await server.ask(restApiId, 'test', '/')).status, 500);
});

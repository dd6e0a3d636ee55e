// examples/mtls-client: a machine with a certificate of the truststore's authority, one of another, one with none.
import assert from 'node:assert/strict';
import https from 'node:https';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createAuthority, type Authority, type Pair } from '../conformance/execute-api/certificates.ts';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

const NAME = 'machines.example.com';

let app: Application;
let authority: Authority;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/mtls-client/template.yaml');
  app = await startApplication(template, { tlsPort: 0 });
  authority = await createAuthority('Our machines');
  const Bucket = app.outputs['Authorities'];
  const { VersionId = '' } = await new S3Client(app.sdk).send(
    new PutObjectCommand({ Bucket, Key: 'truststore.pem', Body: authority.cert }),
  );
  await app.deploy({ TruststoreVersion: VersionId });
});
after(() => app?.stop());

const ask = (client: Partial<Pair> = {}, where = '/v1/whoami'): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const { caCertificate: ca } = app.platform.network;
    const to = { host: '127.0.0.1', port: app.tlsPort, servername: NAME, path: where, agent: false };
    const request = https.request({ ...to, ca, ...client, headers: { Host: NAME } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
    request.end();
  });

test('a machine of the authority is known by its certificate', async () => {
  const machine = await authority.issue('machine-7');
  const { body } = await eventually(async () => {
    const said = await ask(machine);
    return said.status === 200 ? said : undefined;
  });
  const { domainName, subjectDN, issuerDN, validUntil } = JSON.parse(body) as Record<string, string>;
  assert.deepEqual([domainName, subjectDN, issuerDN], [NAME, 'CN=machine-7', 'CN=Our machines']);
  assert.ok(Date.parse(validUntil!) > Date.now());
});

test('a machine of somebody else, or without a certificate, is Forbidden', async () => {
  const stranger = await (await createAuthority('Their machines')).issue('machine-7');
  for (const client of [stranger, {}]) {
    assert.deepEqual(await ask(client), { status: 403, body: '{"message":"Forbidden"}' });
  }
});

test('there is no way around the domain', async () => {
  const answer = await fetch(app.local('DefaultUrl').replace('https:', 'http:'));
  assert.deepEqual([answer.status, await answer.json()], [403, { message: 'Forbidden' }]);
});

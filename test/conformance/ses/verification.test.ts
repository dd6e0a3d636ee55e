import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetIdentityVerificationAttributesCommand,
  SendEmailCommand,
  SESClient,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { startTestServer, type TestServer } from '../../harness.ts';

const EmailAddress = 'owner@example.com';
let dataDir: string;
let server: TestServer;
let credentials: { accessKeyId: string; secretAccessKey: string };
let ses: SESClient;
before(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'gatehouse-ses-'));
  server = await startTestServer({ config: { mode: 'serve', iam: 'enforce', dataDir } });
  const file = await readFile(path.join(dataDir, 'root-credentials'), 'utf8');
  const textOf = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(file)?.[1] ?? '';
  credentials = { accessKeyId: textOf('aws_access_key_id'), secretAccessKey: textOf('aws_secret_access_key') };
  ses = new SESClient({ ...server.sdk, credentials });
});
after(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const statusOf = async (): Promise<string | undefined> => {
  const ask = new GetIdentityVerificationAttributesCommand({ Identities: [EmailAddress] });
  return (await ses.send(ask)).VerificationAttributes?.[EmailAddress]?.VerificationStatus;
};
const inbox = (target: string, authorization?: string): Promise<Response> =>
  fetch(`${server.endpoint}/_gatehouse/inbox${target}`, authorization ? { headers: { authorization } } : {});

test('when serving, an address is verified by the link in its mail', async () => {
  await ses.send(new VerifyEmailIdentityCommand({ EmailAddress }));
  assert.equal(await statusOf(), 'Pending');
  const send = new SendEmailCommand({
    Source: EmailAddress,
    Destination: { ToAddresses: ['you@example.org'] },
    Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
  });
  await assert.rejects(ses.send(send), { name: 'MessageRejected' });
  assert.equal((await inbox('')).status, 401);
  const basic = `Basic ${btoa(`${credentials.accessKeyId}:${credentials.secretAccessKey}`)}`;
  const [mail] = (await (await inbox('', basic)).json()) as { id: string; to: string[] }[];
  assert.deepEqual(mail?.to, [EmailAddress]);
  const mime = (await (await inbox(`/${mail?.id}`, basic)).text()).replace(/=\r?\n/g, '').replaceAll('=3D', '=');
  const link = /http:\/\/\S+\/_gatehouse\/ses\/verify\?\S+/.exec(mime)?.[0] ?? '';
  assert.equal((await fetch(link.replace(/token=[^&\s]+/, 'token=guess'))).status, 403);
  assert.equal(await statusOf(), 'Pending');
  assert.equal((await fetch(link)).status, 200);
  assert.equal(await statusOf(), 'Success');
  await ses.send(send);
});

// `gatehouse serve`: nothing anonymous, IAM enforced, the root account's key in a credentials file.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startServer, type RunningServer } from '#server/index.ts';

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-serve-'));
let server: RunningServer;
const start = (): Promise<RunningServer> =>
  startServer({ config: { mode: 'serve', iam: 'enforce', dataDir, port: 0 }, warn: () => {} });
before(async () => {
  server = await start();
});
after(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const rootCredentials = (): { accessKeyId: string; secretAccessKey: string } => {
  const text = readFileSync(path.join(dataDir, 'root-credentials'), 'utf8');
  const read = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S+)$`, 'm').exec(text)?.[1] ?? '';
  assert.match(text, /^\[default\]/);
  return { accessKeyId: read('aws_access_key_id'), secretAccessKey: read('aws_secret_access_key') };
};
const sdk = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => ({
  endpoint: server.endpoint,
  region: 'us-east-1',
  credentials,
  forcePathStyle: true,
  maxAttempts: 1,
});

test('the first start writes the key of the root account, for its owner alone', async () => {
  assert.equal(statSync(path.join(dataDir, 'root-credentials')).mode & 0o777, 0o600);
  const identity = await new STSClient(sdk(rootCredentials())).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, `arn:aws:iam::${identity.Account}:root`);
});

test('no key, an unknown key and a wrong secret are refused', async () => {
  assert.equal((await fetch(server.endpoint)).status, 403);
  const unknown = new STSClient(sdk({ accessKeyId: '123456789012', secretAccessKey: 'x' }));
  await assert.rejects(unknown.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' });
  const wrong = new STSClient(sdk({ ...rootCredentials(), secretAccessKey: 'wrong' }));
  await assert.rejects(wrong.send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' });
  assert.equal((await fetch(`${server.endpoint}/_gatehouse/inbox`)).status, 401);
});

test('a user may do what his policy allows and nothing else', async () => {
  const iam = new IAMClient(sdk(rootCredentials()));
  await new S3Client(sdk(rootCredentials())).send(new CreateBucketCommand({ Bucket: 'shared-papers' }));
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::shared-papers/ann/*' }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'own-folder', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const s3 = new S3Client(
    sdk({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }),
  );
  await s3.send(new PutObjectCommand({ Bucket: 'shared-papers', Key: 'ann/1', Body: 'x' }));
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket: 'shared-papers', Key: 'bob/1', Body: 'x' })), {
    name: 'AccessDenied',
  });
  await assert.rejects(s3.send(new ListBucketsCommand({})), { name: 'AccessDenied' });
  await assert.rejects(
    new STSClient(
      sdk({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }),
    ).send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::000000000000:role/none', RoleSessionName: 'session' })),
    { name: 'AccessDenied' },
  );
});

test('a restart keeps the key', async () => {
  const before = rootCredentials();
  await server.stop();
  server = await start();
  assert.deepEqual(rootCredentials(), before);
  await new STSClient(sdk(before)).send(new GetCallerIdentityCommand({}));
});

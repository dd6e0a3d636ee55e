// Browser uploads signed by a key that was issued here: the signature is compared, the policy holds.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { newBucket } from './fixture.ts';

const server = await startTestServer({ config: { iam: 'enforce' } });
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const iam = new IAMClient(server.sdk);
const UserName = 'uploader';
await iam.send(new CreateUserCommand({ UserName }));
const PolicyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::*/user/*' },
});
await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'upload', PolicyDocument }));
const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {};

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
function signedForm(Bucket: string, key: string, conditions: unknown[], secret = SecretAccessKey): FormData {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const fields: Record<string, string> = {
    key,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${AccessKeyId}/${day}/us-east-1/s3/aws4_request`,
    'X-Amz-Date': date,
  };
  const given = Object.entries(fields)
    .filter(([name]) => name !== 'key')
    .map(([name, value]) => ({ [name]: value }));
  const policy = {
    expiration: new Date(Date.now() + 60_000).toISOString(),
    conditions: [{ bucket: Bucket }, ...given, ...conditions],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64');
  const signing = ['us-east-1', 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, day));
  const form = new FormData();
  for (const [name, value] of Object.entries({
    ...fields,
    Policy: encoded,
    'X-Amz-Signature': hmac(signing, encoded).toString('hex'),
  }))
    form.append(name, value);
  form.append('file', new Blob(['content']), 'name.txt');
  return form;
}
const post = async (Bucket: string, body: FormData): Promise<[number, string]> => {
  const response = await fetch(`${server.endpoint}/${Bucket}`, { method: 'POST', body });
  return [response.status, /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? ''];
};

test('a form signed by a user stores what the user and the policy allow', async () => {
  const Bucket = await newBucket(s3);
  const own = ['starts-with', '$key', 'user/'];
  assert.deepEqual(await post(Bucket, signedForm(Bucket, 'user/a', [own])), [204, '']);
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'user/a' }))).ContentLength, 7);
  assert.deepEqual(await post(Bucket, signedForm(Bucket, 'other/a', [own])), [403, 'AccessDenied']);
  assert.deepEqual(await post(Bucket, signedForm(Bucket, 'other/a', [['starts-with', '$key', '']])), [
    403,
    'AccessDenied',
  ]);
  assert.deepEqual(await post(Bucket, signedForm(Bucket, 'user/a', [])), [403, 'AccessDenied']);
});

test('a form signed by another secret is refused', async () => {
  const Bucket = await newBucket(s3);
  assert.deepEqual(await post(Bucket, signedForm(Bucket, 'user/a', [['eq', '$key', 'user/a']], 'guessed')), [
    403,
    'SignatureDoesNotMatch',
  ]);
});

test('the size of the file is held to content-length-range', async () => {
  const Bucket = await newBucket(s3);
  const sized = (min: number, max: number): Promise<[number, string]> =>
    post(
      Bucket,
      signedForm(Bucket, 'user/a', [
        ['eq', '$key', 'user/a'],
        ['content-length-range', min, max],
      ]),
    );
  assert.deepEqual(await sized(1, 6), [400, 'EntityTooLarge']);
  assert.deepEqual(await sized(8, 9), [400, 'EntityTooSmall']);
  assert.deepEqual(await sized(7, 7), [204, '']);
});

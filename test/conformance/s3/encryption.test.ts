import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket, textOf } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const KEY = /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MD5_OF_HELLO = '"5d41402abc4b2a76b9719d911017c592"';
async function kmsBucket(BucketKeyEnabled: boolean): Promise<string> {
  const Bucket = await newBucket(s3);
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const }, BucketKeyEnabled };
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }));
  return Bucket;
}

test('objects of a bucket with KMS by default say so, and their ETag is not the MD5', async () => {
  const Bucket = await kmsBucket(true);
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
  assert.deepEqual([put.ServerSideEncryption, put.BucketKeyEnabled], ['aws:kms', true]);
  assert.match(put.SSEKMSKeyId ?? '', KEY);
  assert.notEqual(put.ETag, MD5_OF_HELLO);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([got.ServerSideEncryption, got.SSEKMSKeyId, got.ETag], ['aws:kms', put.SSEKMSKeyId, put.ETag]);
  assert.equal(await textOf(got.Body), 'hello');
});

test('a request chooses for its object; a copy takes the default of its target', async () => {
  const [plain, kms] = [await newBucket(s3), await kmsBucket(false)];
  const body = { Key: 'k', Body: 'hello' };
  const asked = await s3.send(new PutObjectCommand({ Bucket: plain, ...body, ServerSideEncryption: 'aws:kms' }));
  assert.deepEqual([asked.ServerSideEncryption, asked.BucketKeyEnabled], ['aws:kms', undefined]);
  const refused = await s3.send(new PutObjectCommand({ Bucket: kms, ...body, ServerSideEncryption: 'AES256' }));
  assert.deepEqual([refused.ServerSideEncryption, refused.ETag], ['AES256', MD5_OF_HELLO]);
  const copy = (Bucket: string, from: string): Promise<{ ServerSideEncryption?: string }> =>
    s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${from}/k` }));
  assert.equal((await copy(kms, plain)).ServerSideEncryption, 'aws:kms');
  assert.equal((await copy(plain, plain)).ServerSideEncryption, 'AES256');
});

test('an upload in parts is encrypted as it began', async () => {
  const Bucket = await newBucket(s3);
  const at = { Bucket, Key: 'parts' };
  const begun = await s3.send(new CreateMultipartUploadCommand({ ...at, ServerSideEncryption: 'aws:kms' }));
  assert.equal(begun.ServerSideEncryption, 'aws:kms');
  const upload = { ...at, UploadId: begun.UploadId };
  const part = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'hello' }));
  assert.equal(part.ServerSideEncryption, 'aws:kms');
  const Parts = [{ PartNumber: 1, ETag: part.ETag }];
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  assert.match(done.SSEKMSKeyId ?? '', KEY);
  assert.equal((await s3.send(new HeadObjectCommand(at))).ServerSideEncryption, 'aws:kms');
});

test('keys that customers make are refused, and so is a key without its algorithm', async () => {
  const Bucket = await newBucket(s3);
  const put = (more: object): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }));
  const SSEKMSKeyId = 'arn:aws:kms:us-east-1:000000000000:key/11111111-1111-4111-a111-111111111111';
  await assert.rejects(put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId }), awsError('NotImplemented', 501));
  await assert.rejects(put({ SSEKMSKeyId }), awsError('InvalidArgument', 400));
  await assert.rejects(put({ ServerSideEncryption: 'rot13' }), awsError('InvalidArgument', 400));
  await put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/aws/s3' });
});

test('nobody reads under KMS without a signature, though the policy allows it', async () => {
  const Bucket = await kmsBucket(false);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'kms', Body: 'x' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'open', Body: 'x', ServerSideEncryption: 'AES256' }));
  const off = { BlockPublicPolicy: false, RestrictPublicBuckets: false };
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: off }));
  const everybody = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [everybody] });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  assert.equal((await fetch(`${server.endpoint}/${Bucket}/open`)).status, 200);
  const refused = await fetch(`${server.endpoint}/${Bucket}/kms`);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /<Code>InvalidArgument<.*require AWS Signature Version 4\./);
});

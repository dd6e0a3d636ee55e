// SSE-C, and what lies on disk.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { rootPrincipal } from '#core/principal.ts';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket, textOf } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const newKey = () => {
  const key = randomBytes(32);
  return {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  };
};
type Key = ReturnType<typeof newKey>;
const asSource = (key: Key) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
});

test('an object with the key of its client is read with that key alone', async () => {
  const Bucket = await newBucket(s3);
  const key = newKey();
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello world', ...key }));
  assert.deepEqual(
    [put.SSECustomerAlgorithm, put.SSECustomerKeyMD5, put.ServerSideEncryption],
    ['AES256', key.SSECustomerKeyMD5, undefined],
  );
  assert.notEqual(put.ETag, `"${createHash('md5').update('hello world').digest('hex')}"`);
  const named = { Bucket, Key: 'k' };
  const got = await s3.send(new GetObjectCommand({ ...named, ...key, Range: 'bytes=6-' }));
  assert.deepEqual([await textOf(got.Body), got.SSECustomerKeyMD5], ['world', key.SSECustomerKeyMD5]);
  await assert.rejects(
    s3.send(new GetObjectCommand(named)),
    awsError('InvalidRequest', 400, {
      message:
        'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    }),
  );
  await assert.rejects(s3.send(new GetObjectCommand({ ...named, ...newKey() })), awsError('AccessDenied', 403));
  await assert.rejects(s3.send(new HeadObjectCommand(named)), (error: { $metadata: { httpStatusCode: number } }) => {
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'plain', Body: 'x' }));
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'plain', ...key })),
    awsError('InvalidRequest', 400, { message: 'The encryption parameters are not applicable to this object.' }),
  );
});

test('copies name the key of each side', async () => {
  const Bucket = await newBucket(s3);
  const [from, to] = [newKey(), newKey()];
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello', ...from }));
  const copy = { Bucket, Key: 'b', CopySource: `${Bucket}/a` };
  await assert.rejects(s3.send(new CopyObjectCommand(copy)), awsError('InvalidRequest', 400));
  const copied = await s3.send(new CopyObjectCommand({ ...copy, ...asSource(from), ...to }));
  assert.equal(copied.SSECustomerKeyMD5, to.SSECustomerKeyMD5);
  assert.equal(await textOf((await s3.send(new GetObjectCommand({ Bucket, Key: 'b', ...to }))).Body), 'hello');
  await s3.send(new CopyObjectCommand({ ...copy, Key: 'c', ...asSource(from) }));
  assert.equal(await textOf((await s3.send(new GetObjectCommand({ Bucket, Key: 'c' }))).Body), 'hello');
});

test('every part of an upload comes with its key', async () => {
  const Bucket = await newBucket(s3);
  const key = newKey();
  const named = { Bucket, Key: 'k' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...named, ...key }));
  const parts = [randomBytes(5 * 1024 ** 2), Buffer.from('the end')];
  const part = (n: number, more: object) =>
    s3.send(new UploadPartCommand({ ...named, UploadId, PartNumber: n, Body: parts[n - 1], ...more }));
  await assert.rejects(
    part(1, {}),
    awsError('InvalidRequest', 400, {
      message:
        'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
    }),
  );
  await assert.rejects(
    part(1, newKey()),
    awsError('InvalidRequest', 400, {
      message: 'The provided encryption parameters did not match the ones used originally.',
    }),
  );
  const etags = [await part(1, key), await part(2, key)].map(({ ETag }, n) => ({ ETag, PartNumber: n + 1 }));
  await s3.send(new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload: { Parts: etags } }));
  const got = await s3.send(new GetObjectCommand({ ...named, ...key, Range: `bytes=${5 * 1024 ** 2 - 3}-` }));
  const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
  assert.deepEqual(bytes, Buffer.concat([parts[0]?.subarray(-3) ?? Buffer.alloc(0), Buffer.from('the end')]));
});

test('the three headers of a key must agree', async () => {
  const Bucket = await newBucket(s3);
  const key = newKey();
  const put = (more: object) => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...key, ...more }));
  const wrong = (message: string) =>
    awsError('InvalidArgument', 400, { message, ArgumentName: 'x-amz-server-side-encryption' });
  await assert.rejects(put({ SSECustomerAlgorithm: 'AES512' }), awsError('InvalidEncryptionAlgorithmError', 400));
  // The SDK computes the MD5 itself: asked in process.
  await assert.rejects(
    server.platform.call(
      's3',
      'PutObject',
      { Bucket, Key: 'k', Body: 'x', ...key, SSECustomerKeyMD5: newKey().SSECustomerKeyMD5 },
      { as: rootPrincipal('000000000000'), accountId: '000000000000', region: 'us-east-1' },
    ),
    { message: 'The calculated MD5 hash of the key did not match the hash that was provided.' },
  );
  await assert.rejects(
    put({ SSECustomerKey: Buffer.from('short').toString('base64') }),
    wrong('The secret key was invalid for the specified algorithm.'),
  );
  await assert.rejects(
    put({ ServerSideEncryption: 'AES256' }),
    wrong('Server Side Encryption with Customer provided key is incompatible with the encryption method specified'),
  );
});

test('a bucket may refuse keys of clients', async () => {
  const Bucket = await newBucket(s3);
  const BlockedEncryptionTypes = { EncryptionType: ['SSE-C' as const] };
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const }, BlockedEncryptionTypes };
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }));
  const { ServerSideEncryptionConfiguration: found } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.deepEqual(found?.Rules?.[0]?.BlockedEncryptionTypes, BlockedEncryptionTypes);
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...newKey() })),
    awsError('AccessDenied', 403),
  );
});

test('bodies are encrypted on disk, and readable after a restart', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-s3-'));
  const phrase = 'the quick brown fox jumps over the lazy dog. ';
  const large = phrase.repeat(10_000);
  try {
    const first = await startTestServer({ config: { dataDir } });
    const client = new S3Client(first.sdk);
    const Bucket = await newBucket(client);
    await client.send(new PutObjectCommand({ Bucket, Key: 'small', Body: phrase }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'large', Body: large }));
    await first.stop();
    assert.equal(statSync(path.join(dataDir, 's3.key')).mode & 0o777, 0o600);
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const paths = files.map((file) => path.join(file.parentPath, file.name));
    assert.ok(paths.some((each) => each.includes('blobs')));
    for (const each of paths) assert.equal(readFileSync(each).includes(phrase.slice(0, 20)), false, each);
    const second = await startTestServer({ config: { dataDir } });
    const again = new S3Client(second.sdk);
    const read = async (Key: string, Range?: string): Promise<string> =>
      textOf((await again.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }))).Body);
    assert.equal(await read('small'), phrase);
    assert.equal(await read('large'), large);
    assert.equal(await read('large', 'bytes=200007-200017'), large.slice(200_007, 200_018));
    await second.stop();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

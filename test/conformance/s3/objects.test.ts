import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket, textOf } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
/** Sends no checksum of its own, as SDKs did before 2025. */
const bare = new S3Client({
  ...server.sdk,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
after(() => server.stop());
const Bucket = await newBucket(s3);
const md5 = (bytes: string | Buffer): string => createHash('md5').update(bytes).digest('hex');

test('an object comes back as it was put, with its headers and metadata', async () => {
  const Key = 'päth/to//a b+c.txt';
  const put = await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: 'hello',
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="x"',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      Expires: new Date('2030-01-01T00:00:00Z'),
      Metadata: { Mixed: 'Value', second: '2' },
    }),
  );
  assert.equal(put.ETag, `"${md5('hello')}"`);
  assert.equal(put.ServerSideEncryption, 'AES256');
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await textOf(got.Body), 'hello');
  assert.equal(got.ContentLength, 5);
  assert.equal(got.ContentType, 'text/plain; charset=utf-8');
  assert.equal(got.CacheControl, 'max-age=60');
  assert.equal(got.ContentDisposition, 'attachment; filename="x"');
  assert.equal(got.ContentEncoding, 'identity');
  assert.equal(got.ContentLanguage, 'de');
  assert.equal(got.ExpiresString, 'Tue, 01 Jan 2030 00:00:00 GMT');
  assert.deepEqual(got.Metadata, { mixed: 'Value', second: '2' });
  assert.equal(got.AcceptRanges, 'bytes');
  assert.equal(got.StorageClass, undefined);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  assert.equal(head.ContentLength, 5);
  assert.equal(head.ETag, put.ETag);
});

test('bodies of every size come back, whether kept in the store or beside it', async () => {
  for (const size of [0, 1, 128 * 1024, 128 * 1024 + 1, 1_000_003]) {
    const Body = randomBytes(size);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'sized', Body }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'sized' }));
    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Body, `${size} bytes`);
    assert.equal(got.ETag, `"${md5(Body)}"`);
  }
});

test('a stream of declared length is stored with its trailing checksum', async () => {
  const bytes = randomBytes(300_000);
  const put = await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'stream',
      Body: Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
      ContentLength: bytes.length,
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  assert.equal(put.ChecksumSHA256, createHash('sha256').update(bytes).digest('base64'));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes);
  assert.equal(got.ContentEncoding, undefined);
});

test('each checksum algorithm is verified, kept and answered; without one it is CRC64NVME', async () => {
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
    const Key = ChecksumAlgorithm;
    const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ChecksumAlgorithm }));
    const member = `Checksum${ChecksumAlgorithm}` as const;
    assert.ok(put[member]);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    assert.equal(head[member], put[member]);
    assert.equal(head.ChecksumType, 'FULL_OBJECT');
    await assert.rejects(
      bare.send(new PutObjectCommand({ Bucket, Key, Body: 'other', [member]: put[member] })),
      awsError('BadDigest', 400),
    );
    assert.equal(await textOf((await s3.send(new GetObjectCommand({ Bucket, Key }))).Body), 'hello');
  }
  const put = await bare.send(new PutObjectCommand({ Bucket, Key: 'default', Body: '123456789' }));
  assert.equal(put.ChecksumCRC64NVME, Buffer.from('ae8b14860a799888', 'hex').toString('base64'));
  assert.equal((await bare.send(new HeadObjectCommand({ Bucket, Key: 'default' }))).ChecksumCRC64NVME, undefined);
});

test('Content-MD5 is compared with what arrived', async () => {
  const right = createHash('md5').update('hello').digest('base64');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'hello', ContentMD5: right }));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'other', ContentMD5: right })),
    awsError('BadDigest', 400),
  );
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'x', ContentMD5: 'short' })),
    awsError('InvalidDigest', 400),
  );
});

test('a range answers 206 with its part, a suffix the end, and one beyond the end 416', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'range', Body: '0123456789' }));
  const range = async (Range: string): Promise<[number | undefined, string | undefined, string]> => {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }));
    return [got.$metadata.httpStatusCode, got.ContentRange, await textOf(got.Body)];
  };
  assert.deepEqual(await range('bytes=2-4'), [206, 'bytes 2-4/10', '234']);
  assert.deepEqual(await range('bytes=7-'), [206, 'bytes 7-9/10', '789']);
  assert.deepEqual(await range('bytes=-2'), [206, 'bytes 8-9/10', '89']);
  assert.deepEqual(await range('bytes=0-1,4-5'), [200, undefined, '0123456789']);
  const beyond = new GetObjectCommand({ Bucket, Key: 'range', Range: 'bytes=10-' });
  await assert.rejects(
    s3.send(beyond),
    awsError('InvalidRange', 416, { RangeRequested: 'bytes=10-', ActualObjectSize: '10' }),
  );
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'range', Range: 'bytes=1-3' }));
  assert.deepEqual([head.$metadata.httpStatusCode, head.ContentLength], [206, 3]);
});

test('a range of a large body reads just that part', async () => {
  const Body = randomBytes(700_000);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'large', Range: 'bytes=300000-599999' }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Body.subarray(300_000, 600_000));
});

test('conditional reads: what must match fails with 412, what must differ with 304', async () => {
  const Key = 'conditions';
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const past = new Date(Date.now() - 3_600_000);
  const future = new Date(Date.now() + 3_600_000);
  const read = (conditions: object): Promise<unknown> => s3.send(new HeadObjectCommand({ Bucket, Key, ...conditions }));
  await read({ IfMatch: ETag });
  await read({ IfMatch: ETag, IfUnmodifiedSince: past });
  await read({ IfNoneMatch: '"other"', IfModifiedSince: future });
  const get = (conditions: object): Promise<unknown> => s3.send(new GetObjectCommand({ Bucket, Key, ...conditions }));
  await assert.rejects(get({ IfMatch: '"other"' }), awsError('PreconditionFailed', 412, { Condition: 'If-Match' }));
  await assert.rejects(get({ IfUnmodifiedSince: past }), awsError('PreconditionFailed', 412));
  await assert.rejects(get({ IfNoneMatch: ETag, IfModifiedSince: past }), awsError('Unknown', 304));
  await assert.rejects(get({ IfModifiedSince: future }), awsError('Unknown', 304));
});

test('If-None-Match: * makes a key once, If-Match replaces exactly one state', async () => {
  const Key = 'once';
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: '1', IfNoneMatch: '*' }));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key, Body: '2', IfNoneMatch: '*' })),
    awsError('PreconditionFailed', 412),
  );
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key, Body: '2', IfMatch: '"other"' })),
    awsError('PreconditionFailed', 412),
  );
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: '2', IfMatch: ETag }));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'never', Body: '2', IfMatch: ETag })),
    awsError('NoSuchKey', 404),
  );
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key, Body: '2', IfNoneMatch: ETag })),
    awsError('NotImplemented', 501),
  );
});

test('of many writers with If-None-Match: * exactly one wins', async () => {
  const puts = Array.from({ length: 8 }, (_, i) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body: String(i), IfNoneMatch: '*' })),
  );
  const results = await Promise.allSettled(puts);
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a missing key answers NoSuchKey with its name, and to HEAD 404', async () => {
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'not/there' })),
    awsError('NoSuchKey', 404, { Key: 'not/there' }),
  );
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: 'not/there' })), awsError('NotFound', 404));
});

test('keys that look like paths stay keys', async () => {
  for (const Key of ['../../etc/passwd', 'a/../b', './x', '/leading', 'trailing/', 'a//b', '.']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.equal(await textOf((await s3.send(new GetObjectCommand({ Bucket, Key }))).Body), Key);
  }
  const long = 'k'.repeat(1024);
  await s3.send(new PutObjectCommand({ Bucket, Key: long, Body: 'x' }));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: `${long}k`, Body: 'x' })),
    awsError('KeyTooLongError', 400),
  );
});

test('response-* parameters replace headers of the answer', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'override', Body: 'x', ContentType: 'text/plain' }));
  const got = await s3.send(
    new GetObjectCommand({
      Bucket,
      Key: 'override',
      ResponseContentType: 'application/pdf',
      ResponseContentDisposition: 'inline',
      ResponseCacheControl: 'no-store',
    }),
  );
  assert.deepEqual(
    [got.ContentType, got.ContentDisposition, got.CacheControl],
    ['application/pdf', 'inline', 'no-store'],
  );
});

test('metadata of more than 2 KB is refused', async () => {
  const put = (length: number): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'meta', Metadata: { k: 'v'.repeat(length) } }));
  await put(2047);
  await assert.rejects(put(2048), awsError('MetadataTooLarge', 400));
});

test('what has no effect here is refused', async () => {
  const put = (more: object): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x', ...more }));
  await assert.rejects(put({ ServerSideEncryption: 'aws:kms:dsse' }), awsError('NotImplemented', 501));
  await assert.rejects(put({ StorageClass: 'GLACIER' }), awsError('NotImplemented', 501));
  await assert.rejects(put({ StorageClass: 'GOLD' }), awsError('InvalidStorageClass', 400));
  await assert.rejects(put({ ObjectLockLegalHoldStatus: 'ON' }), awsError('InvalidRequest', 400));
  await assert.rejects(put({ ACL: 'public-read' }), awsError('AccessControlListNotSupported', 400));
  await put({ ACL: 'bucket-owner-full-control', StorageClass: 'STANDARD_IA', ServerSideEncryption: 'AES256' });
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'refused' }))).StorageClass, 'STANDARD_IA');
});

test('DeleteObject returns 204, even for missing keys', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: 'x' }));
  for (let i = 0; i < 2; i++) {
    const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    assert.equal($metadata.httpStatusCode, 204);
  }
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'gone' })), awsError('NoSuchKey', 404));
});

test('DeleteObjects deletes up to 1,000 keys and says what became of each', async () => {
  const keys = Array.from({ length: 150 }, (_, i) => `many/${i}`);
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))));
  const remove = (Quiet: boolean, Keys: string[]): DeleteObjectsCommand =>
    new DeleteObjectsCommand({ Bucket, Delete: { Quiet, Objects: Keys.map((Key) => ({ Key })) } });
  const { Deleted, Errors } = await s3.send(remove(false, keys));
  assert.deepEqual([Deleted?.map(({ Key }) => Key), Errors], [keys, undefined]);
  assert.equal((await s3.send(remove(true, keys))).Deleted, undefined);
  await assert.rejects(
    s3.send(
      remove(
        false,
        Array.from({ length: 1001 }, (_, i) => String(i)),
      ),
    ),
    awsError('MalformedXML', 400),
  );
});

test('CopyObject takes metadata along or replaces it', async () => {
  const CopySource = `${Bucket}/${encodeURIComponent('copy source+1')}`;
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'copy source+1',
      Body: 'hello',
      ContentType: 'text/x',
      Metadata: { a: '1' },
      Tagging: 'k=v',
    }),
  );
  const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource }));
  assert.equal(copied.CopyObjectResult?.ETag, `"${md5('hello')}"`);
  const kept = await s3.send(new HeadObjectCommand({ Bucket, Key: 'copied' }));
  assert.deepEqual([kept.ContentType, kept.Metadata, kept.TagCount], ['text/x', { a: '1' }, 1]);
  await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: 'copied',
      CopySource,
      MetadataDirective: 'REPLACE',
      TaggingDirective: 'REPLACE',
      ContentType: 'text/y',
      Metadata: { b: '2' },
    }),
  );
  const replaced = await s3.send(new HeadObjectCommand({ Bucket, Key: 'copied' }));
  assert.deepEqual([replaced.ContentType, replaced.Metadata, replaced.TagCount], ['text/y', { b: '2' }, undefined]);
});

test('CopyObject onto itself must change something', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'self', Body: 'x' }));
  const copy = (more: object): Promise<unknown> =>
    s3.send(new CopyObjectCommand({ Bucket, Key: 'self', CopySource: `/${Bucket}/self`, ...more }));
  await assert.rejects(copy({}), awsError('InvalidRequest', 400));
  await copy({ MetadataDirective: 'REPLACE', Metadata: { a: '1' } });
  await copy({ StorageClass: 'ONEZONE_IA' });
});

test('CopyObject checks conditions on its source and refuses a source that is not there', async () => {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'x' }));
  const copy = (more: object): Promise<unknown> =>
    s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from`, ...more }));
  await copy({ CopySourceIfMatch: ETag });
  await assert.rejects(copy({ CopySourceIfNoneMatch: ETag }), awsError('PreconditionFailed', 412));
  await assert.rejects(copy({ CopySource: `${Bucket}/missing` }), awsError('NoSuchKey', 404));
  await assert.rejects(copy({ CopySource: 'nothing' }), awsError('InvalidArgument', 400));
});

test('GetObjectAttributes answers what was asked for', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'attributes', Body: 'hello', ChecksumAlgorithm: 'SHA256' }));
  const got = await s3.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key: 'attributes',
      ObjectAttributes: ['ETag', 'ObjectSize', 'StorageClass', 'Checksum'],
    }),
  );
  assert.deepEqual(
    [got.ETag, got.ObjectSize, got.StorageClass, got.Checksum?.ChecksumType],
    [md5('hello'), 5, 'STANDARD', 'FULL_OBJECT'],
  );
  assert.equal(got.ObjectParts, undefined);
});

test('partNumber=1 of a plain object is the object, another part is not there', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'part', Body: 'hello' }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'part', PartNumber: 1 }));
  assert.deepEqual(
    [got.$metadata.httpStatusCode, got.ContentRange, await textOf(got.Body)],
    [206, 'bytes 0-4/5', 'hello'],
  );
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'part', PartNumber: 2 })),
    awsError('InvalidPartNumber', 416),
  );
});

test('an object replaced while it is read is read to its end', async () => {
  const before = randomBytes(2_000_000);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'replaced', Body: before }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'replaced' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'replaced', Body: randomBytes(2_000_000) }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), before);
});

test('readers of a key that is written all the time see whole objects', async () => {
  const bodies = [100, 1000, 200_000, 400_000].map((size) => randomBytes(size));
  const known = new Set(bodies.map((body) => md5(body)));
  const put = (i: number): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'busy', Body: bodies[i % bodies.length] }));
  await put(0);
  let writing = true;
  const write = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) await put(i);
    writing = false;
  };
  let copies = 0;
  const copy = async (Key: string): Promise<void> => {
    while (writing) {
      const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/busy` }));
      assert.ok(known.has((CopyObjectResult?.ETag ?? '').replaceAll('"', '')));
      copies++;
    }
  };
  let reads = 0;
  const read = async (): Promise<void> => {
    while (writing) {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'busy' }));
      const digest = md5(Buffer.from((await got.Body?.transformToByteArray()) ?? []));
      assert.ok(known.has(digest) && got.ETag === `"${digest}"`, `read ${digest} as ${got.ETag}`);
      reads++;
    }
  };
  await Promise.all([write(), read(), read(), read(), copy('copy-1'), copy('copy-2')]);
  assert.ok(reads > 10 && copies > 5, `${reads} reads, ${copies} copies`);
});

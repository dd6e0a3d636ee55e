import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
const bare = new S3Client({ ...server.sdk, requestChecksumCalculation: 'WHEN_REQUIRED' });
after(() => server.stop());
const Bucket = await newBucket(s3);
const MB5 = 5 * 1024 * 1024;
const big = randomBytes(MB5);
const bytesOf = async (body: { transformToByteArray(): Promise<Uint8Array> } | undefined): Promise<Buffer> =>
  Buffer.from((await body?.transformToByteArray()) ?? []);

async function begin(Key: string, more: object = {}): Promise<string> {
  return (await bare.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';
}
async function part(
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  client = bare,
): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
  return { ETag, PartNumber, ...(ChecksumCRC32 && { ChecksumCRC32 }) };
}
const complete = (
  Key: string,
  UploadId: string,
  Parts: CompletedPart[],
  more: object = {},
): CompleteMultipartUploadCommand =>
  new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more });

test('parts become one object, with the ETag of their ETags', async () => {
  const Key = 'whole';
  const UploadId = await begin(Key, { ContentType: 'text/x', Metadata: { a: '1' }, Tagging: 'k=v' });
  const tail = randomBytes(1000);
  const parts = [await part(Key, UploadId, 2, tail), await part(Key, UploadId, 1, big)].toReversed();
  const done = await bare.send(complete(Key, UploadId, parts));
  const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
  assert.equal(done.ETag, `"${md5(Buffer.concat([md5(big), md5(tail)])).toString('hex')}-2"`);
  assert.equal(done.Location, `${server.endpoint}/${Bucket}/${Key}`);
  assert.equal(done.ChecksumType, 'FULL_OBJECT');
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  assert.deepEqual(await bytesOf(got.Body), Buffer.concat([big, tail]));
  assert.deepEqual([got.ContentType, got.Metadata, got.TagCount], ['text/x', { a: '1' }, 1]);
  const across = await s3.send(new GetObjectCommand({ Bucket, Key, Range: `bytes=${MB5 - 2}-${MB5 + 1}` }));
  assert.deepEqual(await bytesOf(across.Body), Buffer.concat([big.subarray(-2), tail.subarray(0, 2)]));
  const second = await s3.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
  assert.deepEqual(
    [await bytesOf(second.Body), second.PartsCount, second.ContentRange],
    [tail, 2, `bytes ${MB5}-${MB5 + 999}/${MB5 + 1000}`],
  );
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 3 })), awsError('Unknown', 416));
});

test('the full-object checksum of parts is that of the whole object', async () => {
  const Key = 'checksum';
  const whole = Buffer.concat([big, Buffer.from('tail')]);
  const plain = await bare.send(new PutObjectCommand({ Bucket, Key, Body: whole }));
  const UploadId = await begin(Key);
  const parts = [await part(Key, UploadId, 1, big), await part(Key, UploadId, 2, Buffer.from('tail'))];
  assert.equal((await bare.send(complete(Key, UploadId, parts))).ChecksumCRC64NVME, plain.ChecksumCRC64NVME);
});

test('a declared algorithm makes a composite checksum and is demanded of each part', async () => {
  const Key = 'composite';
  const UploadId = await begin(Key, { ChecksumAlgorithm: 'CRC32' });
  await assert.rejects(part(Key, UploadId, 1, big), awsError('InvalidRequest', 400));
  const parts = [await part(Key, UploadId, 1, big, s3), await part(Key, UploadId, 2, Buffer.from('x'), s3)];
  const done = await s3.send(complete(Key, UploadId, parts));
  assert.match(done.ChecksumCRC32 ?? '', /^[A-Za-z0-9+/]{6}==-2$/);
  assert.equal(done.ChecksumType, 'COMPOSITE');
  const { ObjectParts, Checksum } = await s3.send(
    new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ['ObjectParts', 'Checksum'] }),
  );
  assert.deepEqual(
    ObjectParts?.Parts?.map(({ PartNumber, Size, ChecksumCRC32 }) => ({ PartNumber, Size, ChecksumCRC32 })),
    [
      { PartNumber: 1, Size: MB5, ChecksumCRC32: parts[0]?.ChecksumCRC32 },
      { PartNumber: 2, Size: 1, ChecksumCRC32: parts[1]?.ChecksumCRC32 },
    ],
  );
  assert.equal(Checksum?.ChecksumCRC32, done.ChecksumCRC32);
});

test('CompleteMultipartUpload may be repeated, with the same answer', async () => {
  const Key = 'again';
  const UploadId = await begin(Key);
  const parts = [await part(Key, UploadId, 1, Buffer.from('x'))];
  const first = await bare.send(complete(Key, UploadId, parts));
  const second = await bare.send(complete(Key, UploadId, parts));
  assert.equal(second.ETag, first.ETag);
});

test('parts must be there, in order, and large enough but for the last', async () => {
  const Key = 'wrong';
  const UploadId = await begin(Key);
  const one = await part(Key, UploadId, 1, Buffer.from('small'));
  const two = await part(Key, UploadId, 2, Buffer.from('small'));
  const rejects = (parts: CompletedPart[], name: string, more: object = {}): Promise<void> =>
    assert.rejects(bare.send(complete(Key, UploadId, parts)), awsError(name, 400, more as Record<string, unknown>));
  await rejects([two, one], 'InvalidPartOrder');
  await rejects([one, { ...two, ETag: '"00000000000000000000000000000000"' }], 'InvalidPart', { PartNumber: '2' });
  await rejects([one, { ETag: one.ETag, PartNumber: 3 }], 'InvalidPart');
  await rejects([one, two], 'EntityTooSmall', { ProposedSize: '5', MinSizeAllowed: '5242880', PartNumber: '1' });
  await rejects([], 'MalformedXML');
  await bare.send(complete(Key, UploadId, [two]));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength, 5);
});

test('If-None-Match: * holds for uploads as well', async () => {
  const Key = 'exists';
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const UploadId = await begin(Key);
  const parts = [await part(Key, UploadId, 1, Buffer.from('x'))];
  await assert.rejects(
    bare.send(complete(Key, UploadId, parts, { IfNoneMatch: '*' })),
    awsError('PreconditionFailed', 412),
  );
});

test('an upload that was aborted is gone with its parts', async () => {
  const Key = 'aborted';
  const UploadId = await begin(Key);
  const parts = [await part(Key, UploadId, 1, big)];
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  const gone = awsError('NoSuchUpload', 404, { UploadId });
  await assert.rejects(bare.send(complete(Key, UploadId, parts)), gone);
  await assert.rejects(part(Key, UploadId, 2, big), gone);
  await assert.rejects(s3.send(new ListPartsCommand({ Bucket, Key, UploadId })), gone);
  await assert.rejects(s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })), gone);
});

test('ListParts shows the latest of each part, in pages', async () => {
  const Key = 'parts';
  const UploadId = await begin(Key);
  for (const [number, text] of [
    [1, 'old'],
    [5, 'five'],
    [1, 'newer'],
    [9, 'nine'],
  ] as const)
    await part(Key, UploadId, number, Buffer.from(text));
  const page = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
  assert.deepEqual(
    page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      [1, 5],
      [5, 4],
    ],
  );
  assert.deepEqual([page.IsTruncated, page.NextPartNumberMarker], [true, '5']);
  const rest = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker: '5' }));
  assert.deepEqual([rest.Parts?.map(({ PartNumber }) => PartNumber), rest.IsTruncated], [[9], false]);
});

test('ListMultipartUploads lists by key, then by begin, with prefix and delimiter', async () => {
  const own = await newBucket(s3);
  const start = async (Key: string): Promise<string> =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket: own, Key }))).UploadId ?? '';
  const b1 = await start('b');
  const c = await start('dir/c');
  const b2 = await start('b');
  const list = (
    more: object,
  ): Promise<{
    Uploads?: { Key?: string; UploadId?: string }[];
    CommonPrefixes?: object[];
    NextKeyMarker?: string;
    NextUploadIdMarker?: string;
  }> => s3.send(new ListMultipartUploadsCommand({ Bucket: own, ...more }));
  const all = await list({});
  assert.deepEqual(
    all.Uploads?.map(({ UploadId }) => UploadId),
    [b1, b2, c],
  );
  const rolled = await list({ Delimiter: '/' });
  assert.deepEqual([rolled.Uploads?.length, rolled.CommonPrefixes], [2, [{ Prefix: 'dir/' }]]);
  const first = await list({ MaxUploads: 1 });
  assert.deepEqual([first.NextKeyMarker, first.NextUploadIdMarker], ['b', b1]);
  const rest = await list({ KeyMarker: 'b', UploadIdMarker: b1 });
  assert.deepEqual(
    rest.Uploads?.map(({ UploadId }) => UploadId),
    [b2, c],
  );
});

test('UploadPartCopy takes a part from another object', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: big }));
  const Key = 'part-copy';
  const UploadId = await begin(Key);
  const copy = (PartNumber: number, CopySourceRange?: string): Promise<{ CopyPartResult?: { ETag?: string } }> =>
    s3.send(
      new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, CopySource: `${Bucket}/source`, CopySourceRange }),
    );
  const whole = await copy(1);
  const slice = await copy(2, 'bytes=10-19');
  await assert.rejects(copy(3, `bytes=0-${MB5}`), awsError('InvalidArgument', 400));
  await bare.send(
    complete(Key, UploadId, [
      { PartNumber: 1, ETag: whole.CopyPartResult?.ETag },
      { PartNumber: 2, ETag: slice.CopyPartResult?.ETag },
    ]),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  assert.deepEqual(await bytesOf(got.Body), Buffer.concat([big, big.subarray(10, 20)]));
});

test('lib-storage uploads a stream of unknown length', async () => {
  const bytes = randomBytes(12 * 1024 * 1024);
  const chunks = Array.from({ length: 48 }, (_, i) => bytes.subarray(i * 262144, (i + 1) * 262144));
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'lib-storage', Body: Readable.from(chunks) } });
  await upload.done();
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'lib-storage' }));
  assert.equal(Buffer.compare(await bytesOf(got.Body), bytes), 0);
});

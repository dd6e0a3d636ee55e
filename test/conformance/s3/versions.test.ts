import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket, textOf } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const setVersioning = (Bucket: string, Status: 'Enabled' | 'Suspended'): Promise<unknown> =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
async function versioned(): Promise<string> {
  const Bucket = await newBucket(s3);
  await setVersioning(Bucket, 'Enabled');
  return Bucket;
}
const put = async (Bucket: string, Key: string, Body: string): Promise<string | undefined> =>
  (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
const read = async (Bucket: string, Key: string, VersionId?: string): Promise<string> =>
  textOf((await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body);
const versionsOf = async (Bucket: string): Promise<[string | undefined, string | undefined, boolean | undefined][]> => {
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  return Versions.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest]);
};

test('versioning is off until it is enabled, and must have a known status', async () => {
  const Bucket = await newBucket(s3);
  assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
  assert.equal(await put(Bucket, 'k', 'x'), undefined);
  await setVersioning(Bucket, 'Enabled');
  assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  await assert.rejects(setVersioning(Bucket, 'Off' as 'Enabled'), awsError('MalformedXML', 400));
});

test('every put makes a version, and each can be read', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  const two = await put(Bucket, 'k', '2');
  assert.notEqual(one, two);
  assert.deepEqual(
    [await read(Bucket, 'k'), await read(Bucket, 'k', one), await read(Bucket, 'k', two)],
    ['2', '1', '2'],
  );
  assert.deepEqual(await versionsOf(Bucket), [
    ['k', two, true],
    ['k', one, false],
  ]);
  assert.deepEqual((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 1);
});

test('a delete marker hides the object; its removal brings it back', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(marker.DeleteMarker, true);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), awsError('NoSuchKey', 404));
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  assert.equal(await read(Bucket, 'k', one), '1');
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId })),
    awsError('MethodNotAllowed', 405),
  );
  const { DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(
    DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [[marker.VersionId, true]],
  );
  const removed = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }));
  assert.deepEqual([removed.DeleteMarker, removed.VersionId], [true, marker.VersionId]);
  assert.equal(await read(Bucket, 'k'), '1');
});

test('a 404 behind a delete marker says so in its headers', async () => {
  const Bucket = await versioned();
  await put(Bucket, 'k', '1');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const response = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'k' })));
  assert.deepEqual([response.status, response.headers.get('x-amz-delete-marker')], [404, 'true']);
});

test('deleting the current version makes the one before it current', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  const two = await put(Bucket, 'k', '2');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: two }));
  assert.equal(await read(Bucket, 'k'), '1');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: one }));
  assert.deepEqual(await versionsOf(Bucket), []);
});

test('objects from before versioning, and while it is suspended, have the version null', async () => {
  const Bucket = await newBucket(s3);
  await put(Bucket, 'k', 'before');
  await setVersioning(Bucket, 'Enabled');
  const one = await put(Bucket, 'k', '1');
  assert.equal(await read(Bucket, 'k', 'null'), 'before');
  await setVersioning(Bucket, 'Suspended');
  assert.equal(await put(Bucket, 'k', 'suspended'), 'null');
  assert.deepEqual(await versionsOf(Bucket), [
    ['k', 'null', true],
    ['k', one, false],
  ]);
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([marker.DeleteMarker, marker.VersionId], [true, 'null']);
  assert.deepEqual(await versionsOf(Bucket), [['k', one, false]]);
});

test('ListObjectVersions pages through keys and versions, and rolls up', async () => {
  const Bucket = await versioned();
  for (const Key of ['a', 'b', 'dir/c', 'a', 'b', 'a']) await put(Bucket, Key, Key);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'b' }));
  const whole = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.equal((whole.Versions?.length ?? 0) + (whole.DeleteMarkers?.length ?? 0), 7);
  for (const MaxKeys of [1, 2, 3]) {
    const seen: string[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (let pages = 0; pages < 10; pages++) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, ...markers }));
      for (const each of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
        seen.push(`${each.Key} ${each.VersionId} ${each.IsLatest}`);
      if (!page.IsTruncated) break;
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    const all = [...(whole.Versions ?? []), ...(whole.DeleteMarkers ?? [])].map(
      (each) => `${each.Key} ${each.VersionId} ${each.IsLatest}`,
    );
    assert.deepEqual(seen.toSorted(), all.toSorted(), `pages of ${MaxKeys}`);
  }
  const rolled = await s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', Prefix: 'd' }));
  assert.deepEqual([rolled.Versions, rolled.CommonPrefixes], [undefined, [{ Prefix: 'dir/' }]]);
});

test('copying an old version onto its key restores it', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  await put(Bucket, 'k', '2');
  const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${one}` }));
  assert.equal(copied.CopySourceVersionId, one);
  assert.equal(await read(Bucket, 'k'), '1');
  const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const ofMarker = new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${VersionId}` });
  await assert.rejects(s3.send(ofMarker), awsError('InvalidRequest', 400));
});

test('tags belong to a version', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  await put(Bucket, 'k', '2');
  await s3.send(
    new PutObjectTaggingCommand({ Bucket, Key: 'k', VersionId: one, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }),
  );
  assert.deepEqual((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet, []);
  assert.deepEqual((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k', VersionId: one }))).TagSet, [
    { Key: 'a', Value: '1' },
  ]);
  assert.equal(await read(Bucket, 'k'), '2');
});

test('a bucket with versions is not empty; DeleteObjects can empty it', async () => {
  const Bucket = await versioned();
  await put(Bucket, 'k', '1');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), awsError('BucketNotEmpty', 409));
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Deleted?.map(({ DeleteMarker }) => DeleteMarker),
    [undefined, true],
  );
  await s3.send(new DeleteBucketCommand({ Bucket }));
});

test('a version that is not there answers NoSuchVersion, one that cannot be InvalidArgument', async () => {
  const Bucket = await versioned();
  const one = await put(Bucket, 'k', '1');
  const other = `${one?.slice(0, -1)}${one?.endsWith('0') ? '1' : '0'}`;
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: other })),
    awsError('NoSuchVersion', 404),
  );
  await assert.rejects(
    s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'x' })),
    awsError('InvalidArgument', 400),
  );
  await assert.rejects(
    s3.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: other })),
    awsError('NotFound', 404),
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: other }));
});

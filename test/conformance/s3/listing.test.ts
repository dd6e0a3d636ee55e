import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

async function bucketWith(...keys: string[]): Promise<string> {
  const Bucket = await newBucket(s3);
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
  return Bucket;
}
const namesOf = (list?: { Key?: string }[]): (string | undefined)[] => (list ?? []).map(({ Key }) => Key);
const prefixesOf = (list?: { Prefix?: string }[]): (string | undefined)[] => (list ?? []).map(({ Prefix }) => Prefix);

/** The answer's XML, without dates. */
async function xml(Bucket: string): Promise<string> {
  const url = await getSignedUrl(s3, new ListObjectsV2Command({ Bucket }));
  return (await (await fetch(url)).text()).replace(/<LastModified>.*?<\/LastModified>/g, '<LastModified/>');
}

test('keys are listed in the order of their UTF-8 bytes', async () => {
  const Bucket = await bucketWith('b', 'a', 'a/1', 'ä', 'Z', '\u{1f600}', '\uffee');
  const { Contents, KeyCount, IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(namesOf(Contents), ['Z', 'a', 'a/1', 'b', 'ä', '\uffee', '\u{1f600}']);
  assert.deepEqual([KeyCount, IsTruncated], [7, false]);
  assert.equal(Contents?.[0]?.Owner, undefined);
});

test('prefix and delimiter roll keys up into common prefixes', async () => {
  const Bucket = await bucketWith('photos/2006/a', 'photos/2006/b', 'photos/2007/c', 'photos/x', 'readme');
  const list = (
    more: Partial<ListObjectsV2CommandInput>,
  ): Promise<{ Contents?: { Key?: string }[]; CommonPrefixes?: { Prefix?: string }[]; KeyCount?: number }> =>
    s3.send(new ListObjectsV2Command({ Bucket, ...more }));
  const top = await list({ Delimiter: '/' });
  assert.deepEqual([namesOf(top.Contents), prefixesOf(top.CommonPrefixes), top.KeyCount], [['readme'], ['photos/'], 2]);
  const photos = await list({ Delimiter: '/', Prefix: 'photos/' });
  assert.deepEqual(
    [namesOf(photos.Contents), prefixesOf(photos.CommonPrefixes)],
    [['photos/x'], ['photos/2006/', 'photos/2007/']],
  );
  assert.deepEqual(namesOf((await list({ Prefix: 'photos/2006' })).Contents), ['photos/2006/a', 'photos/2006/b']);
});

test('pages of any size join without gap or repetition', async () => {
  const keys = Array.from({ length: 25 }, (_, i) => `d${i % 5}/${String(i).padStart(2, '0')}`).toSorted();
  const Bucket = await bucketWith(...keys, 'z');
  for (const MaxKeys of [1, 3, 7]) {
    for (const Delimiter of [undefined, '/']) {
      const seen: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys, Delimiter, ContinuationToken }));
        assert.ok((page.KeyCount ?? 0) <= MaxKeys);
        assert.equal(page.ContinuationToken, ContinuationToken);
        seen.push(...[...namesOf(page.Contents), ...prefixesOf(page.CommonPrefixes)].map(String));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      assert.deepEqual(seen.toSorted(), Delimiter ? ['d0/', 'd1/', 'd2/', 'd3/', 'd4/', 'z'] : [...keys, 'z']);
    }
  }
});

test('version 1 goes on by marker; NextMarker comes with a delimiter only', async () => {
  const Bucket = await bucketWith('a', 'b/1', 'b/2', 'c');
  const first = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: '/' }));
  assert.deepEqual(
    [namesOf(first.Contents), prefixesOf(first.CommonPrefixes), first.NextMarker],
    [['a'], ['b/'], 'b/'],
  );
  const second = await s3.send(
    new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: '/', Marker: first.NextMarker }),
  );
  assert.deepEqual(
    [namesOf(second.Contents), second.CommonPrefixes, second.IsTruncated, second.Marker],
    [['c'], undefined, false, 'b/'],
  );
  const plain = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 1 }));
  assert.deepEqual([plain.IsTruncated, plain.NextMarker], [true, undefined]);
  assert.match(plain.Contents?.[0]?.Owner?.ID ?? '', /^[0-9a-f]{64}$/);
});

test('start-after need not be a key; fetch-owner adds the owner', async () => {
  const Bucket = await bucketWith('a', 'b', 'c');
  const page = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'aa', FetchOwner: true }));
  assert.deepEqual([namesOf(page.Contents), page.StartAfter], [['b', 'c'], 'aa']);
  assert.match(page.Contents?.[0]?.Owner?.ID ?? '', /^[0-9a-f]{64}$/);
});

test('encoding-type url encodes keys and prefixes', async () => {
  const Bucket = await bucketWith('a b/1', 'x+y');
  const page = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url', Delimiter: '/' }));
  assert.deepEqual(
    [namesOf(page.Contents), prefixesOf(page.CommonPrefixes), page.EncodingType],
    [['x%2By'], ['a%20b/'], 'url'],
  );
});

test('bad arguments are refused by name', async () => {
  const Bucket = await bucketWith('a');
  const list = (more: object): Promise<unknown> => s3.send(new ListObjectsV2Command({ Bucket, ...more }));
  await assert.rejects(list({ MaxKeys: -1 }), awsError('InvalidArgument', 400, { ArgumentName: 'maxKeys' }));
  await assert.rejects(
    list({ ContinuationToken: 'nonsense' }),
    awsError('InvalidArgument', 400, { ArgumentName: 'continuation-token' }),
  );
  await assert.rejects(list({ EncodingType: 'rot13' }), awsError('InvalidArgument', 400));
  const none = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
  assert.deepEqual([none.Contents, none.IsTruncated, none.KeyCount], [undefined, false, 0]);
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }))).MaxKeys, 1000);
});

test("the XML has S3's members in S3's order, and empty elements where S3 has them", async () => {
  const Bucket = await bucketWith('k');
  assert.equal(
    await xml(Bucket),
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      `<Name>${Bucket}</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>` +
      '<Contents><Key>k</Key><LastModified/><ETag>&quot;8ce4b16b22b58894aa86c421e8759df3&quot;</ETag>' +
      '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>1</Size>' +
      '<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>',
  );
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import { ManualClock } from '#core/clock.ts';
import { eventually, startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const DAY = 24 * 3600 * 1000;
// Signatures are made by the machine's clock; the days pass in steps that no request sees.
const clock = new ManualClock(Date.now());
const server = await startTestServer({ clock });
const s3 = new S3Client({ ...server.sdk, systemClockOffset: 0 });
after(() => server.stop());

/** Lets days pass for the server and for the clients that sign. */
function passDays(days: number): void {
  clock.advance(days * DAY);
  s3.config.systemClockOffset = clock.now() - Date.now();
}
const configure = (Bucket: string, ...Rules: LifecycleRule[]): Promise<unknown> =>
  s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  ID: 'one',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  ...more,
});
const keysOf = async (Bucket: string): Promise<(string | undefined)[]> =>
  ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);

test('objects expire after their days, and say so beforehand', async () => {
  const Bucket = await newBucket(s3);
  await configure(Bucket, rule({ Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } }));
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'tmp/a', Body: 'x' }));
  assert.match(put.Expiration ?? '', /^expiry-date="\w{3}, \d\d \w{3} \d{4} 00:00:00 GMT", rule-id="one"$/);
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'tmp/a' }))).Expiration, put.Expiration);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'keep', Body: 'x' }));
  passDays(2);
  await server.platform.work.idle();
  assert.deepEqual(await keysOf(Bucket), ['keep', 'tmp/a']);
  passDays(2);
  await eventually(async () => (await keysOf(Bucket)).length === 1);
  assert.deepEqual(await keysOf(Bucket), ['keep']);
});

test('noncurrent versions and lone delete markers go, unfinished uploads are aborted', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await configure(
    Bucket,
    rule({
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Expiration: { ExpiredObjectDeleteMarker: true },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    }),
  );
  for (const Body of ['1', '2', '3']) await s3.send(new PutObjectCommand({ Bucket, Key: 'kept', Body }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'gone', Body: '1' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'never' }));
  passDays(3);
  await eventually(async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    return Versions.length === 1 && DeleteMarkers.length === 1;
  });
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  // The marker became the last of its key in this run; the next one takes it.
  passDays(1);
  await eventually(async () => (await s3.send(new ListObjectVersionsCommand({ Bucket }))).DeleteMarkers === undefined);
});

test('objects move between storage classes', async () => {
  const Bucket = await newBucket(s3);
  await configure(Bucket, rule({ Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }] }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: Buffer.alloc(200_000) }));
  passDays(32);
  await eventually(
    async () => (await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).StorageClass === 'STANDARD_IA',
  );
});

test('the configuration is checked and given back', async () => {
  const Bucket = await newBucket(s3);
  const get = (): Promise<{ Rules?: LifecycleRule[] }> =>
    s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  await assert.rejects(get(), awsError('NoSuchLifecycleConfiguration', 404));
  const Rules = [
    rule({
      Filter: { And: { Prefix: 'a', Tags: [{ Key: 'k', Value: 'v' }] } },
      Expiration: { Date: new Date('2030-01-01T00:00:00Z') },
    }),
    rule({
      ID: 'two',
      Status: 'Disabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 5, NewerNoncurrentVersions: 2 },
    }),
  ];
  await configure(Bucket, ...Rules);
  assert.deepEqual((await get()).Rules, Rules);
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await assert.rejects(get(), awsError('NoSuchLifecycleConfiguration', 404));
  const refused: [Partial<LifecycleRule>, string, number][] = [
    [{}, 'InvalidRequest', 400],
    [{ Filter: undefined, Expiration: { Days: 1 } }, 'MalformedXML', 400],
    [{ Expiration: { Days: 0 } }, 'InvalidArgument', 400],
    [{ Expiration: { Date: new Date('2030-01-01T01:00:00Z') } }, 'InvalidArgument', 400],
    [{ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }, 'MalformedXML', 400],
    [{ Transitions: [{ Days: 10, StorageClass: 'STANDARD_IA' }] }, 'InvalidArgument', 400],
    [{ Transitions: [{ Days: 40, StorageClass: 'GLACIER' }] }, 'NotImplemented', 501],
    [{ Transitions: [{ Days: 40, StorageClass: 'STANDARD_IA' }], Expiration: { Days: 30 } }, 'InvalidArgument', 400],
  ];
  for (const [more, code, status] of refused)
    await assert.rejects(configure(Bucket, rule(more)), awsError(code, status), JSON.stringify(more));
  await assert.rejects(
    configure(Bucket, rule({ Expiration: { Days: 1 } }), rule({ Expiration: { Days: 2 } })),
    awsError('InvalidArgument', 400),
  );
});

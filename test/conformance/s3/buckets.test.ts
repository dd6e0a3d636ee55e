import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { rootPrincipal } from '#core/principal.ts';
import { startTestServer } from '../../harness.ts';
import { awsError, bucketName, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
const europe = new S3Client({ ...server.sdk, region: 'eu-west-1' });
const stranger = new S3Client({ ...server.sdk, credentials: { accessKeyId: '999999999999', secretAccessKey: 'x' } });
after(() => server.stop());

const inRegion = (Bucket: string, LocationConstraint: string): CreateBucketCommand =>
  new CreateBucketCommand({
    Bucket,
    CreateBucketConfiguration: { LocationConstraint: LocationConstraint as BucketLocationConstraint },
  });

test('CreateBucket answers where the bucket is, and HeadBucket finds it', async () => {
  const Bucket = bucketName();
  assert.equal((await s3.send(new CreateBucketCommand({ Bucket }))).Location, `/${Bucket}`);
  assert.equal((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion, 'us-east-1');
  assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
});

test('a bucket name must follow the naming rules', async () => {
  for (const Bucket of [
    'ab',
    'Upper',
    'a..b',
    '192.168.5.4',
    'xn--name',
    'name-s3alias',
    '-dash',
    'under_score',
    'a'.repeat(64),
  ]) {
    await assert.rejects(
      s3.send(new CreateBucketCommand({ Bucket })),
      awsError('InvalidBucketName', 400, { BucketName: Bucket }),
      Bucket,
    );
  }
});

test('in us-east-1 the owner may create a bucket again, elsewhere not', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const other = bucketName();
  await europe.send(inRegion(other, 'eu-west-1'));
  await assert.rejects(europe.send(inRegion(other, 'eu-west-1')), awsError('BucketAlreadyOwnedByYou', 409));
});

test('names are unique over all accounts and regions', async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(stranger.send(new CreateBucketCommand({ Bucket })), awsError('BucketAlreadyExists', 409));
  await assert.rejects(europe.send(inRegion(Bucket, 'eu-west-1')), awsError('BucketAlreadyOwnedByYou', 409));
});

test('the location constraint must be a region, and fit the endpoint', async () => {
  await assert.rejects(s3.send(inRegion(bucketName(), 'mars-1')), awsError('InvalidLocationConstraint', 400));
  await assert.rejects(s3.send(inRegion(bucketName(), 'us-east-1')), awsError('InvalidLocationConstraint', 400));
  // The SDK fills the constraint in; other clients do not.
  const unspecified = { as: rootPrincipal('000000000000'), accountId: '000000000000', region: 'eu-west-1' };
  await assert.rejects(server.platform.call('s3', 'CreateBucket', { Bucket: bucketName() }, unspecified), {
    code: 'IllegalLocationConstraintException',
    message:
      'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  });
  await assert.rejects(
    europe.send(inRegion(bucketName(), 'us-west-2')),
    awsError('IllegalLocationConstraintException', 400),
  );
  const Bucket = bucketName();
  const { Location } = await s3.send(inRegion(Bucket, 'eu-west-1'));
  assert.equal(Location, `http://${Bucket}.s3.amazonaws.com/`);
  assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, 'eu-west-1');
});

test("a request to another region than the bucket's is redirected", async () => {
  const Bucket = bucketName();
  await europe.send(inRegion(Bucket, 'eu-west-1'));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' })),
    awsError('PermanentRedirect', 301),
  );
  const following = new S3Client({ ...server.sdk, followRegionRedirects: true });
  await following.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
});

test('a bucket that is not there answers NoSuchBucket, and to HEAD 404', async () => {
  const Bucket = bucketName();
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })), awsError('NotFound', 404));
  await assert.rejects(
    s3.send(new DeleteBucketCommand({ Bucket })),
    awsError('NoSuchBucket', 404, { BucketName: Bucket }),
  );
});

test('x-amz-expected-bucket-owner guards against another owner', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '000000000000' }));
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'a', ExpectedBucketOwner: '111111111111' })),
    awsError('AccessDenied', 403),
  );
});

test('DeleteBucket refuses a bucket with objects, but takes unfinished uploads along', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  await assert.rejects(
    s3.send(new DeleteBucketCommand({ Bucket })),
    awsError('BucketNotEmpty', 409, { BucketName: Bucket }),
  );
  const empty = await newBucket(s3);
  await s3.send(new CreateMultipartUploadCommand({ Bucket: empty, Key: 'a' }));
  await s3.send(new DeleteBucketCommand({ Bucket: empty }));
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: empty })), awsError('NotFound', 404));
});

test('ListBuckets shows an account its own, by prefix and in pages', async () => {
  const client = new S3Client({ ...server.sdk, credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' } });
  const names = ['page-a', 'page-b', 'page-c', 'other-a'].map((name) => `${name}-${bucketName()}`).toSorted();
  for (const Bucket of names) await client.send(new CreateBucketCommand({ Bucket }));
  const all = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(
    all.Buckets?.map(({ Name }) => Name),
    names,
  );
  assert.match(all.Owner?.ID ?? '', /^[0-9a-f]{64}$/);
  assert.equal(all.Buckets?.[0]?.CreationDate?.getMilliseconds(), 0);
  const first = await client.send(new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2 }));
  assert.deepEqual(
    first.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
    [
      [names[1], 'us-east-1'],
      [names[2], 'us-east-1'],
    ],
  );
  const rest = await client.send(
    new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2, ContinuationToken: first.ContinuationToken }),
  );
  assert.deepEqual(
    rest.Buckets?.map(({ Name }) => Name),
    [names[3]],
  );
  assert.equal(rest.ContinuationToken, undefined);
});

test('what is not built is refused in words', async () => {
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket: bucketName(), BucketNamespace: 'account-regional' })),
    awsError('NotImplemented', 501),
  );
});

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import {
  DeleteBucketCorsCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectTaggingCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketMetricsConfigurationCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  GetObjectTorrentCommand,
  ListBucketInventoryConfigurationsCommand,
  PutBucketAccelerateConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLoggingCommand,
  PutBucketRequestPaymentCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

test('tags of a bucket are replaced as a whole', async () => {
  const Bucket = await newBucket(s3);
  const put = (TagSet: { Key: string; Value: string }[]): Promise<unknown> =>
    s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  await assert.rejects(s3.send(new GetBucketTaggingCommand({ Bucket })), awsError('NoSuchTagSet', 404));
  await put([
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '' },
  ]);
  await put([{ Key: 'b', Value: '2' }]);
  assert.deepEqual((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, [{ Key: 'b', Value: '2' }]);
  await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
  await assert.rejects(s3.send(new GetBucketTaggingCommand({ Bucket })), awsError('NoSuchTagSet', 404));
});

test('tags of an object come with the object or later, and are counted', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Tagging: 'a=1&b=two%20words' }));
  const tags = async (): Promise<unknown> => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet;
  assert.deepEqual(await tags(), [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: 'two words' },
  ]);
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).TagCount, 2);
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: [{ Key: 'c', Value: '3' }] } }));
  assert.deepEqual(await tags(), [{ Key: 'c', Value: '3' }]);
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(await tags(), []);
});

test('tags have limits', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const put = (TagSet: { Key: string; Value: string }[]): Promise<unknown> =>
    s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet } }));
  const many = Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
  await assert.rejects(put(many), awsError('BadRequest', 400, { message: 'Object tags cannot be greater than 10' }));
  await assert.rejects(put([{ Key: 'k'.repeat(129), Value: '' }]), awsError('InvalidTag', 400));
  await assert.rejects(put([{ Key: 'k', Value: 'v'.repeat(257) }]), awsError('InvalidTag', 400));
  await assert.rejects(
    put([
      { Key: 'k', Value: '1' },
      { Key: 'k', Value: '2' },
    ]),
    awsError('InvalidTag', 400, { message: 'Cannot provide multiple Tags with the same key' }),
  );
  await assert.rejects(put([{ Key: 'aws:x', Value: '1' }]), awsError('InvalidTag', 400));
  await put(many.slice(1));
});

test('every bucket is encrypted by SSE-S3 until it says otherwise', async () => {
  const Bucket = await newBucket(s3);
  const rules = async (): Promise<unknown> =>
    (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules;
  const byDefault = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }];
  assert.deepEqual(await rules(), byDefault);
  const put = (SSEAlgorithm: 'AES256' | 'aws:kms', BucketKeyEnabled?: boolean): Promise<unknown> =>
    s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm }, BucketKeyEnabled }],
        },
      }),
    );
  await put('AES256', true);
  assert.deepEqual(await rules(), [{ ...byDefault[0], BucketKeyEnabled: true }]);
  await put('aws:kms');
  assert.deepEqual(await rules(), [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: false },
  ]);
  await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
  assert.deepEqual(await rules(), byDefault);
});

test('a rule about the bucket key alone leaves SSE-S3', async () => {
  const Bucket = await newBucket(s3);
  const put = (rule: { BucketKeyEnabled?: boolean }): Promise<unknown> =>
    s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule as never] } }));
  await put({ BucketKeyEnabled: true });
  const answer = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.deepEqual(answer.ServerSideEncryptionConfiguration?.Rules, [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: true },
  ]);
  await assert.rejects(put({}), { name: 'MalformedXML' });
});

test('CORS rules are kept, given back and checked', async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(s3.send(new GetBucketCorsCommand({ Bucket })), awsError('NoSuchCORSConfiguration', 404));
  const CORSRules = [
    {
      ID: 'one',
      AllowedMethods: ['GET', 'PUT'],
      AllowedOrigins: ['https://*.example.com'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 3000,
    },
  ];
  const put = (rule: object): Promise<unknown> =>
    s3.send(
      new PutBucketCorsCommand({
        Bucket,
        CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'], ...rule }] },
      }),
    );
  await put(CORSRules[0] as object);
  assert.deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);
  await assert.rejects(
    put({ AllowedMethods: ['PATCH'] }),
    awsError('InvalidRequest', 400, {
      message: 'Found unsupported HTTP method in CORS config. Unsupported method is PATCH',
    }),
  );
  await assert.rejects(
    put({ AllowedOrigins: ['http://*.*'] }),
    awsError('InvalidRequest', 400, { message: 'AllowedOrigin "http://*.*" can not have more than one wildcard.' }),
  );
  await s3.send(new DeleteBucketCorsCommand({ Bucket }));
  await assert.rejects(s3.send(new GetBucketCorsCommand({ Bucket })), awsError('NoSuchCORSConfiguration', 404));
});

test('an operation that is not built answers NotImplemented and names itself', async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(s3.send(new GetObjectTorrentCommand({ Bucket, Key: 'k' })), (error: Error) => {
    assert.match(error.message, /GetObjectTorrent/);
    return awsError('NotImplemented', 501)(error);
  });
});

test('features that are not built are off, and refused when they are switched on', async () => {
  const Bucket = await newBucket(s3);
  assert.equal((await s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status, undefined);
  assert.equal((await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, 'BucketOwner');
  assert.equal((await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, undefined);
  await assert.rejects(
    s3.send(new GetBucketReplicationCommand({ Bucket })),
    awsError('ReplicationConfigurationNotFoundError', 404),
  );
  await assert.rejects(
    s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
    awsError('ObjectLockConfigurationNotFoundError', 404),
  );
  await s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
  const refused = awsError('NotImplemented', 501);
  const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: 'logs/' };
  await assert.rejects(
    s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } })),
    refused,
  );
});

test('transfer acceleration switches a name on', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const { port } = new URL(server.endpoint);
  const url = await getSignedUrl(
    new S3Client({ ...server.sdk, endpoint: `http://s3-accelerate.localhost:${port}`, forcePathStyle: false }),
    new GetObjectCommand({ Bucket, Key: 'k' }),
  );
  const { host, pathname, search } = new URL(url);
  const get = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port, path: pathname + search, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject);
    });
  assert.equal(await get(), 400);
  const put = (Status: 'Enabled' | 'Suspended') =>
    s3.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status } }));
  await put('Enabled');
  assert.equal((await s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status, 'Enabled');
  assert.equal(await get(), 200);
  await put('Suspended');
  assert.equal(await get(), 400);
});

test('requester pays: others must agree to pay', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }));
  assert.equal((await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, 'Requester');
  assert.equal((await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))).RequestCharged, undefined);
  const accessKeyId = '111122223333';
  const other = new S3Client({ ...server.sdk, credentials: { accessKeyId, secretAccessKey: 'test' } });
  await assert.rejects(other.send(new GetObjectCommand({ Bucket, Key: 'k' })), awsError('AccessDenied', 403));
  const agreed = await other.send(new GetObjectCommand({ Bucket, Key: 'k', RequestPayer: 'requester' }));
  assert.equal(agreed.RequestCharged, 'requester');
});

test('a bucket has no configurations of what is not built', async () => {
  const Bucket = await newBucket(s3);
  assert.equal((await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }))).IsTruncated, false);
  await assert.rejects(
    s3.send(new GetBucketMetricsConfigurationCommand({ Bucket, Id: 'x' })),
    awsError('NoSuchConfiguration', 404, { message: 'The specified configuration does not exist.' }),
  );
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await assert.rejects(
    s3.send(new RestoreObjectCommand({ Bucket, Key: 'k', RestoreRequest: { Days: 1 } })),
    awsError('InvalidObjectState', 403, { StorageClass: 'STANDARD' }),
  );
  const LoggingEnabled = { TargetBucket: 'there-is-none-of-this-name', TargetPrefix: '' };
  await assert.rejects(
    s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } })),
    awsError('InvalidTargetBucketForLogging', 400, { TargetBucket: LoggingEnabled.TargetBucket }),
  );
});

test('a public access block says something', async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(
    s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: {} })),
    awsError('InvalidRequest', 400, { message: 'Must specify at least one configuration.' }),
  );
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, bucketName, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS);
const protectedByLock = awsError('AccessDenied', 403, {
  message: 'Access Denied because object protected by object lock.',
});

async function lockedBucket(): Promise<string> {
  const Bucket = bucketName();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  return Bucket;
}
async function put(Bucket: string, more: object = {}): Promise<{ Bucket: string; Key: string; VersionId: string }> {
  const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }));
  return { Bucket, Key: 'k', VersionId };
}

test('a bucket is made with Object Lock, and is versioned from then on', async () => {
  const Bucket = await lockedBucket();
  assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  assert.deepEqual(ObjectLockConfiguration, { ObjectLockEnabled: 'Enabled' });
  await assert.rejects(
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
    awsError('InvalidBucketState', 409, {
      message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    }),
  );
});

test('Object Lock comes to a bucket that is there, if it is versioned', async () => {
  const Bucket = await newBucket(s3);
  const configure = (Rule?: object) =>
    s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', ...(Rule && { Rule }) },
      }),
    );
  await assert.rejects(configure(), awsError('InvalidBucketState', 409));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Years: 1 } };
  await configure(rule);
  const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  assert.deepEqual(ObjectLockConfiguration, { ObjectLockEnabled: 'Enabled', Rule: rule });
  await assert.rejects(configure({ DefaultRetention: { Mode: 'GOVERNANCE' } }), awsError('MalformedXML', 400));
  await assert.rejects(
    configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 1, Years: 1 } }),
    awsError('MalformedXML', 400),
  );
  await assert.rejects(
    configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 0 } }),
    awsError('InvalidArgument', 400, { message: 'Default retention period must be a positive integer value.' }),
  );
  const head = await s3.send(new HeadObjectCommand(await put(Bucket)));
  assert.equal(head.ObjectLockMode, 'GOVERNANCE');
  const days = ((head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / DAY_MS;
  assert.ok(days > 364.9 && days < 365.1, String(days));
});

test('a version under compliance stays until its date; a marker may hide it', async () => {
  const Bucket = await lockedBucket();
  const until = inDays(3);
  const version = await put(Bucket, { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
  assert.deepEqual((await s3.send(new GetObjectRetentionCommand(version))).Retention, {
    Mode: 'COMPLIANCE',
    RetainUntilDate: until,
  });
  const retain = (days: number) =>
    s3.send(
      new PutObjectRetentionCommand({
        ...version,
        BypassGovernanceRetention: true,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: inDays(days) },
      }),
    );
  await assert.rejects(retain(2), protectedByLock);
  await retain(4);
  await assert.rejects(
    s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })),
    protectedByLock,
  );
  const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [version] } }));
  assert.deepEqual(
    deleted.Errors?.map(({ Code, Message }) => [Code, Message]),
    [['AccessDenied', 'Access Denied because object protected by object lock.']],
  );
  assert.equal((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))).DeleteMarker, true);
});

test('governance yields to who may bypass it', async () => {
  const Bucket = await lockedBucket();
  const version = await put(Bucket, { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(3) });
  await assert.rejects(s3.send(new PutObjectRetentionCommand({ ...version, Retention: {} })), protectedByLock);
  await assert.rejects(s3.send(new DeleteObjectCommand(version)), protectedByLock);
  await s3.send(new PutObjectRetentionCommand({ ...version, Retention: {}, BypassGovernanceRetention: true }));
  await assert.rejects(
    s3.send(new GetObjectRetentionCommand(version)),
    awsError('NoSuchObjectLockConfiguration', 404, {
      message: 'The specified object does not have a ObjectLock configuration',
    }),
  );
  const other = await put(Bucket, { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(3) });
  await s3.send(new DeleteObjectCommand({ ...other, BypassGovernanceRetention: true }));
});

test('a legal hold holds until it is taken off, and copies do not take it along', async () => {
  const Bucket = await lockedBucket();
  const version = await put(Bucket, { ObjectLockLegalHoldStatus: 'ON' });
  assert.deepEqual((await s3.send(new GetObjectLegalHoldCommand(version))).LegalHold, { Status: 'ON' });
  assert.equal((await s3.send(new HeadObjectCommand(version))).ObjectLockLegalHoldStatus, 'ON');
  await assert.rejects(
    s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })),
    protectedByLock,
  );
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).ObjectLockLegalHoldStatus, undefined);
  await s3.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: 'OFF' } }));
  await s3.send(new DeleteObjectCommand(version));
});

test('what requests may not say', async () => {
  const [Bucket, plain] = [await lockedBucket(), await newBucket(s3)];
  const missing = awsError('InvalidRequest', 400, { message: 'Bucket is missing Object Lock Configuration' });
  await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'k', Body: 'x' }));
  await assert.rejects(put(plain, { ObjectLockLegalHoldStatus: 'ON' }), missing);
  await assert.rejects(s3.send(new GetObjectLegalHoldCommand({ Bucket: plain, Key: 'k' })), missing);
  await assert.rejects(s3.send(new GetObjectRetentionCommand({ Bucket: plain, Key: 'k' })), missing);
  await assert.rejects(
    s3.send(new DeleteObjectCommand({ Bucket: plain, Key: 'k', BypassGovernanceRetention: true })),
    awsError('InvalidArgument', 400, {
      message: 'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.',
    }),
  );
  const wrong = (message: string, ArgumentName: string) => awsError('InvalidArgument', 400, { message, ArgumentName });
  await assert.rejects(
    put(Bucket, { ObjectLockLegalHoldStatus: 'MAYBE' }),
    wrong("Legal Hold must be either of 'ON' or 'OFF'", 'x-amz-object-lock-legal-hold'),
  );
  await assert.rejects(
    put(Bucket, { ObjectLockMode: 'COMPLIANCE' }),
    wrong(
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
      'x-amz-object-lock-mode',
    ),
  );
  await assert.rejects(
    put(Bucket, { ObjectLockMode: 'STRICT', ObjectLockRetainUntilDate: inDays(1) }),
    wrong('Unknown wormMode directive.', 'x-amz-object-lock-mode'),
  );
  await assert.rejects(
    put(Bucket, { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(-1) }),
    wrong('The retain until date must be in the future!', 'x-amz-object-lock-retain-until-date'),
  );
});

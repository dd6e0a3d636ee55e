// Who may do what: bucket policies, ACLs, object ownership and the public access block, seen by someone without credentials.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectAclCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  type ObjectOwnership,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, bucketName, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

const anonymously = async (path: string, method = 'GET', body?: string): Promise<number> =>
  (await fetch(`${server.endpoint}/${path}`, { method, ...(body !== undefined && { body }) })).status;
const allow = (Bucket: string, Action: string | string[], Resource: string, more: object = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}${Resource}`, ...more }],
  });
const setPolicy = (Bucket: string, Policy: string): Promise<unknown> =>
  s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));

/** A bucket that may be public: ACLs as of old, nothing blocked. */
async function openBucket(ObjectOwnership: ObjectOwnership = 'ObjectWriter'): Promise<string> {
  const Bucket = bucketName();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  return Bucket;
}

test('without a policy nobody but the account reads a bucket', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  assert.deepEqual(
    [
      await anonymously(`${Bucket}/k`),
      await anonymously(`${Bucket}?list-type=2`),
      await anonymously(`${Bucket}/new`, 'PUT', 'x'),
    ],
    [403, 403, 403],
  );
});

test('a bucket policy opens exactly what it says', async () => {
  const Bucket = await openBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'public/k', Body: 'x' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'private', Body: 'x' }));
  await setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/public/*'));
  assert.deepEqual(
    [
      await anonymously(`${Bucket}/public/k`),
      await anonymously(`${Bucket}/private`),
      await anonymously(`${Bucket}?list-type=2`),
    ],
    [200, 403, 403],
  );
  assert.equal((await s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic, true);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  assert.equal(await anonymously(`${Bucket}/public/k`), 403);
  await assert.rejects(s3.send(new GetBucketPolicyCommand({ Bucket })), awsError('NoSuchBucketPolicy', 404));
});

test('conditions of a policy see prefix and tags', async () => {
  const Bucket = await openBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Tagging: 'visible=yes' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'h', Body: 'x' }));
  await setPolicy(Bucket, allow(Bucket, 's3:ListBucket', '', { Condition: { StringEquals: { 's3:prefix': 'k' } } }));
  assert.deepEqual([await anonymously(`${Bucket}?prefix=k`), await anonymously(`${Bucket}?prefix=h`)], [200, 403]);
  await setPolicy(
    Bucket,
    allow(Bucket, 's3:GetObject', '/*', { Condition: { StringEquals: { 's3:ExistingObjectTag/visible': 'yes' } } }),
  );
  assert.deepEqual([await anonymously(`${Bucket}/k`), await anonymously(`${Bucket}/h`)], [200, 403]);
});

test('a policy is checked as S3 checks it', async () => {
  const Bucket = await newBucket(s3);
  const cases: [string, string][] = [
    ['not json', "Policies must be valid JSON and the first byte must be '{'"],
    ['{"Version":', 'This policy contains invalid Json'],
    ['{"Version":"2012-10-17"}', 'Missing required field Statement'],
    [allow('other-bucket', 's3:GetObject', '/*'), 'Policy has invalid resource'],
    [allow(Bucket, 'sqs:SendMessage', '/*'), 'Policy has invalid action'],
    [allow(Bucket, 's3:GetObject', '/*', { Principal: { AWS: 'nobody' } }), 'Invalid principal in policy'],
    [allow(Bucket, 's3:GetObject', '/*', { Principal: undefined }), 'Missing required field Principal'],
  ];
  for (const [policy, message] of cases)
    await assert.rejects(setPolicy(Bucket, policy), awsError('MalformedPolicy', 400, { message }), policy);
});

test('a new bucket blocks public policies and ACLs until its owner says otherwise', async () => {
  const Bucket = await newBucket(s3);
  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  assert.deepEqual(PublicAccessBlockConfiguration, {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  await assert.rejects(setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/*')), awsError('AccessDenied', 403));
  await setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/*', { Principal: { AWS: '123456789012' } }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await assert.rejects(
    s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    awsError('NoSuchPublicAccessBlockConfiguration', 404),
  );
  await setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/*'));
});

test('RestrictPublicBuckets shuts out everyone whom a public policy let in', async () => {
  const Bucket = await openBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/*'));
  assert.equal(await anonymously(`${Bucket}/k`), 200);
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } }),
  );
  assert.equal(await anonymously(`${Bucket}/k`), 403);
});

test("under BucketOwnerEnforced there are no ACLs but the owner's", async () => {
  const Bucket = await newBucket(s3);
  assert.deepEqual((await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls, {
    Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
  });
  await assert.rejects(
    s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' })),
    awsError('AccessControlListNotSupported', 400),
  );
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket: bucketName(), ACL: 'public-read' })),
    awsError('InvalidBucketAclWithObjectOwnership', 400),
  );
  await s3.send(new CreateBucketCommand({ Bucket: bucketName(), ACL: 'private' }));
  const { Grants, Owner } = await s3.send(new GetBucketAclCommand({ Bucket }));
  assert.deepEqual(Grants, [{ Grantee: { ID: Owner?.ID, Type: 'CanonicalUser' }, Permission: 'FULL_CONTROL' }]);
});

test('canned ACLs grant what they name', async () => {
  const Bucket = await openBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ACL: 'public-read' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'h', Body: 'x' }));
  assert.deepEqual(
    [await anonymously(`${Bucket}/k`), await anonymously(`${Bucket}/h`), await anonymously(`${Bucket}?list-type=2`)],
    [200, 403, 403],
  );
  await s3.send(new PutObjectAclCommand({ Bucket, Key: 'h', ACL: 'public-read' }));
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  assert.deepEqual(
    [
      await anonymously(`${Bucket}/h`),
      await anonymously(`${Bucket}?list-type=2`),
      await anonymously(`${Bucket}/new`, 'PUT', 'x'),
    ],
    [200, 200, 200],
  );
  await s3.send(new PutObjectAclCommand({ Bucket, Key: 'h', ACL: 'private' }));
  assert.equal(await anonymously(`${Bucket}/h`), 403);
  const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(
    Grants?.map(({ Grantee, Permission }) => [Grantee?.Type, Permission]),
    [
      ['CanonicalUser', 'FULL_CONTROL'],
      ['Group', 'READ'],
    ],
  );
  await s3.send(
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: { IgnorePublicAcls: true, BlockPublicAcls: true },
    }),
  );
  assert.equal(await anonymously(`${Bucket}/k`), 403);
  await assert.rejects(
    s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'public-read' })),
    awsError('AccessDenied', 403),
  );
});

test('a whole ACL and grant headers are understood, and refused where they are wrong', async () => {
  const Bucket = await openBucket();
  const { Owner } = await s3.send(new GetBucketAclCommand({ Bucket }));
  const everyone = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' } as const;
  await s3.send(
    new PutBucketAclCommand({
      Bucket,
      AccessControlPolicy: { Owner, Grants: [{ Grantee: everyone, Permission: 'READ' }] },
    }),
  );
  assert.equal(await anonymously(`${Bucket}?list-type=2`), 200);
  await s3.send(
    new PutBucketAclCommand({ Bucket, GrantReadACP: `uri="${everyone.URI}"`, GrantFullControl: `id=${Owner?.ID}` }),
  );
  assert.deepEqual([await anonymously(`${Bucket}?list-type=2`), await anonymously(`${Bucket}?acl`)], [403, 200]);
  await assert.rejects(
    s3.send(new PutBucketAclCommand({ Bucket, GrantRead: 'uri="http://example.com/group"' })),
    awsError('InvalidArgument', 400),
  );
  await assert.rejects(
    s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private', GrantRead: `id=${Owner?.ID}` })),
    awsError('InvalidRequest', 400),
  );
});

test('ownership goes back to enforced only when no ACL grants anything', async () => {
  const Bucket = await openBucket();
  const enforce = (): Promise<unknown> =>
    s3.send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      }),
    );
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
  await assert.rejects(enforce(), awsError('InvalidBucketAclWithObjectOwnership', 400));
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
  await enforce();
  await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
  await assert.rejects(
    s3.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    awsError('OwnershipControlsNotFoundError', 404),
  );
});

test("another account needs the bucket's policy", async () => {
  const enforcing = await startTestServer({ config: { iam: 'enforce' } });
  const owner = new S3Client(enforcing.sdk);
  const guest = new S3Client({ ...enforcing.sdk, credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' } });
  try {
    const Bucket = await newBucket(owner);
    const put = (): Promise<unknown> => guest.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await assert.rejects(put(), awsError('AccessDenied', 403));
    await owner.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: allow(Bucket, 's3:PutObject', '/*', { Principal: { AWS: 'arn:aws:iam::123456789012:root' } }),
      }),
    );
    await put();
  } finally {
    await enforcing.stop();
  }
});

test('who may not list is not told that a key is missing', async () => {
  const Bucket = await openBucket();
  await setPolicy(Bucket, allow(Bucket, 's3:GetObject', '/*'));
  assert.equal(await anonymously(`${Bucket}/missing`), 403);
  await setPolicy(
    Bucket,
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: ['s3:GetObject', 's3:ListBucket'],
          Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
        },
      ],
    }),
  );
  assert.equal(await anonymously(`${Bucket}/missing`), 404);
});

test('DeleteObjects asks for each key', async () => {
  const Bucket = await openBucket();
  for (const Key of ['mine/a', 'yours/a']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  await setPolicy(Bucket, allow(Bucket, 's3:DeleteObject', '/mine/*'));
  const body = '<Delete><Object><Key>mine/a</Key></Object><Object><Key>yours/a</Key></Object></Delete>';
  const response = await fetch(`${server.endpoint}/${Bucket}?delete`, { method: 'POST', body });
  const xml = await response.text();
  assert.match(xml, /<Deleted><Key>mine\/a<\/Key><\/Deleted>/);
  assert.match(xml, /<Error><Key>yours\/a<\/Key>.*<Code>AccessDenied<\/Code>/);
});

// What IAM is asked before each operation: action, resource, the policy that speaks for the bucket, condition keys.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
import type { Context } from '#kernel/context.ts';
import type { Authorization, Authorize } from '#kernel/service.ts';
import type { OperationName } from '#kernel/service-types.ts';
import { parseCopySource } from './copies.ts';
import { grantStatements } from './grants.ts';
import { findTarget, lookUpBucket } from './lookups.ts';
import { isPublicPolicy } from './policy-publicness.ts';
import type { Bucket, StoredObject } from './records.ts';
import { parseTaggingHeader } from './tags.ts';

type Conditions = NonNullable<Authorization['conditions']>;
type Input = Record<string, any> & { Bucket: string; Key?: string };

const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;
const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;

/** Account of the caller, where it has one. */
const callerAccount = ({ principal }: Context): string | undefined =>
  'accountId' in principal ? principal.accountId : undefined;

/** Bucket policy and ACLs as one policy, after public access block. */
function policyFor(bucket: Bucket, context: Context, object?: StoredObject): string | undefined {
  const caller = callerAccount(context);
  const restricted =
    bucket.publicAccessBlock?.restrictPublicBuckets === true &&
    caller !== bucket.accountId &&
    context.principal.type !== 'service' &&
    isPublicPolicy(bucket.policy);
  const policy = restricted ? undefined : bucket.policy;
  const statements = [
    ...grantStatements(bucket.grants, 'bucket', bucket, caller),
    ...grantStatements(object?.grants, 'object', bucket, caller),
  ];
  if (statements.length === 0) return policy;
  const parsed = policy === undefined ? {} : (JSON.parse(policy) as { Statement?: unknown });
  return JSON.stringify({
    Version: '2012-10-17',
    ...parsed,
    Statement: [[parsed.Statement ?? []].flat(), statements].flat(),
  });
}

function authorization(
  action: string,
  resource: string,
  bucket: Bucket,
  context: Context,
  conditions: Conditions = {},
  object?: StoredObject,
): Authorization {
  const resourcePolicy = policyFor(bucket, context, object);
  return {
    action: `s3:${action}`,
    resource,
    resourceAccountId: bucket.accountId,
    ...(resourcePolicy !== undefined && { resourcePolicy }),
    conditions: { 's3:ResourceAccount': bucket.accountId, ...requestConditions(context), ...conditions },
  };
}

function requestConditions({ http }: Context): Conditions {
  const sha256 = http?.headers['x-amz-content-sha256'];
  return sha256 === undefined ? {} : { 's3:x-amz-content-sha256': sha256 };
}

// ---- buckets
const onBucket =
  (action: string, conditionsOf: (input: Input) => Conditions = () => ({})): Authorize =>
  async (input: Input, context) => {
    const bucket = await lookUpBucket(context, input.Bucket);
    return [authorization(action, bucketArn(bucket.name), bucket, context, conditionsOf(input))];
  };

const listConditions = (input: Input): Conditions => ({
  ...text('s3:prefix', input['Prefix']),
  ...text('s3:delimiter', input['Delimiter']),
  ...(input['MaxKeys'] !== undefined && { 's3:max-keys': input['MaxKeys'] as number }),
});
const aclConditions = (input: Input): Conditions => ({
  ...text('s3:x-amz-acl', input['ACL']),
  ...text('s3:x-amz-grant-full-control', input['GrantFullControl']),
  ...text('s3:x-amz-grant-read', input['GrantRead']),
  ...text('s3:x-amz-grant-read-acp', input['GrantReadACP']),
  ...text('s3:x-amz-grant-write', input['GrantWrite']),
  ...text('s3:x-amz-grant-write-acp', input['GrantWriteACP']),
  ...text('s3:x-amz-object-ownership', input['ObjectOwnership']),
});
const text = (key: string, value: unknown): Conditions => (typeof value === 'string' ? { [key]: value } : {});

const onNewBucket: Authorize = (input: Input) => {
  const resource = bucketArn(input.Bucket);
  const location = (input['CreateBucketConfiguration'] as { LocationConstraint?: string } | undefined)
    ?.LocationConstraint;
  const conditions = { ...aclConditions(input), ...text('s3:LocationConstraint', location) };
  return [
    { action: 's3:CreateBucket', resource, conditions },
    ...(hasAcl(input) ? [{ action: 's3:PutBucketAcl', resource, conditions }] : []),
    ...(input['ObjectLockEnabledForBucket']
      ? [
          { action: 's3:PutBucketObjectLockConfiguration', resource, conditions },
          { action: 's3:PutBucketVersioning', resource, conditions },
        ]
      : []),
    ...(input['ObjectOwnership'] === undefined
      ? []
      : [{ action: 's3:PutBucketOwnershipControls', resource, conditions }]),
  ];
};

const hasAcl = (input: Input): boolean => Object.keys(input).some((name) => name === 'ACL' || name.startsWith('Grant'));

// ---- objects
/** `version`: the action when a version is named. `tagged`: the object's tags are condition keys. */
const onObject =
  (action: string, options: { version?: string; tagged?: boolean } = {}): Authorize =>
  async (input: Input, context) => {
    const bucket = await lookUpBucket(context, input.Bucket);
    return [await objectAuthorization(action, options, input as ObjectInput, bucket, context)];
  };

interface ObjectInput {
  Key: string;
  VersionId?: string;
}

async function objectAuthorization(
  action: string,
  options: { version?: string; tagged?: boolean },
  input: ObjectInput,
  bucket: Bucket,
  context: Context,
): Promise<Authorization> {
  const { Key: key, VersionId: versionId } = input;
  const named = versionId !== undefined && options.version !== undefined ? options.version : action;
  const object = options.tagged ? await findTarget(context, bucket, key, versionId) : undefined;
  const conditions: Conditions = {
    ...text('s3:VersionId', versionId),
    ...Object.fromEntries((object?.tags ?? []).map(([name, value]) => [`s3:ExistingObjectTag/${name}`, value])),
  };
  return authorization(named, objectArn(bucket.name, key), bucket, context, conditions, object);
}

/** With leave to pass over governance, which is an action of its own. */
const bypassing =
  (action: string, options: { version?: string; tagged?: boolean }): Authorize =>
  async (input: Input, context) => {
    const asked = await onObject(action, options)(input, context);
    if (!input['BypassGovernanceRetention']) return asked;
    return [...asked, ...(await onObject('BypassGovernanceRetention')(input, context))];
  };

const getAttributes: Authorize = async (input: Input, context) => {
  const bucket = await lookUpBucket(context, input.Bucket);
  const named = input as unknown as ObjectInput;
  return [
    await objectAuthorization('GetObject', { version: 'GetObjectVersion', tagged: true }, named, bucket, context),
    await objectAuthorization(
      'GetObjectAttributes',
      { version: 'GetObjectVersionAttributes', tagged: true },
      named,
      bucket,
      context,
    ),
  ];
};

/** PutObject and its kin: writing, and setting ACL or tags on the way. */
const putObject: Authorize = async (input: Input, context) => {
  const bucket = await lookUpBucket(context, input.Bucket);
  const resource = objectArn(bucket.name, input.Key ?? '');
  const tags = parseTaggingHeader(input['Tagging'] as string | undefined) ?? [];
  const conditions: Conditions = {
    ...aclConditions(input),
    ...text('s3:x-amz-storage-class', input['StorageClass']),
    ...text('s3:x-amz-server-side-encryption', input['ServerSideEncryption']),
    ...text('s3:x-amz-server-side-encryption-aws-kms-key-id', input['SSEKMSKeyId']),
    ...text('s3:x-amz-website-redirect-location', input['WebsiteRedirectLocation']),
    ...text('s3:x-amz-metadata-directive', input['MetadataDirective']),
    ...text('s3:x-amz-copy-source', input['CopySource']),
    ...text('s3:if-none-match', input['IfNoneMatch']),
    ...text('s3:if-match', input['IfMatch']),
    ...(tags.length > 0 && { 's3:RequestObjectTagKeys': tags.map(([name]) => name) }),
    ...Object.fromEntries(tags.map(([name, value]) => [`s3:RequestObjectTag/${name}`, value])),
  };
  const ask = (action: string): Authorization => authorization(action, resource, bucket, context, conditions);
  return [
    ask('PutObject'),
    ...(hasAcl(input) ? [ask('PutObjectAcl')] : []),
    ...(tags.length > 0 ? [ask('PutObjectTagging')] : []),
    ...(input['ObjectLockMode'] === undefined ? [] : [ask('PutObjectRetention')]),
    ...(input['ObjectLockLegalHoldStatus'] === undefined ? [] : [ask('PutObjectLegalHold')]),
  ];
};

const copy: Authorize = async (input: Input, context) => {
  const source = parseCopySource(input['CopySource'] as string);
  const from = await lookUpBucket(context, source.bucket);
  const read = await objectAuthorization(
    'GetObject',
    { version: 'GetObjectVersion', tagged: true },
    { Key: source.key, ...(source.versionId !== undefined && { VersionId: source.versionId }) },
    from,
    context,
  );
  return [read, ...(await putObject(input, context))];
};

const nothing: Authorize = () => [];

export const authorize: { [O in OperationName<'s3'>]?: Authorize } = {
  AbortMultipartUpload: onObject('AbortMultipartUpload'),
  CompleteMultipartUpload: putObject,
  CopyObject: copy,
  CreateBucket: onNewBucket,
  CreateMultipartUpload: putObject,
  DeleteBucket: onBucket('DeleteBucket'),
  DeleteBucketCors: onBucket('PutBucketCORS'),
  DeleteBucketEncryption: onBucket('PutEncryptionConfiguration'),
  DeleteBucketLifecycle: onBucket('PutLifecycleConfiguration'),
  DeleteBucketOwnershipControls: onBucket('PutBucketOwnershipControls'),
  DeleteBucketPolicy: onBucket('DeleteBucketPolicy'),
  DeleteBucketTagging: onBucket('PutBucketTagging'),
  DeleteBucketWebsite: onBucket('DeleteBucketWebsite'),
  DeleteObject: bypassing('DeleteObject', { version: 'DeleteObjectVersion' }),
  DeleteObjectTagging: onObject('DeleteObjectTagging', { version: 'DeleteObjectVersionTagging', tagged: true }),
  // Each key is authorized by itself, as DeleteObject.
  DeleteObjects: nothing,
  DeletePublicAccessBlock: onBucket('PutBucketPublicAccessBlock'),
  GetBucketAcl: onBucket('GetBucketAcl'),
  GetBucketCors: onBucket('GetBucketCORS'),
  GetBucketEncryption: onBucket('GetEncryptionConfiguration'),
  GetBucketLifecycleConfiguration: onBucket('GetLifecycleConfiguration'),
  GetBucketLocation: onBucket('GetBucketLocation'),
  GetBucketNotificationConfiguration: onBucket('GetBucketNotification'),
  GetBucketOwnershipControls: onBucket('GetBucketOwnershipControls'),
  GetBucketPolicy: onBucket('GetBucketPolicy'),
  GetBucketPolicyStatus: onBucket('GetBucketPolicyStatus'),
  GetBucketTagging: onBucket('GetBucketTagging'),
  GetBucketVersioning: onBucket('GetBucketVersioning'),
  GetBucketWebsite: onBucket('GetBucketWebsite'),
  GetObject: onObject('GetObject', { version: 'GetObjectVersion', tagged: true }),
  GetObjectAcl: onObject('GetObjectAcl', { version: 'GetObjectVersionAcl', tagged: true }),
  GetObjectAttributes: getAttributes,
  GetObjectLegalHold: onObject('GetObjectLegalHold', { tagged: true }),
  GetObjectRetention: onObject('GetObjectRetention', { tagged: true }),
  GetObjectTagging: onObject('GetObjectTagging', { version: 'GetObjectVersionTagging', tagged: true }),
  GetPublicAccessBlock: onBucket('GetBucketPublicAccessBlock'),
  HeadBucket: onBucket('ListBucket'),
  HeadObject: onObject('GetObject', { version: 'GetObjectVersion', tagged: true }),
  ListBuckets: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
  ListMultipartUploads: onBucket('ListBucketMultipartUploads'),
  ListObjectVersions: onBucket('ListBucketVersions', listConditions),
  ListObjects: onBucket('ListBucket', listConditions),
  ListObjectsV2: onBucket('ListBucket', listConditions),
  ListParts: onObject('ListMultipartUploadParts'),
  PutBucketAcl: onBucket('PutBucketAcl', aclConditions),
  PutBucketCors: onBucket('PutBucketCORS'),
  PutBucketEncryption: onBucket('PutEncryptionConfiguration'),
  PutBucketLifecycleConfiguration: onBucket('PutLifecycleConfiguration'),
  PutBucketNotificationConfiguration: onBucket('PutBucketNotification'),
  PutBucketOwnershipControls: onBucket('PutBucketOwnershipControls'),
  PutBucketPolicy: onBucket('PutBucketPolicy'),
  PutBucketTagging: onBucket('PutBucketTagging'),
  PutBucketVersioning: onBucket('PutBucketVersioning'),
  PutBucketWebsite: onBucket('PutBucketWebsite'),
  PutObject: putObject,
  PutObjectAcl: onObject('PutObjectAcl', { version: 'PutObjectVersionAcl', tagged: true }),
  PutObjectLegalHold: onObject('PutObjectLegalHold', { tagged: true }),
  PutObjectLockConfiguration: onBucket('PutBucketObjectLockConfiguration'),
  PutObjectRetention: bypassing('PutObjectRetention', { tagged: true }),
  PutObjectTagging: onObject('PutObjectTagging', { version: 'PutObjectVersionTagging', tagged: true }),
  PutPublicAccessBlock: onBucket('PutBucketPublicAccessBlock'),
  UploadPart: putObject,
  UploadPartCopy: copy,
  DeleteBucketAnalyticsConfiguration: onBucket('PutAnalyticsConfiguration'),
  GetBucketAnalyticsConfiguration: onBucket('GetAnalyticsConfiguration'),
  ListBucketAnalyticsConfigurations: onBucket('GetAnalyticsConfiguration'),
  DeleteBucketIntelligentTieringConfiguration: onBucket('PutIntelligentTieringConfiguration'),
  GetBucketIntelligentTieringConfiguration: onBucket('GetIntelligentTieringConfiguration'),
  ListBucketIntelligentTieringConfigurations: onBucket('GetIntelligentTieringConfiguration'),
  DeleteBucketInventoryConfiguration: onBucket('PutInventoryConfiguration'),
  GetBucketInventoryConfiguration: onBucket('GetInventoryConfiguration'),
  ListBucketInventoryConfigurations: onBucket('GetInventoryConfiguration'),
  DeleteBucketMetricsConfiguration: onBucket('PutMetricsConfiguration'),
  GetBucketMetricsConfiguration: onBucket('GetMetricsConfiguration'),
  ListBucketMetricsConfigurations: onBucket('GetMetricsConfiguration'),
  RestoreObject: onObject('RestoreObject', { tagged: true }),
  DeleteBucketReplication: onBucket('PutReplicationConfiguration'),
  GetBucketAccelerateConfiguration: onBucket('GetAccelerateConfiguration'),
  GetBucketLogging: onBucket('GetBucketLogging'),
  GetBucketReplication: onBucket('GetReplicationConfiguration'),
  GetBucketRequestPayment: onBucket('GetBucketRequestPayment'),
  GetObjectLockConfiguration: onBucket('GetBucketObjectLockConfiguration'),
  PutBucketAccelerateConfiguration: onBucket('PutAccelerateConfiguration'),
  PutBucketLogging: onBucket('PutBucketLogging'),
  PutBucketRequestPayment: onBucket('PutBucketRequestPayment'),
};

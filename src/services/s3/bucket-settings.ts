// Small settings of a bucket: versioning, ownership, public access block, default encryption.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { parseDefault } from './encryption.ts';
import {
  illegalVersioning,
  invalidBucketAclWithObjectOwnership,
  invalidBucketState,
  invalidRequest,
  malformedXml,
  noSuchBucket,
  noSuchPublicAccessBlock,
  notImplemented,
  ownershipControlsNotFound,
} from './errors.ts';
import { isOwnerOnly } from './grants.ts';
import { requireBucket } from './lookups.ts';
import type { Bucket, ObjectOwnership } from './records.ts';
import { findBucket, setBucket } from './store.ts';

/** Changes the bucket's entry, on whatever it holds at that moment. */
export async function changeBucket(
  context: Context,
  bucket: Bucket,
  change: (current: Bucket) => Bucket,
): Promise<void> {
  await context.store.transact(async (tx) => {
    const current = await findBucket(tx, bucket.name);
    if (!current || current.createdMs !== bucket.createdMs) throw noSuchBucket(bucket.name);
    setBucket(tx, change(current));
  });
}

// ---- versioning
export const putBucketVersioning: Operation<'s3', 'PutBucketVersioning'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { Status: status, MFADelete: mfaDelete } = input.VersioningConfiguration;
  if (mfaDelete === 'Enabled' || input.MFA !== undefined) throw notImplemented('x-amz-mfa');
  if (status === undefined) throw illegalVersioning();
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  if (bucket.objectLock && status === 'Suspended') {
    throw invalidBucketState(
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  }
  await changeBucket(context, bucket, (current) => ({ ...current, versioning: status }));
  return {};
};
export const getBucketVersioning: Operation<'s3', 'GetBucketVersioning'> = async (input, context) => {
  const { versioning } = await requireBucket(input, context);
  return versioning ? { Status: versioning } : {};
};

// ---- object ownership
const OWNERSHIPS: readonly string[] = [
  'BucketOwnerEnforced',
  'BucketOwnerPreferred',
  'ObjectWriter',
] satisfies ObjectOwnership[];

export const putBucketOwnershipControls: Operation<'s3', 'PutBucketOwnershipControls'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const rules = input.OwnershipControls.Rules ?? [];
  const ownership = rules[0]?.ObjectOwnership;
  if (rules.length !== 1 || !OWNERSHIPS.includes(ownership ?? '')) throw malformedXml();
  // An ACL that grants others something must go first.
  if (ownership === 'BucketOwnerEnforced' && bucket.grants && !isOwnerOnly(bucket.grants, bucket)) {
    throw invalidBucketAclWithObjectOwnership();
  }
  await changeBucket(context, bucket, (current) => ({ ...current, ownership: ownership as ObjectOwnership }));
  return {};
};

export const getBucketOwnershipControls: Operation<'s3', 'GetBucketOwnershipControls'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  if (!bucket.ownership) throw ownershipControlsNotFound(bucket.name);
  return { OwnershipControls: { Rules: [{ ObjectOwnership: bucket.ownership }] } };
};

export const deleteBucketOwnershipControls: Operation<'s3', 'DeleteBucketOwnershipControls'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  await changeBucket(context, bucket, ({ ownership: _dropped, ...rest }) => rest);
  return {};
};

// ---- public access block
export const putPublicAccessBlock: Operation<'s3', 'PutPublicAccessBlock'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } =
    input.PublicAccessBlockConfiguration;
  const given = [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets];
  if (given.every((value) => value === undefined)) throw invalidRequest('Must specify at least one configuration.');
  const publicAccessBlock = {
    blockPublicAcls: BlockPublicAcls ?? false,
    ignorePublicAcls: IgnorePublicAcls ?? false,
    blockPublicPolicy: BlockPublicPolicy ?? false,
    restrictPublicBuckets: RestrictPublicBuckets ?? false,
  };
  await changeBucket(context, bucket, (current) => ({ ...current, publicAccessBlock }));
  return {};
};

export const getPublicAccessBlock: Operation<'s3', 'GetPublicAccessBlock'> = async (input, context) => {
  const { name, publicAccessBlock: block } = await requireBucket(input, context);
  if (!block) throw noSuchPublicAccessBlock(name);
  return {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: block.blockPublicAcls,
      IgnorePublicAcls: block.ignorePublicAcls,
      BlockPublicPolicy: block.blockPublicPolicy,
      RestrictPublicBuckets: block.restrictPublicBuckets,
    },
  };
};

export const deletePublicAccessBlock: Operation<'s3', 'DeletePublicAccessBlock'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await changeBucket(context, bucket, ({ publicAccessBlock: _dropped, ...rest }) => rest);
  return {};
};

// ---- default encryption: SSE-S3, which S3 applies to every object since January 2023, or SSE-KMS
export const putBucketEncryption: Operation<'s3', 'PutBucketEncryption'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const rules = input.ServerSideEncryptionConfiguration.Rules ?? [];
  const rule = rules[0];
  if (rules.length !== 1 || !rule || Object.keys(rule).length === 0) throw malformedXml();
  // A rule may be about the bucket key alone, as the template of `sam init`'s "s3" application has it: SSE-S3 stays.
  const byRule = rule.ApplyServerSideEncryptionByDefault ?? { SSEAlgorithm: 'AES256' };
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } = byRule;
  const byDefault = parseDefault(algorithm, key, bucket);
  const blocked: readonly string[] = rule.BlockedEncryptionTypes?.EncryptionType ?? [];
  if (blocked.some((type) => type !== 'NONE' && type !== 'SSE-C')) throw malformedXml();
  await changeBucket(context, bucket, ({ encryption: _before, blocksCustomerKeys: _blocked, ...current }) => ({
    ...current,
    ...byDefault,
    ...(blocked.includes('SSE-C') && { blocksCustomerKeys: true }),
    bucketKeyEnabled: rule.BucketKeyEnabled ?? false,
  }));
  return {};
};

export const getBucketEncryption: Operation<'s3', 'GetBucketEncryption'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  return {
    ServerSideEncryptionConfiguration: {
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: bucket.encryption
            ? {
                SSEAlgorithm: 'aws:kms',
                ...(bucket.encryption.key !== undefined && { KMSMasterKeyID: bucket.encryption.key }),
              }
            : { SSEAlgorithm: 'AES256' },
          BucketKeyEnabled: bucket.bucketKeyEnabled ?? false,
          ...(bucket.blocksCustomerKeys && { BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } }),
        },
      ],
    },
  };
};

export const deleteBucketEncryption: Operation<'s3', 'DeleteBucketEncryption'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await changeBucket(context, bucket, ({ bucketKeyEnabled: _dropped, encryption: _default, ...rest }) => rest);
  return {};
};

// Which actions a bucket policy may name, and on which kind of resource each of them acts.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html (2026-11)
import { matchesWildcards } from '#core/policy/index.ts';

export type ResourceKind = 'bucket' | 'object';

const OBJECT_ACTIONS =
  'AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion ' +
  'DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention ' +
  'GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes ' +
  'GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication ' +
  'ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold ' +
  'PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject ' +
  'ReplicateTags RestoreObject UpdateObjectEncryption';
const BUCKET_ACTIONS =
  'CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration ' +
  'DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac ' +
  'GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration ' +
  'GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy ' +
  'GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning ' +
  'GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration ' +
  'GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket ' +
  'ListBucketMultipartUploads ListBucketVersions ListTagsForResource PutAccelerateConfiguration ' +
  'PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification ' +
  'PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock ' +
  'PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration ' +
  'PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration ' +
  'PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataInventoryTableConfiguration ' +
  'UpdateBucketMetadataJournalTableConfiguration';

const ACTIONS: Record<ResourceKind, readonly string[]> = {
  bucket: BUCKET_ACTIONS.split(' '),
  object: OBJECT_ACTIONS.split(' '),
};
const KINDS: readonly ResourceKind[] = ['bucket', 'object'];

/** The kinds of resource that an action (with wildcards) acts on; none = S3 knows no such action. */
export function kindsOfAction(action: string): ResourceKind[] {
  if (action === '*') return [...KINDS];
  const [, name = ''] = /^s3:(.+)$/i.exec(action) ?? [];
  return KINDS.filter((kind) => ACTIONS[kind].some((known) => matchesWildcards(name, known, true)));
}

/** `arn:aws:s3:::bucket` is a bucket, with a slash it means objects, with a wildcard at the end of the name both. */
export function kindsOfResource(resource: string): ResourceKind[] {
  if (resource.includes('/')) return ['object'];
  return /[*?]$/.test(resource) ? [...KINDS] : ['bucket'];
}

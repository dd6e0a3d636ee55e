// What S3 keeps, as the store holds it (JSON).
import type { ChecksumAlgorithm } from './checksums.ts';
import type { Seal } from './seals.ts';

export type ObjectOwnership = 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter';

export interface PublicAccessBlock {
  blockPublicAcls: boolean;
  ignorePublicAcls: boolean;
  blockPublicPolicy: boolean;
  restrictPublicBuckets: boolean;
}

export type Permission = 'FULL_CONTROL' | 'READ' | 'WRITE' | 'READ_ACP' | 'WRITE_ACP';
export interface Grant {
  /** a canonical user id or one of S3's group URIs */
  grantee: { id: string } | { uri: string };
  permission: Permission;
}

/** A bucket with the settings that every request needs; the larger documents are entries of their own. */
export interface Bucket {
  name: string;
  accountId: string;
  region: string;
  createdMs: number;
  /** absent = never enabled */
  versioning?: 'Enabled' | 'Suspended';
  /** absent = the ownership controls were deleted; S3 then behaves as ObjectWriter */
  ownership?: ObjectOwnership;
  publicAccessBlock?: PublicAccessBlock;
  /** JSON text as it was put */
  policy?: string;
  /** absent = private */
  grants?: Grant[];
  bucketKeyEnabled?: boolean;
  /** absent = SSE-S3; the key as it was named, if it was */
  encryption?: { key?: string };
  /** objects with keys of their clients (SSE-C) are refused */
  blocksCustomerKeys?: true;
  objectLock?: ObjectLock;
  acceleration?: 'Enabled' | 'Suspended';
  requesterPays?: true;
  /** there are event notifications: writers look for them */
  notifies?: true;
  /** there are lifecycle rules: the daily run looks for them, and answers tell when an object goes */
  hasLifecycle?: true;
}

export type DocumentKind = 'cors' | 'website' | 'tags' | 'lifecycle' | 'notifications';

export type Tag = [key: string, value: string];

/** Where the bytes of an object are. */
export type BodyRef =
  | { in: 'none' }
  /** an entry of the store: bodies of at most INLINE_BYTES_MAX. Without a seal: written before bodies were encrypted */
  | { in: 'entry'; id: string; seal?: Seal }
  | { in: 'blob'; id: string; seal?: Seal }
  /** the parts of a completed multipart upload */
  | { in: 'parts'; id: string };

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** base64, with `-N` when composite */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** SSE-KMS with the AWS managed key. */
export interface KmsEncryption {
  bucketKey: boolean;
}

export type RetentionMode = 'GOVERNANCE' | 'COMPLIANCE';
export interface Retention {
  mode: RetentionMode;
  untilMs: number;
}

/** Object Lock of a bucket: it can be switched on, never off. */
export interface ObjectLock {
  /** `years`: the period was given in years */
  byDefault?: { mode: RetentionMode; days: number; years?: number };
}

/** SSE-C: enough to know the key again, and no more. */
export interface CustomerKeyCheck {
  salt: string;
  /** base64 */
  digest: string;
}

/** What a client says about an object besides its bytes. */
export interface Description {
  contentType?: string;
  cacheControl?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  /** as sent: S3 returns what it got */
  expires?: string;
  metadata: Record<string, string>;
  /** absent = STANDARD */
  storageClass?: string;
  redirect?: string;
  /** absent = SSE-S3, or the client's own key */
  encryption?: KmsEncryption;
  customer?: CustomerKeyCheck;
  retention?: Retention;
  legalHold?: 'ON' | 'OFF';
  tags?: Tag[];
  /** absent = private */
  grants?: Grant[];
}

export interface StoredObject extends Description {
  key: string;
  /** `null` while the bucket is not versioned or suspended */
  versionId: string;
  /** sorts the versions of a key, newest first */
  order: string;
  modifiedMs: number;
  deleteMarker?: true;
  size: number;
  /** without quotes */
  etag: string;
  body: BodyRef;
  checksum?: Checksum;
  /** number of parts of a multipart upload */
  parts?: number;
}

export interface Upload extends Description {
  key: string;
  uploadId: string;
  initiatedMs: number;
  algorithm: ChecksumAlgorithm;
  checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  /** the client named the algorithm: each part must then carry it */
  algorithmDeclared: boolean;
  initiator: { id: string; displayName: string };
}

export interface Part {
  partNumber: number;
  size: number;
  etag: string;
  modifiedMs: number;
  body: BodyRef;
  checksum: string;
}

/** A page of the parts that make up a completed object, stored under the offset of its first byte. */
export interface ManifestPage {
  parts: Part[];
}

/** What remains of an upload that was completed, so that the same request again gets the same answer. */
export interface Completion {
  key: string;
  etag: string;
  versionId: string;
  checksum?: Checksum;
  encryption?: KmsEncryption;
  customer?: CustomerKeyCheck;
}

/** S3 keeps no fractions of a second: its XML always says .000Z. */
export const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

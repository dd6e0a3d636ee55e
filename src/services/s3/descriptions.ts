// What a client says about an object when it makes one: content headers, metadata, storage class, tags, ACL.
import { chooseEncryption, type EncryptionInput } from './encryption.ts';
import {
  accessDenied,
  invalidArgument,
  invalidRequest,
  invalidStorageClass,
  keyTooLong,
  metadataTooLarge,
  notImplemented,
} from './errors.ts';
import { requestedGrants, type AclHeaders } from './grants.ts';
import { chooseLock, type LockInput } from './object-lock-rules.ts';
import type { Bucket, Description, StoredObject } from './records.ts';
import { parseTaggingHeader } from './tags.ts';

const KEY_BYTES_MAX = 1024;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html: names and values together */
const METADATA_BYTES_MAX = 2048;
/** Classes that differ in price and promises, not in what the API answers. */
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
];
/** Classes that need RestoreObject, Outposts, Express or FSx. */
const STORAGE_CLASSES_NOT_BUILT = [
  'GLACIER',
  'DEEP_ARCHIVE',
  'OUTPOSTS',
  'SNOW',
  'EXPRESS_ONEZONE',
  'FSX_OPENZFS',
  'FSX_ONTAP',
];

export interface DescriptionInput extends AclHeaders, EncryptionInput, LockInput {
  ContentType?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  Expires?: Date | string;
  Metadata?: Record<string, string>;
  StorageClass?: string;
  WebsiteRedirectLocation?: string;
  Tagging?: string;
}

export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_BYTES_MAX) throw keyTooLong(bytes);
}

/** Content headers and metadata: what a copy takes from its source or replaces as a whole. */
export function describeContent(input: DescriptionInput, expiresText?: string): Description {
  const metadata = parseMetadata(input.Metadata);
  const expires = expiresText ?? (input.Expires instanceof Date ? input.Expires.toUTCString() : input.Expires);
  return {
    contentType: input.ContentType || 'binary/octet-stream',
    ...(input.CacheControl !== undefined && { cacheControl: input.CacheControl }),
    ...(input.ContentDisposition !== undefined && { contentDisposition: input.ContentDisposition }),
    ...(input.ContentEncoding && { contentEncoding: input.ContentEncoding }),
    ...(input.ContentLanguage !== undefined && { contentLanguage: input.ContentLanguage }),
    ...(expires !== undefined && { expires }),
    metadata,
  };
}

/** Everything that PutObject and CreateMultipartUpload say about the object to come. */
export function describeObject(
  input: DescriptionInput,
  bucket: Bucket,
  nowMs: number,
  expiresText?: string,
): Description {
  const tags = parseTaggingHeader(input.Tagging);
  const grants = requestedGrants(input, bucket, 'object');
  return {
    ...describeContent(input, expiresText),
    ...parsePlacement(input),
    ...chooseEncryption(input, bucket),
    ...chooseLock(input, bucket, nowMs),
    ...(tags && { tags }),
    ...(grants && { grants }),
  };
}

/** Storage class and redirect: these are never taken over by a copy. */
export function parsePlacement(input: DescriptionInput): Pick<Description, 'storageClass' | 'redirect'> {
  const { StorageClass: storageClass = 'STANDARD', WebsiteRedirectLocation: redirect } = input;
  if (STORAGE_CLASSES_NOT_BUILT.includes(storageClass)) throw notImplemented(`storage class ${storageClass}`);
  if (!STORAGE_CLASSES.includes(storageClass)) throw invalidStorageClass(storageClass);
  if (redirect !== undefined && !/^(\/|https?:\/\/)/.test(redirect)) {
    throw invalidRequest("The website redirect location must have a prefix of 'http://' or 'https://' or '/'.");
  }
  return {
    ...(storageClass !== 'STANDARD' && { storageClass }),
    ...(redirect !== undefined && { redirect }),
  };
}

function parseMetadata(metadata: Record<string, string> | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata ?? {})) {
    out[name.toLowerCase()] = value;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > METADATA_BYTES_MAX) throw metadataTooLarge(bytes, METADATA_BYTES_MAX);
  return out;
}

/** Headers of requests that ask for what is not built here. Nothing of it may be stored and ignored. */
export interface RefusableInput {
  ObjectLockEventHold?: string;
  WriteOffsetBytes?: number;
  ExpectedBucketOwner?: string;
}
export function refuseUnsupported(input: RefusableInput): void {
  if (input.ObjectLockEventHold !== undefined) throw notImplemented('event holds of Object Lock');
  if (input.WriteOffsetBytes !== undefined) throw notImplemented('x-amz-write-offset-bytes');
}

/** A part without its upload is no object. */
export function refusePart(target: string | undefined): void {
  if (target === undefined || !/[?&]partNumber=/.test(target)) return;
  throw invalidArgument('This operation does not accept partNumber without uploadId', 'partNumber', 'partNumber');
}

/** x-amz-expected-bucket-owner: guards against a bucket that has changed hands. */
export function checkExpectedOwner(expected: string | undefined, bucket: Bucket): void {
  if (expected === undefined) return;
  if (!/^\d{12}$/.test(expected)) {
    throw invalidArgument(
      'The value of the expected bucket owner parameter must be an AWS Account ID... [' + expected + ']',
      'x-amz-expected-bucket-owner',
      expected,
    );
  }
  if (expected !== bucket.accountId) throw accessDenied();
}

/** Expires is stored as it was sent; what is no date has no member and goes out as a header (expiresHeader). */
function expiresMember(text: string | undefined): { Expires?: Date } {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? {} : { Expires: new Date(ms) };
}
export const expiresHeader = (text: string | undefined): [string, string][] =>
  text === undefined || !Number.isNaN(Date.parse(text)) ? [] : [['expires', text]];

/** The members of GetObject and HeadObject that repeat the description. */
export function descriptionMembers(object: StoredObject): Record<string, unknown> {
  return {
    ContentType: object.contentType,
    ...(object.cacheControl !== undefined && { CacheControl: object.cacheControl }),
    ...(object.contentDisposition !== undefined && { ContentDisposition: object.contentDisposition }),
    ...(object.contentEncoding !== undefined && { ContentEncoding: object.contentEncoding }),
    ...(object.contentLanguage !== undefined && { ContentLanguage: object.contentLanguage }),
    ...expiresMember(object.expires),
    ...(object.storageClass !== undefined && { StorageClass: object.storageClass }),
    ...(object.redirect !== undefined && { WebsiteRedirectLocation: object.redirect }),
    ...(object.retention && {
      ObjectLockMode: object.retention.mode,
      ObjectLockRetainUntilDate: new Date(object.retention.untilMs),
    }),
    ...(object.legalHold !== undefined && { ObjectLockLegalHoldStatus: object.legalHold }),
    Metadata: object.metadata,
  };
}

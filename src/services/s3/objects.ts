// PutObject, DeleteObject(s): how objects come and go. Reading them is in object-reads.ts.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { ServiceError } from '#core/errors.ts';
import { attachBody, bodyOf, declaredLength, commitBody, receiveBody, type ReceivedBody } from './bodies.ts';
import {
  checksumMembers,
  DEFAULT_ALGORITHM,
  expectedChecksum,
  verifyChecksum,
  type ExpectedChecksum,
} from './checksums.ts';
import { failedWriteCondition, matchesETag, type WriteConditions } from './conditions.ts';
import { parseCustomerKey } from './customer-keys.ts';
import { checkKey, describeObject, refusePart, refuseUnsupported } from './descriptions.ts';
import {
  badDigest,
  invalidArgument,
  invalidDigest,
  invalidRequest,
  malformedXml,
  noSuchKey,
  noSuchVersion,
  notImplemented,
  preconditionFailed,
} from './errors.ts';
import { encryptionMembers, etagOf } from './encryption.ts';
import { expirationMember } from './lifecycle.ts';
import { requireBucket } from './lookups.ts';
import { objectCreated, objectRemoved } from './events.ts';
import type { Bucket, Checksum, Description, StoredObject } from './records.ts';
import { findObject } from './store.ts';
import { isVersionId } from './version-ids.ts';
import { currentBucket, deleteCurrent, deleteVersion, putVersion } from './versions.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const DELETE_KEYS_MAX = 1000;
const DELETES_AT_ONCE = 100;

export const putObject: Operation<'s3', 'PutObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkKey(input.Key);
  refuseUnsupported(input);
  refusePart(context.http?.target);
  const description = describeObject(input, bucket, context.clock.now(), context.http?.headers['expires']);
  const length = declaredLength(context);
  const expected = expectedChecksum(input, context);
  const md5 = parseContentMd5(input.ContentMD5);
  if (context.http && (description.retention || description.legalHold) && !expected && !md5) {
    throw invalidRequest(
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
  const early = failedWriteCondition(input, input.Key, await findObject(context.store, bucket, input.Key));
  if (early) throw early;

  const algorithm = expected?.algorithm ?? DEFAULT_ALGORITHM;
  const customerKey = parseCustomerKey(input);
  const body = await receiveBody(context, bucket, bodyOf(input.Body), [algorithm], { length, customerKey });
  const { stored, checksum } = await commitBody(context, body, async () => {
    const checked = checkDigests(context, body, md5, expected, algorithm);
    const options = { conditions: input, checksum: checked, event: 'Put' } as const;
    return { checksum: checked, stored: await storeObject(context, bucket, input.Key, description, body, options) };
  });
  return {
    ETag: `"${stored.etag}"`,
    ...checksumMembers(checksum),
    ...encryptionMembers(stored, bucket, customerKey),
    ...versionMember(bucket, stored),
    ...(await expirationMember(context, bucket, stored)),
  };
};

/** Compares what arrived with what the client said about it; answers the checksum to keep. */
export function checkDigests(
  context: Context,
  body: ReceivedBody,
  md5: Buffer | undefined,
  expected: ExpectedChecksum | undefined,
  algorithm: Checksum['algorithm'],
): Checksum {
  if (md5 && !md5.equals(body.md5)) throw badDigest(md5.toString('base64'), body.md5.toString('base64'));
  const computed = body.digests[0] ?? Buffer.alloc(0);
  const value = expected ? verifyChecksum(expected, computed, context) : computed.toString('base64');
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** Content-MD5: 16 bytes in base64. */
export function parseContentMd5(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(header, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== header) throw invalidDigest(header);
  return bytes;
}

/** The one transaction that makes an object of stored bytes. */
export async function storeObject(
  context: Context,
  bucket: Bucket,
  key: string,
  description: Description,
  body: ReceivedBody,
  options: { conditions: WriteConditions; checksum: Checksum; event: 'Put' | 'Post' | 'Copy' },
): Promise<StoredObject> {
  return context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    const { conditions, checksum } = options;
    if (conditions.IfMatch !== undefined || conditions.IfNoneMatch !== undefined) {
      const failed = failedWriteCondition(conditions, key, await findObject(tx, now, key));
      if (failed) throw failed;
    }
    attachBody(tx, context, now, body);
    const stored = await putVersion(tx, context, now, {
      ...description,
      key,
      modifiedMs: context.clock.now(),
      size: body.size,
      etag: etagOf(context, body.md5, description),
      body: body.ref,
      checksum,
    });
    await objectCreated(tx, context, now, stored, options.event);
    return stored;
  });
}

/** x-amz-version-id is answered once versioning has been switched on. */
export const versionMember = (bucket: Bucket, object: StoredObject): { VersionId?: string } =>
  bucket.versioning ? { VersionId: object.versionId } : {};

export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || isVersionId(versionId)) return;
  throw versionId === ''
    ? invalidArgument('Version id cannot be the empty string', 'versionId', versionId)
    : invalidArgument('Invalid version id specified', 'versionId', versionId);
}

export const deleteObject: Operation<'s3', 'DeleteObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { Key: key, VersionId: versionId } = input;
  checkKey(key);
  checkVersionId(versionId);
  if (input.MFA !== undefined) throw notImplemented('x-amz-mfa');
  if (input.IfMatchLastModifiedTime !== undefined || input.IfMatchSize !== undefined) {
    // S3 takes these for directory buckets alone.
    throw notImplemented(input.IfMatchSize === undefined ? 'x-amz-if-match-last-modified-time' : 'x-amz-if-match-size');
  }
  if (input.BypassGovernanceRetention && !bucket.objectLock) {
    throw invalidArgument(
      'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.',
      'x-amz-bypass-governance-retention',
    );
  }
  const removed = await context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    if (input.IfMatch !== undefined) checkDeleteCondition(input.IfMatch, key, await findObject(tx, now, key));
    if (versionId !== undefined) {
      const version = await deleteVersion(tx, context, now, key, versionId, input.BypassGovernanceRetention === true);
      if (version) await objectRemoved(tx, context, now, version, 'Delete');
      return { VersionId: versionId, ...(version?.deleteMarker && { DeleteMarker: true }) };
    }
    const before = await findObject(tx, now, key);
    const marker = await deleteCurrent(tx, context, now, key);
    if (marker) await objectRemoved(tx, context, now, marker, 'DeleteMarkerCreated');
    else if (before) await objectRemoved(tx, context, now, before, 'Delete');
    return marker ? { DeleteMarker: true, VersionId: marker.versionId } : {};
  });
  return removed;
};

function checkDeleteCondition(ifMatch: string, key: string, current: StoredObject | undefined): void {
  if (!current) throw noSuchKey(key);
  if (!matchesETag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

/** Each key is a DeleteObject of its own, authorized like one; a refusal is an entry of Errors. */
export const deleteObjects: Operation<'s3', 'DeleteObjects'> = async (input, context) => {
  await requireBucket(input, context);
  const objects = input.Delete.Objects ?? [];
  if (objects.length === 0 || objects.length > DELETE_KEYS_MAX) throw malformedXml();
  if (input.MFA !== undefined) throw notImplemented('x-amz-mfa');
  type Result = Awaited<ReturnType<typeof deleteOne>>;
  const results: Result[] = [];
  for (let i = 0; i < objects.length; i += DELETES_AT_ONCE) {
    const some = objects.slice(i, i + DELETES_AT_ONCE);
    results.push(...(await Promise.all(some.map((object) => deleteOne(context, input, object)))));
  }
  const deleted = input.Delete.Quiet ? [] : results.flatMap((result) => result.deleted ?? []);
  const errors = results.flatMap((result) => result.error ?? []);
  return { ...(deleted.length > 0 && { Deleted: deleted }), ...(errors.length > 0 && { Errors: errors }) };
};

interface DeleteRequest {
  Key: string;
  VersionId?: string;
  ETag?: string;
  LastModifiedTime?: Date;
  Size?: number;
}
interface DeletedKey {
  Key: string;
  VersionId?: string;
  DeleteMarker?: boolean;
  DeleteMarkerVersionId?: string;
}
interface DeleteFailure {
  Key: string;
  VersionId?: string;
  Code: string;
  Message: string;
}

async function deleteOne(
  context: Context,
  { Bucket, BypassGovernanceRetention: bypass }: { Bucket: string; BypassGovernanceRetention?: boolean },
  object: DeleteRequest,
): Promise<{ deleted?: DeletedKey; error?: DeleteFailure }> {
  const { Key, VersionId, ETag, LastModifiedTime, Size } = object;
  const named = { Key, ...(VersionId !== undefined && { VersionId }) };
  try {
    const removed = await context.call('s3', 'DeleteObject', {
      Bucket,
      ...named,
      ...(bypass !== undefined && { BypassGovernanceRetention: bypass }),
      ...(ETag !== undefined && { IfMatch: ETag }),
      ...(LastModifiedTime && { IfMatchLastModifiedTime: LastModifiedTime }),
      ...(Size !== undefined && { IfMatchSize: Size }),
    });
    const marker = removed.DeleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: removed.VersionId };
    return { deleted: { ...named, ...marker } };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // What DeleteObject refuses as no version id at all, is here a version that there is not.
    const { code, message } = error.fields['ArgumentName'] === 'versionId' ? noSuchVersion(Key, '') : error;
    return { error: { ...named, Code: code, Message: message } };
  }
}

// CopyObject, and the source that UploadPartCopy shares with it.
import type { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { isBucketName } from './bucket-names.ts';
import { bodyOf, commitBody, openBody, PUT_BYTES_MAX, receiveBody } from './bodies.ts';
import { checksumMembers, DEFAULT_ALGORITHM, parseAlgorithm } from './checksums.ts';
import { checkCopyConditions, failedWriteCondition, type CopySourceConditions } from './conditions.ts';
import { checkReadKey, parseCustomerKey, parseSourceKey, type SourceKeyInput } from './customer-keys.ts';
import {
  checkExpectedOwner,
  checkKey,
  describeContent,
  parsePlacement,
  refusePart,
  refuseUnsupported,
  type DescriptionInput,
} from './descriptions.ts';
import { chooseEncryption, encryptionMembers } from './encryption.ts';
import { invalidArgument, invalidRequest, notImplemented } from './errors.ts';
import { requestedGrants } from './grants.ts';
import { expirationMember } from './lifecycle.ts';
import { findTarget, lookUpBucket, requireBucket } from './lookups.ts';
import { openFound, requireObject } from './object-reads.ts';
import { storeObject, versionMember } from './objects.ts';
import { chooseLock } from './object-lock-rules.ts';
import type { ByteRange } from './ranges.ts';
import { wholeSeconds, type Bucket, type Description, type StoredObject } from './records.ts';
import { findObject } from './store.ts';
import { parseTaggingHeader } from './tags.ts';

export interface CopySource {
  bucket: string;
  key: string;
  versionId?: string;
}

/** x-amz-copy-source: `/bucket/key?versionId=id`, URL-encoded, the slash in front optional. */
export function parseCopySource(header: string): CopySource {
  const [location = '', query = ''] = header.split(/\?(?=versionId=[^/?]*$)/);
  const path = decode(location.replace(/^\//, ''));
  const wrong = (what: string): ServiceError =>
    invalidArgument(`Invalid copy source ${what}`, 'x-amz-copy-source', header);
  if (path === undefined) throw wrong('encoding.');
  if (path.startsWith('arn:')) throw notImplemented('access points in x-amz-copy-source');
  const slash = path.indexOf('/');
  if (!isBucketName(slash < 0 ? path : path.slice(0, slash))) throw wrong('bucket name');
  if (slash < 0 || slash === path.length - 1) throw wrong('object key');
  const versionId = query.startsWith('versionId=') ? decode(query.slice('versionId='.length)) : undefined;
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1), ...(versionId !== undefined && { versionId }) };
}
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

export interface CopySourceInput extends CopySourceConditions, SourceKeyInput {
  CopySource: string;
  ExpectedSourceBucketOwner?: string;
}

/**
 * The object to copy from, after its conditions, with its bytes. The source may be in any region. `prepare` says which
 * bytes, and whatever else can be refused before they are opened.
 */
export async function openSource<T extends { range: ByteRange }>(
  input: CopySourceInput,
  context: Context,
  prepare: (object: StoredObject) => T,
): Promise<[T & { from: Bucket; object: StoredObject }, AsyncIterable<Uint8Array>]> {
  const source = parseCopySource(input.CopySource);
  const from = await lookUpBucket(context, source.bucket);
  checkExpectedOwner(input.ExpectedSourceBucketOwner, from);
  if (source.versionId !== undefined && (await findTarget(context, from, source.key, source.versionId))?.deleteMarker) {
    throw invalidRequest('The source of a copy request may not specifically refer to a delete marker by version id.');
  }
  const sourceKey = parseSourceKey(input);
  const named = { Key: source.key, ...(source.versionId !== undefined && { VersionId: source.versionId }) };
  const [found, body] = await openFound(
    async () => {
      const object = await requireObject(named, context, from, 'GET');
      checkReadKey(object, sourceKey);
      checkCopyConditions(input, object);
      return { ...prepare(object), from, object };
    },
    ({ object, range }) => openBody(context, from, object.body, range.start, range.end, sourceKey),
  );
  return [found, bodyOf(body)];
}

export const copyObject: Operation<'s3', 'CopyObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkKey(input.Key);
  refuseUnsupported(input);
  refusePart(context.http?.target);
  refuseSelfCopy(input, parseCopySource(input.CopySource));
  checkDirective(input.MetadataDirective, 'x-amz-metadata-directive', 'Unknown metadata directive.');
  checkDirective(input.TaggingDirective, 'x-amz-tagging-directive', 'Unknown tagging directive.');
  const early = failedWriteCondition(input, input.Key, await findObject(context.store, bucket, input.Key));
  if (early) throw early;
  const [{ from, object, description }, bytes] = await openSource(input, context, (candidate) => ({
    range: wholeOf(candidate),
    description: describeCopy(input, candidate, bucket, context),
  }));
  const algorithm = input.ChecksumAlgorithm
    ? parseAlgorithm(input.ChecksumAlgorithm)
    : (object.checksum?.algorithm ?? DEFAULT_ALGORITHM);
  const customerKey = parseCustomerKey(input);
  const body = await receiveBody(context, bucket, bytes, [algorithm], { length: object.size, customerKey });
  const value = (body.digests[0] as Buffer).toString('base64');
  const checksum = { algorithm, value, type: 'FULL_OBJECT' } as const;
  const stored = await commitBody(context, body, () =>
    storeObject(context, bucket, input.Key, description, body, { conditions: input, checksum, event: 'Copy' }),
  );
  return {
    CopyObjectResult: {
      ETag: `"${stored.etag}"`,
      LastModified: wholeSeconds(stored.modifiedMs),
      ...checksumMembers(checksum),
    },
    ...(from.versioning && { CopySourceVersionId: object.versionId }),
    ...versionMember(bucket, stored),
    ...(await expirationMember(context, bucket, stored)),
    ...encryptionMembers(stored, bucket, customerKey),
  };
};

function wholeOf({ size }: StoredObject): ByteRange {
  if (size > PUT_BYTES_MAX) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${PUT_BYTES_MAX}`,
    );
  }
  return { start: 0, end: size - 1 };
}

function checkDirective(value: string | undefined, header: string, message: string): void {
  if (value !== undefined && value !== 'COPY' && value !== 'REPLACE') throw invalidArgument(message, header, value);
}

type CopyInput = DescriptionInput &
  SourceKeyInput & {
    Bucket: string;
    Key: string;
    MetadataDirective?: string;
    TaggingDirective?: string;
  };

function refuseSelfCopy(input: CopyInput, source: CopySource): void {
  const same = source.bucket === input.Bucket && source.key === input.Key && source.versionId === undefined;
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.SSECustomerAlgorithm !== undefined ||
    input.CopySourceSSECustomerAlgorithm !== undefined;
  if (same && !changes) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
        'metadata, storage class, website redirect location or encryption attributes.',
    );
  }
}

/** Metadata and tags come along unless replaced; storage class, redirect and ACL never do. */
function describeCopy(input: CopyInput, object: StoredObject, bucket: Bucket, { clock, http }: Context): Description {
  const { contentType, cacheControl, contentDisposition, contentEncoding, contentLanguage } = object;
  const kept: Description = {
    contentType,
    cacheControl,
    contentDisposition,
    contentEncoding,
    contentLanguage,
    expires: object.expires,
    metadata: object.metadata,
  };
  const grants = requestedGrants(input, bucket, 'object');
  const tags = input.TaggingDirective === 'REPLACE' ? parseTaggingHeader(input.Tagging) : object.tags;
  return {
    ...(input.MetadataDirective === 'REPLACE' ? describeContent(input, http?.headers['expires']) : kept),
    ...parsePlacement(input),
    ...chooseEncryption(input, bucket),
    ...chooseLock(input, bucket, clock.now()),
    ...(tags && { tags }),
    ...(grants && { grants }),
  };
}

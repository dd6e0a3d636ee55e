// Multipart uploads. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { WorkKind } from '#kernel/work.ts';
import { createHash } from 'node:crypto';
import { releaseBody, setManifest } from './bodies.ts';
import {
  checksumMembers,
  combineChecksums,
  DEFAULT_ALGORITHM,
  parseAlgorithm,
  type ChecksumAlgorithm,
  type ChecksumMembers,
} from './checksums.ts';
import { failedWriteCondition } from './conditions.ts';
import { checkKey, describeObject, refuseUnsupported } from './descriptions.ts';
import {
  badChecksum,
  entityTooSmall,
  invalidArgument,
  invalidPart,
  invalidPartOrder,
  invalidRequest,
  malformedXml,
  noSuchUpload,
} from './errors.ts';
import { objectCreated } from './events.ts';
import { canonicalId } from './grants.ts';
import { behindKey, walk, type Position } from './listing.ts';
import { checkListInput, commonPrefixes, lastOf, resumeAfter } from './lists.ts';
import { requireBucket } from './lookups.ts';
import { versionMember } from './objects.ts';
import { wholeSeconds, type Bucket, type Completion, type Part, type Upload } from './records.ts';
import {
  dropPart,
  dropUpload,
  findCompletion,
  findObject,
  findUpload,
  listParts as readParts,
  listUploads,
  setCompletion,
  setUpload,
} from './store.ts';
import { newUploadId } from './version-ids.ts';
import { currentBucket, putVersion } from './versions.ts';

export const PARTS_MAX = 10_000;
const PART_BYTES_MIN = 5 * 1024 ** 2;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: an object has at most 50 TB since December 2025 */
const OBJECT_BYTES_MAX = 50 * 1000 ** 4;
const LIST_MAX = 1000;
/** How long the same CompleteMultipartUpload again gets the same answer. */
const COMPLETION_KEPT_MS = 24 * 3600 * 1000;

export const createMultipartUpload: Operation<'s3', 'CreateMultipartUpload'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkKey(input.Key);
  refuseUnsupported(input);
  const description = describeObject(input, bucket, context.http?.headers['expires']);
  const declared = input.ChecksumAlgorithm === undefined ? undefined : parseAlgorithm(input.ChecksumAlgorithm);
  const algorithm = declared ?? DEFAULT_ALGORITHM;
  const { principal, clock, ids } = context;
  const upload: Upload = {
    ...description,
    key: input.Key,
    uploadId: newUploadId(clock.now(), ids),
    initiatedMs: clock.now(),
    algorithm,
    checksumType: checksumTypeOf(algorithm, declared, input.ChecksumType),
    algorithmDeclared: declared !== undefined,
    initiator: initiatorOf(context, bucket, 'arn' in principal ? principal.arn : 'anonymous'),
  };
  await context.store.transact(async (tx) => setUpload(tx, await currentBucket(tx, bucket), upload));
  return {
    Bucket: bucket.name,
    Key: input.Key,
    UploadId: upload.uploadId,
    ServerSideEncryption: 'AES256',
    ...(declared && { ChecksumAlgorithm: declared, ChecksumType: upload.checksumType }),
  };
};

const initiatorOf = (context: Context, bucket: Bucket, arn: string): Upload['initiator'] =>
  context.principal.type === 'root'
    ? { id: canonicalId(bucket.accountId), displayName: '' }
    : { id: arn, displayName: arn.split(/[:/]/).at(-1) ?? '' };

/** Which kinds of whole-object checksum an algorithm has; CRC-64 is never composite, SHA never whole. */
function checksumTypeOf(
  algorithm: ChecksumAlgorithm,
  declared: ChecksumAlgorithm | undefined,
  asked: string | undefined,
): Upload['checksumType'] {
  if (asked !== undefined && declared === undefined) {
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
  }
  if (asked !== undefined && asked !== 'COMPOSITE' && asked !== 'FULL_OBJECT') {
    throw invalidRequest('Value for x-amz-checksum-type header is invalid.');
  }
  const usual = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const possible = algorithm === 'CRC32' || algorithm === 'CRC32C' ? ['COMPOSITE', 'FULL_OBJECT'] : [usual];
  if (asked !== undefined && !possible.includes(asked)) {
    throw invalidRequest(
      `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return asked ?? usual;
}

export async function requireUpload(context: Context, bucket: Bucket, key: string, uploadId: string): Promise<Upload> {
  const upload = await findUpload(context.store, bucket, key, uploadId);
  if (!upload) throw noSuchUpload(uploadId);
  return upload;
}

// ---- completing
interface CompletedPart extends ChecksumMembers {
  ETag?: string;
  PartNumber?: number;
}

export const completeMultipartUpload: Operation<'s3', 'CompleteMultipartUpload'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { Key: key, UploadId: uploadId } = input;
  const listed: CompletedPart[] = input.MultipartUpload?.Parts ?? [];
  checkOrder(listed, uploadId);
  const completion = await context.store.transact(async (tx): Promise<Completion> => {
    const now = await currentBucket(tx, bucket);
    const upload = await findUpload(tx, now, key, uploadId);
    if (!upload) {
      // The answer to an earlier try may have been lost: the same again is the same answer.
      const earlier = await findCompletion(tx, now, uploadId);
      if (earlier?.key !== key) throw noSuchUpload(uploadId);
      return earlier;
    }
    const failed = failedWriteCondition(input, key, await findObject(tx, now, key));
    if (failed) throw failed;
    const uploaded: Part[] = [];
    for (
      let page: Part[] = [], after = 0;
      after === 0 || page.length === LIST_MAX;
      after = page.at(-1)?.partNumber ?? 0
    ) {
      page = await readParts(tx, now, uploadId, after, LIST_MAX);
      uploaded.push(...page);
      if (page.length === 0) break;
    }
    const parts = matchParts(listed, uploaded, upload);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    checkSize(input.MpuObjectSize, size);
    const checksum = combineChecksums(upload.algorithm, upload.checksumType, parts);
    checkWholeChecksum(input, checksum.algorithm, checksum.value);
    setManifest(tx, now, uploadId, parts);
    const {
      uploadId: _id,
      initiatedMs: _at,
      algorithm: _a,
      checksumType: _t,
      algorithmDeclared: _d,
      initiator: _i,
      ...description
    } = upload;
    const stored = await putVersion(tx, context, now, {
      ...description,
      modifiedMs: upload.initiatedMs,
      size,
      etag: multipartETag(parts),
      body: { in: 'parts', id: uploadId },
      checksum,
      parts: parts.length,
    });
    dropUpload(tx, now, upload);
    const kept = new Set(parts.map((part) => part.partNumber));
    enqueuePartRemoval(
      tx,
      context,
      now,
      uploadId,
      uploaded.filter((part) => !kept.has(part.partNumber)).map((part) => part.partNumber),
    );
    const done: Completion = { key, etag: stored.etag, versionId: stored.versionId, checksum };
    setCompletion(tx, now, uploadId, done, context.clock.now() + COMPLETION_KEPT_MS);
    await objectCreated(tx, context, now, stored, 'CompleteMultipartUpload');
    return done;
  });
  return {
    Location: locationOf(context, bucket, key),
    Bucket: bucket.name,
    Key: key,
    ETag: `"${completion.etag}"`,
    ...checksumMembers(completion.checksum),
    ServerSideEncryption: 'AES256',
    ...(bucket.versioning && { VersionId: completion.versionId }),
  };
};

function checkOrder(listed: readonly CompletedPart[], uploadId: string): void {
  if (listed.length === 0 || listed.length > PARTS_MAX) throw malformedXml();
  let before = 0;
  for (const { PartNumber: number, ETag: etag } of listed) {
    if (number === undefined || etag === undefined) throw malformedXml();
    if (number < 1 || number > PARTS_MAX) {
      throw invalidArgument('PartNumber must be an integer between 1 and 10000, inclusive', 'PartNumber', number);
    }
    if (number <= before) throw invalidPartOrder(uploadId);
    before = number;
  }
}

/** The listed parts as they were uploaded; each must be there with its ETag, and all but the last be large enough. */
function matchParts(listed: readonly CompletedPart[], uploaded: readonly Part[], upload: Upload): Part[] {
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  const parts = listed.map((wanted) => {
    const number = wanted.PartNumber ?? 0;
    const part = byNumber.get(number);
    const etag = (wanted.ETag ?? '').replaceAll('"', '');
    if (!part || part.etag !== etag) throw invalidPart(upload.uploadId, number, etag);
    const checksum = wanted[`Checksum${upload.algorithm}`];
    if (checksum !== undefined && checksum !== part.checksum) throw invalidPart(upload.uploadId, number, etag);
    if (checksum === undefined && upload.algorithmDeclared && upload.checksumType === 'COMPOSITE') {
      throw invalidRequest(
        `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the ` +
          `checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.size < PART_BYTES_MIN) throw entityTooSmall(part.size, PART_BYTES_MIN, part.partNumber, part.etag);
  }
  return parts;
}

function checkSize(declared: number | undefined, size: number): void {
  if (declared !== undefined && declared !== size) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${size}`,
    );
  }
  if (size > OBJECT_BYTES_MAX) throw invalidRequest('The multipart upload exceeds the maximum object size.');
}

function checkWholeChecksum(input: ChecksumMembers, algorithm: ChecksumAlgorithm, value: string): void {
  const sent = input[`Checksum${algorithm}`];
  // A composite value may be sent with or without its number of parts.
  if (sent !== undefined && sent !== value && sent !== value.replace(/-\d+$/, '')) throw badChecksum(algorithm);
}

function multipartETag(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}

function locationOf(context: Context, bucket: Bucket, key: string): string {
  const { host = 's3.amazonaws.com', secure = true } = context.http ?? {};
  const path = key.split('/').map(encodeURIComponent).join('%2F');
  const scheme = secure ? 'https' : 'http';
  return host.startsWith(`${bucket.name}.`)
    ? `${scheme}://${host}/${path}`
    : `${scheme}://${host}/${bucket.name}/${path}`;
}

// ---- aborting
export const abortMultipartUpload: Operation<'s3', 'AbortMultipartUpload'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const upload = await requireUpload(context, bucket, input.Key, input.UploadId);
  await abortUploads(context, bucket, [upload]);
  return {};
};

/** Uploads that another request has completed or aborted meanwhile are left alone. */
export async function abortUploads(context: Context, bucket: Bucket, uploads: readonly Upload[]): Promise<void> {
  await context.store.transact(async (tx) => {
    for (const { key, uploadId } of uploads) {
      const upload = await findUpload(tx, bucket, key, uploadId);
      if (!upload) continue;
      dropUpload(tx, bucket, upload);
      enqueuePartRemoval(tx, context, bucket, uploadId, 'all');
    }
  });
}

interface RemoveUploadParts {
  accountId: string;
  region: string;
  uploadId: string;
  /** numbers of the parts whose bytes go too; the others have become part of an object */
  unused: 'all' | number[];
}

function enqueuePartRemoval(
  tx: Parameters<typeof dropUpload>[0],
  context: Context,
  bucket: Bucket,
  uploadId: string,
  unused: 'all' | number[],
): void {
  const { accountId, region } = bucket;
  context.platform.work.enqueue(tx, 's3:remove-upload-parts', {
    accountId,
    region,
    uploadId,
    unused,
  } satisfies RemoveUploadParts);
}

const REMOVED_AT_ONCE = 500;

export const removeUploadParts: WorkKind<RemoveUploadParts> = {
  retry: { attempts: 20, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 300_000) },
  async run({ payload }, platform) {
    const { uploadId, unused, ...place } = payload;
    const goes = unused === 'all' ? undefined : new Set(unused);
    for (;;) {
      const left = await platform.store.transact(async (tx) => {
        const parts = await readParts(tx, place, uploadId, 0, REMOVED_AT_ONCE);
        for (const part of parts) {
          dropPart(tx, place, uploadId, part.partNumber);
          if (!goes || goes.has(part.partNumber)) releaseBody(tx, platform, place, part.body);
        }
        return parts.length;
      });
      if (left < REMOVED_AT_ONCE) return;
    }
  },
};

// ---- listing
export const listParts: Operation<'s3', 'ListParts'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const upload = await requireUpload(context, bucket, input.Key, input.UploadId);
  const { max } = checkListInput({ MaxKeys: input.MaxParts }, 'max-parts');
  const marker = Number(input.PartNumberMarker ?? 0);
  if (!Number.isInteger(marker) || marker < 0) {
    throw invalidArgument(
      'Argument part-number-marker must be an integer between 0 and 2147483647',
      'part-number-marker',
      input.PartNumberMarker,
    );
  }
  const found = await readParts(context.store, bucket, upload.uploadId, marker, Math.min(max + 1, LIST_MAX));
  const parts = found.slice(0, max);
  const more =
    found.length > max ||
    (found.length === LIST_MAX &&
      (await readParts(context.store, bucket, upload.uploadId, found.at(-1)?.partNumber ?? 0, 1)).length > 0);
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.uploadId,
    Initiator: initiatorMember(upload),
    Owner: { ID: canonicalId(bucket.accountId) },
    StorageClass: (upload.storageClass ?? 'STANDARD') as never,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(parts.at(-1)?.partNumber ?? 0),
    MaxParts: max,
    IsTruncated: max > 0 && more,
    ...(upload.algorithmDeclared && { ChecksumAlgorithm: upload.algorithm, ChecksumType: upload.checksumType }),
    ...(parts.length > 0 && {
      Parts: parts.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: wholeSeconds(part.modifiedMs),
        ETag: `"${part.etag}"`,
        [`Checksum${upload.algorithm}`]: part.checksum,
        Size: part.size,
      })),
    }),
  };
};

export const listMultipartUploads: Operation<'s3', 'ListMultipartUploads'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { prefix, delimiter, max, encode } = checkListInput({ ...input, MaxKeys: input.MaxUploads }, 'max-uploads');
  const { KeyMarker: keyMarker = '', UploadIdMarker: uploadIdMarker = '' } = input;
  const readPage = (position: Position, to: string | undefined, limit: number): Promise<Upload[]> =>
    listUploads(
      context.store,
      bucket,
      {
        from: position.from,
        ...(to !== undefined && { to }),
        ...(position.after !== undefined && { afterUploadId: position.after }),
      },
      limit,
    );
  const start = startUploads(keyMarker, uploadIdMarker, prefix, delimiter);
  const listing = await walk(readPage, { prefix, delimiter, max, start });
  const last = listing.last && 'item' in listing.last ? listing.last.item.uploadId : '';
  return {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: uploadIdMarker,
    ...(listing.truncated && { NextKeyMarker: encode(lastOf(listing)), NextUploadIdMarker: last }),
    Prefix: encode(prefix),
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    MaxUploads: max,
    IsTruncated: listing.truncated,
    ...(listing.items.length > 0 && {
      Uploads: listing.items.map((upload) => ({
        Key: encode(upload.key),
        UploadId: upload.uploadId,
        Initiator: initiatorMember(upload),
        Owner: { ID: canonicalId(bucket.accountId) },
        StorageClass: (upload.storageClass ?? 'STANDARD') as never,
        Initiated: wholeSeconds(upload.initiatedMs),
        ...(upload.algorithmDeclared && { ChecksumAlgorithm: upload.algorithm, ChecksumType: upload.checksumType }),
      })),
    }),
    ...commonPrefixes(listing, encode),
  };
};

/** An upload id without a key marker is ignored. */
function startUploads(keyMarker: string, uploadIdMarker: string, prefix: string, delimiter: string): Position {
  if (keyMarker === '') return { from: '' };
  if (uploadIdMarker === '') return resumeAfter(keyMarker, prefix, delimiter);
  return { from: keyMarker, after: uploadIdMarker };
}

const initiatorMember = ({ initiator }: Upload): { ID: string; DisplayName?: string } => ({
  ID: initiator.id,
  ...(initiator.displayName !== '' && { DisplayName: initiator.displayName }),
});

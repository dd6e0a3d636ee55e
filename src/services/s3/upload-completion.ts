// CompleteMultipartUpload.
import { createHash } from 'node:crypto';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { setManifest } from './bodies.ts';
import { checksumMembers, combineChecksums, type ChecksumAlgorithm, type ChecksumMembers } from './checksums.ts';
import { failedWriteCondition } from './conditions.ts';
import { encryptionMembers } from './encryption.ts';
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
import { requireBucket } from './lookups.ts';
import type { Bucket, Completion, Description, Part, Upload } from './records.ts';
import { dropUpload, findCompletion, findObject, findUpload, listParts, setCompletion } from './store.ts';
import { enqueuePartRemoval, PARTS_MAX } from './uploads.ts';
import { currentBucket, putVersion } from './versions.ts';

const PART_BYTES_MIN = 5 * 1024 ** 2;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: an object has at most 50 TB since December 2025 */
const OBJECT_BYTES_MAX = 50 * 1000 ** 4;
/** How long the same CompleteMultipartUpload again gets the same answer. */
const COMPLETION_KEPT_MS = 24 * 3600 * 1000;
/** Rows of one read. */
const PAGE_PARTS = 1000;

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
    const uploaded = await uploadedParts(tx, now, uploadId);
    const parts = matchParts(listed, uploaded, upload);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    checkSize(input.MpuObjectSize, size);
    const checksum = combineChecksums(upload.algorithm, upload.checksumType, parts);
    checkWholeChecksum(input, checksum.algorithm, checksum.value);
    setManifest(tx, now, uploadId, parts);
    const stored = await putVersion(tx, context, now, {
      ...descriptionOf(upload),
      key,
      // An object that came in parts is as old as its upload.
      modifiedMs: upload.initiatedMs,
      size,
      etag: multipartETag(parts),
      body: { in: 'parts', id: uploadId },
      checksum,
      parts: parts.length,
    });
    dropUpload(tx, now, upload);
    const kept = new Set(parts.map((part) => part.partNumber));
    const unused = uploaded.map((part) => part.partNumber).filter((number) => !kept.has(number));
    enqueuePartRemoval(tx, context, now, uploadId, unused);
    const { etag, versionId, encryption, customer } = stored;
    const done: Completion = {
      key,
      etag,
      versionId,
      checksum,
      ...(encryption && { encryption }),
      ...(customer && { customer }),
    };
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
    ...encryptionMembers(completion, bucket),
    ...(bucket.versioning && { VersionId: completion.versionId }),
  };
};

async function uploadedParts(reader: Reader, bucket: Bucket, uploadId: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (;;) {
    const page = await listParts(reader, bucket, uploadId, parts.at(-1)?.partNumber ?? 0, PAGE_PARTS);
    parts.push(...page);
    if (page.length < PAGE_PARTS) return parts;
  }
}

/** What the upload said about the object to come, without what it says of itself. */
function descriptionOf(upload: Upload): Description {
  const {
    uploadId: _id,
    initiatedMs: _at,
    algorithm: _a,
    checksumType: _t,
    algorithmDeclared: _d,
    initiator: _i,
    ...description
  } = upload;
  return description;
}

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

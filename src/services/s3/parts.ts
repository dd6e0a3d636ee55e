// UploadPart and UploadPartCopy.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import {
  attachBody,
  bodyOf,
  declaredLength,
  commitBody,
  PUT_BYTES_MAX,
  receiveBody,
  releaseBody,
  type ReceivedBody,
} from './bodies.ts';
import {
  createDigest,
  expectedChecksum,
  verifyChecksum,
  type ChecksumAlgorithm,
  type ExpectedChecksum,
} from './checksums.ts';
import { openSource } from './copies.ts';
import { checkPartKey, parseCustomerKey } from './customer-keys.ts';
import { refuseUnsupported } from './descriptions.ts';
import { encryptionMembers, etagOf } from './encryption.ts';
import { badDigest, entityTooLarge, invalidArgument, invalidRange, invalidRequest, noSuchUpload } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { parseContentMd5 } from './objects.ts';
import type { ByteRange } from './ranges.ts';
import { wholeSeconds, type Bucket, type Part, type Upload } from './records.ts';
import { findPart, findUpload, setPart } from './store.ts';
import { PARTS_MAX, requireUpload } from './uploads.ts';
import { currentBucket } from './versions.ts';

export const uploadPart: Operation<'s3', 'UploadPart'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkPartNumber(input.PartNumber);
  refuseUnsupported(input);
  const upload = await requireUpload(context, bucket, input.Key, input.UploadId);
  const customerKey = parseCustomerKey(input);
  checkPartKey(upload, customerKey);
  const length = declaredLength(context);
  const expected = expectedChecksum(input, context);
  checkAlgorithm(upload, expected);
  const md5 = parseContentMd5(input.ContentMD5);
  const algorithms = algorithmsFor(upload, expected);
  const body = await receiveBody(context, bucket, bodyOf(input.Body), algorithms, { length, customerKey });
  const { part, sent } = await commitBody(context, body, async () => {
    if (md5 && !md5.equals(body.md5)) throw badDigest(md5.toString('base64'), body.md5.toString('base64'));
    const verified = expected && {
      algorithm: expected.algorithm,
      value: verifyChecksum(expected, body.digests.at(-1) as Buffer, context),
    };
    return { sent: verified, part: await storePart(context, bucket, upload, input.PartNumber, body) };
  });
  const { algorithm, value } = sent ?? { algorithm: upload.algorithm, value: part.checksum };
  return { ETag: `"${part.etag}"`, [`Checksum${algorithm}`]: value, ...encryptionMembers(upload, bucket, customerKey) };
};

export function checkPartNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX) {
    throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', number);
  }
}

/** An upload that named an algorithm takes parts with that checksum only. */
function checkAlgorithm(upload: Upload, expected: ExpectedChecksum | undefined): void {
  const actual = expected?.algorithm;
  if (!upload.algorithmDeclared || actual === upload.algorithm) return;
  if (actual === undefined && upload.checksumType === 'FULL_OBJECT') return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, ` +
      `actual checksum Type: ${actual?.toLowerCase() ?? 'null'}`,
  );
}

/** What the upload keeps, and what the client wants verified if that is another. */
function algorithmsFor(upload: Upload, expected: ExpectedChecksum | undefined): ChecksumAlgorithm[] {
  if (!expected || expected.algorithm === upload.algorithm) return [upload.algorithm];
  return [upload.algorithm, expected.algorithm];
}

async function storePart(
  context: Context,
  bucket: Bucket,
  upload: Upload,
  partNumber: number,
  body: ReceivedBody,
): Promise<Part> {
  return context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    if (!(await findUpload(tx, now, upload.key, upload.uploadId))) throw noSuchUpload(upload.uploadId);
    const before = await findPart(tx, now, upload.uploadId, partNumber);
    if (before) releaseBody(tx, context.platform, now, before.body);
    attachBody(tx, context, now, body);
    const part: Part = {
      partNumber,
      size: body.size,
      etag: etagOf(context, body.md5, upload),
      modifiedMs: context.clock.now(),
      body: body.ref,
      checksum: (body.digests[0] ?? createDigest(upload.algorithm).digest()).toString('base64'),
    };
    setPart(tx, now, upload.uploadId, part);
    return part;
  });
}

export const uploadPartCopy: Operation<'s3', 'UploadPartCopy'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkPartNumber(input.PartNumber);
  refuseUnsupported(input);
  const upload = await requireUpload(context, bucket, input.Key, input.UploadId);
  const customerKey = parseCustomerKey(input);
  checkPartKey(upload, customerKey);
  const [{ from, object, range }, bytes] = await openSource(input, context, ({ size }) => ({
    range: parseCopyRange(input.CopySourceRange, size),
  }));
  const length = range.end - range.start + 1;
  const body = await receiveBody(context, bucket, bytes, [upload.algorithm], { length, customerKey });
  const part = await commitBody(context, body, () => storePart(context, bucket, upload, input.PartNumber, body));
  return {
    CopyPartResult: {
      ETag: `"${part.etag}"`,
      LastModified: wholeSeconds(part.modifiedMs),
      ...(upload.algorithmDeclared && { [`Checksum${upload.algorithm}`]: part.checksum }),
    },
    ...(from.versioning && { CopySourceVersionId: object.versionId }),
    ...encryptionMembers(upload, bucket, customerKey),
  };
};

/** `bytes=first-last`, both given and inside the source. */
function parseCopyRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined) {
    if (size > PUT_BYTES_MAX) throw entityTooLarge(size, PUT_BYTES_MAX);
    return { start: 0, end: size - 1 };
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based ' +
        'offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      header,
    );
  }
  if (Number(last) >= size) {
    throw Number(first) >= size
      ? invalidRange(header, size)
      : invalidArgument(
          `Range specified is not valid for source object of size: ${size}`,
          'x-amz-copy-source-range',
          header,
        );
  }
  if (Number(last) - Number(first) >= PUT_BYTES_MAX)
    throw entityTooLarge(Number(last) - Number(first) + 1, PUT_BYTES_MAX);
  return { start: Number(first), end: Number(last) };
}

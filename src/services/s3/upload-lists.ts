// ListParts and ListMultipartUploads.
import type { Operation } from '#kernel/service.ts';
import { invalidArgument } from './errors.ts';
import { canonicalId } from './grants.ts';
import { walk, type Position } from './listing.ts';
import { checkListInput, commonPrefixes, lastOf, resumeAfter } from './lists.ts';
import { requireBucket } from './lookups.ts';
import { wholeSeconds, type Upload } from './records.ts';
import { listParts as readParts, listUploads } from './store.ts';
import { requireUpload } from './uploads.ts';

const LIST_MAX = 1000;

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
  const { KeyMarker: keyMarker = '' } = input;
  // An upload id without a key marker is ignored.
  const uploadIdMarker = keyMarker === '' ? '' : (input.UploadIdMarker ?? '');
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
    // S3 names the last of the page, truncated or not.
    NextKeyMarker: encode(lastOf(listing)),
    NextUploadIdMarker: last,
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

function startUploads(keyMarker: string, uploadIdMarker: string, prefix: string, delimiter: string): Position {
  if (keyMarker === '') return { from: '' };
  if (uploadIdMarker === '') return resumeAfter(keyMarker, prefix, delimiter);
  return { from: keyMarker, after: uploadIdMarker };
}

const initiatorMember = ({ initiator }: Upload): { ID: string; DisplayName?: string } => ({
  ID: initiator.id,
  ...(initiator.displayName !== '' && { DisplayName: initiator.displayName }),
});

// The order in which S3 writes the members of its answers. The models have it lost: they put required members first.
import type { Member, StructureShape } from './model.ts';

const LIST_HEAD = 'Name Prefix';
const LIST_TAIL = 'MaxKeys Delimiter EncodingType IsTruncated';
const ENTRY = 'Key LastModified ETag ChecksumAlgorithm ChecksumType Size';

const ORDERS: Readonly<Record<string, string>> = {
  ListBucketsOutput: 'Owner Buckets Prefix ContinuationToken',
  ListObjectsOutput: `${LIST_HEAD} Marker NextMarker ${LIST_TAIL} Contents CommonPrefixes`,
  ListObjectsV2Output: `${LIST_HEAD} StartAfter ContinuationToken NextContinuationToken KeyCount ${LIST_TAIL} Contents CommonPrefixes`,
  ListObjectVersionsOutput: `${LIST_HEAD} KeyMarker VersionIdMarker NextKeyMarker NextVersionIdMarker ${LIST_TAIL} Versions DeleteMarkers CommonPrefixes`,
  ListMultipartUploadsOutput:
    'Bucket KeyMarker UploadIdMarker NextKeyMarker NextUploadIdMarker Prefix Delimiter EncodingType MaxUploads IsTruncated Uploads CommonPrefixes',
  ListPartsOutput:
    'Bucket Key UploadId Initiator Owner StorageClass PartNumberMarker NextPartNumberMarker MaxParts IsTruncated ChecksumAlgorithm ChecksumType Parts',
  Object: `${ENTRY} Owner StorageClass`,
  ObjectVersion: `Key VersionId IsLatest LastModified ETag ChecksumAlgorithm ChecksumType Size Owner StorageClass`,
  DeleteMarkerEntry: 'Key VersionId IsLatest LastModified Owner',
  MultipartUpload: 'Key UploadId Initiator Owner StorageClass Initiated ChecksumAlgorithm ChecksumType',
  Part: 'PartNumber LastModified ETag',
  CreateMultipartUploadOutput: 'Bucket Key UploadId',
  CompleteMultipartUploadOutput: 'Location Bucket Key ETag',
  CopyObjectResult: 'LastModified ETag',
  CopyPartResult: 'LastModified ETag',
  GetBucketAclOutput: 'Owner Grants',
  GetObjectAclOutput: 'Owner Grants',
};

/** Members as they are written; those that no order names come last, as the model has them. */
export function inWrittenOrder({ name, members }: StructureShape): readonly Member[] {
  if (!Object.hasOwn(ORDERS, name)) return members;
  const order = ORDERS[name]!.split(' ');
  const place = (member: Member): number => (order.includes(member.name) ? order.indexOf(member.name) : order.length);
  return members.toSorted((a, b) => place(a) - place(b));
}

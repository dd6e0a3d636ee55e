// Multipart uploads. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { WorkKind } from '#kernel/work.ts';
import type { Writer } from '#store/contract.ts';
import { releaseBody } from './bodies.ts';
import { DEFAULT_ALGORITHM, parseAlgorithm, type ChecksumAlgorithm } from './checksums.ts';
import { parseCustomerKey } from './customer-keys.ts';
import { checkKey, describeObject, refuseUnsupported } from './descriptions.ts';
import { encryptionMembers } from './encryption.ts';
import { invalidRequest, noSuchUpload } from './errors.ts';
import { canonicalId } from './grants.ts';
import { requireBucket } from './lookups.ts';
import type { Bucket, Upload } from './records.ts';
import { dropPart, dropUpload, findUpload, listParts, setUpload } from './store.ts';
import { newUploadId } from './version-ids.ts';
import { currentBucket } from './versions.ts';

export const PARTS_MAX = 10_000;
export const createMultipartUpload: Operation<'s3', 'CreateMultipartUpload'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkKey(input.Key);
  refuseUnsupported(input);
  const description = describeObject(input, bucket, context.clock.now(), context.http?.headers['expires']);
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
    ...encryptionMembers(upload, bucket, parseCustomerKey(input)),
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

export function enqueuePartRemoval(
  tx: Writer,
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
        const parts = await listParts(tx, place, uploadId, 0, REMOVED_AT_ONCE);
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

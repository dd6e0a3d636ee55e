// Server-side encryption: which of SSE-S3 and SSE-KMS an object gets, and what answers say of it. KMS here is the AWS
// managed key of the account (aws/s3), which needs no permission of its own; keys that customers make are refused. At
// rest both are AES-256 under a key of the account and region (master-key.ts), SSE-C under the client's.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '#kernel/context.ts';
import { accessDenied, invalidArgument, malformedXml, notImplemented } from './errors.ts';
import { customerMembers, parseCustomerKey, rememberKey, type CustomerKeyInput } from './customer-keys.ts';
import type { Bucket, CustomerKeyCheck, Description, KmsEncryption } from './records.ts';

export interface EncryptionInput extends CustomerKeyInput {
  ServerSideEncryption?: string;
  SSEKMSKeyId?: string;
  SSEKMSEncryptionContext?: string;
  BucketKeyEnabled?: boolean;
}

/** One key per account and region, always the same. */
function managedKeyArn({ accountId, region }: Bucket): string {
  const hex = createHash('sha256').update(`aws/s3 ${accountId} ${region}`).digest('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `arn:aws:kms:${region}:${accountId}:key/${id}`;
}

function checkKey(key: string | undefined, bucket: Bucket): void {
  const arn = managedKeyArn(bucket);
  const names = [arn, arn.replace(/.*\//, ''), 'alias/aws/s3', arn.replace(/key\/.*/, 'alias/aws/s3')];
  if (key !== undefined && !names.includes(key)) throw notImplemented('x-amz-server-side-encryption-aws-kms-key-id');
}

function checkAlgorithm(algorithm: string | undefined): void {
  if (algorithm === undefined || algorithm === 'AES256' || algorithm === 'aws:kms') return;
  if (algorithm === 'aws:kms:dsse' || algorithm === 'aws:fsx') {
    throw notImplemented(`x-amz-server-side-encryption: ${algorithm}`);
  }
  throw invalidArgument('The encryption method specified is not supported', 'x-amz-server-side-encryption', algorithm);
}

/** What the request says, else the bucket's default. */
export function chooseEncryption(input: EncryptionInput, bucket: Bucket): Pick<Description, 'encryption' | 'customer'> {
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: key, SSEKMSEncryptionContext: keyContext } = input;
  const customerKey = parseCustomerKey(input);
  if (customerKey) {
    if (algorithm !== undefined) {
      throw invalidArgument(
        'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
        'x-amz-server-side-encryption',
        algorithm,
      );
    }
    if (bucket.blocksCustomerKeys) throw accessDenied();
    return { customer: rememberKey(customerKey, randomBytes(16).toString('base64')) };
  }
  checkAlgorithm(algorithm);
  if (algorithm !== 'aws:kms' && (key !== undefined || keyContext !== undefined)) {
    throw invalidArgument(
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      'x-amz-server-side-encryption',
      algorithm,
    );
  }
  checkKey(key, bucket);
  if (keyContext !== undefined) throw notImplemented('x-amz-server-side-encryption-context');
  const isKms = algorithm === 'aws:kms' || (algorithm === undefined && bucket.encryption !== undefined);
  if (!isKms) return {};
  return { encryption: { bucketKey: input.BucketKeyEnabled ?? bucket.bucketKeyEnabled ?? false } };
}

/** Members of every answer about an object or upload. */
export function encryptionMembers(
  { encryption, customer }: { encryption?: KmsEncryption; customer?: CustomerKeyCheck },
  bucket: Bucket,
  customerKey?: Buffer,
): {
  ServerSideEncryption?: 'AES256' | 'aws:kms';
  SSEKMSKeyId?: string;
  BucketKeyEnabled?: true;
  SSECustomerAlgorithm?: 'AES256';
  SSECustomerKeyMD5?: string;
} {
  if (customer) return customerKey ? customerMembers(customerKey) : {};
  if (!encryption) return { ServerSideEncryption: 'AES256' };
  return {
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: managedKeyArn(bucket),
    ...(encryption.bucketKey && { BucketKeyEnabled: true }),
  };
}

/** The MD5 of the bytes; under KMS and keys of clients something else of that shape. */
export const etagOf = (
  context: Context,
  md5: Buffer,
  { encryption, customer }: Pick<Description, 'encryption' | 'customer'>,
): string => (encryption || customer ? context.ids.hex(32) : md5.toString('hex'));

/** S3 asks KMS on behalf of who reads: nobody is not enough, whatever the policy allows. */
export function refuseUnsignedRead(context: Context, object: { encryption?: KmsEncryption }): void {
  if (!object.encryption || context.principal.type !== 'anonymous') return;
  throw invalidArgument(
    'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
    'Authorization',
    'null',
  );
}

/** The default of a bucket, from the one rule of its configuration. */
export function parseDefault(
  algorithm: string | undefined,
  key: string | undefined,
  bucket: Bucket,
): Pick<Bucket, 'encryption'> {
  if (algorithm === 'AES256') {
    if (key === undefined) return {};
    throw invalidArgument(
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      'ApplyServerSideEncryptionByDefault',
    );
  }
  if (algorithm === 'aws:kms:dsse') throw notImplemented(`default encryption ${algorithm}`);
  if (algorithm !== 'aws:kms') throw malformedXml();
  checkKey(key, bucket);
  return { encryption: key === undefined ? {} : { key } };
}

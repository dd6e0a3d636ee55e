// SSE-C: the client brings the key with every request; of it only a salted digest is kept.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
// AWS takes such requests by HTTPS alone; here plain HTTP on the loopback is served as well.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceError } from '#core/errors.ts';
import { accessDenied, invalidArgument, invalidEncryptionAlgorithm, invalidRequest } from './errors.ts';
import type { CustomerKeyCheck } from './records.ts';

const KEY_BYTES = 32;

export interface CustomerKeyInput {
  SSECustomerAlgorithm?: string;
  /** base64 */
  SSECustomerKey?: string;
  SSECustomerKeyMD5?: string;
}
export interface SourceKeyInput {
  CopySourceSSECustomerAlgorithm?: string;
  CopySourceSSECustomerKey?: string;
  CopySourceSSECustomerKeyMD5?: string;
}

const refused = (what: string): ServiceError => invalidArgument(what, 'x-amz-server-side-encryption', 'null');
const incomplete = (missing: string): ServiceError =>
  refused(`Requests specifying Server Side Encryption with Customer provided keys must provide ${missing}.`);

/** The key of a request, after its three headers agree; undefined = it brings none. */
export function parseCustomerKey(input: CustomerKeyInput): Buffer | undefined {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: text, SSECustomerKeyMD5: md5 } = input;
  if (algorithm === undefined && text === undefined && md5 === undefined) return undefined;
  if (algorithm === undefined) throw incomplete('a valid encryption algorithm');
  if (algorithm !== 'AES256') throw invalidEncryptionAlgorithm(algorithm);
  if (text === undefined) throw incomplete('an appropriate secret key');
  if (md5 === undefined) throw incomplete('the client calculated MD5 of the secret key');
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) throw refused('The secret key was invalid for the specified algorithm.');
  if (md5Of(key) !== md5) throw refused('The calculated MD5 hash of the key did not match the hash that was provided.');
  return key;
}

export const parseSourceKey = (input: SourceKeyInput): Buffer | undefined =>
  parseCustomerKey({
    ...(input.CopySourceSSECustomerAlgorithm !== undefined && {
      SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    }),
    ...(input.CopySourceSSECustomerKey !== undefined && { SSECustomerKey: input.CopySourceSSECustomerKey }),
    ...(input.CopySourceSSECustomerKeyMD5 !== undefined && { SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5 }),
  });

const md5Of = (key: Buffer): string => createHash('md5').update(key).digest('base64');
const digestOf = (key: Buffer, salt: string): Buffer => createHmac('sha256', salt).update(key).digest();

export const rememberKey = (key: Buffer, salt: string): CustomerKeyCheck => ({
  salt,
  digest: digestOf(key, salt).toString('base64'),
});
const isSameKey = (key: Buffer, { salt, digest }: CustomerKeyCheck): boolean =>
  timingSafeEqual(digestOf(key, salt), Buffer.from(digest, 'base64'));

/** An object is read with its key, and with none if it has none. */
export function checkReadKey({ customer }: { customer?: CustomerKeyCheck }, key: Buffer | undefined): void {
  if (!customer) {
    if (key) throw invalidRequest('The encryption parameters are not applicable to this object.');
    return;
  }
  if (!key) {
    throw invalidRequest(
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    );
  }
  if (!isSameKey(key, customer)) {
    throw accessDenied(
      'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
    );
  }
}

/** Parts come with the key that their upload began with. */
export function checkPartKey({ customer }: { customer?: CustomerKeyCheck }, key: Buffer | undefined): void {
  if (!customer) {
    if (key) throw invalidRequest('The multipart upload initiate did not request encryption.');
    return;
  }
  if (!key) {
    throw invalidRequest(
      'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
    );
  }
  if (!isSameKey(key, customer))
    throw invalidRequest('The provided encryption parameters did not match the ones used originally.');
}

export const customerMembers = (key: Buffer): { SSECustomerAlgorithm: 'AES256'; SSECustomerKeyMD5: string } => ({
  SSECustomerAlgorithm: 'AES256',
  SSECustomerKeyMD5: md5Of(key),
});

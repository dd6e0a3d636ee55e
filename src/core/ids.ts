import { randomBytes, randomInt, randomUUID } from 'node:crypto';

const UPPER_ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const LOWER_ALNUM = 'abcdefghijklmnopqrstuvwxyz0123456789';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const pick = (alphabet: string, length: number): string => {
  let out = '';
  for (let i = 0; i < length; i++) out += alphabet[randomInt(alphabet.length)];
  return out;
};

/** Ids and random values in AWS's shapes; everything random in the program comes from here. */
export interface Ids {
  /** `x-amzn-requestid` and most ids: a UUID version 4 */
  uuid(): string;
  /** n upper-case letters and digits: S3 request ids, CloudFormation's name suffixes */
  upper(length: number): string;
  /** n lower-case letters and digits: API ids, resource ids */
  lower(length: number): string;
  /** IAM's unique ids and access key ids: a four-letter prefix and 16 characters (docs: IAM identifiers) */
  iam(prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA' | 'AGPA' | 'ANPA' | 'AIPA'): string;
  hex(length: number): string;
  /** a secret access key: 40 characters of base64 */
  secretKey(): string;
}

export const randomIds: Ids = {
  uuid: randomUUID,
  upper: (length) => pick(UPPER_ALNUM, length),
  lower: (length) => pick(LOWER_ALNUM, length),
  // Access keys have 20 characters, everything else 21: AKIAIOSFODNN7EXAMPLE, AIDACKCEVSQ6C2EXAMPLE.
  iam: (prefix) => prefix + pick(BASE32, prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17),
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length),
  secretKey: () => randomBytes(30).toString('base64'),
};

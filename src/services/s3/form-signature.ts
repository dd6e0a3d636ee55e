// Who signed a browser upload: the policy's base64 text is what is signed.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
import { createHmac } from 'node:crypto';
import { rootPrincipal, type Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import { hexSignature, sameSignature, signingKey } from '#protocol/sigv4-key.ts';
import {
  accessDenied,
  expiredToken,
  invalidAccessKeyId,
  invalidArgument,
  invalidToken,
  signatureDoesNotMatch,
} from './errors.ts';

interface FormSignature {
  accessKeyId: string;
  value: string;
  compute: (secretAccessKey: string) => string;
}

/** Without a policy the form is anonymous; the bucket's own policy then decides. */
export async function authenticateForm(platform: Platform, fields: ReadonlyMap<string, string>): Promise<Principal> {
  const policy = fields.get('policy');
  if (policy === undefined) return { type: 'anonymous' };
  const signature = readSignature(fields, policy);
  const { config, clock } = platform;
  const key = await platform.identity.findAccessKey(signature.accessKeyId);
  if (!key) {
    if (config.mode === 'serve') throw invalidAccessKeyId(signature.accessKeyId);
    const accountId = /^\d{12}$/.test(signature.accessKeyId) ? signature.accessKeyId : config.defaultAccountId;
    return rootPrincipal(accountId);
  }
  if (!key.active) throw invalidAccessKeyId(signature.accessKeyId);
  const token = fields.get('x-amz-security-token');
  if (key.sessionToken !== undefined && key.sessionToken !== token) throw invalidToken(token ?? '');
  if (key.expiresAt !== undefined && key.expiresAt <= clock.now()) throw expiredToken(token ?? '');
  if (!sameSignature(signature.compute(key.secretAccessKey), signature.value))
    throw signatureDoesNotMatch(signature.accessKeyId, policy, signature.value);
  return key.principal;
}

function readSignature(fields: ReadonlyMap<string, string>, policy: string): FormSignature {
  const field = (name: string): string => {
    const value = fields.get(name.toLowerCase());
    if (value === undefined) throw missing(name);
    return value;
  };
  if (!fields.has('x-amz-algorithm')) {
    // The old form, which SDKs of other languages still make: HMAC-SHA1 of the policy.
    const accessKeyId = field('AWSAccessKeyId');
    return {
      accessKeyId,
      value: field('Signature'),
      compute: (secret) => createHmac('sha1', secret).update(policy).digest('base64'),
    };
  }
  if (fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') {
    throw invalidArgument(
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
      'X-Amz-Algorithm',
      fields.get('x-amz-algorithm'),
    );
  }
  const credential = field('X-Amz-Credential');
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = credential.split('/');
  if (terminator !== 'aws4_request' || service !== 's3' || !/^\d{8}$/.test(date)) {
    throw invalidArgument(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      'X-Amz-Credential',
      credential,
    );
  }
  field('X-Amz-Date'); // must be there; the credential carries the day that signs
  return {
    accessKeyId,
    value: field('X-Amz-Signature'),
    compute: (secret) => hexSignature(signingKey(secret, { date, region, service }), policy),
  };
}

const missing = (name: string): Error =>
  accessDenied(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
  );

// What the services answer when a signature, a key or a time is wrong: one table for each family of protocols.
import { ServiceError } from '#core/errors.ts';

/**
 * s3; query: awsQuery and restXml other than S3; json: awsJson 1.0/1.1 and rpcv2Cbor (400); rest-json (403); ec2.
 */
export type SignatureDialect = 's3' | 'query' | 'json' | 'rest-json' | 'ec2';

const MISMATCH = 'The request signature we calculated does not match the signature you provided.';
const EC2_AUTH_FAILURE = 'AWS was not able to validate the provided access credentials';

const jsonStatus = (dialect: SignatureDialect): number => (dialect === 'json' ? 400 : 403);
const isJson = (dialect: SignatureDialect): boolean => dialect === 'json' || dialect === 'rest-json';
const ec2AuthFailure = (): ServiceError => new ServiceError('AuthFailure', EC2_AUTH_FAILURE, 401);

/** `SignatureDoesNotMatch`, or whatever the dialect calls a signature that cannot be accepted for the reason given. */
export function invalidSignature(dialect: SignatureDialect, message: string): ServiceError {
  if (isJson(dialect)) return new ServiceError('InvalidSignatureException', message, jsonStatus(dialect));
  return new ServiceError('SignatureDoesNotMatch', message, 403);
}

export interface Mismatch {
  accessKeyId: string;
  canonical: string;
  toSign: string;
  provided: string;
}

const spacedHex = (text: string): string =>
  Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');

/** S3 has a field for every part; the others write both strings into the message. */
export function signatureDoesNotMatch(dialect: SignatureDialect, mismatch: Mismatch): ServiceError {
  const { accessKeyId, canonical, toSign, provided } = mismatch;
  if (dialect === 'ec2') return ec2AuthFailure();
  if (dialect === 's3') {
    return new ServiceError('SignatureDoesNotMatch', `${MISMATCH} Check your key and signing method.`, 403, {
      fields: {
        AWSAccessKeyId: accessKeyId,
        StringToSign: toSign,
        SignatureProvided: provided,
        StringToSignBytes: spacedHex(toSign),
        ...(canonical && { CanonicalRequest: canonical, CanonicalRequestBytes: spacedHex(canonical) }),
      },
    });
  }
  return invalidSignature(
    dialect,
    `${MISMATCH} Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n` +
      `The Canonical String for this request should have been\n'${canonical}'\n\n` +
      `The String-to-Sign should have been\n'${toSign}'\n`,
  );
}

/** The access key id is not one of ours, or is inactive. */
export function unknownAccessKey(dialect: SignatureDialect, accessKeyId: string): ServiceError {
  const message = 'The security token included in the request is invalid.';
  if (dialect === 's3') {
    return new ServiceError(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      403,
      { fields: { AWSAccessKeyId: accessKeyId } },
    );
  }
  if (dialect === 'ec2') return ec2AuthFailure();
  if (dialect === 'query') return new ServiceError('InvalidClientTokenId', message, 403);
  return new ServiceError('UnrecognizedClientException', message, jsonStatus(dialect));
}

/** Temporary credentials with another session token than the one they were issued with, or with none. */
export function invalidSessionToken(
  dialect: SignatureDialect,
  accessKeyId: string,
  token: string | undefined,
): ServiceError {
  if (dialect !== 's3' || token === undefined) return unknownAccessKey(dialect, accessKeyId);
  return new ServiceError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400, {
    fields: { 'Token-0': token },
  });
}

export function expiredToken(dialect: SignatureDialect, token: string): ServiceError {
  const message = 'The security token included in the request is expired';
  if (dialect === 's3') {
    return new ServiceError('ExpiredToken', 'The provided token has expired.', 400, { fields: { 'Token-0': token } });
  }
  if (dialect === 'ec2') return new ServiceError('RequestExpired', 'Request has expired.', 400);
  if (dialect === 'query') return new ServiceError('ExpiredToken', message, 403);
  return new ServiceError('ExpiredTokenException', message, jsonStatus(dialect));
}

/** The request carries no signature at all. S3 lets it in as anonymous. */
export function missingAuthenticationToken(dialect: SignatureDialect): ServiceError {
  if (dialect === 's3') return new ServiceError('AccessDenied', 'Access Denied', 403);
  if (dialect === 'ec2') {
    return new ServiceError('MissingParameter', 'The request must contain the parameter AWSAccessKeyId', 400);
  }
  if (dialect === 'query') {
    return new ServiceError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  if (dialect === 'rest-json') {
    return new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  }
  return new ServiceError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', 400);
}

export function incompleteSignature(dialect: SignatureDialect, message: string): ServiceError {
  if (isJson(dialect)) return new ServiceError('IncompleteSignatureException', message, jsonStatus(dialect));
  return new ServiceError('IncompleteSignature', message, dialect === 'ec2' ? 400 : 403);
}

export const authorizationHeaderMalformed = (message: string): ServiceError =>
  new ServiceError('AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`, 400);

export const authorizationQueryParametersError = (message: string): ServiceError =>
  new ServiceError('AuthorizationQueryParametersError', message, 400);

export const s3InvalidArgument = (message: string, name: string, value: string): ServiceError =>
  new ServiceError('InvalidArgument', message, 400, { fields: { ArgumentName: name, ArgumentValue: value } });

export const s3InvalidRequest = (message: string): ServiceError => new ServiceError('InvalidRequest', message, 400);

export const s3AccessDenied = (message: string, fields: Record<string, unknown> = {}): ServiceError =>
  new ServiceError('AccessDenied', message, 403, { fields });

export const contentSha256Mismatch = (claimed: string, computed: string): ServiceError =>
  new ServiceError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    400,
    { fields: { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed } },
  );

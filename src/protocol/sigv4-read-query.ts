// Presigned requests: version 4 of every service, version 2 of S3.
import type { ServiceError } from '#core/errors.ts';
import { SIGV4_ALGORITHM } from './sigv4-canonical.ts';
import { badDate, checkScopeDate, parseSigningDate, readCredential } from './sigv4-credential.ts';
import {
  authorizationQueryParametersError,
  incompleteSignature,
  s3AccessDenied,
  type SignatureDialect,
} from './sigv4-errors.ts';
import type { SignatureV2, SignatureV4 } from './sigv4-signature.ts';

const EXPIRES_SECONDS_MAX = 604_800;

export function readQueryV4(query: URLSearchParams, dialect: SignatureDialect): SignatureV4 {
  const get = (name: string): string => query.get(name) ?? '';
  const algorithm = get('X-Amz-Algorithm');
  const credential = get('X-Amz-Credential');
  const signature = get('X-Amz-Signature');
  const date = get('X-Amz-Date');
  const signedHeaders = get('X-Amz-SignedHeaders');
  const required = [algorithm, credential, signature, date, signedHeaders];
  if (dialect === 's3') required.push(get('X-Amz-Expires'));
  if (required.includes('')) throw missingQueryParameters(dialect, query);
  if (algorithm !== SIGV4_ALGORITHM) {
    const message = 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"';
    throw dialect === 's3'
      ? authorizationQueryParametersError(message)
      : incompleteSignature(dialect, `Unsupported AWS 'algorithm': '${algorithm}'.`);
  }
  const { accessKeyId, scope } = readCredential(credential, dialect, 'query');
  const requestedAt = /^\d{8}T\d{6}Z$/.test(date) ? parseSigningDate(date) : undefined;
  if (requestedAt === undefined) {
    throw dialect === 's3'
      ? authorizationQueryParametersError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
      : badDate(dialect, date);
  }
  checkScopeDate(scope, date, dialect, 'query');
  const expires = query.get('X-Amz-Expires');
  const sessionToken = query.get('X-Amz-Security-Token');
  return {
    version: 4,
    source: 'query',
    accessKeyId,
    scope,
    amzDate: date,
    requestedAt,
    ...(expires !== null && { expiresSeconds: readExpires(expires, dialect) }),
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    ...(sessionToken !== null && { sessionToken }),
  };
}

function missingQueryParameters(dialect: SignatureDialect, query: URLSearchParams): ServiceError {
  if (dialect === 's3') {
    return authorizationQueryParametersError(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const missing = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
    .filter((name) => !query.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'.`);
  return incompleteSignature(dialect, `${missing.join(' ')} Re-examine the query-string parameters.`);
}

function readExpires(text: string, dialect: SignatureDialect): number {
  const seconds = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  const problem = Number.isNaN(seconds)
    ? 'X-Amz-Expires should be a number'
    : seconds < 0
      ? 'X-Amz-Expires must be non-negative'
      : seconds > EXPIRES_SECONDS_MAX
        ? 'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds'
        : undefined;
  if (problem === undefined) return seconds;
  throw dialect === 's3' ? authorizationQueryParametersError(problem) : incompleteSignature(dialect, problem);
}

export function readQueryV2(query: URLSearchParams): SignatureV2 {
  const expires = query.get('Expires');
  if (expires === null) {
    throw s3AccessDenied('Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters');
  }
  if (!/^\d+$/.test(expires)) {
    throw s3AccessDenied(`Invalid date (should be seconds since epoch): ${expires}`);
  }
  const sessionToken = query.get('x-amz-security-token');
  return {
    version: 2,
    source: 'query',
    accessKeyId: query.get('AWSAccessKeyId') ?? '',
    expiresAt: Number(expires) * 1000,
    signature: query.get('Signature') ?? '',
    ...(sessionToken !== null && { sessionToken }),
  };
}

// Reads the signature that a request carries: Authorization header, presigned query of version 4, presigned query of version 2.
import { hash } from 'node:crypto';
import { SIGV4_ALGORITHM, splitTarget, type SignedRequest } from './sigv4-canonical.ts';
import { badDate, checkScopeDate, formatAmzDate, parseSigningDate, readCredential } from './sigv4-credential.ts';
import {
  authorizationHeaderMalformed,
  incompleteSignature,
  s3InvalidArgument,
  s3InvalidRequest,
  type SignatureDialect,
} from './sigv4-errors.ts';
import { readQueryV2, readQueryV4 } from './sigv4-read-query.ts';
import type { Signature, SignatureV4 } from './sigv4-signature.ts';

/** A header that could not be read may hold a secret: errors show its digest only. */
const sha256Base64 = (text: string): string => hash('sha256', text, 'base64');

/** Undefined: the request is not signed. Throws the dialect's error when it is signed but not readable. */
export function readSignature(request: SignedRequest, dialect: SignatureDialect): Signature | undefined {
  const { query } = splitTarget(request.target);
  const authorization = request.headers['authorization'];
  const presigned = query.includes('X-Amz-Algorithm=') || query.includes('X-Amz-Signature=');
  const presignedV2 = dialect === 's3' && /(?:^|&)AWSAccessKeyId=/.test(query) && /(?:^|&)Signature=/.test(query);
  if (authorization !== undefined) {
    if (dialect === 's3' && (presigned || presignedV2)) {
      throw s3InvalidArgument(
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
        'Authorization',
        authorization,
      );
    }
    return readHeader(request, authorization, dialect);
  }
  if (presigned) return readQueryV4(new URLSearchParams(query), dialect);
  return presignedV2 ? readQueryV2(new URLSearchParams(query)) : undefined;
}

function readHeader(request: SignedRequest, authorization: string, dialect: SignatureDialect): SignatureV4 {
  const parameters = dialect === 's3' ? s3Parameters(authorization) : strictParameters(request, authorization, dialect);
  const { Credential: credential = '', SignedHeaders: signedHeaders = '', Signature: signature = '' } = parameters;
  const { accessKeyId, scope } = readCredential(credential, dialect, 'header');
  const dateText = request.headers['x-amz-date'] ?? request.headers['date'];
  const requestedAt = dateText === undefined ? undefined : parseSigningDate(dateText);
  if (dateText === undefined || requestedAt === undefined) throw badDate(dialect, dateText);
  const amzDate = formatAmzDate(requestedAt);
  checkScopeDate(scope, amzDate, dialect, 'header');
  const sessionToken = request.headers['x-amz-security-token'];
  return {
    version: 4,
    source: 'header',
    accessKeyId,
    scope,
    amzDate,
    requestedAt,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

function s3Parameters(authorization: string): Record<string, string> {
  if (authorization.startsWith('AWS ')) {
    throw s3InvalidRequest(
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
  if (!authorization.startsWith(`${SIGV4_ALGORITHM} `)) {
    throw s3InvalidArgument('Unsupported Authorization Type', 'Authorization', authorization);
  }
  const parameters = pairs(authorization.slice(SIGV4_ALGORITHM.length));
  if (!parameters['Credential'] || !parameters['SignedHeaders'] || !parameters['Signature']) {
    throw authorizationHeaderMalformed(
      'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    );
  }
  return parameters;
}

function strictParameters(
  request: SignedRequest,
  authorization: string,
  dialect: SignatureDialect,
): Record<string, string> {
  if (!authorization.startsWith(`${SIGV4_ALGORITHM} `)) {
    throw incompleteSignature(
      dialect,
      `Unsupported AWS 'algorithm': '${authorization.split(' ', 1)[0]}'. (Hashed with SHA-256 and encoded with Base64) Authorization=${sha256Base64(authorization)}`,
    );
  }
  const text = authorization.slice(SIGV4_ALGORITHM.length);
  for (const part of text.split(',')) {
    if (part.trim() !== '' && !part.includes('=')) {
      throw incompleteSignature(
        dialect,
        `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${sha256Base64(authorization)}'.`,
      );
    }
  }
  const parameters = pairs(text);
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parameters[name])
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (request.headers['x-amz-date'] === undefined && request.headers['date'] === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (missing.length > 0) {
    throw incompleteSignature(
      dialect,
      `${missing.join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${sha256Base64(authorization)}`,
    );
  }
  return parameters;
}

function pairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) found[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return found;
}

// Signature Version 4 as the server sees it: read the signature, check its time, compare it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
import {
  canonicalRequest,
  EMPTY_SHA256,
  sha256Hex,
  splitTarget,
  stringToSign,
  UNSIGNED_PAYLOAD,
  type SignedRequest,
} from './sigv4-canonical.ts';
import { formatAmzDate } from './sigv4-credential.ts';
import {
  authorizationHeaderMalformed,
  authorizationQueryParametersError,
  expiredToken,
  invalidSessionToken,
  invalidSignature,
  s3AccessDenied,
  s3InvalidArgument,
  s3InvalidRequest,
  signatureDoesNotMatch,
  type SignatureDialect,
} from './sigv4-errors.ts';
import { ServiceError } from '#core/errors.ts';
import { formatScope, hexSignature, sameSignature, signingKey } from './sigv4-key.ts';
import type { Signature, SignatureV4 } from './sigv4-signature.ts';

export type { SignedRequest } from './sigv4-canonical.ts';
export { ChunkSignatures } from './sigv4-chunks.ts';
export { contentSha256Mismatch, missingAuthenticationToken, unknownAccessKey } from './sigv4-errors.ts';
export type { SignatureDialect } from './sigv4-errors.ts';
export { signingKey } from './sigv4-key.ts';
export { readSignature } from './sigv4-read.ts';
export type { Signature, SignatureV2, SignatureV4 } from './sigv4-signature.ts';

/** How far the request's time may lie in the past. */
const SKEW_PAST_MS_MAX = 15 * 60_000;
/** How far ahead it may be; observed messages: "(… + 5 min.)". S3 grants 15 minutes both ways. */
const SKEW_FUTURE_MS_MAX = 5 * 60_000;

/** What the signature says about the body. */
export type SignedPayload =
  /** the body must have this SHA-256 */
  | { kind: 'sha256'; hash: string }
  | { kind: 'unsigned' }
  /** aws-chunked: `signed` chunks carry signatures, `trailer` headers follow the last chunk */
  | { kind: 'chunked'; signed: boolean; trailer: boolean };

const STREAMING: Record<string, SignedPayload> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { kind: 'chunked', signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { kind: 'chunked', signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { kind: 'chunked', signed: false, trailer: true },
};
const SHA256_VALUES =
  'UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER';

/** S3: the body streams, so its claimed hash is what is signed, and is checked while the body is read. */
export function s3Payload(request: SignedRequest, signature: Signature): SignedPayload {
  const claimed =
    request.headers['x-amz-content-sha256'] ??
    (signature.source === 'query'
      ? (new URLSearchParams(splitTarget(request.target).query).get('X-Amz-Content-Sha256') ?? UNSIGNED_PAYLOAD)
      : undefined);
  if (claimed === undefined) throw s3InvalidRequest('Missing required header for this request: x-amz-content-sha256');
  if (claimed === UNSIGNED_PAYLOAD) return { kind: 'unsigned' };
  const streaming = Object.hasOwn(STREAMING, claimed) ? STREAMING[claimed] : undefined;
  if (streaming) return streaming;
  if (/^[0-9a-f]{64}$/i.test(claimed)) return { kind: 'sha256', hash: claimed };
  throw s3InvalidArgument(
    `x-amz-content-sha256 must be ${SHA256_VALUES} or a valid sha256 value.`,
    'x-amz-content-sha256',
    claimed,
  );
}

/** Presigned URLs that have run out. Checked for every key, known or not. */
export function checkExpiry(signature: Signature, dialect: SignatureDialect, nowMs: number): void {
  if (signature.source !== 'query') return;
  const expiresAt =
    signature.version === 2
      ? signature.expiresAt
      : signature.requestedAt + (signature.expiresSeconds ?? SKEW_PAST_MS_MAX / 1000) * 1000;
  if (nowMs <= expiresAt) return;
  const expires = new Date(expiresAt).toISOString();
  if (dialect === 's3') {
    throw s3AccessDenied('Request has expired', {
      ...(signature.version === 4 && { 'X-Amz-Expires': signature.expiresSeconds }),
      Expires: `${expires.slice(0, 19)}Z`,
      ServerTime: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    });
  }
  if (dialect === 'ec2') throw new ServiceError('RequestExpired', 'Request has expired.', 400);
  throw invalidSignature(
    dialect,
    `Signature expired: ${formatAmzDate(expiresAt)} is now earlier than ${formatAmzDate(nowMs)}`,
  );
}

/** The request's own time against ours. */
export function checkSkew(signature: Signature, dialect: SignatureDialect, nowMs: number): void {
  if (signature.version === 2) return;
  const { requestedAt } = signature;
  const futureMsMax = dialect === 's3' ? SKEW_PAST_MS_MAX : SKEW_FUTURE_MS_MAX;
  const early = requestedAt - nowMs > futureMsMax;
  const late = signature.source === 'header' && nowMs - requestedAt > SKEW_PAST_MS_MAX;
  if (!early && !late) return;
  if (dialect === 's3') throw s3Skew(signature, nowMs);
  if (dialect === 'ec2') throw new ServiceError('RequestExpired', 'Request has expired.', 400);
  const now = formatAmzDate(nowMs);
  throw invalidSignature(
    dialect,
    early
      ? `Signature not yet current: ${signature.amzDate} is still later than ${formatAmzDate(nowMs + futureMsMax)} (${now} + 5 min.)`
      : `Signature expired: ${signature.amzDate} is now earlier than ${formatAmzDate(nowMs - SKEW_PAST_MS_MAX)} (${now} - 15 min.)`,
  );
}

function s3Skew(signature: SignatureV4, nowMs: number): ServiceError {
  if (signature.source === 'query') return s3AccessDenied('Request is not yet valid');
  return new ServiceError(
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
    403,
    {
      fields: {
        RequestTime: signature.amzDate,
        ServerTime: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
        MaxAllowedSkewMilliseconds: SKEW_PAST_MS_MAX,
      },
    },
  );
}

/** Temporary credentials must bring the token they were issued with, in time. */
export function checkSessionToken(
  signature: Signature,
  issued: { sessionToken?: string; expiresAt?: number },
  dialect: SignatureDialect,
  nowMs: number,
): void {
  const { sessionToken, accessKeyId } = signature;
  if (issued.sessionToken === undefined && sessionToken === undefined) return;
  if (
    issued.sessionToken === undefined ||
    sessionToken === undefined ||
    !sameSignature(issued.sessionToken, sessionToken)
  ) {
    throw invalidSessionToken(dialect, accessKeyId, sessionToken);
  }
  if (issued.expiresAt !== undefined && nowMs >= issued.expiresAt) throw expiredToken(dialect, sessionToken);
}

/** The scope must name the service that is asked. */
export function checkSigningService(signature: SignatureV4, service: string, dialect: SignatureDialect): void {
  const { service: signed } = signature.scope;
  if (signed === service) return;
  if (dialect !== 's3') {
    throw invalidSignature(dialect, `Credential should be scoped to correct service: '${service}'. `);
  }
  const message = `incorrect service "${signed}". This endpoint belongs to "${service}".`;
  throw signature.source === 'header'
    ? authorizationHeaderMalformed(message)
    : authorizationQueryParametersError(`Error parsing the X-Amz-Credential parameter; ${message}`);
}

/** Sent beside the signature by proxies and browsers without anyone's asking: need not be signed. */
const UNSIGNED_HEADERS = new Set(['x-amz-cf-id', 'x-amz-user-agent']);

/** The host and every x-amz- header must be covered, or a proxy could change what is asked. */
function checkSignedHeaders(request: SignedRequest, signature: SignatureV4, dialect: SignatureDialect): void {
  const signed = new Set(signature.signedHeaders);
  const unsigned: string[] = [];
  if (!signed.has('host') && !signed.has(':authority')) unsigned.push('host');
  for (const name in request.headers) {
    if (name.startsWith('x-amz-') && !signed.has(name) && !UNSIGNED_HEADERS.has(name)) unsigned.push(name);
  }
  if (unsigned.length === 0) return;
  if (dialect === 's3') {
    throw s3AccessDenied('There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
  const named = unsigned[0] === 'host' ? "'Host' or ':authority'" : `'${unsigned[0]}'`;
  throw invalidSignature(dialect, `${named} must be a 'SignedHeader' in the AWS Authorization.`);
}

/** The literal that the canonical request ends with. */
function payloadLiteral(
  request: SignedRequest,
  signature: SignatureV4,
  dialect: SignatureDialect,
  body?: Uint8Array,
): string {
  if (dialect !== 's3') return body === undefined || body.length === 0 ? EMPTY_SHA256 : sha256Hex(body);
  const payload = s3Payload(request, signature);
  if (payload.kind === 'sha256') return payload.hash;
  return request.headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD;
}

const NON_ASCII = /[\u0080-\u00ff]/;
const bytesAsUtf8 = (text: string): string =>
  NON_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;

/** node reads headers as latin1, clients sign them as UTF-8: the bytes decide. */
function withUtf8(request: SignedRequest, signedHeaders: readonly string[]): SignedRequest {
  const { target, headers } = request;
  if (!NON_ASCII.test(target) && !signedHeaders.some((name) => NON_ASCII.test(headers[name] ?? ''))) return request;
  const decoded: Record<string, string> = {};
  for (const name of signedHeaders) decoded[name] = bytesAsUtf8(headers[name] ?? '');
  const rawHeaders = request.rawHeaders?.map(bytesAsUtf8);
  return { method: request.method, target: bytesAsUtf8(target), headers: decoded, ...(rawHeaders && { rawHeaders }) };
}

/** Throws the dialect's SignatureDoesNotMatch. `body`: needed for every service but S3, whose payload is checked as it streams. */
export function verifySignatureV4(
  request: SignedRequest,
  signature: SignatureV4,
  secretAccessKey: string,
  dialect: SignatureDialect,
  body?: Uint8Array,
): void {
  checkSignedHeaders(request, signature, dialect);
  const payload = payloadLiteral(request, signature, dialect, body);
  const encoding = dialect === 's3' ? 'single' : 'double';
  const canonical = canonicalRequest(
    withUtf8(request, signature.signedHeaders),
    signature.signedHeaders,
    payload,
    encoding,
  );
  const toSign = stringToSign(signature.amzDate, formatScope(signature.scope), canonical);
  const expected = hexSignature(signingKey(secretAccessKey, signature.scope), toSign);
  if (sameSignature(expected, signature.signature)) return;
  throw signatureDoesNotMatch(dialect, {
    accessKeyId: signature.accessKeyId,
    canonical,
    toSign,
    provided: signature.signature,
  });
}

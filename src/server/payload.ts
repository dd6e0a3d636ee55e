// From the bytes of a request to the payload the operation means: aws-chunked and gzip undone, every checksum that the
// client sent compared, while the bytes go by.
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest } from '#core/http.ts';
import { algorithmOfHeader, createChecksum, type Checksum } from '#protocol/checksums.ts';
import { decodeChunked, malformedTrailer, type ChunkVerifier } from '#protocol/chunked.ts';
import { contentSha256Mismatch } from '#protocol/sigv4.ts';

export interface Payload {
  bytes: AsyncIterable<Uint8Array>;
  /** headers as the operation should see them: without the transport's codings */
  headers: Readonly<Record<string, string>>;
  /** filled when the payload has been read to its end */
  trailers: Record<string, string>;
}

const codingsOf = (headers: Readonly<Record<string, string>>): string[] =>
  (headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '');

const announcedTrailers = (headers: Readonly<Record<string, string>>): string[] =>
  (headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

const isChunked = (headers: Readonly<Record<string, string>>, codings: readonly string[]): boolean =>
  codings.includes('aws-chunked') || (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');

const incompleteBody = (): ServiceError =>
  new ServiceError('IncompleteBody', 'The request body terminated unexpectedly', 400);

/** Undoes aws-chunked. Content-Encoding and Content-Length become those of the payload. */
export function openPayload(
  headers: Readonly<Record<string, string>>,
  body: AsyncIterable<Uint8Array>,
  verifier: ChunkVerifier | undefined,
): Payload {
  const codings = codingsOf(headers);
  const trailers: Record<string, string> = {};
  if (!isChunked(headers, codings)) return { bytes: body, headers, trailers };
  const declared = headers['x-amz-decoded-content-length'];
  if (declared === undefined || !/^\d+$/.test(declared)) {
    throw new ServiceError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const rest = codings.filter((coding) => coding !== 'aws-chunked').join(',');
  const { 'content-encoding': _, ...others } = headers;
  const decoded = decodeChunked(body, {
    ...(verifier && { verifier }),
    onTrailers: (found) => void Object.assign(trailers, found),
  });
  return {
    bytes: withTrailers(ofLength(decoded, Number(declared)), announcedTrailers(headers), trailers),
    headers: { ...others, ...(rest && { 'content-encoding': rest }), 'content-length': declared },
    trailers,
  };
}

async function* ofLength(source: AsyncIterable<Uint8Array>, expected: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > expected) throw incompleteBody();
    yield piece;
  }
  if (bytes !== expected) throw incompleteBody();
}

async function* withTrailers(
  source: AsyncIterable<Uint8Array>,
  announced: readonly string[],
  trailers: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  yield* source;
  if (announced.some((name) => !Object.hasOwn(trailers, name))) throw malformedTrailer();
}

interface Claim {
  checksum: Checksum;
  /** asked at the end: trailers come last */
  check: (digest: Buffer) => void;
}

const SHA256_HEX = /^[0-9a-f]{64}$/i;

function checksumClaim(name: string, claimed: () => string | undefined): Claim | undefined {
  const algorithm = algorithmOfHeader(name);
  if (!algorithm) return undefined;
  return {
    checksum: createChecksum(algorithm),
    check(digest) {
      const value = claimed();
      if (value === undefined || value === digest.toString('base64')) return;
      if (Buffer.from(value, 'base64').length !== digest.length) {
        throw new ServiceError('InvalidRequest', `Value for ${name} header is invalid.`);
      }
      const words = algorithm.toUpperCase();
      throw new ServiceError('BadDigest', `The ${words} you specified did not match the calculated checksum.`);
    },
  };
}

function md5Claim(value: string): Claim {
  if (!/^[A-Za-z0-9+/]{22}==$/.test(value)) {
    throw new ServiceError('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400, {
      fields: { 'Content-MD5': value },
    });
  }
  return {
    checksum: createChecksum('md5'),
    check(digest) {
      const calculated = digest.toString('base64');
      if (calculated === value) return;
      throw new ServiceError('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400, {
        fields: { ExpectedDigest: value, CalculatedDigest: calculated },
      });
    },
  };
}

function claimsOf(request: HttpRequest, trailers: Readonly<Record<string, string>>): Claim[] {
  const { headers } = request;
  const claims: Claim[] = [];
  for (const name of Object.keys(headers)) {
    const claim = checksumClaim(name, () => headers[name]);
    if (claim) claims.push(claim);
  }
  for (const name of announcedTrailers(headers)) {
    const claim = checksumClaim(name, () => trailers[name]);
    if (claim) claims.push(claim);
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined) claims.push(md5Claim(md5));
  const sha256 = headers['x-amz-content-sha256'];
  if (sha256 !== undefined && SHA256_HEX.test(sha256)) {
    const hash = createHash('sha256');
    claims.push({
      checksum: { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() },
      check(digest) {
        const computed = digest.toString('hex');
        if (computed !== sha256.toLowerCase()) throw contentSha256Mismatch(sha256, computed);
      },
    });
  }
  return claims;
}

/** The payload, refused at its end when a checksum or Content-MD5 that came with it is not its own. */
export function verifiedPayload(request: HttpRequest, payload: Payload): AsyncIterable<Uint8Array> {
  const claims = claimsOf(request, payload.trailers);
  return claims.length === 0 ? payload.bytes : verify(payload.bytes, claims);
}

async function* verify(source: AsyncIterable<Uint8Array>, claims: readonly Claim[]): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    for (const { checksum } of claims) checksum.update(piece);
    yield piece;
  }
  for (const { checksum, check } of claims) check(checksum.digest());
}

/** The same for a body that is already in memory. */
export function verifyBody(request: HttpRequest, body: Uint8Array, trailers: Readonly<Record<string, string>>): void {
  for (const { checksum, check } of claimsOf(request, trailers)) {
    checksum.update(body);
    check(checksum.digest());
  }
}

export const isGzip = (headers: Readonly<Record<string, string>>): boolean => codingsOf(headers).includes('gzip');

/** The SDKs compress large requests of some operations (PutMetricData). Reads no more than `bytesMax` of what comes out. */
export function gunzip(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return Readable.from(bytes).compose(createGunzip());
}

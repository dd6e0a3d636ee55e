// Checksums of object bodies. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import type { Context } from '#kernel/context.ts';
import * as Checksums from '#protocol/checksums.ts';
import { combineCrcs, type CrcAlgorithm } from './crc.ts';
import { badChecksum, invalidRequest, notImplemented } from './errors.ts';
import type { Checksum } from './records.ts';

/** Algorithm → bytes of its digest. */
const DIGEST_BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32, SHA512: 64, MD5: 16 } as const;
export type ChecksumAlgorithm = keyof typeof DIGEST_BYTES;
const ALGORITHMS = Object.keys(DIGEST_BYTES) as ChecksumAlgorithm[];
const NOT_BUILT = ['XXHASH64', 'XXHASH3', 'XXHASH128'];

/** What S3 computes when the client sends no checksum (since December 2024). */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

export const createDigest = (algorithm: ChecksumAlgorithm): Checksums.Checksum =>
  Checksums.createChecksum(algorithm.toLowerCase() as Lowercase<ChecksumAlgorithm>);

export type ChecksumMembers = { [A in ChecksumAlgorithm as `Checksum${A}`]?: string };

/** The algorithm a request names, in whichever case. */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const upper = name.toUpperCase();
  if (NOT_BUILT.includes(upper)) throw notImplemented(`checksum algorithm ${upper}`);
  if (!ALGORITHMS.includes(upper as ChecksumAlgorithm)) {
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  }
  return upper as ChecksumAlgorithm;
}

export interface ExpectedChecksum {
  algorithm: ChecksumAlgorithm;
  /** base64; undefined = it comes as a trailer, or the client only asked for this algorithm */
  value?: string;
}

/** The checksum that a request carries, as a header or announced as a trailer. At most one is allowed. */
export function expectedChecksum(
  input: ChecksumMembers & { ChecksumAlgorithm?: string },
  context: Context,
): ExpectedChecksum | undefined {
  const sent = ALGORITHMS.filter((algorithm) => input[`Checksum${algorithm}`] !== undefined);
  for (const name of NOT_BUILT) {
    if ((input as Record<string, unknown>)[`Checksum${name}`] !== undefined)
      throw notImplemented(`checksum algorithm ${name}`);
  }
  if (sent.length > 1)
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  const algorithm = sent[0];
  if (algorithm !== undefined) {
    if (input.ChecksumAlgorithm !== undefined && input.ChecksumAlgorithm.toUpperCase() !== algorithm)
      throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
    const value = input[`Checksum${algorithm}`] ?? '';
    checkForm(algorithm, value);
    return { algorithm, value };
  }
  const trailer = /^x-amz-checksum-([a-z0-9]+)$/.exec(
    context.http?.headers['x-amz-trailer']?.trim().toLowerCase() ?? '',
  );
  if (trailer?.[1]) return { algorithm: parseAlgorithm(trailer[1]) };
  refuseUnknownHeaders(context);
  if (input.ChecksumAlgorithm === undefined) return undefined;
  const named = parseAlgorithm(input.ChecksumAlgorithm);
  // Over the wire the header promises a value; a call from another service only names what it wants computed.
  if (context.http?.headers['x-amz-sdk-checksum-algorithm'] !== undefined) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return { algorithm: named };
}

/** `x-amz-checksum-` and what is no algorithm; these three say something else. */
const NO_ALGORITHM = /^x-amz-checksum-(?:algorithm|type|mode)$/;

function refuseUnknownHeaders({ http }: Context): void {
  for (const name in http?.headers) {
    if (name.startsWith('x-amz-checksum-') && !NO_ALGORITHM.test(name))
      throw invalidRequest('The algorithm type you specified in x-amz-checksum- header is invalid.');
  }
}

function checkForm(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== DIGEST_BYTES[algorithm] || bytes.toString('base64') !== value) {
    throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
  }
}

/** Compares once the body has been read; answers the computed value. */
export function verifyChecksum(expected: ExpectedChecksum, computed: Buffer, context: Context): string {
  const value = computed.toString('base64');
  const { algorithm } = expected;
  const sent = expected.value ?? context.http?.trailers?.[`x-amz-checksum-${algorithm.toLowerCase()}`];
  if (sent !== undefined && expected.value === undefined) checkForm(algorithm, sent);
  if (sent !== undefined && sent !== value) throw badChecksum(algorithm);
  return value;
}

/** The members of an answer that carry a checksum. */
export function checksumMembers(checksum: Checksum | undefined): ChecksumMembers & { ChecksumType?: Checksum['type'] } {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

/** The checksum of a completed upload, from those of its parts. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: Checksum['type'],
  parts: readonly { checksum: string; size: number }[],
): Checksum {
  if (type === 'COMPOSITE') {
    const digest = createDigest(algorithm);
    for (const part of parts) digest.update(Buffer.from(part.checksum, 'base64'));
    return { algorithm, type, value: `${digest.digest().toString('base64')}-${parts.length}` };
  }
  const crcs = parts.map((part) => ({ crc: Buffer.from(part.checksum, 'base64'), size: part.size }));
  return { algorithm, type, value: combineCrcs(algorithm as CrcAlgorithm, crcs).toString('base64') };
}

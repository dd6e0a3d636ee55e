// The checksums of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, Crc64Nvme } from './crc.ts';

export interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

const isAlgorithm = (name: string): name is ChecksumAlgorithm =>
  (CHECKSUM_ALGORITHMS as readonly string[]).includes(name);

const HEADER = 'x-amz-checksum-';

/** `x-amz-checksum-crc32` → crc32 */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  if (!name.startsWith(HEADER)) return undefined;
  const algorithm = name.slice(HEADER.length);
  return isAlgorithm(algorithm) ? algorithm : undefined;
}

/** A CRC of 32 bits from a function that takes the value so far. */
function rolling(step: (bytes: Uint8Array, value: number) => number): Checksum {
  let value = 0;
  return {
    update(bytes) {
      value = step(bytes, value);
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(value);
      return out;
    },
  };
}

function hash(name: string): Checksum {
  const state = createHash(name);
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest() };
}

export function createChecksum(algorithm: ChecksumAlgorithm | 'md5' | 'sha512'): Checksum {
  switch (algorithm) {
    case 'crc32':
      return rolling(crc32);
    case 'crc32c':
      return rolling(crc32c);
    case 'crc64nvme':
      return new Crc64Nvme();
    default:
      return hash(algorithm);
  }
}

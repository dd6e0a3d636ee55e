// The checksums of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

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

class Crc32 implements Checksum {
  #value = 0;
  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }
  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#value >>> 0);
    return out;
  }
}

/** Eight tables, so that eight bytes take one step. */
function crc32cTables(): Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0x82f63b78 ^ (value >>> 1) : value >>> 1;
    tables[0]![i] = value >>> 0;
  }
  for (let i = 0; i < 256; i++) {
    for (let t = 1; t < 8; t++) {
      const before = tables[t - 1]![i]!;
      tables[t]![i] = (before >>> 8) ^ tables[0]![before & 255]!;
    }
  }
  return tables;
}

let crc32c: Uint32Array[] | undefined;

class Crc32c implements Checksum {
  #value = 0xffffffff;
  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = (crc32c ??= crc32cTables()) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let value = this.#value;
    let i = 0;
    for (; i + 8 <= bytes.length; i += 8) {
      const low = value ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
      value =
        t7[low & 255]! ^
        t6[(low >>> 8) & 255]! ^
        t5[(low >>> 16) & 255]! ^
        t4[low >>> 24]! ^
        t3[bytes[i + 4]!]! ^
        t2[bytes[i + 5]!]! ^
        t1[bytes[i + 6]!]! ^
        t0[bytes[i + 7]!]!;
    }
    for (; i < bytes.length; i++) value = t0[(value ^ bytes[i]!) & 255]! ^ (value >>> 8);
    this.#value = value;
  }
  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(~this.#value >>> 0);
    return out;
  }
}

/** CRC-64/NVME, reflected; 64 bits in two halves, because BigInt is slow. high and low tables for each of eight bytes. */
function crc64Tables(): { high: Uint32Array[]; low: Uint32Array[] } {
  const polynomial = 0x9a6c9329ac4bc9b5n;
  const high = Array.from({ length: 8 }, () => new Uint32Array(256));
  const low = Array.from({ length: 8 }, () => new Uint32Array(256));
  const first: bigint[] = [];
  for (let i = 0; i < 256; i++) {
    let value = BigInt(i);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? polynomial ^ (value >> 1n) : value >> 1n;
    first.push(value);
  }
  for (let i = 0; i < 256; i++) {
    let value = first[i]!;
    for (let t = 0; t < 8; t++) {
      if (t > 0) value = (value >> 8n) ^ first[Number(value & 255n)]!;
      high[t]![i] = Number(value >> 32n);
      low[t]![i] = Number(value & 0xffffffffn);
    }
  }
  return { high, low };
}

let crc64: ReturnType<typeof crc64Tables> | undefined;

class Crc64Nvme implements Checksum {
  #high = 0xffffffff;
  #low = 0xffffffff;
  update(bytes: Uint8Array): void {
    const { high, low } = (crc64 ??= crc64Tables());
    const high0 = high[0]!;
    const low0 = low[0]!;
    let h = this.#high;
    let l = this.#low;
    let i = 0;
    for (; i + 8 <= bytes.length; i += 8) {
      l ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      h ^= bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24);
      let nextHigh = 0;
      let nextLow = 0;
      for (let t = 0; t < 4; t++) {
        const a = (l >>> (8 * t)) & 255;
        const b = (h >>> (8 * t)) & 255;
        nextHigh ^= high[7 - t]![a]! ^ high[3 - t]![b]!;
        nextLow ^= low[7 - t]![a]! ^ low[3 - t]![b]!;
      }
      h = nextHigh;
      l = nextLow;
    }
    for (; i < bytes.length; i++) {
      const at = (l ^ bytes[i]!) & 255;
      l = ((l >>> 8) | (h << 24)) ^ low0[at]!;
      h = (h >>> 8) ^ high0[at]!;
    }
    this.#high = h;
    this.#low = l;
  }
  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out;
  }
}

function hash(name: string): Checksum {
  const state = createHash(name);
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest() };
}

export function createChecksum(algorithm: ChecksumAlgorithm | 'md5'): Checksum {
  switch (algorithm) {
    case 'crc32':
      return new Crc32();
    case 'crc32c':
      return new Crc32c();
    case 'crc64nvme':
      return new Crc64Nvme();
    default:
      return hash(algorithm);
  }
}

// CRCs of parts become the CRC of the whole: a multipart upload's checksum follows without reading a byte again.

const POLYNOMIALS = {
  CRC32: [32n, 0xedb88320n],
  CRC32C: [32n, 0x82f63b78n],
  CRC64NVME: [64n, 0x9a6c9329ac4bc9b5n],
} as const;
export type CrcAlgorithm = keyof typeof POLYNOMIALS;

/** The CRC of the concatenation of parts, from each part's CRC and length. */
export function combineCrcs(algorithm: CrcAlgorithm, parts: readonly { crc: Buffer; size: number }[]): Buffer {
  const [bits, polynomial] = POLYNOMIALS[algorithm];
  // Parts of an upload are nearly all of one size: the shift of that size is worked out once.
  const shifts = new Map<number, bigint>();
  let combined = 0n;
  for (const { crc, size } of parts) {
    let shift = shifts.get(size);
    if (shift === undefined) shifts.set(size, (shift = powerOfX(BigInt(size) * 8n, bits, polynomial)));
    combined = multiply(shift, combined, bits, polynomial) ^ BigInt(`0x${crc.toString('hex')}`);
  }
  return Buffer.from(combined.toString(16).padStart(Number(bits) / 4, '0'), 'hex');
}

/** a(x) * b(x) mod the polynomial; bit-reversed: the highest bit is x^0. */
function multiply(a: bigint, b: bigint, bits: bigint, polynomial: bigint): bigint {
  let product = 0n;
  for (let mask = 1n << (bits - 1n); mask > 0n; mask >>= 1n) {
    if (a & mask) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}

/** x^n mod the polynomial, by repeated squaring. */
function powerOfX(n: bigint, bits: bigint, polynomial: bigint): bigint {
  let result = 1n << (bits - 1n);
  let square = 1n << (bits - 2n);
  for (; n > 0n; n >>= 1n) {
    if (n & 1n) result = multiply(square, result, bits, polynomial);
    square = multiply(square, square, bits, polynomial);
  }
  return result;
}

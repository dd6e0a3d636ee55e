// Encryption of one body: AES-256 in counter mode, so that any range can be read alone. Each body begins at a random
// 128-bit counter: that two of 2^32 bodies of 4 GB meet has a chance of 2^-36. The bytes' integrity is what checksums and
// ETags say.
import { createCipheriv, randomBytes, type Cipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;

/** The first counter of a body; kept with the reference to it, in base64. */
export type Seal = string;
export const newSeal = (): Seal => randomBytes(BLOCK_BYTES).toString('base64');

/** `offset`: of the first byte that goes through it. Counter mode is its own inverse. */
export function cipherOf(key: Buffer, seal: Seal, offset = 0): Cipheriv {
  const counter = advance(Buffer.from(seal, 'base64'), Math.floor(offset / BLOCK_BYTES));
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  const skipped = offset % BLOCK_BYTES;
  if (skipped > 0) cipher.update(Buffer.alloc(skipped));
  return cipher;
}

/** The counter so many blocks on: 128 bits, big-endian, around at its end. */
function advance(counter: Buffer, blocks: number): Buffer {
  if (blocks === 0) return counter;
  const sum = (BigInt(`0x${counter.toString('hex')}`) + BigInt(blocks)) & ((1n << 128n) - 1n);
  return Buffer.from(sum.toString(16).padStart(BLOCK_BYTES * 2, '0'), 'hex');
}

export async function* throughCipher(
  cipher: Cipheriv,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) yield cipher.update(chunk);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKSUM_ALGORITHMS, createChecksum } from './checksums.ts';

// The check values of the CRC catalogue (https://reveng.sourceforge.io/crc-catalogue/) and FIPS 180 for "123456789".
const CHECK = Buffer.from('123456789');
const KNOWN: Record<string, string> = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  md5: '25f9e794323b453885f5181f1b624d0b',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

for (const [algorithm, hex] of Object.entries(KNOWN)) {
  test(`${algorithm} of 123456789`, () => {
    const checksum = createChecksum(algorithm as 'md5');
    checksum.update(CHECK);
    assert.equal(checksum.digest().toString('hex'), hex);
  });
}

test('pieces of any size give the same value as the whole', () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 37) & 255));
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const whole = createChecksum(algorithm);
    whole.update(bytes);
    const pieces = createChecksum(algorithm);
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3 + 1) % 29 || 1) {
      pieces.update(bytes.subarray(at, at + size));
    }
    assert.deepEqual(pieces.digest(), whole.digest(), algorithm);
  }
});

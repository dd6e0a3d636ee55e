import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { combineChecksums, createDigest, type ChecksumAlgorithm } from './checksums.ts';

const digestOf = (algorithm: ChecksumAlgorithm, ...chunks: Uint8Array[]): Buffer => {
  const digest = createDigest(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest();
};

test('each CRC gives its published check value for "123456789"', () => {
  const check = Buffer.from('123456789');
  assert.equal(digestOf('CRC32', check).toString('hex'), 'cbf43926');
  assert.equal(digestOf('CRC32C', check).toString('hex'), 'e3069283');
  assert.equal(digestOf('CRC64NVME', check).toString('hex'), 'ae8b14860a799888');
});

test('a CRC does not depend on how the bytes are cut', () => {
  const bytes = randomBytes(10_007);
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const whole = digestOf(algorithm, bytes);
    assert.deepEqual(digestOf(algorithm, bytes.subarray(0, 3), bytes.subarray(3, 4099), bytes.subarray(4099)), whole);
  }
});

test('the full-object checksum of parts is the checksum of the whole', () => {
  const bytes = randomBytes(9_000);
  const cuts = [bytes.subarray(0, 4000), bytes.subarray(4000, 8000), bytes.subarray(8000)];
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const parts = cuts.map((cut) => ({ checksum: digestOf(algorithm, cut).toString('base64'), size: cut.length }));
    const combined = combineChecksums(algorithm, 'FULL_OBJECT', parts);
    assert.equal(combined.value, digestOf(algorithm, bytes).toString('base64'));
  }
  assert.equal(digestOf('CRC32', bytes).readUInt32BE(), crc32(bytes));
});

test('a composite checksum is the checksum of checksums with the number of parts', () => {
  const parts = ['a', 'b'].map((text) => ({
    checksum: digestOf('SHA256', Buffer.from(text)).toString('base64'),
    size: 1,
  }));
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part.checksum, 'base64')));
  assert.deepEqual(combineChecksums('SHA256', 'COMPOSITE', parts), {
    algorithm: 'SHA256',
    type: 'COMPOSITE',
    value: `${digestOf('SHA256', joined).toString('base64')}-2`,
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameGuard } from './frame-guard.ts';

/** A masked frame as a client sends it. */
function frame(payloadBytes: number): Buffer {
  const length =
    payloadBytes < 126
      ? [0x80 | payloadBytes]
      : payloadBytes < 65_536
        ? [0x80 | 126, payloadBytes >> 8, payloadBytes & 0xff]
        : [0x80 | 127, 0, 0, 0, 0, 0, payloadBytes >> 16, (payloadBytes >> 8) & 0xff, payloadBytes & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length]), Buffer.alloc(4 + payloadBytes, 0xff)]);
}

const isRefused = (bytes: Buffer, pieceBytes: number): boolean => {
  const guard = new FrameGuard();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (guard.hasTooLargeFrame(bytes.subarray(at, at + pieceBytes))) return true;
  }
  return false;
};

test('frames up to 32 KB pass, larger ones do not, however the bytes arrive', () => {
  const small = Buffer.concat([frame(0), frame(125), frame(126), frame(32_768), frame(1)]);
  for (const pieceBytes of [1, 3, 1000, small.length]) {
    assert.equal(isRefused(small, pieceBytes), false);
    assert.equal(isRefused(Buffer.concat([small, frame(32_769)]), pieceBytes), true);
    assert.equal(isRefused(Buffer.concat([frame(5), frame(70_000)]), pieceBytes), true);
  }
});

test('a length that no number can hold is too large', () => {
  assert.equal(isRefused(Buffer.from([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]), 4), true);
});

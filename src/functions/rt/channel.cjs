'use strict';
// The sandbox's end of the channel on fd 3. Frame: u32 length, u8 type, u24 invocation number (little endian), payload.
// Reading blocks the whole process on purpose: between invocations nothing here runs, as in Lambda's frozen environment.
const fs = require('node:fs');

const FD = 3;
const HEADER_BYTES = 8;

/** Kept in step with src/functions/frames.ts. */
const FRAME = {
  ASSIGN: 1,
  INVOKE: 2,
  SHUTDOWN: 3,
  AWAKE: 4,
  BOOTED: 9,
  READY: 10,
  RESULT: 11,
  ERROR: 12,
  STREAM_HEAD: 13,
  STREAM_CHUNK: 14,
  STREAM_END: 15,
  LOG: 16,
  INIT_ERROR: 17,
  OUTPUT: 18,
  FATAL: 19,
  CODE_CACHE: 20,
};

let input = Buffer.allocUnsafeSlow(65536);
let output = Buffer.allocUnsafeSlow(65536);
let sequence = 0;

function readSome(offset) {
  for (;;) {
    try {
      const bytes = fs.readSync(FD, input, offset, input.length - offset, null);
      if (bytes > 0) return bytes;
    } catch (error) {
      if (error.code === 'EAGAIN' || error.code === 'EINTR') continue;
    }
    process.reallyExit(0); // the platform is gone
  }
}

/** what came together with the last frame and belongs to the next */
let keptAt = 0;
let keptBytes = 0;

/** Begins the next frame: answers how many bytes of it are here. */
function begin() {
  if (keptBytes > 0) input.copyWithin(0, keptAt, keptAt + keptBytes);
  const have = keptBytes;
  keptBytes = 0;
  return have;
}

/** The frame of which so many bytes are here, once they are all; makes room for the others. */
function frameOf(have) {
  if (have < HEADER_BYTES) return undefined;
  const total = input.readUInt32LE(0) + HEADER_BYTES;
  if (total > input.length) {
    const larger = Buffer.allocUnsafeSlow(total);
    input.copy(larger, 0, 0, have);
    input = larger;
  }
  if (have < total) return undefined;
  keptAt = total;
  keptBytes = have - total;
  sequence = input.readUIntLE(5, 3);
  return { type: input[4], payload: input.subarray(HEADER_BYTES, total) };
}

/** Waits for the next frame. The payload is a view that the next read overwrites. */
function receive() {
  let have = begin();
  for (;;) {
    const frame = frameOf(have);
    if (frame) return frame;
    have += readSome(have);
  }
}

/** Waits while the event loop goes on: an internal extension works in it. */
function receiveAwake(take) {
  let have = begin();
  const frame = frameOf(have);
  if (frame) return take(frame);
  const read = () =>
    fs.read(FD, input, have, input.length - have, null, (error, bytes) => {
      if (error && error.code !== 'EAGAIN' && error.code !== 'EINTR') process.reallyExit(0);
      if (!error && bytes === 0) process.reallyExit(0); // the platform is gone
      have += bytes ?? 0;
      const next = frameOf(have);
      if (next) take(next);
      else read();
    });
  read();
}

function flush(type, payloadBytes) {
  output.writeUInt32LE(payloadBytes, 0);
  output[4] = type;
  output.writeUIntLE(sequence, 5, 3);
  const total = payloadBytes + HEADER_BYTES;
  for (let sent = 0; sent < total;) {
    try {
      sent += fs.writeSync(FD, output, sent, total - sent);
    } catch (error) {
      if (error.code !== 'EAGAIN' && error.code !== 'EINTR') process.reallyExit(0);
    }
  }
}

function reserve(bytes) {
  if (output.length < bytes) output = Buffer.allocUnsafeSlow(bytes);
}

/** Sends `prefixBytes` zero bytes' worth of room filled by `prefix`, then text or bytes. Returns when the kernel has it. */
function send(type, data, prefix) {
  const prefixBytes = prefix === undefined ? 0 : 4;
  const start = HEADER_BYTES + prefixBytes;
  if (typeof data === 'string') {
    reserve(start + data.length * 3);
    if (prefixBytes) output.writeUInt32LE(prefix, HEADER_BYTES);
    flush(type, prefixBytes + output.utf8Write(data, start));
  } else {
    reserve(start + data.length);
    if (prefixBytes) output.writeUInt32LE(prefix, HEADER_BYTES);
    output.set(data, start);
    flush(type, prefixBytes + data.length);
  }
}

module.exports = { FRAME, receive, receiveAwake, send };

/** Frames on a sandbox's channel; kept in step with rt/channel.cjs and rt/channel.py. */
export const FRAME = {
  ASSIGN: 1,
  INVOKE: 2,
  /** the environment ends: as SIGTERM */
  SHUTDOWN: 3,
  /** an internal extension works in the runtime's event loop: wait without stopping it */
  AWAKE: 4,
  BOOTED: 9,
  READY: 10,
  RESULT: 11,
  ERROR: 12,
  STREAM_HEAD: 13,
  STREAM_CHUNK: 14,
  STREAM_END: 15,
  /** one log record, already formatted */
  LOG: 16,
  INIT_ERROR: 17,
  /** bytes that the function wrote to its standard output or error */
  OUTPUT: 18,
  /** an error after which the process ends */
  FATAL: 19,
  /** once after READY, where it was asked for: compiled code for later starts (code-cache.ts) */
  CODE_CACHE: 20,
} as const;

/** u32 payload length, u8 type, u24 invocation number; little endian */
export const HEADER_BYTES = 8;
export const SEQUENCE_MAX = 0xffffff;

export function writeHeader(target: Buffer, payloadBytes: number, type: number, sequence: number): void {
  target.writeUInt32LE(payloadBytes, 0);
  target[4] = type;
  target.writeUIntLE(sequence, 5, 3);
}

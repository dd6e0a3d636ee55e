// Standard output on which AWS's client for Java writes each record in a frame, so that one of many lines stays one: told by
// _LAMBDA_TELEMETRY_LOG_FD. What the function prints itself comes between the frames as it is.

/** The first two bytes, which no UTF-8 text has side by side; two bytes of flags, u32 length and u64 time follow. */
const MAGIC = Buffer.from([0xa5, 0x5a]);
const HEADER_BYTES = 16;
const LENGTH_AT = 4;
/** whoever claims more writes no frames */
const RECORD_BYTES_MAX = 1024 * 1024;

export interface OutputReceiver {
  plain(bytes: Buffer): void;
  record(text: string): void;
}

export class FramedOutput {
  #held: Buffer = Buffer.alloc(0);
  #receiver: OutputReceiver;

  constructor(receiver: OutputReceiver) {
    this.#receiver = receiver;
  }

  take(bytes: Buffer): void {
    let left = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    for (let start = findMagic(left); start >= 0; start = findMagic(left)) {
      if (start > 0) this.#receiver.plain(left.subarray(0, start));
      left = left.subarray(start);
      if (left.length < HEADER_BYTES) return this.#hold(left);
      const length = left.readUInt32BE(LENGTH_AT);
      if (length > RECORD_BYTES_MAX) {
        this.#receiver.plain(left.subarray(0, HEADER_BYTES));
        left = left.subarray(HEADER_BYTES);
        continue;
      }
      const end = HEADER_BYTES + length;
      if (left.length < end) return this.#hold(left);
      this.#receiver.record(left.toString('utf8', HEADER_BYTES, end).replace(/\n$/, ''));
      left = left.subarray(end);
    }
    if (left.length > 0) this.#receiver.plain(left);
    this.#hold(Buffer.alloc(0));
  }

  #hold(bytes: Buffer): void {
    this.#held = Buffer.from(bytes);
  }
}

/** Also when its second byte has not come yet. */
function findMagic(bytes: Buffer): number {
  const found = bytes.indexOf(MAGIC);
  if (found >= 0) return found;
  return bytes.at(-1) === MAGIC[0] ? bytes.length - 1 : -1;
}

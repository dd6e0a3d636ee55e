import { WEBSOCKET_LIMITS } from './limits.ts';

const MASK_BYTES = 4;

/**
 * Reads the heads of a client's frames as they come and tells when one is larger than a frame may be; `ws` bounds whole
 * messages only. Payloads are skipped, so that its cost does not grow with them.
 */
export class FrameGuard {
  /** two bytes, then up to eight of a long length */
  readonly #head = new Uint8Array(10);
  #filled = 0;
  /** bytes of mask and payload still to come */
  #skip = 0;

  hasTooLargeFrame(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      this.#head[this.#filled++] = chunk[at++]!;
      const length = this.#length();
      if (length === undefined) continue;
      if (length > WEBSOCKET_LIMITS.frameBytes) return true;
      this.#skip = length + (this.#head[1]! & 0x80 ? MASK_BYTES : 0);
      this.#filled = 0;
    }
    return false;
  }

  /** Undefined while the head is not complete. */
  #length(): number | undefined {
    if (this.#filled < 2) return undefined;
    const short = this.#head[1]! & 0x7f;
    if (short < 126) return short;
    const bytes = short === 126 ? 2 : 8;
    if (this.#filled < 2 + bytes) return undefined;
    return this.#head.subarray(2, 2 + bytes).reduce((length, byte) => length * 256 + byte, 0);
  }
}

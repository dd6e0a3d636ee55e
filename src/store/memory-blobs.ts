import { randomBytes } from 'node:crypto';
import type { Blobs, Writer } from './contract.ts';

/** Blobs of a store that lives in memory: gone with the process, as its entries are. */
export class MemoryBlobs implements Blobs {
  #blobs = new Map<string, Buffer>();

  async put(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ id: string; size: number }> {
    const chunks: Uint8Array[] = [];
    if (source instanceof Uint8Array) chunks.push(source);
    else for await (const chunk of source) chunks.push(chunk);
    const bytes = Buffer.concat(chunks); // a copy: the caller may use its buffer again
    const id = randomBytes(16).toString('hex');
    this.#blobs.set(id, bytes);
    return { id, size: bytes.length };
  }

  /** Nothing survives a restart here, so there is nothing to claim it from. */
  claim(_tx: Writer, _id: string): void {}

  async *read(id: string, start = 0, end = Infinity): AsyncGenerator<Uint8Array> {
    const bytes = this.#blobs.get(id);
    if (!bytes) throw Object.assign(new Error(`no blob ${id}`), { code: 'ENOENT' });
    const CHUNK_BYTES = 64 * 1024;
    const stop = Math.min(end + 1, bytes.length);
    for (let at = start; at < stop; at += CHUNK_BYTES) yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, stop));
  }

  async remove(id: string): Promise<void> {
    this.#blobs.delete(id);
  }
}

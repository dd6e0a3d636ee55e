import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Blobs, Writer } from '../contract.ts';
import { blobPath, newBlobId, noSuchBlob } from './blob-id.ts';

const CHUNK_BYTES = 64 * 1024;

/** Blobs of a store that lives in memory: gone with the process, as its entries are. */
export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, Buffer>();

  async put(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ id: string; size: number }> {
    const chunks: Uint8Array[] = [];
    if (source instanceof Uint8Array) chunks.push(source);
    else for await (const chunk of source) chunks.push(Buffer.from(chunk)); // copies: the source may use its buffer again
    const bytes = Buffer.concat(chunks);
    const id = newBlobId();
    this.#blobs.set(id, bytes);
    return { id, size: bytes.length };
  }

  /** Nothing survives a restart, so there is nothing to save from one. */
  claim(_tx: Writer, _id: string): void {}

  unclaim(_tx: Writer, _id: string): void {}

  async *read(id: string, start = 0, end = Infinity): AsyncGenerator<Uint8Array> {
    const bytes = this.#blobs.get(id);
    if (!bytes) throw noSuchBlob(id);
    const stop = Math.min(end + 1, bytes.length);
    for (let at = start; at < stop; at += CHUNK_BYTES) yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, stop));
  }

  async remove(id: string): Promise<void> {
    this.#blobs.delete(id);
  }

  async copyInto(folder: string, copyEntries: () => Promise<unknown>): Promise<void> {
    const blobs = [...this.#blobs];
    await copyEntries();
    for (const [id, bytes] of blobs) {
      const file = blobPath(folder, id);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes, { flush: true });
    }
  }
}

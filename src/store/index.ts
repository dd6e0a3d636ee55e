import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { FileBlobs } from './blobs/file-blobs.ts';
import { MemoryBlobs } from './blobs/memory-blobs.ts';
import type { Blobs, Store, StoreFailed } from './contract.ts';
import { EmbeddedStore, STORE_FILE } from './embedded/store.ts';

export { migrate } from './migrate.ts';

export interface OpenOptions {
  /** Told once when the store has failed for good: the process should end and start again. */
  onFailed?: (error: StoreFailed) => void;
}

/** Opens the store of a data directory, or one in memory. Needs no repair after a crash. */
export async function openStore(
  directory: string | undefined,
  now: () => number,
  options: OpenOptions = {},
): Promise<{ store: Store; blobs: Blobs }> {
  if (directory === undefined) {
    const blobs = new MemoryBlobs();
    return { store: new EmbeddedStore(':memory:', { ...options, now, blobs: () => blobs }), blobs };
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = new EmbeddedStore(path.join(directory, STORE_FILE), { ...options, now, blobs: () => blobs });
  const blobs: FileBlobs = new FileBlobs(path.join(directory, 'blobs'), store);
  await blobs.sweep();
  return { store, blobs };
}

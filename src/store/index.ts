import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { FileBlobs } from './blobs.ts';
import type { Blobs, Store } from './contract.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { SqliteStore } from './sqlite.ts';

/** Opens the store of a data directory, or one in memory. */
export async function openStore(directory: string | undefined, now: () => number): Promise<{ store: Store; blobs: Blobs }> {
  if (directory === undefined) return { store: new SqliteStore(':memory:', { now }), blobs: new MemoryBlobs() };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = new SqliteStore(path.join(directory, 'kv.db'), { now });
  const blobs = new FileBlobs(path.join(directory, 'blobs'), store);
  await blobs.sweep();
  return { store, blobs: blobs as unknown as Blobs };
}

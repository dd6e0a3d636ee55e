import { mkdir, readdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { ThreadRole } from './thread.ts';

/** The blobs beside the entries, which a snapshot takes along. */
export interface SnapshotBlobs {
  /** Copies what the copy of the entries can name; `copyEntries` answers its newest version. */
  copyInto(folder: string, copyEntries: () => Promise<{ newest: number }>): Promise<void>;
}

export async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: a snapshot needs an empty folder`);
}

/** In a thread of its own; commits go on, and the log grows until it has ended. */
export function copyDatabase(file: string, to: string): Promise<{ newest: number }> {
  const workerData: ThreadRole = { role: 'snapshot', file, to };
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
    thread.on('message', (answer: { error: string } | { newest: number }) => {
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer);
    });
    thread.on('error', reject);
  });
}

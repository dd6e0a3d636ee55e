// Bytes as files. An id is never reused and a file never changes, so nothing is renamed: intent → file → sync → the commit
// that names the id and deletes the intent. Nobody can look for a name that no commit has spoken.
import { createReadStream } from 'node:fs';
import { access, constants, copyFile, link, mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Blobs, Store, Writer } from '../contract.ts';
import { blobPath, checkBlobId, newBlobId, pendingKey } from './blob-id.ts';
import { FolderSync } from './folder-sync.ts';

const READ_CHUNK_BYTES = 256 * 1024;
const LAZY = { durability: 'lazy' } as const;

export class FileBlobs implements Blobs {
  readonly #root: string;
  readonly #store: Store;
  readonly #folders: FolderSync;
  /** set while a snapshot is taken: nothing is removed, and puts note their version */
  #snapshot: { ended: Promise<void>; begunAt: Map<string, number> } | undefined;

  constructor(root: string, store: Store) {
    this.#root = root;
    this.#store = store;
    this.#folders = new FolderSync(root);
  }

  async put(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ id: string; size: number }> {
    const id = newBlobId();
    const file = blobPath(this.#root, id);
    await this.#store.transact((tx) => tx.set(pendingKey(id), true), LAZY);
    this.#snapshot?.begunAt.set(id, Infinity); // until its version is known; a copy can name it only later
    try {
      await this.#folders.make(path.dirname(file));
      const size = await writeNewFile(file, source, () => this.#intentIsDurable(id));
      await this.#folders.sync(path.dirname(file));
      return { id, size };
    } catch (error) {
      await this.remove(id).catch(() => undefined); // a restart removes it
      throw error;
    }
  }

  /** A read answers what is on disk: from then on no power cut leaves the file behind without its intent. */
  async #intentIsDurable(id: string): Promise<void> {
    const snapshot = this.#snapshot;
    const intent = await this.#store.get(pendingKey(id));
    snapshot?.begunAt.set(id, intent?.version ?? 0);
  }

  claim(tx: Writer, id: string): void {
    tx.delete(pendingKey(id));
  }

  unclaim(tx: Writer, id: string): void {
    tx.set(pendingKey(id), true);
  }

  read(id: string, start?: number, end?: number): AsyncIterable<Uint8Array> {
    return createReadStream(blobPath(this.#root, id), { start, end, highWaterMark: READ_CHUNK_BYTES });
  }

  async remove(id: string): Promise<void> {
    const file = blobPath(this.#root, id);
    await this.#snapshot?.ended;
    const pending = await this.#store.get(pendingKey(id));
    await rm(file, { force: true });
    if (!pending) return;
    await this.#folders.sync(path.dirname(file)); // or a power cut could bring the file back, without its intent
    await this.#store.transact((tx) => tx.delete(pendingKey(id)), LAZY);
  }

  /** At start, before the first put: removes what was never named. Costs what was in flight, not the number of blobs. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (;;) {
      const pending = await this.#store.list({ prefix: ['blob-pending'] });
      if (pending.length === 0) return removed;
      for (const { key } of pending) await rm(blobPath(this.#root, key[1] as string), { force: true });
      await this.#store.transact((tx) => {
        for (const { key } of pending) tx.delete(key);
      });
      removed += pending.length;
    }
  }

  /** Every blob that the copy of the entries can name, by hard link: a blob never changes. */
  async copyInto(folder: string, copyEntries: () => Promise<{ newest: number }>): Promise<void> {
    while (this.#snapshot) await this.#snapshot.ended;
    let end = (): void => undefined;
    const snapshot = { ended: new Promise<void>((resolve) => (end = resolve)), begunAt: new Map<string, number>() };
    this.#snapshot = snapshot;
    try {
      const { newest } = await copyEntries();
      for (const shard of await namesIn(this.#root)) {
        const ids = (await namesIn(path.join(this.#root, shard))).filter(
          (id) => (snapshot.begunAt.get(id) ?? 0) <= newest,
        );
        if (ids.length > 0) await linkAll(path.join(this.#root, shard), path.join(folder, shard), ids);
      }
    } finally {
      this.#snapshot = undefined;
      end();
    }
  }
}

/** Forces the file to disk after `beforeSync`, which runs while the bytes come in. */
async function writeNewFile(
  file: string,
  source: AsyncIterable<Uint8Array> | Uint8Array,
  beforeSync: () => Promise<void>,
): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const ready = beforeSync();
    ready.catch(() => undefined); // awaited below, unless the source fails first
    let size = 0;
    for await (const chunk of source instanceof Uint8Array ? [source] : source) {
      await writeAll(handle, chunk);
      size += chunk.length;
    }
    await ready;
    await handle.datasync();
    return size;
  } finally {
    await handle.close();
  }
}

/** One write may take less than it is given, when the disk fills up. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

async function namesIn(folder: string): Promise<string[]> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists ? readdir(folder) : [];
}

async function linkAll(from: string, to: string, ids: string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const id of ids.map(checkBlobId)) {
    try {
      await link(path.join(from, id), path.join(to, id));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error; // another file system: copy
      await copyFile(path.join(from, id), path.join(to, id), constants.COPYFILE_FICLONE);
    }
  }
}

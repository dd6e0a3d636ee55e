// A file's name is durable when its folder is. One sync of a folder serves every file that was created before it began.
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

interface Syncs {
  running: Promise<void>;
  /** begins when `running` has ended; serves all who asked meanwhile */
  next?: Promise<void>;
}

export class FolderSync {
  readonly #root: string;
  readonly #made = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, Syncs>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes a folder below the root, durably; once per process. */
  make(folder: string): Promise<void> {
    let made = this.#made.get(folder);
    if (!made) {
      made = this.#make(folder);
      this.#made.set(folder, made);
      made.catch(() => this.#made.delete(folder));
    }
    return made;
  }

  async #make(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    if (first !== folder) await syncFolder(path.dirname(this.#root));
    await this.sync(this.#root);
  }

  sync(folder: string): Promise<void> {
    const syncs = this.#syncs.get(folder);
    if (!syncs) return this.#begin(folder);
    return (syncs.next ??= syncs.running.then(
      () => this.#begin(folder),
      () => this.#begin(folder),
    ));
  }

  #begin(folder: string): Promise<void> {
    const syncs: Syncs = {
      running: syncFolder(folder).finally(() => {
        if (this.#syncs.get(folder) === syncs && !syncs.next) this.#syncs.delete(folder);
      }),
    };
    this.#syncs.set(folder, syncs);
    return syncs.running;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

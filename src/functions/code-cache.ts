// V8's compiled form of functions' code, made in one cold start and given to later ones (runtime.md 1). It is a function's
// own: made in its sandbox before the first event arrives there, and given to nobody but it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomIds } from '#core/ids.ts';
import type { FunctionSnapshot } from './contract.ts';
import { CODE_CACHES_BYTES_MAX } from './limits.ts';

/** What rt/code-cache.cjs says first. */
const STATUS = { NOTHING: 0, MADE: 1, REJECTED: 2 };

/** What one start gets and gives. */
export interface CodeCache {
  bytes?: Buffer;
  /** takes what the sandbox offers, once */
  keep: (offer: Buffer) => void;
}

export class CodeCaches {
  #directory: string;
  #warn: (text: string) => void;
  /** functions too small to gain anything, until this program ends */
  #pointless = new Set<string>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(directory: string, warn: (text: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
  }

  /** Undefined where nothing is to be gained. */
  of(snapshot: FunctionSnapshot): CodeCache | undefined {
    const name = nameOf(snapshot);
    if (this.#pointless.has(name)) return undefined;
    const bytes = read(join(this.#directory, name));
    return {
      ...(bytes && { bytes }),
      keep: (offer) => {
        const status = offer[0];
        if (status === STATUS.NOTHING && !bytes) this.#pointless.add(name);
        if (status === STATUS.REJECTED)
          this.#warn(`The compiled code of ${snapshot.name} did not fit and is made anew.`);
        if (status === STATUS.MADE || status === STATUS.REJECTED) this.#write(name, offer.subarray(1));
      },
    };
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #write(name: string, bytes: Buffer): void {
    this.#writing = this.#writing.then(async () => {
      const temporary = join(this.#directory, `.${randomIds.lower(8)}`);
      try {
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
        await writeFile(temporary, bytes, { mode: 0o600 });
        await rename(temporary, join(this.#directory, name));
        await this.#trim();
      } catch {
        // the next start compiles by itself
        await rm(temporary, { force: true }).catch(() => {});
      }
    });
  }

  /** Drops those that were made longest ago until the rest fits. */
  async #trim(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.#directory)).map(async (name) => {
        const { size, mtimeMs } = await stat(join(this.#directory, name));
        return { name, size, mtimeMs };
      }),
    );
    let left = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (left <= CODE_CACHES_BYTES_MAX) return;
      await rm(join(this.#directory, name), { force: true });
      left -= size;
    }
  }
}

/** V8 takes it only with the same version, flags (which follow from the memory size) and source. */
function nameOf({ arn, handler, codeSha256, layers, memoryMb, runtime }: FunctionSnapshot): string {
  const { node, v8 } = process.versions;
  const layerHashes = layers.map((layer) => layer.codeSha256);
  return createHash('sha256')
    .update(JSON.stringify([arn, handler, codeSha256, layerHashes, memoryMb, runtime, node, v8, process.arch]))
    .digest('hex');
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

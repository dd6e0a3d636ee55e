// Unpacked code on this machine, one folder per zip, named by its SHA-256 and never changed. A sandbox gets its own tree
// of hard links, because renaming a ready tree into a running sandbox is what makes a cold start short (runtime.md 1c).
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { randomIds } from '#core/ids.ts';
import type { FunctionSnapshot } from './contract.ts';
import { CODE_BYTES_MAX } from './limits.ts';
import { badZip, codeTooLarge, combinedTooLarge } from './package-errors.ts';
import { requireInside } from './package-links.ts';

interface Archive {
  codeSha256: string;
  readCode: () => AsyncIterable<Uint8Array>;
}
interface Tree {
  path: string;
  bytes: number;
}

/** Unpacked code is a cache: sandboxes have hard links of their own, and the zip can be read again. */
const CACHE_BYTES_MAX = 4 * 1024 * 1024 * 1024;
/** a tree that somebody is about to link from is never dropped */
const UNUSED_MS_MIN = 60_000;
const SIZE_SUFFIX = '.size';

/** The trees that become /var/task and /opt. */
export interface Code {
  task: string;
  layers?: string;
}

export class CodeStore {
  #directory: string;
  #trees = new Map<string, Promise<Tree>>();
  #usedMs = new Map<string, number>();
  /** merged layers by the list of their hashes */
  #merged = new Map<string, Promise<string>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Unpacks code and layers if they are not here yet. Throws ServiceError for a bad or too large package. */
  async prepare(snapshot: FunctionSnapshot): Promise<Code> {
    const trees = await Promise.all([snapshot, ...snapshot.layers].map((archive) => this.#tree(archive)));
    const bytes = trees.reduce((sum, tree) => sum + tree.bytes, 0);
    if (bytes > CODE_BYTES_MAX) throw combinedTooLarge(bytes);
    const task = trees[0]?.path ?? '';
    if (snapshot.layers.length === 0) return { task };
    return { task, layers: await this.#merge(trees.slice(1)) };
  }

  #tree(archive: Archive): Promise<Tree> {
    const name = Buffer.from(archive.codeSha256, 'base64').toString('hex');
    this.#usedMs.set(name, Date.now());
    return remember(this.#trees, name, () => this.#unpack(archive, name));
  }

  async #unpack(archive: Archive, name: string): Promise<Tree> {
    const path = join(this.#directory, name);
    const sizeFile = `${path}${SIZE_SUFFIX}`;
    // written last: a tree without it is incomplete
    const size = await readFile(sizeFile, 'utf8').catch(() => undefined);
    if (size && (await isThere(path))) {
      const now = new Date();
      await utimes(sizeFile, now, now);
      return { path, bytes: Number(size) };
    }
    const temporary = join(this.#directory, `.${name}.${randomIds.lower(8)}`);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    try {
      await download(archive, `${temporary}.zip`);
      await mkdir(temporary, { mode: 0o755 });
      // loaded late: most starts find their code unpacked
      const { unzip } = await import('./unzip.ts');
      const bytes = await unzip(`${temporary}.zip`, temporary);
      await rm(path, { recursive: true, force: true });
      await rename(temporary, path);
      await writeFile(sizeFile, String(bytes));
      void this.#trim().catch(() => {});
      return { path, bytes };
    } finally {
      await rm(`${temporary}.zip`, { force: true });
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Drops the trees that were unpacked or found longest ago, until the rest fits. */
  async #trim(): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith(SIZE_SUFFIX));
    const known = await Promise.all(
      names.map(async (name) => {
        const file = join(this.#directory, name);
        return {
          name,
          bytes: Number(await readFile(file, 'utf8')),
          usedMs: this.#usedMs.get(treeOf(name)) ?? (await stat(file)).mtimeMs,
        };
      }),
    );
    let left = known.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes, usedMs } of known.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (left <= CACHE_BYTES_MAX || Date.now() - usedMs < UNUSED_MS_MIN) return;
      const tree = treeOf(name);
      this.#trees.delete(tree);
      await rm(join(this.#directory, name), { force: true });
      await rm(join(this.#directory, tree), { recursive: true, force: true });
      // with bytecode (compiled-python.ts)
      for (const other of await readdir(this.#directory)) {
        if (other.startsWith(`${tree}-py`)) await rm(join(this.#directory, other), { recursive: true, force: true });
      }
      left -= bytes;
    }
  }

  /** One /opt for all layers: later ones win (docs: chapter-layers). */
  #merge(trees: Tree[]): Promise<string> {
    const [first] = trees;
    if (first && trees.length === 1) return Promise.resolve(first.path);
    const name = createHash('sha256')
      .update(trees.map((tree) => tree.path).join('\n'))
      .digest('hex');
    return remember(this.#merged, name, async () => {
      const path = join(this.#directory, `layers-${name}`);
      if (await isThere(path)) return path;
      const temporary = `${path}.${randomIds.lower(8)}`;
      try {
        for (const tree of trees) await linkTree(tree.path, temporary);
        // a link that stays inside its own layer may lead out through another layer's
        requireInside(await linksOf(temporary));
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        throw error;
      }
      return path;
    });
  }
}

const treeOf = (sizeFile: string): string => sizeFile.slice(0, -SIZE_SUFFIX.length);

/** Runs once per name; a failure may be tried again. */
function remember<T>(known: Map<string, Promise<T>>, name: string, run: () => Promise<T>): Promise<T> {
  let value = known.get(name);
  if (!value) {
    value = run();
    known.set(name, value);
    value.catch(() => known.delete(name));
  }
  return value;
}

async function download(archive: Archive, file: string): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      bytes += chunk.length;
      callback(bytes > CODE_BYTES_MAX ? codeTooLarge() : null, chunk);
    },
  });
  await pipeline(archive.readCode(), checked, createWriteStream(file, { mode: 0o600 }));
  const actual = hash.digest('base64');
  if (actual !== archive.codeSha256) throw badZip(new Error(`code has SHA-256 ${actual}, not ${archive.codeSha256}`));
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

/** A tree of hard links to the same files; what is there under the same name is replaced, and never written through. */
export async function linkTree(from: string, to: string): Promise<void> {
  await makeFolder(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await linkTree(source, target);
    else await linkFile(source, target, entry.isSymbolicLink());
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await lstat(path)).isDirectory()) return;
    await rm(path);
    await mkdir(path, { mode: 0o755 });
  }
}

/** The symbolic links of a tree, by their paths in it. */
async function linksOf(tree: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const entry of await readdir(tree, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) links.set(relative(tree, path), await readlink(path));
  }
  return links;
}

async function linkFile(source: string, target: string, symbolic: boolean): Promise<void> {
  const make = async (): Promise<void> => (symbolic ? symlink(await readlink(source), target) : link(source, target));
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await lstat(target)).isDirectory()) await rm(target, { recursive: true });
    else await rm(target);
    await make();
  }
}

// The file tree that an image's layers make. Nothing that a layer says leads out of the folder: links are followed as if
// the folder were the root, name by name. Nobody else writes below it meanwhile.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { LINKS_FOLLOWED_MAX } from './limits.ts';
import { ImageRefused } from './refused.ts';
import type { TarEntry } from './tar.ts';

/** Neither set-user-id nor set-group-id: nothing here runs with more rights than its sandbox. */
const MODE = 0o777;
/** whoever unpacks must be able to go on writing, and to remove it all */
const FOLDER_MODE_MIN = 0o700;

export class RootFolder {
  readonly path: string;
  /** known to be no links; forgotten when anything is removed */
  #folders = new Set<string>();

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o755 });
  }

  /** Puts an entry in its place and answers its path below the root; undefined for what is left out. */
  async place(entry: TarEntry): Promise<string | undefined> {
    const path = this.locate(entry.path);
    if (path === '') return undefined;
    const before = this.stat(path);
    if (entry.kind === 'folder') {
      if (!before?.isDirectory()) {
        if (before) this.remove(path);
        mkdirSync(join(this.path, path));
      }
      chmodSync(join(this.path, path), (entry.mode & MODE) | FOLDER_MODE_MIN);
      return path;
    }
    if (entry.kind === 'other') return undefined;
    const source = entry.kind === 'hard link' ? this.#hardLinkSource(entry.target, path) : '';
    if (before) this.remove(path);
    const target = join(this.path, path);
    if (entry.kind === 'file') await writeFile(target, entry);
    else if (entry.kind === 'hard link') linkSync(source, target);
    else symlinkSync(entry.target, target);
    return path;
  }

  /** The path below the root that a name means; folders on the way are made, the last name is not followed. */
  locate(name: string): string {
    if (name.includes('\0')) throw new ImageRefused('a name with a zero byte');
    const parts = partsOf(name);
    if (parts.includes('..')) throw new ImageRefused(`the path ${name}, which leads out of the image`);
    const last = parts.pop();
    if (last === undefined) return '';
    return posix.join(this.#follow(parts, true) ?? '', last);
  }

  /** Where a name leads to, every link followed; undefined when nothing is there. */
  find(name: string): string | undefined {
    const path = this.#follow(partsOf(name), false);
    return path === undefined || !this.stat(path) ? undefined : path;
  }

  stat(path: string): Stats | undefined {
    return lstatSync(join(this.path, path), { throwIfNoEntry: false });
  }

  /** Removes what is at `path`, except for paths in `keep` and what leads to them. */
  remove(path: string, keep: ReadonlySet<string> = new Set()): void {
    this.#folders.clear();
    if (!keep.has(path)) return rmSync(join(this.path, path), { recursive: true, force: true });
    if (this.stat(path)?.isDirectory()) this.empty(path, keep);
  }

  /** Removes what is in a folder, with the same exceptions. */
  empty(path: string, keep: ReadonlySet<string>): void {
    for (const name of readdirSync(join(this.path, path))) this.remove(posix.join(path, name), keep);
  }

  #hardLinkSource(name: string, path: string): string {
    const source = this.locate(name);
    const stats = this.stat(source);
    if (!stats || stats.isDirectory()) throw new ImageRefused(`the hard link ${path} to ${name}, which is no file`);
    if (source === path) throw new ImageRefused(`the hard link ${path} to itself`);
    return join(this.path, source);
  }

  #follow(parts: string[], make: boolean): string | undefined {
    const left = parts.toReversed();
    let at = '';
    let links = 0;
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      const next = part === '..' ? parentOf(at) : posix.join(at, part);
      const stats = next === '' || this.#folders.has(next) ? undefined : this.stat(next);
      if (stats?.isSymbolicLink()) {
        if (++links > LINKS_FOLLOWED_MAX) throw new ImageRefused(`links that lead in a circle at ${next}`);
        const target = readlinkSync(join(this.path, next));
        if (target.startsWith('/')) at = '';
        left.push(...partsOf(target).toReversed());
        continue;
      }
      if (next !== '' && !this.#folders.has(next) && !stats?.isDirectory()) {
        if (!make) return left.length === 0 ? next : undefined;
        if (stats) throw new ImageRefused(`the folder ${next}, which is a file too`);
        mkdirSync(join(this.path, next), { mode: 0o755 });
      }
      this.#folders.add(next);
      at = next;
    }
    return at;
  }
}

const partsOf = (name: string): string[] => name.split('/').filter((part) => part !== '' && part !== '.');
const parentOf = (path: string): string => (path.includes('/') ? posix.dirname(path) : '');

async function writeFile(target: string, { mode, modifiedSeconds, content }: TarEntry): Promise<void> {
  const file = openSync(target, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
    }
    fchmodSync(file, mode & MODE);
    // Python compares a source file's time with what its compiled form says
    futimesSync(file, modifiedSeconds, modifiedSeconds);
  } finally {
    closeSync(file);
  }
}

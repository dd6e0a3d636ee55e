// Puts a function's code into the folder that a running sandbox sees as /var/task or /opt. Small trees are linked file by
// file; for large ones a tree of links is made ahead and its entries are renamed in (runtime.md 1c).
import { linkSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkTree } from './code-store.ts';

/** at about 25 µs a link, more files than these are worth a tree made ahead */
const FILES_LINKED_MAX = 32;

interface Listing {
  folders: string[];
  files: string[];
  links: string[];
}

export class CodePlacement {
  #directory: string;
  #listings = new Map<string, Listing>();
  #ready = new Map<string, string>();
  #making = new Set<string>();
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `target` is an empty folder on the same file system. */
  async place(tree: string, target: string): Promise<void> {
    const listing = this.#list(tree);
    if (listing.files.length <= FILES_LINKED_MAX) return linkNow(tree, target, listing);
    const ready = this.#ready.get(tree);
    this.#ready.delete(tree);
    if (ready === undefined) await linkTree(tree, target);
    else for (const entry of readdirSync(ready)) renameSync(join(ready, entry), join(target, entry));
    if (ready !== undefined) await rm(ready, { recursive: true, force: true });
  }

  /** Makes the next tree ahead; cheap to call when there is one. */
  async prepare(tree: string): Promise<void> {
    if (this.#ready.has(tree) || this.#making.has(tree)) return;
    if (this.#list(tree).files.length <= FILES_LINKED_MAX) return;
    this.#making.add(tree);
    const path = join(this.#directory, String(++this.#count));
    try {
      await mkdir(this.#directory, { recursive: true });
      await linkTree(tree, path);
      this.#ready.set(tree, path);
    } catch {
      // the next start links it then
      await rm(path, { recursive: true, force: true });
    } finally {
      this.#making.delete(tree);
    }
  }

  #list(tree: string): Listing {
    let listing = this.#listings.get(tree);
    if (!listing) {
      listing = { folders: [], files: [], links: [] };
      for (const entry of readdirSync(tree, { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name).slice(tree.length + 1);
        if (entry.isDirectory()) listing.folders.push(path);
        else if (entry.isSymbolicLink()) listing.links.push(path);
        else listing.files.push(path);
      }
      // a parent is shorter than what is in it
      listing.folders.sort((a, b) => a.length - b.length);
      this.#listings.set(tree, listing);
    }
    return listing;
  }
}

function linkNow(tree: string, target: string, { folders, files, links }: Listing): void {
  for (const folder of folders) mkdirSync(join(target, folder), 0o755);
  for (const file of files) linkSync(join(tree, file), join(target, file));
  for (const link of links) symlinkSync(readlinkSync(join(tree, link)), join(target, link));
}

// Sandboxes booted ahead of need (runtime.md 7, pool policy): one per kind that was asked for lately.
import { totalmem } from 'node:os';
import { SPARE_WANTED_MS, SPARES_MAX } from './limits.ts';
import type { Sandbox } from './sandbox.ts';
import type { SandboxFactory } from './sandbox-factory.ts';
import type { SandboxHost, SandboxKind } from './sandbox-command.ts';

/** how much of the machine's memory spares may take, and what one takes */
const MEMORY_SHARE = 0.1;
const SPARE_BYTES = 64 * 1024 * 1024;

interface Shelf {
  kind: SandboxKind;
  host: SandboxHost;
  wantedMs: number;
  spare: Sandbox | undefined;
  booting: boolean;
}

export class Spares {
  #factory: SandboxFactory;
  #shelves = new Map<string, Shelf>();
  #stopped = false;
  #max = Math.min(SPARES_MAX, Math.floor((totalmem() * MEMORY_SHARE) / SPARE_BYTES));

  constructor(factory: SandboxFactory) {
    this.#factory = factory;
  }

  /** A booted sandbox of this kind, if there is one. */
  take(kind: SandboxKind): Sandbox | undefined {
    // made for one function alone
    if (kind.inspect) return undefined;
    const shelf = this.#shelves.get(keyOf(kind));
    const spare = shelf?.spare;
    if (shelf) shelf.spare = undefined;
    return spare?.state === 'spare' ? spare : undefined;
  }

  /** Notes that this kind is used, and makes a spare when nothing more urgent waits. */
  want(host: SandboxHost, kind: SandboxKind): void {
    if (kind.inspect) return;
    const key = keyOf(kind);
    const shelf = this.#shelves.get(key) ?? { kind, host, wantedMs: 0, spare: undefined, booting: false };
    shelf.wantedMs = Date.now();
    shelf.host = host;
    this.#shelves.set(key, shelf);
    void this.#fill(shelf);
  }

  /** Ends spares that nobody wants any more. */
  sweep(nowMs: number): void {
    for (const [key, shelf] of this.#shelves) {
      if (nowMs - shelf.wantedMs < SPARE_WANTED_MS) continue;
      shelf.spare?.kill();
      this.#shelves.delete(key);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const shelf of this.#shelves.values()) shelf.spare?.kill();
    this.#shelves.clear();
  }

  async #fill(shelf: Shelf): Promise<void> {
    if (this.#stopped || shelf.booting || shelf.spare?.state === 'spare') return;
    if (this.#count() >= this.#max && !this.#dropOldest(shelf)) return;
    shelf.booting = true;
    try {
      const spare = await this.#factory.bootSpare(shelf.host, shelf.kind);
      if (this.#stopped || this.#shelves.get(keyOf(shelf.kind)) !== shelf) spare.kill();
      else shelf.spare = spare;
    } catch {
      // whoever needs one boots it himself and hears why it fails
    } finally {
      shelf.booting = false;
    }
  }

  #count(): number {
    return [...this.#shelves.values()].filter((shelf) => shelf.spare || shelf.booting).length;
  }

  #dropOldest(than: Shelf): boolean {
    const [oldest] = [...this.#shelves.values()]
      .filter((shelf) => shelf.spare && shelf !== than)
      .sort((a, b) => a.wantedMs - b.wantedMs);
    oldest?.spare?.kill();
    if (oldest) oldest.spare = undefined;
    return oldest !== undefined;
  }
}

/** Sandboxes with the same key are interchangeable until they get a function. */
export function keyOf({ runtime, image, memoryMb, temporaryMb, late }: SandboxKind): string {
  // every Node runs on ours; other languages have a program of their own for each version
  const version = runtime.family === 'python' || runtime.family === 'java' ? runtime.version : undefined;
  return JSON.stringify([runtime.family, version, runtime.brings, image?.root, memoryMb, temporaryMb, late]);
}

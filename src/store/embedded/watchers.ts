// Who wants to know about changes below which prefix. One look-up per prefix length in use, not per watcher.
import type { Key } from '../contract.ts';
import { pack } from '../tuple.ts';
import { nameOf } from './commit.ts';

export class Watchers {
  /** by the name of the packed prefix */
  readonly #listeners = new Map<string, Set<() => void>>();
  /** prefix length in bytes → prefixes of that length */
  readonly #lengths = new Map<number, number>();
  /** changes that are not durable yet, in order of version */
  #touched: { version: number; name: string }[] = [];

  get active(): boolean {
    return this.#listeners.size > 0;
  }

  watch(prefix: Key, listener: () => void): () => void {
    const name = nameOf(pack(prefix));
    let stopped = false;
    const own = (): void => {
      if (!stopped) listener();
    };
    let listeners = this.#listeners.get(name);
    if (!listeners) {
      this.#listeners.set(name, (listeners = new Set()));
      this.#lengths.set(name.length, (this.#lengths.get(name.length) ?? 0) + 1);
    }
    listeners.add(own);
    return () => {
      stopped = true;
      this.#unwatch(name, own);
    };
  }

  #unwatch(name: string, listener: () => void): void {
    const listeners = this.#listeners.get(name);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(name);
    const prefixes = this.#lengths.get(name.length)! - 1;
    if (prefixes > 0) this.#lengths.set(name.length, prefixes);
    else this.#lengths.delete(name.length);
  }

  touch(version: number, name: string): void {
    this.#touched.push({ version, name });
  }

  /** Everything up to `version` is durable: calls each listener once, after those who waited for their commit. */
  landed(version: number): void {
    let landed = 0;
    const called = new Set<() => void>();
    for (const { version: touchedAt, name } of this.#touched) {
      if (touchedAt > version) break;
      landed++;
      for (const length of this.#lengths.keys()) {
        for (const listener of this.#listeners.get(name.slice(0, length)) ?? []) called.add(listener);
      }
    }
    if (landed > 0) this.#touched = this.#touched.slice(landed);
    for (const listener of called) queueMicrotask(listener);
  }
}

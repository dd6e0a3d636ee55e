// Deletes many entries in bounded steps: a whole prefix, or what has expired.
import type { CommitOptions, Key } from '../contract.ts';
import { bounds } from '../tuple.ts';
import type { CommitWriter } from './commit.ts';
import type { Database } from './database.ts';

const EXPIRY_MS = 1000;
const EXPIRED_AT_ONCE = 500;
const CLEARED_AT_ONCE = 1000;

/** Runs a function inside a commit. */
type Compute = (fn: (writer: CommitWriter) => number, options: CommitOptions) => Promise<number>;

export class Removals {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #compute: Compute;
  readonly #timer: NodeJS.Timeout;
  #sweeping = false;

  constructor(database: Database, now: () => number, compute: Compute) {
    this.#database = database;
    this.#now = now;
    this.#compute = compute;
    this.#timer = setInterval(() => void this.#tick(), EXPIRY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async clear(prefix: Key): Promise<number> {
    const [from, to] = bounds({ prefix });
    for (let total = 0; ;) {
      const removed = await this.#remove(() => this.#database.keys(from, to, CLEARED_AT_ONCE), {});
      total += removed;
      if (removed < CLEARED_AT_ONCE) return total;
    }
  }

  /** Deletes at most 500 expired entries. */
  sweep(): Promise<number> {
    return this.#remove(() => this.#database.expiredKeys(this.#now(), EXPIRED_AT_ONCE), { durability: 'lazy' });
  }

  /** The keys are looked up inside the commit: what was written a moment before is not deleted by mistake. */
  #remove(find: () => Buffer[], options: CommitOptions): Promise<number> {
    return this.#compute((writer) => {
      const keys = find();
      for (const key of keys) writer.write(key, undefined, null);
      return keys.length;
    }, options);
  }

  async #tick(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      if (this.#database.expiredKeys(this.#now(), 1).length === 0) return;
      while ((await this.sweep()) === EXPIRED_AT_ONCE);
    } catch {
      // overloaded or closing: expired entries read as absent anyway, and the next tick tries again
    } finally {
      this.#sweeping = false;
    }
  }
}

// What is committed in one turn of the event loop becomes ONE SQLite transaction and one append to the log; each commit is
// validated against those before it.
import { LIMITS, Overloaded } from '../contract.ts';
import { pack } from '../tuple.ts';
import { checkSize, isReadOnly, nameOf, type Commit } from './commit.ts';
import type { Database } from './database.ts';
import type { Durability } from './durability.ts';
import type { Watchers } from './watchers.ts';

/** A batch ends here, so that it does not hold the event loop; one sync may cover several. */
const BATCH_COMMITS = 256;
const BATCH_BYTES = 4 * 1024 * 1024;

interface Queued {
  commit: Commit;
  /** true = committed, false = what it read is no longer current */
  resolve: (committed: boolean) => void;
  reject: (error: unknown) => void;
}
type Outcome = { state: 'committed'; version: number } | { state: 'conflict' } | { state: 'failed'; error: unknown };

/** The changes of a batch, to be told once SQLite has it. */
interface Changes {
  version: number;
  deleted: [name: string, version: number][];
  touched: [name: string, version: number][];
}

export class CommitQueue {
  batches = 0;
  readonly #database: Database;
  readonly #durability: Durability;
  readonly #watchers: Watchers;
  #queue: Queued[] = [];
  #bytes = 0;
  #scheduled = false;
  #held = false;
  /** deletions that are not durable yet: a reader of such a key waits for them */
  readonly #deleted = new Map<string, number>();

  constructor(database: Database, durability: Durability, watchers: Watchers) {
    this.#database = database;
    this.#durability = durability;
    this.#watchers = watchers;
  }

  submit(commit: Commit): Promise<boolean> {
    checkSize(commit);
    if (this.#queue.length >= LIMITS.queuedCommits || this.#bytes + commit.bytes > LIMITS.queuedBytes) {
      throw new Overloaded('too many commits are waiting');
    }
    this.#bytes += commit.bytes;
    return new Promise((resolve, reject) => {
      this.#queue.push({ commit, resolve, reject });
      this.#schedule();
    });
  }

  /** No batch begins until the answered function is called. */
  hold(): () => void {
    this.#held = true;
    return () => {
      this.#held = false;
      this.#schedule();
    };
  }

  /** Resolves when nothing waits to be applied. */
  async drained(): Promise<void> {
    while (this.#queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  end(failure: Error): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { reject } of queue) reject(failure);
  }

  deletedAt(name: string): number {
    return this.#deleted.get(name) ?? 0;
  }

  /** The newest deletion between two keys that is not durable yet. */
  newestDeletion(from: Buffer, to: Buffer): number {
    const [first, end] = [nameOf(from), nameOf(to)];
    let newest = 0;
    for (const [name, version] of this.#deleted) {
      if (version > newest && name >= first && name < end) newest = version;
    }
    return newest;
  }

  landed(version: number): void {
    for (const [name, deletedAt] of this.#deleted) if (deletedAt <= version) this.#deleted.delete(name);
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#held) this.#applyBatch(this.#takeBatch());
      this.#schedule();
    });
  }

  #takeBatch(): Queued[] {
    let [count, bytes] = [0, 0];
    while (count < this.#queue.length && count < BATCH_COMMITS && bytes < BATCH_BYTES) {
      bytes += this.#queue[count++]!.commit.bytes;
    }
    this.#bytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #applyBatch(batch: Queued[]): void {
    if (batch.length === 0) return;
    this.batches++;
    const changes: Changes = { version: this.#durability.written, deleted: [], touched: [] };
    let outcomes: Outcome[] = [];
    try {
      this.#database.write(() => {
        outcomes = batch.map(({ commit }) => this.#apply(commit, changes));
        this.#database.reserveVersions(changes.version);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error); // the disk is full, say: nothing of the batch was kept
      return;
    }
    this.#durability.written = changes.version;
    for (const [name, version] of changes.deleted) this.#deleted.set(name, version);
    for (const [name, version] of changes.touched) this.#watchers.touch(version, name);
    this.#answer(batch, outcomes);
  }

  #apply(commit: Commit, changes: Changes): Outcome {
    if (commit.compute) {
      try {
        commit.compute();
        checkSize(commit);
      } catch (error) {
        return { state: 'failed', error };
      }
    }
    if (!this.#isCurrent(commit)) return { state: 'conflict' };
    // What only read is answered when all that it may have read is durable.
    if (isReadOnly(commit)) return { state: 'committed', version: changes.version };
    const version = ++changes.version;
    for (const [name, { key, value, expires }] of commit.writes) {
      if (value === undefined) {
        this.#database.delete(key);
        changes.deleted.push([name, version]);
      } else this.#database.set(key, version, value, expires);
      if (this.#watchers.active) changes.touched.push([name, version]);
    }
    for (const [n, { prefix, value }] of commit.appends.entries()) {
      this.#database.set(Buffer.concat([prefix, pack([version, n])]), version, value, null);
      if (this.#watchers.active) changes.touched.push([nameOf(prefix), version]);
    }
    return { state: 'committed', version };
  }

  #isCurrent(commit: Commit): boolean {
    for (const { key, version } of commit.checks.values()) {
      if (this.#database.versionOf(key) !== version) return false;
    }
    for (const { from, to, count, newest } of commit.ranges) {
      const now = this.#database.sum(from, to);
      if (now.count !== count || now.newest !== newest) return false;
    }
    return true;
  }

  #answer(batch: Queued[], outcomes: Outcome[]): void {
    const { durable, written } = this.#durability;
    let strict = false;
    for (const [i, { commit, resolve, reject }] of batch.entries()) {
      const outcome = outcomes[i]!;
      if (outcome.state === 'conflict') resolve(false);
      else if (outcome.state === 'failed') reject(outcome.error);
      else if (commit.lazy || outcome.version <= durable) resolve(true);
      else {
        strict = true;
        this.#durability.await(outcome.version, () => resolve(true), reject);
      }
    }
    if (strict) this.#durability.sync();
    else if (written > durable) this.#durability.syncSoon();
  }
}

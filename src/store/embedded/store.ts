// The embedded driver: one SQLite file in WAL mode, written by this thread only (../README.md).
//   commit:   buffered in a Commit → CommitQueue: one SQLite transaction per turn → Durability: one sync for many → answered
//   read:     Database → answered once what it shows is durable
//   upkeep:   Checkpoints, expiry, snapshots
import { rename } from 'node:fs/promises';
import path from 'node:path';
import {
  Conflict,
  LIMITS,
  StoreFailed,
  type CommitOptions,
  type Entry,
  type Key,
  type ListOptions,
  type Range,
  type Store,
  type Transaction,
  type Value,
  type Writer,
} from '../contract.ts';
import { bounds, pack } from '../tuple.ts';
import { Checkpoints } from './checkpoints.ts';
import { CommitQueue } from './commit-queue.ts';
import { CommitWriter, decodeValue, nameOf, newCommit } from './commit.ts';
import { Database } from './database.ts';
import { Durability } from './durability.ts';
import { lockStore } from './lock.ts';
import { FileLogSync, memorySync, type LogSync } from './log-sync.ts';
import { Removals } from './removals.ts';
import { copyDatabase, makeEmptyFolder, type SnapshotBlobs } from './snapshot.ts';
import { EmbeddedTransaction, isLive, limitOf, toEntry } from './transaction.ts';
import { Watchers } from './watchers.ts';

/** the entries' file in a data directory */
export const STORE_FILE = 'kv.db';

/** From this attempt on a random pause, so that rivals do not meet again and again. */
const PAUSE_FROM_ATTEMPT = 3;
const PAUSE_MS_MAX = 20;

export interface EmbeddedOptions {
  now?: () => number;
  /** checkpoint when the log is longer */
  walBytes?: number;
  /** how large the database may grow; commits above it fail as on a full disk */
  bytesMax?: number;
  /** Told once when the store has failed for good; the process should end and start again. */
  onFailed?: (error: StoreFailed) => void;
  /** taken along by snapshots */
  blobs?: () => SnapshotBlobs;
  /** stands in for the disk in tests */
  logSync?: LogSync;
}

export class EmbeddedStore implements Store {
  readonly #file: string;
  readonly #now: () => number;
  readonly #options: EmbeddedOptions;
  readonly #lock: { release(): void } | undefined;
  readonly #database: Database;
  readonly #log: LogSync;
  readonly #durability: Durability;
  readonly #watchers = new Watchers();
  readonly #queue: CommitQueue;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #removals: Removals;
  #refused: StoreFailed | undefined;
  #retries = 0;
  #closing: Promise<void> | undefined;

  /** `file` may be ':memory:'. */
  constructor(file: string, options: EmbeddedOptions = {}) {
    this.#file = file;
    this.#now = options.now ?? Date.now;
    this.#options = options;
    const inMemory = file === ':memory:';
    this.#lock = inMemory ? undefined : lockStore(file);
    let database: Database | undefined;
    try {
      this.#database = database = new Database(file, options);
      const start = database.reservedVersion;
      this.#database.write(() => this.#database.reserveVersions(start)); // the log exists from here on
      this.#log = options.logSync ?? (inMemory ? memorySync : new FileLogSync(`${file}-wal`, path.dirname(file)));
      this.#durability = new Durability(
        start,
        this.#log,
        (version) => this.#landed(version),
        (error) => this.#fail(error),
      );
      this.#queue = new CommitQueue(database, this.#durability, this.#watchers);
      if (!inMemory)
        this.#checkpoints = new Checkpoints(file, options.walBytes ?? LIMITS.walBytes, database, this.#queue);
    } catch (error) {
      database?.close();
      this.#lock?.release();
      throw error;
    }
    this.#removals = new Removals(this.#database, this.#now, (fn, how) => this.#compute(fn, how));
  }

  get stats(): { retries: number; batches: number; syncs: number; checkpoints: number; longestHoldMs: number } {
    return {
      retries: this.#retries,
      batches: this.#queue.batches,
      syncs: this.#durability.syncs,
      checkpoints: this.#checkpoints?.count ?? 0,
      longestHoldMs: this.#checkpoints?.longestHoldMs ?? 0,
    };
  }

  async get<V = Value>(key: Key): Promise<Entry<V> | undefined> {
    this.#check();
    const packed = pack(key);
    const row = this.#database.get(packed);
    const { durable, written } = this.#durability;
    if (durable < written) await this.#durability.settled(row ? row.version : this.#queue.deletedAt(nameOf(packed)));
    return row && isLive(row, this.#now()) ? { key, value: decodeValue(row.value), version: row.version } : undefined;
  }

  getMany<V = Value>(keys: Key[]): Promise<(Entry<V> | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<V>(key)));
  }

  async list<V = Value>(range: Range, options: ListOptions = {}): Promise<Entry<V>[]> {
    this.#check();
    const [from, to] = bounds(range, options);
    const rows = this.#database.list(from, to, this.#now(), limitOf(options), options.reverse === true);
    if (this.#durability.durable < this.#durability.written) {
      const newest = rows.reduce(
        (version, row) => Math.max(version, row.version),
        this.#queue.newestDeletion(from, to),
      );
      await this.#durability.settled(newest);
    }
    return rows.map(toEntry);
  }

  async horizon(): Promise<number> {
    this.#check();
    return this.#durability.durable;
  }

  async transact<T>(fn: (tx: Transaction) => Promise<T> | T, options: CommitOptions = {}): Promise<T> {
    const attempts = options.attempts ?? LIMITS.attempts;
    for (let attempt = 1; ; attempt++) {
      this.#check();
      const answer = await this.#attempt(fn, options);
      if (answer) return answer.result;
      this.#retries++;
      if (attempt >= attempts) throw new Conflict(`gave up after ${attempt} attempts`);
      if (attempt < PAUSE_FROM_ATTEMPT) continue;
      const pauseMs = Math.random() * Math.min(PAUSE_MS_MAX, 2 ** attempt);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Undefined when what it read is no longer current. */
  async #attempt<T>(
    fn: (tx: Transaction) => Promise<T> | T,
    options: CommitOptions,
  ): Promise<{ result: T } | undefined> {
    const tx = new EmbeddedTransaction(this.#database, this.#now, options);
    let result: T;
    try {
      result = await fn(tx);
    } catch (error) {
      // It may have seen two moments at once: its error counts only if what it read is current (and then durable too).
      const { checks, ranges } = tx.commit;
      if (checks.size === 0 && ranges.length === 0) throw error;
      this.#check();
      if (await this.#queue.submit({ ...newCommit({}), checks, ranges })) throw error;
      return undefined;
    }
    this.#check();
    return (await this.#queue.submit(tx.commit)) ? { result } : undefined;
  }

  async mutate<T>(keys: Key[], fn: (values: Value[], tx: Writer) => T, options: CommitOptions = {}): Promise<T> {
    const packed = keys.map(pack);
    return this.#compute((writer) => {
      const now = this.#now();
      const values = packed.map((key) => {
        const row = this.#database.get(key);
        return row && isLive(row, now) ? decodeValue(row.value) : undefined;
      });
      return fn(values, writer);
    }, options);
  }

  /** Runs `fn` inside the commit. */
  async #compute<T>(fn: (writer: CommitWriter) => T, options: CommitOptions): Promise<T> {
    this.#check();
    let result: T;
    const commit = newCommit(options, () => (result = fn(new CommitWriter(commit))));
    await this.#queue.submit(commit);
    return result!;
  }

  watch(prefix: Key, listener: () => void): () => void {
    return this.#watchers.watch(prefix, listener);
  }

  clear(prefix: Key): Promise<number> {
    return this.#removals.clear(prefix);
  }

  /** Deletes at most 500 expired entries; the store does so by itself on a timer. */
  sweep(): Promise<number> {
    return this.#removals.sweep();
  }

  async snapshot(folder: string): Promise<void> {
    this.#check();
    await makeEmptyFolder(folder);
    const file = path.join(folder, STORE_FILE);
    const copyEntries = (): Promise<{ newest: number }> => this.#copyEntries(`${file}.part`);
    const blobs = this.#options.blobs?.();
    await (blobs ? blobs.copyInto(path.join(folder, 'blobs'), copyEntries) : copyEntries());
    await rename(`${file}.part`, file); // a copy that has its store file is whole
  }

  async #copyEntries(to: string): Promise<{ newest: number }> {
    await this.#durability.settled(this.#durability.written);
    if (this.#checkpoints) return this.#checkpoints.whileReading(() => copyDatabase(this.#file, to));
    const newest = this.#durability.durable;
    this.#database.copyInto(to);
    return { newest };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Keeps what was asked for before it. */
  async #close(): Promise<void> {
    this.#removals.stop();
    if (!this.#refused) {
      await this.#queue.drained();
      await this.#durability.settled(this.#durability.written);
    }
    const closed = new StoreFailed('the store is closed');
    this.#refused = closed;
    this.#durability.end(closed);
    this.#queue.end(closed);
    await this.#checkpoints?.close();
    await this.#log.close();
    this.#database.close();
    this.#lock?.release();
  }

  #check(): void {
    if (this.#refused) throw this.#refused;
  }

  #landed(version: number): void {
    this.#queue.landed(version);
    this.#watchers.landed(version);
    this.#checkpoints?.look();
  }

  #fail(error: StoreFailed): void {
    this.#refused ??= error;
    this.#removals.stop();
    this.#queue.end(error);
    this.#options.onFailed?.(error);
  }
}

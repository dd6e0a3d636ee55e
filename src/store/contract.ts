// The store contract: what every service may use, whichever driver is below.
export type Part = string | number | boolean | null | Uint8Array;
export type Key = readonly Part[];
/** JSON value, or raw bytes. Values above LIMITS.value belong in a blob. */
export type Value = any;

export interface Entry<V = Value> {
  key: Key;
  value: V;
  version: number;
}

/** All keys that extend `prefix`; `from` inclusive, `to` exclusive. */
export interface Range {
  prefix: Key;
  from?: Key;
  to?: Key;
}

export interface ListOptions {
  limit?: number;
  reverse?: boolean;
  /** exclusive: the last key of the page before */
  after?: Key;
}

export interface SetOptions {
  /** ms since the epoch; from then on the entry reads as absent, and is swept later */
  expires?: number;
}

/** Everything a read answers is durable, and as new as the newest acknowledged commit. */
export interface Reader {
  get<V = Value>(key: Key): Promise<Entry<V> | undefined>;
  getMany<V = Value>(keys: Key[]): Promise<(Entry<V> | undefined)[]>;
  /** In key order, at most LIMITS.listRows at once. */
  list<V = Value>(range: Range, options?: ListOptions): Promise<Entry<V>[]>;
}

/** Buffers until the commit. */
export interface Writer {
  set(key: Key, value: Value, options?: SetOptions): void;
  delete(key: Key): void;
  /** Writes under [...prefix, version, n]: strictly ascending in commit order, without a counter to fight over. */
  append(prefix: Key, value: Value): void;
}

/** Sees its own sets and deletes, not its appends. */
export type Transaction = Reader & Writer;

export interface CommitOptions {
  /** strict (default): resolves when on disk. lazy: resolves when it survives kill -9; a power cut may lose the last LIMITS.lazyMs. */
  durability?: 'strict' | 'lazy';
  /** attempts before Conflict is thrown (transact only) */
  attempts?: number;
}

export interface Store extends Reader {
  /** Optimistic: `fn` may run again, so it must have no other effects. Commits only if everything it read is still current. */
  transact<T>(fn: (tx: Transaction) => Promise<T> | T, options?: CommitOptions): Promise<T>;
  /**
   * For hot keys: `fn` is synchronous, gets the current values of `keys` (undefined = absent), and never conflicts with other
   * mutates of this node.
   */
  mutate<T>(keys: Key[], fn: (values: Value[], tx: Writer) => T, options?: CommitOptions): Promise<T>;
  /** Something under `prefix` changed (coalesced, after it is durable, carries no data): read again. Returns the unsubscriber. */
  watch(prefix: Key, listener: () => void): () => void;
  /** Every commit up to this version is visible: a tail reader of append() keys must not pass it. */
  horizon(): Promise<number>;
  /** Removes a whole prefix (account reset, stack deletion) in bounded steps; answers the number of entries. */
  clear(prefix: Key): Promise<number>;
  /** Consistent copy, with its blobs, into an absent or empty folder while the store runs; opens as a store. */
  snapshot(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Bytes too large for an entry, kept in files (or an S3 endpoint). An id is never reused and a blob never changes. */
export interface Blobs {
  /** Returns when the bytes are durable. Until a commit calls `claim(tx, id)` beside naming it, a restart removes it. */
  put(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ id: string; size: number }>;
  /** In the transaction that stores the id. */
  claim(tx: Writer, id: string): void;
  /** In the transaction that stops naming it: a restart removes it if `remove` did not come to it. */
  unclaim(tx: Writer, id: string): void;
  /** start and end inclusive byte offsets */
  read(id: string, start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** After the commit that stopped naming it, or when it never came to be named; running reads go on. */
  remove(id: string): Promise<void>;
}

/** A transaction met newer writes at every attempt. */
export class Conflict extends Error {}
/** Too many commits are waiting. The wire layer answers 503 SlowDown or the service's throttling error, never silence. */
export class Overloaded extends Error {}
/** The store cannot be opened, is closed, or failed for good: only a new start helps. */
export class StoreFailed extends Error {}

export const LIMITS = {
  /** bytes of an encoded key: PostgreSQL's btree takes 2,704 */
  key: 2500,
  /** bytes of an encoded value */
  value: 1024 * 1024,
  commitBytes: 16 * 1024 * 1024,
  commitKeys: 10_000,
  /** above either, Overloaded */
  queuedCommits: 10_000,
  queuedBytes: 64 * 1024 * 1024,
  listRows: 1000,
  /** a lazy commit is on disk after this long */
  lazyMs: 200,
  attempts: 100,
  /** the log is moved into the database when it is longer */
  walBytes: 32 * 1024 * 1024,
} as const;

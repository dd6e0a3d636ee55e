// The store contract: what every service may use, whichever driver is below. Runs under Node 24+ as it stands (type stripping).
export type Part = string | number | boolean | null | Uint8Array;
export type Key = readonly Part[];
/** JSON value, or raw bytes. Values above LIMITS.value belong in a blob. */
export type Value = any;
export interface Entry<V = Value> { key: Key; value: V; version: number }
/** All keys that extend `prefix`; `from` inclusive, `to` exclusive. */
export interface Range { prefix: Key; from?: Key; to?: Key }
export interface ListOptions { limit?: number; reverse?: boolean; /** exclusive: the last key of the page before */ after?: Key }
export interface SetOptions { /** ms since epoch; from then on the entry reads as absent, and is swept later */ expires?: number }
export interface Reader {
  get<V = Value>(key: Key): Promise<Entry<V> | undefined>;
  getMany<V = Value>(keys: Key[]): Promise<(Entry<V> | undefined)[]>;
  list<V = Value>(range: Range, options?: ListOptions): Promise<Entry<V>[]>;
}
export interface Writer {
  set(key: Key, value: Value, options?: SetOptions): void;
  delete(key: Key): void;
  /** Writes under [...prefix, version, n]: strictly ascending in commit order, without a counter to fight over. */
  append(prefix: Key, value: Value): void;
}
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
  /** For hot keys: `fn` is synchronous, gets the current values of `keys`, never conflicts with other mutates of this node. */
  mutate<T>(keys: Key[], fn: (values: (Value | undefined)[], tx: Writer) => T, options?: CommitOptions): Promise<T>;
  /** Something under `prefix` changed (coalesced, after it is durable, carries no data): read again. Returns the unsubscriber. */
  watch(prefix: Key, listener: () => void): () => void;
  /** Every commit up to this version is visible: a tail reader of append() keys must not pass it. */
  horizon(): Promise<number>;
  /** Removes a whole prefix (account reset, stack deletion) in bounded steps; answers the number of entries. */
  clear(prefix: Key): Promise<number>;
  /** Consistent copy into an empty file or folder while the store runs. */
  snapshot(path: string): Promise<void>;
  close(): Promise<void>;
}
/** Bytes too large for an entry, kept in files (or an S3 endpoint). An id is never reused and a blob never changes. */
export interface Blobs {
  /** Returns when the bytes are durable. Until a commit calls `claim(tx, id)` beside naming it, a restart removes it. */
  put(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ id: string; size: number }>;
  /** In the transaction that stores the id. */
  claim(tx: Writer, id: string): void;
  /** start and end inclusive byte offsets */
  read(id: string, start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** After the commit that stopped naming it; running reads go on. */
  remove(id: string): Promise<void>;
}
export class Conflict extends Error {}
export class Overloaded extends Error {}
export class StoreFailed extends Error {}
export const LIMITS = { key: 2500, value: 1 << 20, commitBytes: 16 << 20, commitKeys: 10_000, queuedCommits: 10_000, queuedBytes: 64 << 20, listRows: 1000, lazyMs: 200, attempts: 100, walBytes: 32 << 20 } as const;

// What one transact or mutate wants to do, gathered until the queue applies it.
import { LIMITS, type CommitOptions, type Key, type SetOptions, type Value, type Writer } from '../contract.ts';
import { pack } from '../tuple.ts';

/** A value as SQLite keeps it: JSON as TEXT (readable with any SQLite tool), bytes as BLOB. */
export type Stored = string | Uint8Array;

export interface Write {
  key: Buffer;
  /** undefined = delete */
  value: Stored | undefined;
  expires: number | null;
}

export interface Commit {
  /** by key name: the version seen, 0 = absent */
  checks: Map<string, { key: Buffer; version: number }>;
  /** the part of a range that was seen: versions only grow, so same count and same newest version = same rows */
  ranges: { from: Buffer; to: Buffer; count: number; newest: number }[];
  /** by key name: the last write of a key wins */
  writes: Map<string, Write>;
  appends: { prefix: Buffer; value: Stored }[];
  bytes: number;
  /** mutate: fills in the writes, from the values as they are when the commit is applied */
  compute: (() => void) | undefined;
  lazy: boolean;
}

export const newCommit = (options: CommitOptions, compute?: () => void): Commit => ({
  checks: new Map(),
  ranges: [],
  writes: new Map(),
  appends: [],
  bytes: 0,
  compute,
  lazy: options.durability === 'lazy',
});

export const isReadOnly = (commit: Commit): boolean => commit.writes.size === 0 && commit.appends.length === 0;

export function checkSize(commit: Commit): void {
  if (commit.bytes > LIMITS.commitBytes) throw new RangeError(`a commit takes at most ${LIMITS.commitBytes} bytes`);
  if (commit.writes.size + commit.appends.length > LIMITS.commitKeys) {
    throw new RangeError(`a commit takes at most ${LIMITS.commitKeys} keys`);
  }
}

/** Packed keys as Map keys: one character a byte. */
export const nameOf = (key: Buffer): string => key.toString('latin1');

export function encodeValue(value: Value): Stored {
  const stored: Stored | undefined = value instanceof Uint8Array ? value : JSON.stringify(value);
  if (stored === undefined) throw new TypeError('a value is JSON or bytes');
  // UTF-8 takes at most 3 bytes for a UTF-16 unit: most values need not be measured
  const bytes = typeof stored === 'string' && stored.length * 3 > LIMITS.value ? Buffer.byteLength(stored) : 0;
  if (Math.max(bytes, stored.length) > LIMITS.value) {
    throw new RangeError(`a value takes at most ${LIMITS.value} bytes: keep it as a blob`);
  }
  return stored;
}

export function decodeValue(stored: Stored): Value {
  if (typeof stored === 'string') return JSON.parse(stored);
  return Buffer.from(stored.buffer, stored.byteOffset, stored.length);
}

export class CommitWriter implements Writer {
  readonly commit: Commit;

  constructor(commit: Commit) {
    this.commit = commit;
  }

  set(key: Key, value: Value, options?: SetOptions): void {
    this.write(pack(key), encodeValue(value), options?.expires ?? null);
  }

  delete(key: Key): void {
    this.write(pack(key), undefined, null);
  }

  append(prefix: Key, value: Value): void {
    const stored = encodeValue(value);
    this.commit.bytes += stored.length;
    this.commit.appends.push({ prefix: pack(prefix), value: stored });
  }

  write(key: Buffer, value: Stored | undefined, expires: number | null): void {
    this.commit.bytes += key.length + (value?.length ?? 0);
    this.commit.writes.set(nameOf(key), { key, value, expires });
  }
}

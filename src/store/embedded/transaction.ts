// A transaction reads through to the database, remembers what it saw, and sees its own writes.
import type { CommitOptions, Entry, Key, ListOptions, Range, Transaction, Value } from '../contract.ts';
import { LIMITS } from '../contract.ts';
import { bounds, pack, unpack } from '../tuple.ts';
import { CommitWriter, decodeValue, nameOf, newCommit, type Write } from './commit.ts';
import type { Database, Row } from './database.ts';

/** Own writes have no version before their commit. */
const UNCOMMITTED = -1;

export const isLive = (row: Row, now: number): boolean => row.expires === null || row.expires > now;
export const limitOf = (options: ListOptions): number => Math.min(options.limit ?? LIMITS.listRows, LIMITS.listRows);
export const toEntry = (row: Row): Entry => ({
  key: unpack(row.key),
  value: decodeValue(row.value),
  version: row.version,
});

export class EmbeddedTransaction extends CommitWriter implements Transaction {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number, options: CommitOptions) {
    super(newCommit(options));
    this.#database = database;
    this.#now = now;
  }

  async get<V = Value>(key: Key): Promise<Entry<V> | undefined> {
    const packed = pack(key);
    const name = nameOf(packed);
    const own = this.commit.writes.get(name);
    if (own) return this.#isAbsent(own) ? undefined : { key, value: decodeValue(own.value!), version: UNCOMMITTED };
    const row = this.#database.get(packed);
    // the first look counts: if it has changed since, the commit must fail
    if (!this.commit.checks.has(name)) this.commit.checks.set(name, { key: packed, version: row?.version ?? 0 });
    return row && isLive(row, this.#now()) ? { key, value: decodeValue(row.value), version: row.version } : undefined;
  }

  getMany<V = Value>(keys: Key[]): Promise<(Entry<V> | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<V>(key)));
  }

  async list<V = Value>(range: Range, options: ListOptions = {}): Promise<Entry<V>[]> {
    const [from, to] = bounds(range, options);
    const limit = limitOf(options);
    const reverse = options.reverse === true;
    const own = [...this.commit.writes.values()].filter((write) => isWithin(write.key, from, to));
    const wanted = limit + own.length; // own deletions may take that many away
    const rows = this.#database.list(from, to, this.#now(), wanted, reverse);
    this.#noteRange(from, to, rows.length === wanted ? rows.at(-1)!.key : undefined, reverse);
    return this.#merge(rows, own, reverse).slice(0, limit).map(toEntry);
  }

  #isAbsent(own: Write): boolean {
    return own.value === undefined || (own.expires !== null && own.expires <= this.#now());
  }

  #merge(rows: Row[], own: Write[], reverse: boolean): Row[] {
    if (own.length === 0) return rows;
    const merged = new Map(rows.map((row) => [nameOf(row.key), row]));
    for (const write of own) {
      const { key, value, expires } = write;
      if (this.#isAbsent(write)) merged.delete(nameOf(key));
      else merged.set(nameOf(key), { key, value: value!, expires, version: UNCOMMITTED });
    }
    const direction = reverse ? -1 : 1;
    return [...merged.values()].sort((a, b) => Buffer.compare(a.key, b.key) * direction);
  }

  /** What lies behind the last row of a full page was not seen, and may change. */
  #noteRange(from: Buffer, to: Buffer, last: Buffer | undefined, reverse: boolean): void {
    const start = last && reverse ? last : from;
    const end = last && !reverse ? Buffer.concat([last, Buffer.of(0)]) : to;
    this.commit.ranges.push({ from: start, to: end, ...this.#database.sum(start, end) });
  }
}

const isWithin = (key: Buffer, from: Buffer, to: Buffer): boolean =>
  Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0;

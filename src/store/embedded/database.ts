// Every call to SQLite on the main thread. One connection: it alone writes, and it reads its own commits.
// https://www.sqlite.org/wal.html, https://nodejs.org/api/sqlite.html
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Stored } from './commit.ts';
import { openFormat } from './format.ts';

export interface Row {
  key: Buffer;
  version: number;
  value: Stored;
  expires: number | null;
}
type Columns = [key: Uint8Array, version: number, value: Stored, expires: number | null];

const CACHE_KB = 32 * 1024;
export const PAGE_BYTES = 4096;
/** The versions are reserved by the thousand, so that a commit need not write the counter's page. */
const VERSIONS_RESERVED = 1000;

const PRAGMAS = `PRAGMA page_size=${PAGE_BYTES}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
  PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-${CACHE_KB}`;
const RANGE = 'FROM kv WHERE k >= ? AND k < ?';
const LIVE_ROWS = `SELECT k, ver, v, exp ${RANGE} AND (exp IS NULL OR exp > ?)`;

export interface DatabaseOptions {
  /** how large the database may grow; as a full disk above it */
  bytesMax?: number;
}

export class Database {
  readonly inMemory: boolean;
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #version: StatementSync;
  readonly #ascending: StatementSync;
  readonly #descending: StatementSync;
  readonly #sum: StatementSync;
  readonly #keys: StatementSync;
  readonly #expired: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #reserve: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #log: StatementSync;
  #reading = false;
  #reserved: number;

  constructor(file: string, options: DatabaseOptions = {}) {
    this.inMemory = file === ':memory:';
    const db = new DatabaseSync(file);
    this.#db = db;
    db.exec(PRAGMAS);
    if (options.bytesMax) db.exec(`PRAGMA max_page_count=${Math.floor(options.bytesMax / PAGE_BYTES)}`);
    openFormat(db, file);
    const prepare = (sql: string): StatementSync => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#get = prepare('SELECT k, ver, v, exp FROM kv WHERE k = ?');
    this.#version = prepare('SELECT ver FROM kv WHERE k = ?');
    this.#ascending = prepare(`${LIVE_ROWS} ORDER BY k LIMIT ?`);
    this.#descending = prepare(`${LIVE_ROWS} ORDER BY k DESC LIMIT ?`);
    this.#sum = prepare(`SELECT count(*), coalesce(max(ver), 0) ${RANGE}`);
    this.#keys = prepare(`SELECT k ${RANGE} LIMIT ?`);
    this.#expired = prepare('SELECT k FROM kv WHERE exp <= ? ORDER BY exp LIMIT ?');
    this.#set = prepare(
      'INSERT INTO kv VALUES(?,?,?,?) ON CONFLICT(k) DO UPDATE SET ver=excluded.ver, v=excluded.v, exp=excluded.exp',
    );
    this.#delete = prepare('DELETE FROM kv WHERE k = ?');
    this.#reserve = prepare('UPDATE meta SET version = ? WHERE id = 1');
    this.#begin = prepare('BEGIN');
    this.#commit = prepare('COMMIT');
    this.#rollback = prepare('ROLLBACK');
    this.#log = prepare('PRAGMA wal_checkpoint(NOOP)');
    [this.#reserved] = columns<[number]>(prepare('SELECT version FROM meta WHERE id = 1').get());
  }

  /** Versions up to here may have been given out by the process before. */
  get reservedVersion(): number {
    return this.#reserved;
  }

  get(key: Buffer): Row | undefined {
    this.#beginRead();
    const found = this.#get.get(key);
    return found && toRow(columns<Columns>(found));
  }

  /** Within `write` only; 0 = absent. */
  versionOf(key: Buffer): number {
    const found = this.#version.get(key);
    return found ? columns<[number]>(found)[0] : 0;
  }

  /** Rows that have not expired. */
  list(from: Buffer, to: Buffer, now: number, limit: number, reverse: boolean): Row[] {
    this.#beginRead();
    const statement = reverse ? this.#descending : this.#ascending;
    return statement.all(from, to, now, limit).map((row) => toRow(columns<Columns>(row)));
  }

  /** Counts expired rows too. */
  sum(from: Buffer, to: Buffer): { count: number; newest: number } {
    this.#beginRead();
    const [count, newest] = columns<[number, number]>(this.#sum.get(from, to));
    return { count, newest };
  }

  keys(from: Buffer, to: Buffer, limit: number): Buffer[] {
    return this.#keys.all(from, to, limit).map(toKey);
  }

  expiredKeys(now: number, limit: number): Buffer[] {
    return this.#expired.all(now, limit).map(toKey);
  }

  /** Runs `work` as one SQLite transaction: an append to the log, which nothing waits for here. Nothing is kept if it throws. */
  write(work: () => void): void {
    const reserved = this.#reserved;
    this.#beginRead();
    try {
      work();
      this.#reading = false;
      this.#commit.run();
    } catch (error) {
      this.#reading = false;
      this.#reserved = reserved;
      try {
        this.#rollback.run();
      } catch {
        // SQLite has rolled back by itself (disk full, I/O error): "no transaction is active"
      }
      throw error;
    }
  }

  /** Within `write`. */
  set(key: Buffer, version: number, value: Stored, expires: number | null): void {
    this.#set.run(key, version, value, expires);
  }

  /** Within `write`. */
  delete(key: Buffer): void {
    this.#delete.run(key);
  }

  /** Within `write`: makes sure that a later process begins above this version. */
  reserveVersions(version: number): void {
    if (version < this.#reserved) return;
    this.#reserved = version + VERSIONS_RESERVED;
    this.#reserve.run(this.#reserved);
  }

  /** The length of the log. */
  logBytes(): number {
    const [, frames] = columns<[busy: number, frames: number, moved: number]>(this.#log.get());
    return frames * PAGE_BYTES;
  }

  /** The reads of one turn of the event loop share one read transaction: 1.3 to 1.6 times as fast as one each. */
  #beginRead(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#begin.run();
    setImmediate(() => this.endRead());
  }

  /** Before a checkpoint: the next transaction must begin after it. */
  endRead(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#commit.run();
  }

  /** On this thread: for a database in memory only. */
  copyInto(file: string): void {
    this.endRead();
    this.#db.prepare('VACUUM INTO ?').run(file);
  }

  close(): void {
    this.endRead();
    this.#db.close();
  }
}

/** With setReturnArrays a row is an array, whatever the type declarations say. */
const columns = <T extends unknown[]>(row: unknown): T => row as T;
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const toKey = (row: unknown): Buffer => toBuffer(columns<[Uint8Array]>(row)[0]);
const toRow = ([key, version, value, expires]: Columns): Row => ({ key: toBuffer(key), version, value, expires });

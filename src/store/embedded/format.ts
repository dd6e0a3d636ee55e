import type { DatabaseSync } from 'node:sqlite';
import { StoreFailed } from '../contract.ts';

/** "Gate": what `file` and SQLite's tools show of whose database it is. */
const APPLICATION_ID = 0x47617465;

/** The step from format n to n + 1 is entry n, one transaction each; 0 is the empty file. Released steps never change. */
const STEPS: readonly string[] = [
  `CREATE TABLE kv(k BLOB NOT NULL UNIQUE, ver INTEGER NOT NULL, v NOT NULL, exp INTEGER);
   CREATE INDEX kv_exp ON kv(exp) WHERE exp IS NOT NULL;
   CREATE TABLE meta(id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
   INSERT INTO meta VALUES(1, 0);
   PRAGMA application_id = ${APPLICATION_ID};`,
];
export const FORMAT = STEPS.length;

/** Brings the file to this program's format; refuses what a newer program or another one has written. */
export function openFormat(db: DatabaseSync, file: string): void {
  const found = pragma(db, 'user_version');
  if (found > FORMAT) {
    throw new StoreFailed(
      `${file} was written by a newer version (format ${found}; this program reads up to ${FORMAT})`,
    );
  }
  const application = pragma(db, 'application_id');
  if ((found > 0 || application !== 0) && application !== APPLICATION_ID)
    throw new StoreFailed(`${file} is another program's database`);
  for (let format = found; format < FORMAT; format++) {
    db.exec(`BEGIN IMMEDIATE; ${STEPS[format]} PRAGMA user_version = ${format + 1}; COMMIT`);
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

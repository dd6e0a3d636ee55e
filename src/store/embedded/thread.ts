// The store's side threads. sync: forces the log to disk. checkpoint: moves pages from the log into the database.
// snapshot: writes a copy, and ends.
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export type ThreadRole =
  | { role: 'sync'; log: number }
  | { role: 'checkpoint'; file: string }
  | { role: 'snapshot'; file: string; to: string };

const port = parentPort!;
const task = workerData as ThreadRole;

/** Answers what `work` answers, or its error's text. */
function attempt(work: () => object): void {
  try {
    port.postMessage(work());
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA synchronous=FULL; PRAGMA busy_timeout=0');
  return db;
}

function syncOnDemand(log: number): void {
  port.on('message', () =>
    attempt(() => {
      fs.fdatasyncSync(log);
      return {};
    }),
  );
  port.postMessage({ ready: true });
}

/** PASSIVE waits for nobody; answers the pages that are still in the log only. */
function checkpointOnDemand(file: string): void {
  const checkpoint = open(file).prepare('PRAGMA wal_checkpoint(PASSIVE)');
  port.on('message', () =>
    attempt(() => {
      const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
      return { left: log - checkpointed };
    }),
  );
}

/** VACUUM INTO reads one moment of the store while commits go on; backup() would start over at each of them. */
function snapshot(file: string, to: string): void {
  attempt(() => {
    fs.closeSync(fs.openSync(to, 'wx', 0o600)); // for its owner alone
    const db = open(file);
    try {
      db.prepare('VACUUM INTO ?').run(to);
    } finally {
      db.close();
    }
    forceToDisk(to);
    return { newest: newestVersion(to) };
  });
}

/** VACUUM INTO does not. */
function forceToDisk(file: string): void {
  const copy = fs.openSync(file, 'r+');
  fs.fsyncSync(copy);
  fs.closeSync(copy);
}

function newestVersion(file: string): number {
  const copy = new DatabaseSync(file, { readOnly: true });
  try {
    return (copy.prepare('SELECT coalesce(max(ver), 0) AS newest FROM kv').get() as { newest: number }).newest;
  } finally {
    copy.close();
  }
}

switch (task.role) {
  case 'sync':
    syncOnDemand(task.log);
    break;
  case 'checkpoint':
    checkpointOnDemand(task.file);
    break;
  case 'snapshot':
    snapshot(task.file, task.to);
}

// What must be true of a store after its writer was killed, or its machine lost power.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Entry, Key, Store } from '#store/contract.ts';
import { openStore } from '#store/index.ts';
import { BLOB_BYTES, createTestWork, DOOMED_EVERY, enqueues, isHot, isLazy, WINDOW, WRITERS } from './store-load.ts';

const WORK_MS_MAX = 20_000;

export interface Acknowledged {
  /** by writer: its last acknowledged transaction */
  last: number[];
  total: number;
}

async function listAll<V>(store: Store, prefix: Key): Promise<Entry<V>[]> {
  const all: Entry<V>[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await store.list<V>({ prefix }, last ? { after: last.key } : {});
    if (page.length === 0) return all;
    all.push(...page);
  }
}

const upTo = (n: number, from = 1): number[] => Array.from({ length: Math.max(0, n - from + 1) }, (_, i) => from + i);

/** Nothing acknowledged is lost, and no transaction is there in part. */
async function checkWriter(store: Store, writer: number, acknowledged: number): Promise<number> {
  const n = (await store.get<{ n: number }>(['counter', writer]))?.value.n ?? 0;
  assert.ok(n >= acknowledged, `writer ${writer}: ${acknowledged} acknowledged, ${n} there`);
  assert.equal((await store.get(['mirror', writer]))?.value ?? 0, n);
  const log = await listAll<{ n: number }>(store, ['log', writer]);
  assert.deepEqual(
    log.map((entry) => entry.value.n),
    upTo(n),
  );
  if (isHot(writer)) return n;
  assert.deepEqual(
    (await listAll(store, ['tail', writer])).map((entry) => entry.value),
    upTo(n),
  );
  assert.deepEqual(
    (await listAll(store, ['window', writer])).map((entry) => entry.key[2]),
    upTo(n, Math.max(1, n - WINDOW + 1)),
  );
  return n;
}

/** Each name has its blob, whole. Answers how many have no name: none, unless a power cut took their lazy intent. */
async function checkBlobs(store: Store, directory: string): Promise<number> {
  const folder = path.join(directory, 'blobs');
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const files = new Map(entries.filter((entry) => entry.isFile()).map((entry) => [entry.name, entry.parentPath]));
  const names = await listAll<string>(store, ['blob']);
  for (const { value: id } of names) {
    assert.ok(files.has(id), `blob ${id} is named, but not there`);
    assert.equal(statSync(path.join(files.get(id)!, id)).size, BLOB_BYTES);
  }
  return files.size - names.length;
}

/** All work that was committed with its cause has run by now, or is in its dead letter, and the queue is empty. */
async function checkWork(store: Store, counters: number[]): Promise<{ runs: number; jobs: number }> {
  const work = createTestWork(store);
  work.start();
  const end = Date.now() + WORK_MS_MAX;
  for (let left = 1; left > 0; left = (await store.list({ prefix: ['work'] })).length) {
    assert.ok(Date.now() < end, 'the work does not end');
    await new Promise((resolve) => setTimeout(resolve, 10)); // for what is not due yet
    await work.idle();
  }
  await work.stop();
  let runs = 0;
  let jobs = 0;
  for (const [writer, n] of counters.entries()) {
    if (!enqueues(writer)) continue;
    const ran = await listAll<number>(store, ['ran', writer]);
    const dead = await listAll<number>(store, ['dead', writer]);
    const done = [...ran, ...dead].map((entry) => entry.key[2] as number).sort((a, b) => a - b);
    assert.deepEqual(done, upTo(n), `work of writer ${writer}`);
    assert.ok(dead.every((entry) => (entry.key[2] as number) % DOOMED_EVERY === 0));
    jobs += n;
    runs += [...ran, ...dead].reduce((sum, entry) => sum + entry.value, 0);
  }
  return { runs, jobs };
}

async function checkEntries(
  store: Store,
  directory: string,
  acknowledged: Acknowledged,
  options: { powerCut?: boolean },
): Promise<string> {
  const counters: number[] = [];
  for (const writer of upTo(WRITERS - 1, 0)) {
    const promised = options.powerCut && isLazy(writer) ? 0 : (acknowledged.last[writer] ?? 0);
    counters.push(await checkWriter(store, writer, promised));
  }
  const hot = counters.filter((_, writer) => isHot(writer)).reduce((sum, n) => sum + n, 0);
  assert.equal((await store.get(['sum']))?.value ?? 0, hot);
  const orphans = await checkBlobs(store, directory);
  if (!options.powerCut) assert.equal(orphans, 0, 'blobs that nothing names');
  const { runs, jobs } = await checkWork(store, counters);
  return `${jobs} jobs in ${runs} runs, ${orphans} orphan blobs`;
}

/** Opens the store as it was left and looks at everything in it. Answers a line about it. */
export async function checkStore(
  directory: string,
  acknowledged: Acknowledged,
  options: { powerCut?: boolean } = {},
): Promise<string> {
  const start = performance.now();
  const { store } = await openStore(directory, Date.now);
  const openMs = Math.round(performance.now() - start);
  let report: string;
  try {
    report = await checkEntries(store, directory, acknowledged, options);
  } finally {
    await store.close();
  }
  const db = new DatabaseSync(path.join(directory, 'kv.db'), { readOnly: true });
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
  return `open ${openMs} ms, ${report}`;
}

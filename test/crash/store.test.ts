// kill -9 under a mixed load of the store, its blobs and the work queue. ROUNDS=50 node --test test/crash/store.test.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Entry, Key, Store } from '#store/contract.ts';
import { openStore } from '#store/index.ts';
import {
  BLOB_BYTES,
  createTestWork,
  DOOMED_EVERY,
  enqueues,
  isHot,
  namesBlobs,
  WINDOW,
  WRITERS,
} from './store-load.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
/** Then a new store, so that looking through it stays short. */
const ROUNDS_PER_STORE = 5;
/** Kills fall anywhere between here: at first into the recovery after the kill before, later into the load. */
const KILL_MS_MAX = 500;

const WORK_MS_MAX = 20_000;

interface Acknowledged {
  /** by writer: its last acknowledged transaction */
  last: number[];
  total: number;
}

/** Runs the writer and kills it; adds what it acknowledged. */
async function writeUntilKilled(directory: string, acknowledged: Acknowledged): Promise<void> {
  const writer = path.join(import.meta.dirname, 'store-writer.ts');
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<string | null>((resolve) => child.on('close', (_code, signal) => resolve(signal)));
  const early = Math.random() < 0.2;
  let ready = (): void => undefined;
  const started = early ? Promise.resolve() : new Promise<void>((resolve) => (ready = resolve));
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'ready') ready();
      else {
        const [id, n] = line.split(' ').map(Number);
        acknowledged.last[id!] = n!;
        acknowledged.total++;
      }
    }
  });
  await Promise.race([started, closed]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * KILL_MS_MAX));
  child.kill('SIGKILL');
  assert.equal(await closed, 'SIGKILL', 'the writer ended by itself');
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

/** Each blob is named and whole, each name has its blob. */
async function checkBlobs(store: Store, directory: string): Promise<void> {
  const names = (await listAll<string>(store, ['blob'])).map((entry) => entry.value);
  const folder = path.join(directory, 'blobs');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.deepEqual(files.map((file) => file.name).sort(), names.sort());
  for (const file of files) assert.equal(statSync(path.join(file.parentPath, file.name)).size, BLOB_BYTES);
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

async function check(directory: string, acknowledged: Acknowledged): Promise<string> {
  const start = performance.now();
  const { store } = await openStore(directory, Date.now);
  const openMs = Math.round(performance.now() - start);
  const counters: number[] = [];
  for (const writer of upTo(WRITERS - 1, 0)) {
    counters.push(await checkWriter(store, writer, acknowledged.last[writer] ?? 0));
  }
  const hot = counters.filter((_, writer) => isHot(writer)).reduce((sum, n) => sum + n, 0);
  assert.equal((await store.get(['sum']))?.value ?? 0, hot);
  if (counters.some((n, writer) => namesBlobs(writer) && n >= 5)) await checkBlobs(store, directory);
  const { runs, jobs } = await checkWork(store, counters);
  await store.close();
  const db = new DatabaseSync(path.join(directory, 'kv.db'), { readOnly: true });
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
  return `open ${openMs} ms, ${jobs} jobs in ${runs} runs`;
}

test(`${ROUNDS} times kill -9 under load: nothing acknowledged is lost or torn, all work is done, no blob is left over`, async (t) => {
  const base = mkdtempSync(path.join(tmpdir(), 'gatehouse-crash-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  let acknowledged: Acknowledged = { last: [], total: 0 };
  let total = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const directory = path.join(base, String(Math.floor(round / ROUNDS_PER_STORE)));
    if (round % ROUNDS_PER_STORE === 0) acknowledged = { last: [], total: 0 };
    await writeUntilKilled(directory, acknowledged);
    const report = await check(directory, acknowledged);
    t.diagnostic(`round ${round + 1}: ${acknowledged.total} acknowledged in this store, ${report}`);
    if (round % ROUNDS_PER_STORE === ROUNDS_PER_STORE - 1 || round === ROUNDS - 1) total += acknowledged.total;
  }
  t.diagnostic(`${total} acknowledged in all`);
  assert.ok(total > 100 * ROUNDS, 'hardly anything was written');
});

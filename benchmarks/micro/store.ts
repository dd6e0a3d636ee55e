// What does the store cost over bare SQLite on the same disk, in the same run?  node benchmarks/micro/store.ts [rounds]
// The reference is node:sqlite with synchronous=FULL: N puts in one transaction against N callers at once.
import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import type { Key } from '#store/contract.ts';
import { EmbeddedStore } from '#store/embedded/store.ts';
import { pack } from '#store/tuple.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const ROUND_MS = 400;
const CALLERS = 64;
const KEYS = 20_000;
const VALUE = { id: 'item', text: 'x'.repeat(1000) };

interface Sample {
  perSecond: number;
  /** of the whole process, threads included */
  cpuMicros: number;
  loopBlockMs: number;
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bench-'));
const store = new EmbeddedStore(path.join(directory, 'kv.db'));
const bare = openBare(path.join(directory, 'bare.db'));
const keyAt = (i: number): Key => ['000000000000', 'us-east-1', 'dynamodb', 'item', 'Orders', `sk#${i % KEYS}`];
const anyKey = (): Key => keyAt(Math.floor(Math.random() * KEYS));

function openBare(file: string): {
  put: (keys: Key[]) => void;
  get: (key: Key) => unknown;
  add: (times: number) => void;
} {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768');
  db.exec('CREATE TABLE kv(k BLOB NOT NULL UNIQUE, ver INTEGER NOT NULL, v NOT NULL, exp INTEGER)');
  const set = db.prepare(
    'INSERT INTO kv VALUES(?,?,?,NULL) ON CONFLICT(k) DO UPDATE SET ver=excluded.ver, v=excluded.v',
  );
  const select = db.prepare('SELECT v FROM kv WHERE k = ?');
  let version = 0;
  const transaction = (work: () => void): void => {
    db.exec('BEGIN');
    work();
    db.exec('COMMIT');
  };
  const get = (key: Key): any => {
    const row = select.get(pack(key));
    return row && JSON.parse(row['v'] as string);
  };
  return {
    get,
    put: (keys) => transaction(() => keys.forEach((key) => set.run(pack(key), ++version, JSON.stringify(VALUE)))),
    add: (times) =>
      transaction(() => {
        for (let i = 0; i < times; i++) set.run(pack(['n']), ++version, String((get(['n']) ?? 0) + 1));
      }),
  };
}

/** Calls `step`, which answers how many operations it did, until the time is over; `callers` of them at once. */
async function measure(callers: number, step: () => Promise<number> | number): Promise<Sample> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  let operations = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      const done = await step(); // not `operations += await …`, which would count from before the wait
      operations += done;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  delay.disable();
  return {
    perSecond: operations / seconds,
    cpuMicros: (used.user + used.system) / operations,
    loopBlockMs: delay.max / 1e6,
  };
}

const one = async (work: Promise<unknown>): Promise<number> => (await work, 1);
const put = (): Promise<number> => one(store.transact((tx) => tx.set(anyKey(), VALUE)));
const get = (): Promise<number> => one(store.get(anyKey()));
const add = (): Promise<number> =>
  one(store.mutate([['n']], ([n = 0]: (number | undefined)[], tx) => tx.set(['n'], n + 1)));

const questions: [name: string, ours: () => Promise<Sample>, reference: () => Promise<Sample>][] = [
  [
    `put, ${CALLERS} callers`,
    () => measure(CALLERS, put),
    () =>
      measure(1, () => {
        bare.put(Array.from({ length: CALLERS }, anyKey));
        return CALLERS;
      }),
  ],
  [
    'put, 1 caller',
    () => measure(1, put),
    () =>
      measure(1, () => {
        bare.put([anyKey()]);
        return 1;
      }),
  ],
  [
    `get, ${CALLERS} callers`,
    () => measure(CALLERS, get),
    () =>
      measure(1, () => {
        bare.get(anyKey());
        return 1;
      }),
  ],
  [
    `add to one key, ${CALLERS} callers`,
    () => measure(CALLERS, add),
    () =>
      measure(1, () => {
        bare.add(CALLERS);
        return CALLERS;
      }),
  ],
];

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

function syncMicros(): number {
  const file = openSync(path.join(directory, 'sync'), 'w');
  const times = Array.from({ length: 100 }, () => {
    writeSync(file, Buffer.alloc(8192));
    const start = performance.now();
    fdatasyncSync(file);
    return (performance.now() - start) * 1000;
  });
  return Math.round(median(times));
}

async function fill(): Promise<void> {
  const batch = 500;
  for (let i = 0; i < KEYS; i += batch) {
    const keys = Array.from({ length: batch }, (_, n) => keyAt(i + n));
    await store.transact((tx) => keys.forEach((key) => tx.set(key, VALUE)));
    bare.put(keys);
  }
}

const of = (samples: Sample[], pick: (sample: Sample) => number): number => median(samples.map(pick));
const thousands = (perSecond: number): string => `${(perSecond / 1000).toFixed(1)}k/s`;

await fill();
console.log(
  `Node ${process.version}, ${os.cpus()[0]?.model} x${os.cpus().length}, fdatasync of 8 KB ${syncMicros()} us, ` +
    `1 KB values, median of ${ROUNDS} interleaved rounds of ${ROUND_MS} ms`,
);
const samples = questions.map(() => ({ ours: [] as Sample[], reference: [] as Sample[] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, [, ours, reference]] of questions.entries()) {
    samples[i]!.ours.push(await ours());
    samples[i]!.reference.push(await reference());
  }
}
for (const [i, [name]] of questions.entries()) {
  const { ours, reference } = samples[i]!;
  const ratio = median(ours.map((sample, round) => sample.perSecond / reference[round]!.perSecond));
  console.log(
    `${name.padEnd(26)} store ${thousands(of(ours, (s) => s.perSecond)).padStart(9)}, ` +
      `${of(ours, (s) => s.cpuMicros)
        .toFixed(1)
        .padStart(5)} us CPU, loop block ${of(ours, (s) => s.loopBlockMs)
        .toFixed(0)
        .padStart(2)} ms` +
      ` | bare ${thousands(of(reference, (s) => s.perSecond)).padStart(9)}, ${of(reference, (s) => s.cpuMicros)
        .toFixed(1)
        .padStart(5)} us CPU` +
      ` | ratio ${ratio.toFixed(2)}`,
  );
}
await store.close();
rmSync(directory, { recursive: true });

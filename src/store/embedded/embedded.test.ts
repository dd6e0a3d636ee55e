// What only the embedded driver has: its file, its syncs, its upkeep.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { StoreFailed, type Entry } from '../contract.ts';
import { pack } from '../tuple.ts';
import type { LogSync } from './log-sync.ts';
import { EmbeddedStore, STORE_FILE, type EmbeddedOptions } from './store.ts';

function newFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-embedded-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, STORE_FILE);
}

function openStore(t: TestContext, options?: EmbeddedOptions, file = newFile(t)): EmbeddedStore {
  const store = new EmbeddedStore(file, options);
  t.after(() => store.close());
  return store;
}

/** A disk that answers when the test says so. */
class HeldDisk implements LogSync {
  syncs = 0;
  #waiting: ((error?: Error) => void) | undefined;

  sync(): Promise<void> {
    this.syncs++;
    return new Promise((resolve, reject) => (this.#waiting = (error) => (error ? reject(error) : resolve())));
  }

  async answer(error?: Error): Promise<void> {
    while (!this.#waiting) await soon();
    const answer = this.#waiting;
    this.#waiting = undefined;
    answer(error);
    await soon();
  }

  close = (): Promise<void> => Promise.resolve();
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Long after anything that does not wait for the disk has happened. */
const later = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await soon();
};
const stateOf = async (promise: Promise<unknown>): Promise<string> => {
  const state = promise.then(
    () => 'resolved',
    () => 'rejected',
  );
  await later();
  return Promise.race([state, Promise.resolve('pending')]);
};
const put = (store: EmbeddedStore, key: string, durability: 'strict' | 'lazy' = 'strict'): Promise<void> =>
  store.transact((tx) => tx.set([key], 1), { durability });

test('a strict commit is acknowledged after the sync, a lazy one before', async (t) => {
  const disk = new HeldDisk();
  const store = openStore(t, { logSync: disk });
  await put(store, 'lazy', 'lazy');
  assert.equal(disk.syncs, 0);
  const strict = put(store, 'strict');
  assert.equal(await stateOf(strict), 'pending');
  const before = await store.horizon();
  await disk.answer();
  await strict;
  assert.equal(disk.syncs, 1);
  assert.equal(await store.horizon(), before + 2); // the lazy one went to disk with it
});

test('a lazy commit goes to disk by itself', async (t) => {
  const disk = new HeldDisk();
  const store = openStore(t, { logSync: disk });
  await put(store, 'lazy', 'lazy');
  const before = await store.horizon();
  await disk.answer();
  assert.equal(await store.horizon(), before + 1);
});

test('one sync serves every commit before its start, and none after', async (t) => {
  const disk = new HeldDisk();
  const store = openStore(t, { logSync: disk });
  const first = [put(store, 'a'), put(store, 'b')];
  while (disk.syncs === 0) await soon();
  const second = put(store, 'c');
  await later();
  await disk.answer();
  await Promise.all(first);
  assert.equal(await stateOf(second), 'pending');
  await disk.answer();
  await second;
  assert.equal(disk.syncs, 2);
});

test('a read of an entry that is not on disk yet waits for the sync; other reads do not', async (t) => {
  const disk = new HeldDisk();
  const store = openStore(t, { logSync: disk });
  const old = put(store, 'old');
  await disk.answer();
  await old;
  const writing = put(store, 'new');
  await later();
  const reads: Promise<unknown>[] = [
    store.get(['new']),
    store.list({ prefix: [] }),
    store.transact((tx) => tx.get(['new'])),
    store.mutate([['new']], ([value]) => value),
  ];
  for (const read of reads) assert.equal(await stateOf(read), 'pending');
  assert.equal((await store.get(['old']))?.value, 1);
  assert.equal((await store.list({ prefix: ['old'], to: ['old', 0] })).length, 1);
  await disk.answer();
  await Promise.all([writing, ...reads]);
  assert.equal(((await reads[0]) as Entry).value, 1);
});

test('so does a read of what was deleted', async (t) => {
  const disk = new HeldDisk();
  const store = openStore(t, { logSync: disk });
  const writing = put(store, 'a');
  await disk.answer();
  await writing;
  const deleting = store.transact((tx) => tx.delete(['a']));
  await later();
  const [get, list] = [store.get(['a']), store.list({ prefix: [] })];
  assert.equal(await stateOf(get), 'pending');
  assert.equal(await stateOf(list), 'pending');
  await disk.answer();
  await deleting;
  assert.equal(await get, undefined);
  assert.deepEqual(await list, []);
});

test('a failed sync fails the store for good', async (t) => {
  const disk = new HeldDisk();
  const told: StoreFailed[] = [];
  const store = openStore(t, { logSync: disk, onFailed: (error) => told.push(error) });
  const waiting = [put(store, 'a'), put(store, 'b')];
  const failed = Promise.allSettled(waiting);
  await disk.answer(new Error('EIO'));
  assert.deepEqual(
    (await failed).map((each) => each.status),
    ['rejected', 'rejected'],
  );
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? '', /EIO/);
  await assert.rejects(put(store, 'c'), StoreFailed);
  await assert.rejects(store.get(['a']), StoreFailed);
  assert.equal(disk.syncs, 1);
});

test('under load the sync moves to its thread, and nothing is lost on the way', async (t) => {
  const file = newFile(t);
  const store = openStore(t, {}, file);
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 8 }, (_, i) => store.transact((tx) => tx.set([round, i], 'x'))));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.ok(store.stats.syncs >= 60);
  await store.close();
  const again = openStore(t, {}, file);
  assert.equal((await again.list({ prefix: [] })).length, 480);
});

test('a full disk rejects the batch as a whole; the store goes on, and writes again when there is room', async (t) => {
  const store = openStore(t, { bytesMax: 2 * 1024 * 1024 });
  await put(store, 'before');
  let kept = 0;
  const fill = async (): Promise<void> => {
    for (; ; kept++) await store.transact((tx) => tx.set(['fill', kept], Buffer.alloc(100_000)));
  };
  await assert.rejects(fill(), /full/);
  assert.ok(kept > 5);
  const horizon = await store.horizon();
  const together = await Promise.allSettled([
    store.transact((tx) => tx.set(['small'], 1)),
    store.transact((tx) => tx.set(['fill', 'more'], Buffer.alloc(500_000))),
  ]);
  assert.deepEqual(
    together.map((each) => each.status),
    ['rejected', 'rejected'],
  );
  assert.equal(await store.horizon(), horizon);
  assert.equal((await store.list({ prefix: ['fill'] })).length, kept);
  assert.equal((await store.get(['before']))?.value, 1);
  await store.clear(['fill']);
  await store.transact((tx) => tx.set(['fill', 'again'], Buffer.alloc(100_000)));
  assert.equal((await store.list({ prefix: ['fill'] })).length, 1);
});

test('a read of a key whose deletion was rolled back does not wait for ever', async (t) => {
  const store = openStore(t, { bytesMax: 1024 * 1024 });
  await put(store, 'a');
  const failing = store.transact((tx) => {
    tx.delete(['a']);
    for (let i = 0; i < 4; i++) tx.set(['big', i], Buffer.alloc(500_000));
  });
  await assert.rejects(failing, /full/);
  assert.equal((await store.get(['a']))?.value, 1);
});

test('the log is moved into the database under load, and starts over instead of growing', async (t) => {
  const file = newFile(t);
  const store = openStore(t, { walBytes: 1024 * 1024 }, file);
  let written = 0;
  const writer = async (_: unknown, id: number): Promise<void> => {
    for (let n = 0; store.stats.checkpoints < 4 || written < 60_000_000; n++) {
      assert.ok(written < 600_000_000, 'no checkpoints');
      await store.transact((tx) => tx.set([id, n % 50], Buffer.alloc(8000, n)));
      written += 8000;
    }
  };
  await Promise.all(Array.from({ length: 4 }, writer));
  assert.ok(statSync(`${file}-wal`).size < written / 3);
  assert.equal((await store.list({ prefix: [] })).length, 200);
});

test('expired entries are deleted, but not what replaced them a moment before', async (t) => {
  let now = 1000;
  const store = openStore(t, { now: () => now });
  await store.transact((tx) => {
    for (let i = 0; i < 501; i++) tx.set(['x', i], i, { expires: 2000 });
    tx.set(['stays'], 1);
  });
  now = 2000;
  const replacing = store.mutate([], (_, tx) => tx.set(['x', 500], 'new'));
  const swept = await Promise.all([store.sweep(), store.sweep()]);
  await replacing;
  assert.equal(swept[0] + swept[1], 500);
  assert.equal(await store.sweep(), 0);
  now = 0; // would show what is still there
  assert.deepEqual(
    (await store.list({ prefix: [] })).map((entry) => entry.value),
    [1, 'new'],
  );
});

test('the store deletes expired entries by itself', async (t) => {
  let now = 1000;
  const store = openStore(t, { now: () => now });
  await store.transact((tx) => tx.set(['x'], 1, { expires: 2000 }));
  const told = new Promise<void>((resolve) => store.watch(['x'], resolve));
  now = 2000;
  await told;
  now = 0;
  assert.equal(await store.get(['x']), undefined);
});

test('a second owner is refused, in this process and in another one', async (t) => {
  const file = newFile(t);
  openStore(t, {}, file);
  assert.throws(() => new EmbeddedStore(file), /in use by another process/);
  assert.throws(() => new EmbeddedStore(file), /in use by another process/); // the refusal did not drop the lock
  const open = `import { EmbeddedStore } from ${JSON.stringify(import.meta.resolve('./store.ts'))}; new EmbeddedStore(${JSON.stringify(file)});`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', open], { encoding: 'utf8' });
  assert.notEqual(child.status, 0);
  assert.match(child.stderr, /in use by another process/);
});

test('the files are readable by their owner alone, and so is a copy', async (t) => {
  const file = newFile(t);
  const store = openStore(t, {}, file);
  await put(store, 'secret');
  const copy = path.join(path.dirname(file), 'copy');
  await store.snapshot(copy);
  const files = [file, `${file}-wal`, `${file}-shm`, `${file}.lock`, path.join(copy, STORE_FILE)];
  assert.deepEqual(
    files.map((each) => statSync(each).mode & 0o777),
    files.map(() => 0o600),
  );
});

test('another process sees an acknowledged write', async (t) => {
  const file = newFile(t);
  const store = openStore(t, {}, file);
  await store.transact((tx) => tx.set(['seen'], 'yes'));
  const read = `const { DatabaseSync } = require('node:sqlite');
    const row = new DatabaseSync(process.argv[1], { readOnly: true }).prepare('SELECT v FROM kv WHERE k = ?').get(Buffer.from(process.argv[2], 'hex'));
    process.stdout.write(row.v);`;
  assert.equal(
    execFileSync(process.execPath, ['-e', read, file, pack(['seen']).toString('hex')], { encoding: 'utf8' }),
    '"yes"',
  );
});

test('a format newer than the program is refused and left as it is', async (t) => {
  const file = newFile(t);
  await new EmbeddedStore(file).close();
  const newer = new DatabaseSync(file);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  assert.throws(() => new EmbeddedStore(file), /newer version \(format 99/);
  assert.throws(() => new EmbeddedStore(file), StoreFailed); // not "in use": the refused one let go of its lock
});

test("another program's database is refused", async (t) => {
  const file = newFile(t);
  const other = new DatabaseSync(file);
  other.exec('CREATE TABLE mine(x); PRAGMA application_id = 7');
  other.close();
  assert.throws(() => new EmbeddedStore(file), /another program/);
});

test('values are readable with any SQLite tool', async (t) => {
  const file = newFile(t);
  const store = openStore(t, {}, file);
  await store.transact((tx) => tx.set(['a'], { name: 'Zoë' }));
  const db = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...db.prepare(`SELECT v->>'name' AS name FROM kv`).get() }, { name: 'Zoë' });
  db.close();
});

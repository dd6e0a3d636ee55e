import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Blobs, Store } from '../contract.ts';
import { openStore } from '../index.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'gatehouse-blobs-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function open(t: TestContext, directory: string | undefined): Promise<{ store: Store; blobs: Blobs }> {
  const opened = await openStore(directory, Date.now);
  t.after(() => opened.store.close());
  return opened;
}

const bytesOf = async (blobs: Blobs, id: string, start?: number, end?: number): Promise<string> =>
  Buffer.concat(await Array.fromAsync(blobs.read(id, start, end))).toString('latin1');
const filesIn = (directory: string): string[] =>
  readdirSync(path.join(directory, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  const reused = Buffer.alloc(100);
  for (const text of texts) yield reused.subarray(0, reused.write(text, 'latin1'));
}

async function name(store: Store, blobs: Blobs, key: string, id: string): Promise<void> {
  await store.transact((tx) => {
    tx.set(['named', key], id);
    blobs.claim(tx, id);
  });
}

for (const kind of ['in memory', 'in files']) {
  describe(`blobs ${kind}`, () => {
    const directoryOf = (t: TestContext): string | undefined => (kind === 'in files' ? folder(t) : undefined);

    test('come back whole and in part', async (t) => {
      const { blobs } = await open(t, directoryOf(t));
      const { id, size } = await blobs.put(chunks('0123', '', '456789'));
      assert.equal(size, 10);
      assert.equal(await bytesOf(blobs, id), '0123456789');
      assert.equal(await bytesOf(blobs, id, 3, 5), '345');
      assert.equal(await bytesOf(blobs, id, 7), '789');
      assert.equal(await bytesOf(blobs, id, 9, 100), '9');
      assert.equal(await bytesOf(blobs, (await blobs.put(Buffer.from('one'))).id), 'one');
      assert.equal(await bytesOf(blobs, (await blobs.put(Buffer.of())).id), '');
    });

    test('are gone when removed; removing twice is no error', async (t) => {
      const { store, blobs } = await open(t, directoryOf(t));
      const { id } = await blobs.put(Buffer.from('x'));
      await name(store, blobs, 'x', id);
      await blobs.remove(id);
      await blobs.remove(id);
      await assert.rejects(bytesOf(blobs, id), { code: 'ENOENT' });
    });

    test('a read that has begun goes on', async (t) => {
      const { blobs } = await open(t, directoryOf(t));
      const { id } = await blobs.put(Buffer.alloc(1_000_000, 'x'));
      let read = 0;
      for await (const chunk of blobs.read(id)) {
        if (read === 0) await blobs.remove(id);
        read += chunk.length;
      }
      assert.equal(read, 1_000_000);
    });

    test('are copied by a snapshot, with the entries that name them', async (t) => {
      const { store, blobs } = await open(t, directoryOf(t));
      const { id } = await blobs.put(Buffer.from('kept'));
      await name(store, blobs, 'x', id);
      const copyAt = path.join(folder(t), 'copy');
      await store.snapshot(copyAt);
      await blobs.remove(id);
      const copy = await open(t, copyAt);
      const named = (await copy.store.get<string>(['named', 'x']))?.value ?? '';
      assert.equal(await bytesOf(copy.blobs, named), 'kept');
    });
  });
}

test('a restart removes what was never claimed, and what was unclaimed, and nothing else', async (t) => {
  const directory = folder(t);
  const first = await open(t, directory);
  const putText = async (text: string): Promise<string> => (await first.blobs.put(Buffer.from(text))).id;
  const claimed = await putText('claimed');
  const pending = await putText('pending');
  const dropped = await putText('dropped');
  await name(first.store, first.blobs, 'a', claimed);
  await name(first.store, first.blobs, 'b', dropped);
  await first.store.transact((tx) => {
    tx.delete(['named', 'b']);
    first.blobs.unclaim(tx, dropped);
  });
  await first.store.close();
  assert.deepEqual(filesIn(directory).sort(), [claimed, pending, dropped].sort());
  const second = await open(t, directory);
  assert.deepEqual(filesIn(directory), [claimed]);
  assert.equal(await bytesOf(second.blobs, claimed), 'claimed');
  assert.deepEqual(await second.store.list({ prefix: ['blob-pending'] }), []);
});

test('a source that fails leaves no file and no intent', async (t) => {
  const directory = folder(t);
  const { store, blobs } = await open(t, directory);
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw new Error('the client went away');
  };
  await assert.rejects(blobs.put(broken()), /went away/);
  assert.deepEqual(filesIn(directory), []);
  assert.deepEqual(await store.list({ prefix: ['blob-pending'] }), []);
});

test('files are readable by their owner alone', async (t) => {
  const directory = folder(t);
  const { blobs } = await open(t, directory);
  const { id } = await blobs.put(Buffer.from('secret'));
  const mode = (...parts: string[]): number => statSync(path.join(directory, 'blobs', ...parts)).mode & 0o777;
  assert.equal(mode(id.slice(0, 2), id), 0o600);
  assert.equal(mode(id.slice(0, 2)), 0o700);
});

test('nothing but an id becomes a file name', async (t) => {
  const { store, blobs } = await open(t, folder(t));
  for (const id of ['../kv.db', '', 'A'.repeat(32), `${'a'.repeat(32)}/..`]) {
    assert.throws(() => blobs.read(id), TypeError);
    await assert.rejects(blobs.remove(id), TypeError);
    await assert.rejects(
      store.transact((tx) => blobs.claim(tx, id)),
      TypeError,
    );
  }
});

test('a snapshot under puts and removals has every blob that its entries name, and no other', async (t) => {
  const directory = folder(t);
  const { store, blobs } = await open(t, directory);
  await store.transact((tx) => {
    for (let i = 0; i < 2000; i++) tx.set(['fill', i], 'x'.repeat(2000));
  });
  const removals: Promise<void>[] = [];
  let busy = true;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (busy) {
      const n = next++;
      const { id } = await blobs.put(Buffer.from(String(n)));
      const key = ['named', n % 20];
      const replaced = await store.mutate([key], ([old]: (string | undefined)[], tx) => {
        tx.set(key, id);
        blobs.claim(tx, id);
        if (old) blobs.unclaim(tx, old);
        return old;
      });
      if (replaced) removals.push(blobs.remove(replaced)); // waits for the snapshot's end
    }
  };
  const workers = [worker(), worker(), worker()];
  while (next < 30) await new Promise((resolve) => setImmediate(resolve));
  const copyAt = folder(t);
  await store.snapshot(copyAt);
  busy = false;
  await Promise.all(workers);
  await Promise.all(removals);
  const copy = await open(t, copyAt);
  const named = (await copy.store.list<string>({ prefix: ['named'] })).map((entry) => entry.value);
  assert.equal(named.length, 20);
  assert.deepEqual(filesIn(copyAt).sort(), named.toSorted());
  for (const id of named) assert.match(await bytesOf(copy.blobs, id), /^\d+$/);
});

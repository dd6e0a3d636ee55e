// What every driver of the store must do. A driver joins by calling storeContract from a test file of its own.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Conflict, LIMITS, Overloaded, StoreFailed, type Entry, type Key, type Store } from './contract.ts';
import { checkHistory, checkSerializable } from './contract.model.ts';

export interface Driver {
  name: string;
  /** An empty store on this clock; closed after the test. */
  open(t: TestContext, now: () => number): Promise<Store>;
  /** Absent for a driver that forgets everything when it is closed. */
  durable?: {
    /** where a store can be opened, closed and opened again */
    place(t: TestContext): string;
    openAt(place: string, now: () => number): Promise<Store>;
  };
}

/** Long enough for anything that has been told to a watcher. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const times = <T>(n: number, fn: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => fn(i));
const valuesOf = (entries: Entry[]): unknown[] => entries.map((entry) => entry.value);

export function storeContract(driver: Driver): void {
  describe(`store contract, ${driver.name}`, () => {
    let now = 1_000_000;
    const clock = (): number => now;
    const open = (t: TestContext): Promise<Store> => driver.open(t, clock);
    const value = async (store: Store, key: Key): Promise<unknown> => (await store.get(key))?.value;

    test('set, get and delete: JSON and bytes come back as they were, versions grow', async (t) => {
      const store = await open(t);
      await store.transact((tx) => tx.set(['a'], { x: [1, null, 'é'] }));
      const first = await store.get(['a']);
      assert.deepEqual(first?.value, { x: [1, null, 'é'] });
      assert.deepEqual(first?.key, ['a']);
      await store.transact((tx) => tx.set(['a'], Buffer.from([1, 0, 255])));
      const second = await store.get<Buffer>(['a']);
      assert.deepEqual([...(second?.value ?? [])], [1, 0, 255]);
      assert.ok((second?.version ?? 0) > (first?.version ?? 0));
      await store.transact((tx) => tx.delete(['a']));
      assert.equal(await store.get(['a']), undefined);
    });

    test('the last write of a key in a commit wins', async (t) => {
      const store = await open(t);
      await store.transact((tx) => {
        tx.delete(['b']);
        tx.set(['b'], 1);
        tx.set(['c'], 1);
        tx.delete(['c']);
      });
      assert.deepEqual(
        (await store.getMany([['b'], ['c']])).map((entry) => entry?.value),
        [1, undefined],
      );
    });

    test('a value that is not JSON is refused, not taken for a deletion', async (t) => {
      const store = await open(t);
      await assert.rejects(
        store.transact((tx) => tx.set(['a'], undefined)),
        TypeError,
      );
    });

    test('list pages forward and backward, from, to and after', async (t) => {
      const store = await open(t);
      await store.transact((tx) => {
        times(20, (i) => tx.set(['l', i], i));
        tx.set(['k', 99], 'before');
        tx.set(['m'], 'behind');
      });
      const list = async (...args: Parameters<Store['list']>): Promise<unknown[]> =>
        valuesOf(await store.list(...args));
      const all = { prefix: ['l'] };
      assert.deepEqual(
        await list(all),
        times(20, (i) => i),
      );
      assert.deepEqual(await list(all, { limit: 3 }), [0, 1, 2]);
      assert.deepEqual(await list(all, { limit: 3, after: ['l', 2] }), [3, 4, 5]);
      assert.deepEqual(await list(all, { limit: 2, reverse: true }), [19, 18]);
      assert.deepEqual(await list(all, { limit: 2, reverse: true, after: ['l', 18] }), [17, 16]);
      assert.deepEqual(await list({ ...all, from: ['l', 4], to: ['l', 6] }), [4, 5]);
      assert.deepEqual(await list({ ...all, from: ['l', 4], to: ['l', 6] }, { reverse: true }), [5, 4]);
      assert.deepEqual(await list({ ...all, from: ['a'], to: ['z'] }, { limit: 1 }), [0]);
      assert.deepEqual(await list(all, { after: ['a'], limit: 1 }), [0]);
      assert.deepEqual(await list(all, { after: ['z'], limit: 1, reverse: true }), [19]);
      assert.deepEqual(await list(all, { after: ['z'] }), []);
    });

    test('a transaction sees its own writes, in get and list', async (t) => {
      const store = await open(t);
      await store.transact((tx) => void times(6, (i) => tx.set(['t', i], i)));
      await store.transact(async (tx) => {
        tx.delete(['t', 1]);
        tx.set(['t', 9], 9);
        tx.set(['t', 5], 'five');
        assert.equal(await tx.get(['t', 1]), undefined);
        assert.equal((await tx.get(['t', 9]))?.value, 9);
        assert.deepEqual(valuesOf(await tx.list({ prefix: ['t'] }, { limit: 3 })), [0, 2, 3]);
        assert.deepEqual(valuesOf(await tx.list({ prefix: ['t'] }, { limit: 2, reverse: true })), [9, 'five']);
        tx.set(['t', 0], 'gone', { expires: now });
        assert.equal(await tx.get(['t', 0]), undefined);
        assert.deepEqual(valuesOf(await tx.list({ prefix: ['t'] }, { limit: 1 })), [2]);
      });
    });

    test('lost update: concurrent increments all count', async (t) => {
      const store = await open(t);
      await store.transact((tx) => tx.set(['c'], 0));
      await Promise.all(
        times(40, () =>
          store.transact(async (tx) => {
            const count = (await tx.get<number>(['c']))?.value ?? NaN;
            await new Promise((resolve) => setImmediate(resolve));
            tx.set(['c'], count + 1);
          }),
        ),
      );
      assert.equal(await value(store, ['c']), 40);
    });

    test('phantoms are refused: of many that found nothing, one inserts', async (t) => {
      const store = await open(t);
      await Promise.all(
        times(4, (i) =>
          store.transact(async (tx) => {
            const found = await tx.list({ prefix: ['ph'] });
            await turn();
            if (found.length === 0) tx.set(['ph', i], 1);
          }),
        ),
      );
      assert.equal((await store.list({ prefix: ['ph'] })).length, 1);
    });

    test('write skew is refused', async (t) => {
      const store = await open(t);
      await Promise.all(
        [0, 1].map((i) =>
          store.transact(async (tx) => {
            const other = await tx.get(['sk', 1 - i]);
            await turn();
            if (!other) tx.set(['sk', i], 1);
          }),
        ),
      );
      assert.equal((await store.list({ prefix: ['sk'] })).length, 1);
    });

    test('a delete and an insert in a listed range are noticed, though the count stays', async (t) => {
      const store = await open(t);
      await store.transact((tx) => {
        tx.set(['d', 1], 1);
        tx.set(['d', 2], 2);
      });
      let runs = 0;
      await store.transact(async (tx) => {
        await tx.list({ prefix: ['d'] });
        if (++runs === 1) {
          await store.transact((other) => {
            other.delete(['d', 1]);
            other.set(['d', 3], 3);
          });
        }
        tx.set(['e'], 1);
      });
      assert.equal(runs, 2);
    });

    test('what lies behind a full page may change', async (t) => {
      const store = await open(t);
      await store.transact((tx) => void times(5, (i) => tx.set(['p', i], i)));
      let runs = 0;
      await store.transact(async (tx) => {
        runs++;
        await tx.list({ prefix: ['p'] }, { limit: 2 });
        await store.transact((other) => other.set(['p', 3], 'new'));
        tx.set(['q'], 1);
      });
      assert.equal(runs, 1);
    });

    test('what own deletions pull into a page was seen too', async (t) => {
      const store = await open(t);
      await store.transact((tx) => [1, 2].forEach((i) => tx.set(['p', i], i)));
      let runs = 0;
      await store.transact(async (tx) => {
        tx.delete(['p', 1]);
        const page = valuesOf(await tx.list({ prefix: ['p'] }, { limit: 2 }));
        if (++runs === 1) await store.transact((other) => other.set(['p', 3], 3));
        else assert.deepEqual(page, [2, 3]);
      });
      assert.equal(runs, 2);
    });

    test('Conflict after the last attempt, and nothing is written', async (t) => {
      const store = await open(t);
      let n = 0;
      const losing = store.transact(
        async (tx) => {
          await tx.get(['x']);
          await store.transact((other) => other.set(['x'], ++n));
          tx.set(['y'], 1);
        },
        { attempts: 2 },
      );
      await assert.rejects(losing, Conflict);
      assert.equal(n, 2);
      assert.equal(await store.get(['y']), undefined);
    });

    test('an error of a transaction counts only if what it had read was current', async (t) => {
      const store = await open(t);
      await store.transact((tx) => tx.set(['index'], 'item'));
      let runs = 0;
      const answer = await store.transact(async (tx) => {
        const found = await tx.get(['index']);
        if (++runs === 1) await store.transact((other) => other.delete(['index']));
        else return 'no index';
        if (found) throw new Error('an index without its item');
        return 'never';
      });
      assert.equal(answer, 'no index');
      await assert.rejects(
        store.transact(async (tx) => {
          await tx.get(['index']);
          tx.set(['z'], 1);
          throw new Error('meant');
        }),
        /meant/,
      );
      assert.equal(await store.get(['z']), undefined);
    });

    test('mutate: every call on a hot key counts, and answers what its function answered', async (t) => {
      const store = await open(t);
      const increment = (): Promise<number> =>
        store.mutate([['h']], ([count = 0]: (number | undefined)[], tx) => {
          tx.set(['h'], count + 1);
          return count;
        });
      assert.deepEqual(
        await Promise.all(times(500, increment)),
        times(500, (i) => i),
      );
      assert.equal(await store.mutate([['h']], ([count]) => count), 500);
    });

    test('mutate: a throw writes nothing and spares the others', async (t) => {
      const store = await open(t);
      const bad = store.mutate([['h']], (_, tx) => {
        tx.set(['h'], 'bad');
        throw new Error('no');
      });
      const good = store.mutate([['g']], (_, tx) => tx.set(['g'], 1));
      await assert.rejects(bad, /no/);
      await good;
      assert.deepEqual(
        (await store.getMany([['h'], ['g']])).map((entry) => entry?.value),
        [undefined, 1],
      );
    });

    test('append: keys ascend in commit order, and the horizon covers them', async (t) => {
      const store = await open(t);
      await Promise.all(
        times(50, (i) =>
          store.transact((tx) => {
            tx.append(['log'], i);
            tx.append(['log'], i + 0.5);
          }),
        ),
      );
      const log = await store.list({ prefix: ['log'] });
      assert.deepEqual(
        valuesOf(log),
        times(100, (i) => i / 2),
      );
      assert.ok((await store.horizon()) >= (log.at(-1)?.version ?? Infinity));
    });

    test('expiry: hidden at its time from every kind of read, and replaceable', async (t) => {
      const store = await open(t);
      await store.transact((tx) => {
        tx.set(['x', 1], 1, { expires: now + 100 });
        tx.set(['x', 2], 2);
      });
      assert.equal((await store.list({ prefix: ['x'] })).length, 2);
      now += 100;
      assert.equal(await store.get(['x', 1]), undefined);
      assert.equal((await store.list({ prefix: ['x'] })).length, 1);
      assert.equal(await store.mutate([['x', 1]], ([found]) => found), undefined);
      await store.transact(async (tx) => {
        assert.equal(await tx.get(['x', 1]), undefined);
        assert.equal((await tx.list({ prefix: ['x'] })).length, 1);
        tx.set(['x', 1], 'new');
      });
      assert.equal(await value(store, ['x', 1]), 'new');
    });

    test('watch: told of changes below its prefix, not of its neighbours, not after it was stopped', async (t) => {
      const store = await open(t);
      const told = { a: 0, b: 0 };
      const stop = store.watch(['w', 'a'], () => told.a++);
      store.watch(['w', 'b'], () => told.b++);
      await store.transact((tx) => {
        tx.set(['w', 'a', 1], 1);
        tx.set(['w', 'a', 2], 1);
        tx.set(['w', 'ab'], 1);
      });
      await turn();
      assert.deepEqual(told, { a: 1, b: 0 });
      await store.transact((tx) => tx.delete(['w', 'a', 1]));
      await turn();
      assert.deepEqual(told, { a: 2, b: 0 });
      stop();
      await store.transact((tx) => tx.append(['w', 'b'], 1));
      await store.transact((tx) => tx.set(['w', 'a', 1], 1));
      await turn();
      assert.deepEqual(told, { a: 2, b: 1 });
    });

    test('watch: what a listener then reads is there', async (t) => {
      const store = await open(t);
      const seen = new Promise((resolve) => store.watch(['w'], () => resolve(store.get(['w', 1]))));
      await store.transact((tx) => tx.set(['w', 1], 'x'), { durability: 'lazy' });
      assert.equal(((await seen) as Entry).value, 'x');
    });

    test('clear removes one prefix only, and counts', async (t) => {
      const store = await open(t);
      await store.transact((tx) => {
        times(2500, (i) => tx.set(['acc', '1', i], i));
        tx.set(['acc', '10'], 1);
      });
      assert.equal(await store.clear(['acc', '1']), 2500);
      assert.deepEqual(await store.list({ prefix: ['acc', '1'] }), []);
      assert.equal(await value(store, ['acc', '10']), 1);
    });

    test('limits: key, value, keys and bytes of a commit', async (t) => {
      const store = await open(t);
      const refused = (fill: Parameters<Store['transact']>[0]): Promise<void> =>
        assert.rejects(store.transact(fill), RangeError);
      await refused((tx) => tx.set(['k'.repeat(LIMITS.key)], 1)); // its encoding is two bytes longer
      await refused((tx) => tx.set(['v'], Buffer.alloc(LIMITS.value + 1)));
      await refused((tx) => tx.set(['v'], 'é'.repeat(LIMITS.value / 2))); // and two quotes
      await refused((tx) => void times(LIMITS.commitKeys + 1, (i) => tx.set(['n', i], 1)));
      await refused((tx) => void times(17, (i) => tx.set(['n', i], Buffer.alloc(LIMITS.value))));
      await assert.rejects(
        store.mutate([], (_, tx) => void times(LIMITS.commitKeys + 1, (i) => tx.set(['n', i], 1))),
        RangeError,
      );
      assert.deepEqual(await store.list({ prefix: [] }), []);
    });

    test('the largest keys and values are kept whole', async (t) => {
      const store = await open(t);
      const key = [Buffer.alloc(LIMITS.key - 2, 1)];
      const bytes = Buffer.alloc(LIMITS.value, 7);
      const text = 'é'.repeat(LIMITS.value / 2 - 1);
      await store.transact((tx) => {
        tx.set(key, bytes);
        tx.set(['text'], text);
      });
      assert.ok(bytes.equals((await store.get<Buffer>(key))?.value ?? Buffer.alloc(0)));
      assert.equal(await value(store, ['text']), text);
      assert.equal((await store.list({ prefix: key })).length, 1);
    });

    test('a list answers at most its limit of rows', async (t) => {
      const store = await open(t);
      await store.transact((tx) => void times(LIMITS.listRows + 1, (i) => tx.set(['n', i], 1)));
      assert.equal((await store.list({ prefix: ['n'] }, { limit: 5000 })).length, LIMITS.listRows);
    });

    test('Overloaded above the limit of waiting commits; all others are kept and the store goes on', async (t) => {
      const store = await open(t);
      const all = await Promise.allSettled(
        times(LIMITS.queuedCommits + 50, (i) => store.mutate([], (_, tx) => tx.set(['o', i % 10], i))),
      );
      const refused = all.filter((each) => each.status === 'rejected');
      assert.ok(refused.length > 0);
      for (const each of refused) assert.ok(each.reason instanceof Overloaded);
      await store.transact((tx) => tx.set(['o', 'after'], 1));
      assert.equal((await store.list({ prefix: ['o'] })).length, 11);
    });

    test('a closed store refuses everything, and may be closed again', async (t) => {
      const store = await open(t);
      await store.close();
      await store.close();
      await assert.rejects(store.get(['a']), StoreFailed);
      await assert.rejects(
        store.transact((tx) => tx.set(['a'], 1)),
        StoreFailed,
      );
      await assert.rejects(
        store.mutate([], (_, tx) => tx.set(['a'], 1)),
        StoreFailed,
      );
    });

    test('close keeps what was asked for before it', async (t) => {
      const store = await open(t);
      const commits = times(20, (i) => store.mutate([], (_, tx) => tx.set(['a', i], 1)));
      const closed = store.close();
      await Promise.all(commits);
      await closed;
    });

    test('a random history is as in the model', async (t) => {
      const store = await open(t);
      await checkHistory(store, Number(process.env['STEPS'] ?? 2000), { now: clock, advance: (ms) => (now += ms) });
    });

    test('concurrent random transactions are serializable in the order of their commits', async (t) => {
      await checkSerializable(await open(t), Number(process.env['STEPS'] ?? 2000) / 2);
    });

    const { durable } = driver;
    if (!durable) return;

    test('reopen: all acknowledged entries are there, versions go on', async (t) => {
      const place = durable.place(t);
      let store = await durable.openAt(place, clock);
      await store.transact((tx) => tx.set(['a'], 1));
      await store.transact((tx) => tx.set(['lazy'], 1), { durability: 'lazy' });
      const before = (await store.get(['a']))?.version ?? Infinity;
      await store.close();
      store = await durable.openAt(place, clock);
      await store.transact((tx) => tx.set(['b'], 1));
      assert.ok(((await store.get(['b']))?.version ?? 0) > before);
      assert.deepEqual(valuesOf((await store.getMany([['a'], ['lazy']])) as Entry[]), [1, 1]);
      await store.close();
    });

    test('a snapshot taken while writing is consistent, and opens as a store', async (t) => {
      const store = await durable.openAt(durable.place(t), clock);
      await store.transact((tx) => void times(500, (i) => tx.set(['fill', i], 'x'.repeat(1000))));
      let writing = true;
      const writer = (async () => {
        for (let i = 0; writing; i++) {
          await store.transact((tx) => {
            tx.set(['p'], i);
            tx.set(['q'], i);
          });
        }
      })();
      const copyAt = durable.place(t);
      await store.snapshot(copyAt);
      writing = false;
      await writer;
      await assert.rejects(store.snapshot(copyAt), /empty/);
      await store.close();
      const copy = await durable.openAt(copyAt, clock);
      assert.equal((await copy.list({ prefix: ['fill'] })).length, 500);
      assert.equal(await value(copy, ['p']), await value(copy, ['q']));
      await copy.transact((tx) => tx.set(['p'], 'mine'));
      await copy.close();
    });
  });
}

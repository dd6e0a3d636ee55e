import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import { randomIds } from '#core/ids.ts';
import { openStore } from '#store/index.ts';
import type { Store } from '#store/contract.ts';
import type { Platform } from './platform.ts';
import { GiveUp, Postpone, WorkTooOld, type Work, type WorkItem, type WorkKind } from './work.ts';
import { createWork } from './work-queue.ts';
import { moveItem } from './work-record.ts';

interface Rig {
  clock: ManualClock;
  store: Store;
  work: Work;
  warnings: string[];
  enqueue: (kind: string, payload: unknown, options?: { at?: number; id?: string }) => Promise<string>;
  /** another process on the same store, after this one was killed */
  restart: (kinds: Record<string, WorkKind>) => Work;
}

async function rig(t: TestContext, kinds: Record<string, WorkKind>): Promise<Rig> {
  const clock = new ManualClock();
  const { store } = await openStore(undefined, clock.now);
  const warnings: string[] = [];
  const platform = { clock, store, ids: randomIds, warn: (text: string) => warnings.push(text) } as unknown as Platform;
  const work = createWork(platform, kinds);
  const all = [work];
  t.after(async () => {
    await Promise.all(all.map((each) => each.stop()));
    await store.close();
  });
  return {
    clock,
    store,
    work,
    warnings,
    enqueue: (kind, payload, options) => store.transact((tx) => work.enqueue(tx, kind, payload, options)),
    restart(next) {
      const again = createWork(platform, next);
      all.push(again);
      again.start();
      return again;
    },
  };
}

const kind = (run: WorkKind['run'], more: Partial<WorkKind> = {}): WorkKind => ({
  run,
  retry: { attempts: 3, backoffMs: (failures) => failures * 1000 },
  ...more,
});
const leftovers = (store: Store): Promise<unknown[]> => store.list({ prefix: ['work'] });
/** A promise that a test settles by hand. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

test('work runs once with its payload and leaves nothing behind', async (t) => {
  const seen: WorkItem[] = [];
  const { work, store, enqueue } = await rig(t, { a: kind(async (item) => void seen.push(item)) });
  work.start();
  const id = await enqueue('a', { x: 1 });
  await work.idle();
  assert.equal(seen.length, 1);
  assert.deepEqual([seen[0]?.id, seen[0]?.kind, seen[0]?.payload, seen[0]?.failures], [id, 'a', { x: 1 }, 0]);
  assert.deepEqual(await leftovers(store), []);
});

test('nothing is claimed before start', async (t) => {
  let runs = 0;
  const { work, enqueue } = await rig(t, { a: kind(async () => void runs++) });
  await enqueue('a', 1);
  await work.idle();
  assert.equal(runs, 0);
  work.start();
  await work.idle();
  assert.equal(runs, 1);
});

test('work enqueued in a transaction that fails never runs', async (t) => {
  let runs = 0;
  const { work, store } = await rig(t, { a: kind(async () => void runs++) });
  work.start();
  const failing = store.transact((tx) => {
    work.enqueue(tx, 'a', 1);
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  await work.idle();
  assert.equal(runs, 0);
});

test('delayed work waits for its time, in order of time', async (t) => {
  const seen: unknown[] = [];
  const { work, clock, enqueue } = await rig(t, {
    a: kind(async (item) => void seen.push(item.payload), { concurrency: 1 }),
  });
  work.start();
  await enqueue('a', 'late', { at: clock.now() + 2000 });
  await enqueue('a', 'soon', { at: clock.now() + 1000 });
  await work.idle();
  assert.deepEqual(seen, []);
  clock.advance(999);
  await work.idle();
  assert.deepEqual(seen, []);
  clock.advance(10_000);
  await work.idle();
  assert.deepEqual(seen, ['soon', 'late']);
});

test('a failure is retried after its backoff, with the count and the last error', async (t) => {
  const seen: [number, number, string | undefined][] = [];
  const { work, clock, store, enqueue } = await rig(t, {
    a: kind(async (item) => {
      seen.push([clock.now(), item.failures, item.lastError]);
      if (item.failures < 2) throw new TypeError(`try ${item.failures}`);
    }),
  });
  const start = clock.now();
  work.start();
  await enqueue('a', 1);
  await work.idle();
  clock.advance(1000);
  await work.idle();
  clock.advance(1999);
  await work.idle();
  assert.equal(seen.length, 2);
  clock.advance(1);
  await work.idle();
  assert.deepEqual(seen, [
    [start, 0, undefined],
    [start + 1000, 1, 'TypeError: try 0'],
    [start + 3000, 2, 'TypeError: try 1'],
  ]);
  assert.deepEqual(await leftovers(store), []);
});

test('the dead letter gets what failed every try, and is itself retried', async (t) => {
  const buried: [number, string, string][] = [];
  let tries = 0;
  const { work, clock, store, enqueue } = await rig(t, {
    a: kind(
      async () => {
        tries++;
        throw new RangeError('never');
      },
      {
        dead: async (item, error) => {
          buried.push([item.failures, error.name, error.message]);
          if (buried.length === 1) throw new Error('the queue is gone');
        },
      },
    ),
  });
  work.start();
  await enqueue('a', 1);
  for (let i = 0; i < 5; i++) {
    await work.idle();
    clock.advance(5000);
  }
  await work.idle();
  assert.equal(tries, 3);
  assert.deepEqual(buried, [
    [3, 'RangeError', 'never'],
    [3, 'RangeError', 'never'],
  ]);
  assert.deepEqual(await leftovers(store), []);
});

test('GiveUp goes to the dead letter at once, with its cause', async (t) => {
  let buried: Error | undefined;
  const { work, enqueue } = await rig(t, {
    a: kind(
      async () => {
        throw new GiveUp('no use', { cause: new Error('the function is gone') });
      },
      { dead: async (_, error) => void (buried = error) },
    ),
  });
  work.start();
  await enqueue('a', 1);
  await work.idle();
  assert.equal(buried?.message, 'the function is gone');
});

test('work older than its age limit is dead, not run', async (t) => {
  let runs = 0;
  let buried: Error | undefined;
  const retry = { attempts: 9, backoffMs: () => 1000, ageMsMax: 1500 };
  const { work, clock, enqueue } = await rig(t, {
    a: kind(
      async () => {
        runs++;
        throw new Error('busy');
      },
      { retry, dead: async (_, error) => void (buried = error) },
    ),
  });
  work.start();
  await enqueue('a', 1);
  await work.idle();
  clock.advance(1000);
  await work.idle();
  assert.equal(runs, 2);
  assert.ok(buried instanceof WorkTooOld); // a third try would come after 2000 ms
  assert.equal((buried.cause as Error).message, 'busy');
});

test('Postpone runs again at its time and counts no failure', async (t) => {
  const failures: number[] = [];
  const { work, clock, enqueue } = await rig(t, {
    a: kind(async (item) => {
      failures.push(item.failures);
      return failures.length < 3 ? new Postpone(clock.now() + 100) : undefined;
    }),
  });
  work.start();
  await enqueue('a', 1);
  for (let i = 0; i < 4; i++) {
    await work.idle();
    clock.advance(100);
  }
  assert.deepEqual(failures, [0, 0, 0]);
});

test('at most `concurrency` run at once, and one kind does not wait for another', async (t) => {
  let running = 0;
  let most = 0;
  let others = 0;
  const hold = gate();
  const { work, enqueue } = await rig(t, {
    slow: kind(
      async () => {
        most = Math.max(most, ++running);
        await hold.opened;
        running--;
      },
      { concurrency: 3 },
    ),
    quick: kind(async () => {
      if (++others === 5) hold.open();
    }),
  });
  work.start();
  for (let i = 0; i < 10; i++) await enqueue('slow', i);
  for (let i = 0; i < 5; i++) await enqueue('quick', i);
  await work.idle();
  assert.equal(most, 3);
  assert.equal(others, 5);
});

test('cancel removes what waits, not what runs', async (t) => {
  const begun = gate();
  const hold = gate();
  let runs = 0;
  const { work, clock, store, enqueue } = await rig(t, {
    a: kind(async () => {
      runs++;
      begun.open();
      await hold.opened;
    }),
  });
  work.start();
  await enqueue('a', 1, { id: 'waits', at: clock.now() + 1000 });
  await enqueue('a', 1, { id: 'runs' });
  await begun.opened;
  assert.equal(await work.cancel('a', 'waits'), true);
  assert.equal(await work.cancel('a', 'waits'), false);
  assert.equal(await work.cancel('a', 'runs'), false);
  hold.open();
  clock.advance(5000);
  await work.idle();
  assert.equal(runs, 1);
  assert.deepEqual(await leftovers(store), []);
});

test('enqueue under a known id replaces what waits, payload and time', async (t) => {
  const seen: unknown[] = [];
  const { work, clock, store, enqueue } = await rig(t, { a: kind(async (item) => void seen.push(item.payload)) });
  work.start();
  await enqueue('a', 'old', { id: 'x', at: clock.now() + 1000 });
  await enqueue('a', 'new', { id: 'x', at: clock.now() + 3000 });
  clock.advance(1000);
  await work.idle();
  assert.deepEqual(seen, []);
  clock.advance(2000);
  await work.idle();
  assert.deepEqual(seen, ['new']);
  assert.deepEqual(await leftovers(store), []);
});

test('work that enqueues itself again while it runs is not lost, whatever the time', async (t) => {
  const seen: number[] = [];
  const leaseMs = 5000;
  const { work, clock, store, enqueue } = await rig(t, {
    a: kind(
      async (item) => {
        seen.push(item.payload);
        // the very millisecond at which its own lease ends
        if (item.payload < 3) await enqueue('a', item.payload + 1, { id: 'tick', at: clock.now() + leaseMs });
      },
      { leaseMs },
    ),
  });
  work.start();
  await enqueue('a', 1, { id: 'tick' });
  for (let i = 0; i < 3; i++) {
    await work.idle();
    clock.advance(leaseMs);
  }
  await work.idle();
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual(await leftovers(store), []);
});

test('what ran when its process died runs again at the next start, and the late end of the first try changes nothing', async (t) => {
  const begun = gate();
  const hold = gate();
  const { work, clock, store, enqueue, restart } = await rig(t, {
    a: kind(() => {
      begun.open();
      return hold.opened; // while it hangs, its process is as good as dead
    }),
  });
  work.start();
  await enqueue('a', 'p');
  await begun.opened;
  let again: WorkItem | undefined;
  const next = restart({
    a: kind(async (item) => {
      again = item;
      return new Postpone(clock.now() + 1000);
    }),
  });
  await next.idle();
  assert.equal(again?.payload, 'p');
  assert.equal(again?.failures, 0);
  hold.open();
  await work.stop();
  assert.equal((await leftovers(store)).length, 3);
});

test('work that ends its process every time becomes a dead letter', async (t) => {
  const hold = gate();
  let begun = gate();
  let starts = 0;
  let buried: string | undefined;
  const poison = kind(
    () => {
      starts++;
      begun.open();
      return hold.opened;
    },
    { dead: async (_, error) => void (buried = error.message) },
  );
  const { work, enqueue, restart } = await rig(t, { a: poison });
  work.start();
  await enqueue('a', 1);
  let last = work;
  for (let i = 0; i < 10; i++) {
    await begun.opened;
    begun = gate();
    last = restart({ a: poison });
  }
  await last.idle();
  hold.open();
  assert.equal(starts, 10);
  assert.match(buried ?? '', /10 tries ended with their process/);
});

test('a long try keeps its lease', async (t) => {
  const begun = gate();
  const hold = gate();
  let runs = 0;
  const { work, clock, store, enqueue } = await rig(t, {
    a: kind(
      async () => {
        runs++;
        begun.open();
        await hold.opened;
      },
      { leaseMs: 3000 },
    ),
  });
  work.start();
  await enqueue('a', 1);
  await begun.opened;
  const before = (await store.list({ prefix: ['work', 'due', 'a'] }))[0]?.key[3] as number;
  clock.advance(1000);
  await store.transact((tx) => tx.set(['later'], 1)); // the renewal was queued before it
  const entries = await store.list({ prefix: ['work', 'due', 'a'] });
  assert.equal(entries.length, 1);
  assert.equal(entries[0]?.key[3], before + 1000);
  clock.advance(20_000);
  hold.open();
  await work.idle();
  assert.equal(runs, 1);
  assert.deepEqual(await leftovers(store), []);
});

test('work that another node let go of runs when its lease has ended', async (t) => {
  let runs = 0;
  const { work, clock, store } = await rig(t, { a: kind(async () => void runs++) });
  work.start();
  await work.idle();
  const now = clock.now();
  await store.transact((tx) => {
    work.enqueue(tx, 'a', 1, { id: 'x', at: now });
    moveItem(tx, 'a', 'x', now, { at: now + 5000, createdAt: now, failures: 0, token: 'theirs', claimed: true });
  });
  assert.equal(await work.cancel('a', 'x'), false);
  clock.advance(4999);
  await work.idle();
  assert.equal(runs, 0);
  clock.advance(1);
  await work.idle();
  assert.equal(runs, 1);
  assert.deepEqual(await leftovers(store), []);
});

test('work of an unknown kind stays untouched, with one warning', async (t) => {
  const { work, store, enqueue, warnings, restart } = await rig(t, { a: kind(async () => undefined) });
  await enqueue('gone', 1);
  warnings.length = 0;
  await work.stop();
  const next = restart({ a: kind(async () => undefined) });
  await enqueue('a', 1);
  await next.idle();
  await next.stop();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /kind gone/);
  assert.equal((await leftovers(store)).length, 3);
});

test('stop waits for what runs and claims nothing more', async (t) => {
  const begun = gate();
  const hold = gate();
  let ended = 0;
  const { work, store, enqueue } = await rig(t, {
    a: kind(
      async () => {
        begun.open();
        await hold.opened;
        ended++;
      },
      { concurrency: 1 },
    ),
  });
  work.start();
  await enqueue('a', 1);
  await enqueue('a', 2);
  await begun.opened;
  const stopped = work.stop();
  hold.open();
  await stopped;
  assert.equal(ended, 1);
  assert.equal((await store.list({ prefix: ['work', 'due', 'a'] })).length, 1);
});

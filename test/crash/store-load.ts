// What the writer that gets killed and the test that looks afterwards agree upon.
import { systemClock } from '#core/clock.ts';
import { randomIds } from '#core/ids.ts';
import type { Platform } from '#kernel/platform.ts';
import { createWork } from '#kernel/work-queue.ts';
import type { Work, WorkKind } from '#kernel/work.ts';
import type { Store } from '#store/contract.ts';

/** One transaction after the other each, all at once. */
export const WRITERS = 32;
/** The first four fight over one key, by mutate. */
export const isHot = (writer: number): boolean => writer < 4;
/** Each fifth of their transactions names a blob, and drops the one before. */
export const namesBlobs = (writer: number): boolean => writer === 4 || writer === 5;
/** Every transaction enqueues work. */
export const enqueues = (writer: number): boolean => writer >= 6 && writer < 12;
export const isLazy = (writer: number): boolean => writer >= 28;

export const BLOB_BYTES = 70_000;
/** How many of its own entries a writer keeps in its window; older ones are deleted. */
export const WINDOW = 20;
export const DOOMED_EVERY = 10;

export interface Job {
  writer: number;
  n: number;
}

const count = async (store: Store, key: (string | number)[]): Promise<void> =>
  store.mutate([key], ([before = 0]: (number | undefined)[], tx) => tx.set(key, before + 1));

const kinds: Record<string, WorkKind<Job>> = {
  /** Leaves its mark, and sometimes fails after it. */
  note: {
    async run({ payload: { writer, n } }, { store }) {
      await count(store, ['ran', writer, n]);
      if (Math.random() < 0.1) throw new Error('after its effect');
    },
    retry: { attempts: 1000, backoffMs: () => 5 },
  },
  doomed: {
    run: () => Promise.reject(new Error('always')),
    retry: { attempts: 2, backoffMs: () => 5 },
    dead: ({ payload: { writer, n } }, _error, { store }) => count(store, ['dead', writer, n]),
  },
};

export function createTestWork(store: Store): Work {
  const platform = { store, clock: systemClock, ids: randomIds, warn: (text: string) => console.error(text) };
  return createWork(platform as unknown as Platform, kinds);
}

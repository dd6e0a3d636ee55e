// What goes on beside the requests: removing what is too old, and what purged and deleted queues leave behind.
import type { Platform } from '#kernel/platform.ts';
import type { WorkKind } from '#kernel/work.ts';
import type { Key } from '#store/contract.ts';
import { isExpired } from './claim.ts';
import type { Message, Queue } from './records.ts';
import { everyQueue, listOldest, listPlaces, messageKey, removeMessage } from './store.ts';

export const clearWork = 'sqs:clear';

export const clear: WorkKind<{ prefix: Key }> = {
  run: async ({ payload }, { store }) => {
    await store.clear(payload.prefix);
  },
  retry: { attempts: 20, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 60_000) },
  concurrency: 2,
};

/** Receives never show what is too old; this frees its room. */
const SWEEP_MS = 60_000;
const PAGE = 200;

async function sweepQueue({ store, clock, signal }: Platform, queue: Queue): Promise<void> {
  while (!signal.aborted) {
    const now = clock.now();
    const page = await listOldest(store, queue, PAGE);
    const old = page.filter(({ message }) => isExpired(queue, message, now));
    if (old.length === 0) return;
    await store.mutate(
      old.map(({ seq }) => messageKey(queue, seq)),
      (values, tx) =>
        old.forEach(({ seq }, n) => {
          const message = values[n] as Message | undefined;
          if (message) removeMessage(tx, queue, seq, message);
        }),
      { durability: 'lazy' },
    );
    if (old.length < page.length) return;
  }
}

export function startUpkeep(platform: Platform): () => Promise<void> {
  let sweeping: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  const sweep = async (): Promise<void> => {
    for (const place of await listPlaces(platform.store)) {
      for await (const queue of everyQueue(platform.store, place)) await sweepQueue(platform, queue);
    }
  };
  const next = (): void => {
    cancel = platform.clock.at(platform.clock.now() + SWEEP_MS, () => {
      sweeping = sweep()
        .catch((error: unknown) => {
          if (!platform.signal.aborted) platform.warn(`old messages were not removed: ${(error as Error).message}`);
        })
        .finally(next);
    });
  };
  next();
  return async () => {
    cancel?.();
    await sweeping;
    cancel?.();
  };
}

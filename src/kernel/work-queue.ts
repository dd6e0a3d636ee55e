import type { Key, Store } from '#store/contract.ts';
import type { Platform } from './platform.ts';
import type { EnqueueOptions, Work, WorkKind } from './work.ts';
import { Lane } from './work-lane.ts';
import { ALL_DUE, dueKey, dueOf, itemKey, payloadKey, removeItem, type ItemRecord } from './work-record.ts';

/** What still runs after this long is left to its lease: it runs again at the next start. */
const STOP_MS_MAX = 10_000;

/** Durable work on the store; claims nothing before `start`. */
export function createWork(platform: Platform, kinds: Record<string, WorkKind>): Work {
  const lanes = new Map(Object.entries(kinds).map(([kind, work]) => [kind, new Lane(platform, kind, work)]));
  const warnUnknown = (kind: string): void =>
    platform.warn(`work of kind ${kind} has no handler in this server: it stays where it is`);
  let starting: Promise<void> | undefined;

  return {
    enqueue(tx, kind, payload, options: EnqueueOptions = {}) {
      const now = Math.floor(platform.clock.now());
      const id = options.id ?? platform.ids.uuid();
      const at = Math.floor(options.at ?? now);
      const record: ItemRecord = { at, createdAt: now, failures: 0, token: platform.ids.uuid() };
      if (!lanes.has(kind)) warnUnknown(kind);
      tx.set(dueKey(kind, at, id), false);
      tx.set(itemKey(kind, id), record);
      tx.set(payloadKey(kind, id), payload ?? null);
      return id;
    },

    cancel(kind, id) {
      return platform.store.mutate([itemKey(kind, id)], ([record]: (ItemRecord | undefined)[], tx) => {
        if (!record || record.claimed) return false;
        removeItem(tx, kind, id, record.at);
        return true;
      });
    },

    start() {
      for (const lane of lanes.values()) lane.start();
      starting = warnAboutUnknown(platform.store, lanes, warnUnknown).catch(() => undefined);
    },

    async idle() {
      let quiet = false;
      while (!quiet) {
        quiet = (await Promise.all([...lanes.values()].map((lane) => lane.settle()))).every(Boolean);
        if (!quiet) await new Promise((resolve) => setImmediate(resolve));
      }
    },

    async stop() {
      const stopped = Promise.all([starting, ...[...lanes.values()].map((lane) => lane.stop())]);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS_MAX)));
      await Promise.race([stopped, late]);
      clearTimeout(timer);
    },
  };
}

/** Jumps from kind to kind along the index. */
async function warnAboutUnknown(store: Store, lanes: Map<string, Lane>, warn: (kind: string) => void): Promise<void> {
  let from: Key | undefined;
  for (;;) {
    const [entry] = await store.list({ prefix: ALL_DUE, ...(from && { from }) }, { limit: 1 });
    if (!entry) return;
    const kind = entry.key[2] as string;
    if (!lanes.has(kind)) warn(kind);
    from = dueOf(`${kind}\0`);
  }
}

// Keeps a poller running for every enabled mapping, whatever is created, updated or deleted meanwhile.
import type { Platform } from '#kernel/platform.ts';
import { SqsPoller } from './sqs-poller.ts';
import { findMapping, listPointers, POINTERS } from './store.ts';

/** Watches may be missed: look anyway. */
const LOOK_MS = 10_000;

export function startPollers(platform: Platform): () => Promise<void> {
  const pollers = new Map<string, { revision: string; poller: SqsPoller | undefined }>();
  const stopping = new Set<Promise<void>>();
  let isStopped = false;
  let running: Promise<void> | undefined;
  let again = false;
  let cancel: (() => void) | undefined;

  const end = (uuid: string): void => {
    const stopped = pollers.get(uuid)?.poller?.stop();
    pollers.delete(uuid);
    if (!stopped) return;
    const tracked = stopped.finally(() => stopping.delete(tracked));
    stopping.add(tracked);
  };

  const reconcile = async (): Promise<void> => {
    const pointers = await listPointers(platform.store);
    const known = new Set(pointers.map(({ uuid }) => uuid));
    for (const uuid of pollers.keys()) if (!known.has(uuid)) end(uuid);
    for (const pointer of pointers) {
      const { uuid, revision } = pointer;
      if (isStopped || pollers.get(uuid)?.revision === revision) continue;
      const mapping = await findMapping(platform.store, pointer, uuid);
      end(uuid);
      if (!mapping) continue;
      const poller = mapping.enabled ? new SqsPoller(platform, mapping) : undefined;
      pollers.set(uuid, { revision: mapping.revision, poller });
      if (!isStopped) poller?.start();
    }
  };

  const look = (): void => {
    again = true;
    if (isStopped) return;
    running ??= (async () => {
      while (again && !isStopped) {
        again = false;
        await reconcile();
      }
    })()
      .catch((error: unknown) => {
        if (!isStopped) platform.warn(`event source mappings: ${(error as Error).message}`);
      })
      .finally(() => {
        running = undefined;
        cancel?.();
        if (!isStopped) cancel = platform.clock.at(platform.clock.now() + LOOK_MS, look);
      });
  };

  const unwatch = platform.store.watch(POINTERS, look);
  look();
  return async () => {
    isStopped = true;
    unwatch();
    await running;
    cancel?.();
    for (const uuid of pollers.keys()) end(uuid);
    await Promise.all(stopping);
  };
}

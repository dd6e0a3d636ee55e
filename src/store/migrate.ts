import { StoreFailed, type Key, type Store } from './contract.ts';

/** Brings one service's layout one step forward. May run again after a crash: it must do no harm then. */
export type Migration = (store: Store) => Promise<void>;

const schemaKey = (service: string): Key => ['meta', 'schema', service];

/**
 * A service calls this in its `start`, before its first request. Step n leads from layout n to n + 1; steps are added at the
 * end and never taken away.
 */
export async function migrate(store: Store, service: string, steps: readonly Migration[]): Promise<void> {
  const layout = (await store.get<number>(schemaKey(service)))?.value ?? 0;
  if (layout > steps.length) {
    throw new StoreFailed(
      `the data of ${service} was written by a newer version (layout ${layout}; this program knows ${steps.length})`,
    );
  }
  for (const [i, step] of steps.entries()) {
    if (i < layout) continue;
    await step(store);
    await store.transact((tx) => tx.set(schemaKey(service), i + 1));
  }
}

// API keys and usage plans in memory; a store watch empties what has changed.
import type { Store } from '#store/contract.ts';
import {
  apiKeysPrefix,
  findApiKey,
  findUsagePlan,
  usagePlansPrefix,
  type PublishedApiKey,
  type PublishedUsagePlan,
} from './published-plans.ts';

/** per account and region */
const KEYS_MAX = 10_000;

interface Place {
  keys: Map<string, PublishedApiKey>;
  plans: Map<string, PublishedUsagePlan>;
  changes: number;
  unwatch: () => void;
}

export class PlanCache {
  readonly #store: Store;
  readonly #places = new Map<string, Place>();

  constructor(store: Store) {
    this.#store = store;
  }

  peekKey(accountId: string, region: string, value: string): PublishedApiKey | undefined {
    return this.#place(accountId, region).keys.get(value);
  }

  async findKey(accountId: string, region: string, value: string): Promise<PublishedApiKey | undefined> {
    const place = this.#place(accountId, region);
    const { changes } = place;
    const key = place.keys.get(value) ?? (await findApiKey(this.#store, accountId, region, value));
    // Values that are no keys are endless: they are not kept.
    if (key && place.changes === changes && place.keys.size < KEYS_MAX) place.keys.set(value, key);
    return key;
  }

  peekPlan(accountId: string, region: string, id: string): PublishedUsagePlan | undefined {
    return this.#place(accountId, region).plans.get(id);
  }

  async findPlan(accountId: string, region: string, id: string): Promise<PublishedUsagePlan | undefined> {
    const place = this.#place(accountId, region);
    const { changes } = place;
    const plan = place.plans.get(id) ?? (await findUsagePlan(this.#store, accountId, region, id));
    if (plan && place.changes === changes) place.plans.set(id, plan);
    return plan;
  }

  close(): void {
    for (const { unwatch } of this.#places.values()) unwatch();
    this.#places.clear();
  }

  #place(accountId: string, region: string): Place {
    const name = `${accountId}/${region}`;
    let place = this.#places.get(name);
    if (!place) {
      const fresh: Place = { keys: new Map(), plans: new Map(), changes: 0, unwatch: () => {} };
      const forget = (): void => {
        fresh.keys.clear();
        fresh.plans.clear();
        fresh.changes++;
      };
      const stops = [apiKeysPrefix(accountId, region), usagePlansPrefix(accountId, region)].map((prefix) =>
        this.#store.watch(prefix, forget),
      );
      fresh.unwatch = () => stops.forEach((stop) => stop());
      this.#places.set(name, (place = fresh));
    }
    return place;
  }
}

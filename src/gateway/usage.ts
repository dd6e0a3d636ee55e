// How much of its plan's quota each API key has used: counted in memory, where requests are decided, and written down a
// moment later. GetUsage and UpdateUsage read and set these very counters.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
import type { Platform } from '#kernel/platform.ts';
import type { Key, Store } from '#store/contract.ts';
import type { PublishedUsagePlan } from './published-plans.ts';

const FLUSH_MS = 500;
/** GetUsage asks for at most 90 days. */
const DAYS_MAX = 100;
const DAY_MS = 86_400_000;
const KEYS_PER_COMMIT = 1000;

interface Counter {
  /** first day of the current period */
  period: string;
  /** of the period */
  used: number;
  /** what UpdateUsage added, or took */
  extra: number;
  /** requests that the plan's offset took from the first period */
  offset: number;
  days: Record<string, [used: number, remaining: number]>;
}

export interface UsageOfKey {
  keyId: string;
  /** one pair a day, from the first to the last */
  days: [used: number, remaining: number][];
}

type Owner = Pick<PublishedUsagePlan, 'accountId' | 'region' | 'id' | 'quota'>;

const prefixOf = ({ accountId, region, id }: Owner): Key => ['global', 'execute-api-usage', accountId, region, id];

const usages = new WeakMap<Platform, Usage>();

/** The counters of this installation: one for the request path and the control plane alike. */
export function usageOf(platform: Platform): Usage {
  let usage = usages.get(platform);
  if (!usage) usages.set(platform, (usage = new Usage(platform)));
  return usage;
}

export class Usage {
  readonly #store: Store;
  readonly #platform: Platform;
  readonly #counters = new Map<string, { key: Key; counter: Counter }>();
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#store = platform.store;
  }

  /** Counts one request; false when the quota is used up. Synchronous once the counter is in memory. */
  take(plan: PublishedUsagePlan, keyId: string): boolean | Promise<boolean> {
    const known = this.#counters.get(nameOf(plan, keyId));
    return known
      ? this.#count(plan, keyId, known.counter)
      : this.#load(plan, keyId).then((counter) => this.#count(plan, keyId, counter));
  }

  /** Days are `YYYY-MM-DD`, both included. */
  async read(plan: Owner, keyIds: readonly string[], startDate: string, endDate: string): Promise<UsageOfKey[]> {
    const all: UsageOfKey[] = [];
    for (const keyId of keyIds) {
      const counter = await this.#load(plan, keyId);
      this.#roll(plan, counter);
      const days: [number, number][] = [];
      let left = plan.quota ? plan.quota.limit : 0;
      for (let at = Date.parse(startDate); at <= Date.parse(endDate) && days.length < DAYS_MAX; at += DAY_MS) {
        const day = counter.days[dayOf(at)];
        if (day) left = day[1];
        else if (plan.quota && dayOf(at) === periodOf(plan.quota.period, at)) left = plan.quota.limit;
        days.push(day ?? [0, left]);
      }
      all.push({ keyId, days });
    }
    return all;
  }

  /** Keys of the plan that have been counted. */
  async keysOf(plan: Owner): Promise<string[]> {
    await this.flush();
    const keys: string[] = [];
    const prefix = prefixOf(plan);
    let after: Key | undefined;
    for (;;) {
      const page = await this.#store.list({ prefix }, after ? { after } : {});
      keys.push(...page.map(({ key }) => key.at(-1) as string));
      if (page.length < KEYS_PER_COMMIT) return keys;
      after = page.at(-1)!.key;
    }
  }

  /** UpdateUsage: what is left of the current period from now on. */
  async setRemaining(plan: Owner, keyId: string, remaining: number): Promise<void> {
    const counter = await this.#load(plan, keyId);
    this.#roll(plan, counter);
    counter.extra += remaining - remainingOf(plan, counter);
    this.#note(plan, keyId, counter);
    await this.flush();
  }

  /** After DeleteUsagePlan or DeleteUsagePlanKey. */
  async forget(plan: Owner, keyId?: string): Promise<void> {
    const prefix = keyId === undefined ? `${nameOf(plan, '')}` : nameOf(plan, keyId);
    for (const name of this.#counters.keys()) {
      if (keyId === undefined ? name.startsWith(prefix) : name === prefix) {
        this.#counters.delete(name);
        this.#dirty.delete(name);
      }
    }
    if (keyId === undefined) await this.#store.clear(prefixOf(plan));
    else await this.#store.transact((tx) => tx.delete([...prefixOf(plan), keyId]));
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#dirty.size) {
      const names = [...this.#dirty].slice(0, KEYS_PER_COMMIT);
      for (const name of names) this.#dirty.delete(name);
      await this.#store.transact(
        (tx) => {
          for (const name of names) {
            const known = this.#counters.get(name);
            if (known) tx.set(known.key, known.counter);
          }
        },
        { durability: 'lazy' },
      );
    }
  }

  #count(plan: PublishedUsagePlan, keyId: string, counter: Counter): boolean {
    this.#roll(plan, counter);
    if (plan.quota && remainingOf(plan, counter) <= 0) return false;
    counter.used++;
    const today = dayOf(this.#platform.clock.now());
    const before = counter.days[today]?.[0] ?? 0;
    counter.days[today] = [before + 1, remainingOf(plan, counter)];
    this.#note(plan, keyId, counter);
    return true;
  }

  /** Begins a new period when its time has come. */
  #roll(plan: Owner, counter: Counter): void {
    const now = this.#platform.clock.now();
    const period = periodOf(plan.quota?.period ?? 'DAY', now);
    if (counter.period === period) return;
    Object.assign(counter, { period, used: 0, extra: 0, offset: 0 });
    const oldest = dayOf(now - DAYS_MAX * DAY_MS);
    for (const day of Object.keys(counter.days)) if (day < oldest) delete counter.days[day];
  }

  #note(plan: Owner, keyId: string, counter: Counter): void {
    const name = nameOf(plan, keyId);
    const today = dayOf(this.#platform.clock.now());
    counter.days[today] = [counter.days[today]?.[0] ?? 0, remainingOf(plan, counter)];
    this.#counters.set(name, { key: [...prefixOf(plan), keyId], counter });
    this.#dirty.add(name);
    this.#timer ??= setTimeout(() => {
      this.flush().catch((error: Error) => this.#platform.warn(`usage counters cannot be written: ${error.message}`));
    }, FLUSH_MS).unref();
  }

  async #load(plan: Owner, keyId: string): Promise<Counter> {
    const name = nameOf(plan, keyId);
    const known = this.#counters.get(name);
    if (known) return known.counter;
    const key = [...prefixOf(plan), keyId];
    const stored = await this.#store.get<Counter>(key);
    // Two requests may have asked at once: the first to come back counts.
    const raced = this.#counters.get(name);
    if (raced) return raced.counter;
    const counter = stored?.value ?? this.#fresh(plan);
    this.#counters.set(name, { key, counter });
    return counter;
  }

  #fresh(plan: Owner): Counter {
    const period = periodOf(plan.quota?.period ?? 'DAY', this.#platform.clock.now());
    return { period, used: 0, extra: 0, offset: plan.quota?.offset ?? 0, days: {} };
  }
}

const nameOf = ({ accountId, region, id }: Owner, keyId: string): string => `${accountId}/${region}/${id}/${keyId}`;

const remainingOf = ({ quota }: Owner, counter: Counter): number =>
  quota ? Math.max(0, quota.limit - counter.offset - counter.used + counter.extra) : 0;

let lastDay = Number.NaN;
let lastText = '';

/** `2026-11-21`; asked for with every request, made once a day. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== lastDay) {
    lastText = new Date(ms).toISOString().slice(0, 10);
    lastDay = day;
  }
  return lastText;
}

/** First day of the period: weeks begin on Sunday. */
function periodOf(period: 'DAY' | 'WEEK' | 'MONTH', ms: number): string {
  if (period === 'MONTH') return `${dayOf(ms).slice(0, 7)}-01`;
  return dayOf(period === 'DAY' ? ms : ms - new Date(ms).getUTCDay() * DAY_MS);
}

// Keeps the sandbox pool in step with the stored concurrency, provisioned and reserved: after every change of a configuration, of an
// alias or of a version, and when this program starts.
import type { FunctionSnapshot, ProvisionedState } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import { allFunctions } from './concurrency.ts';
import { functionArn, type FunctionRef } from './names.ts';
import { findResolved, versionOfAlias, type Resolved } from './resolve.ts';
import { poolOf } from './pools.ts';
import { snapshotOf } from './snapshots.ts';
import {
  concurrencyPlaces,
  everything,
  listConcurrencyPlaces,
  listProvisioned,
  type Place,
  type ProvisionedRecord,
} from './store.ts';

/** how often a version that an alias has left is looked at again: it stays until its successor is ready */
const HANDOVER_MS = 200;

interface Wanted {
  snapshot: FunctionSnapshot;
  count: number;
  /** what asks for it: `name:qualifier` */
  owner: string;
}

type Status = Pick<ProvisionedState, 'allocated' | 'available' | 'failure'>;

/** What the versions behind a qualifier have together. */
export function provisionedStatus(platform: Platform, ref: FunctionRef, resolved: Resolved | undefined): Status {
  const arn = functionArn(ref, ref.name);
  const { alias, version } = resolved ?? {};
  const versions = [version?.version, alias?.routing?.version].filter((each) => each !== undefined);
  const states = versions.map((each) => poolOf(platform).provisioned({ arn, version: each }));
  const failure = states.find((state) => state.failure !== undefined)?.failure;
  return {
    allocated: states.reduce((sum, { allocated }) => sum + allocated, 0),
    available: states.reduce((sum, { available }) => sum + available, 0),
    ...(failure !== undefined && { failure }),
  };
}

export class ProvisionedPlane {
  #platform: Platform;
  #places = new Map<string, { unwatch: () => void; current: Map<string, Wanted> }>();
  #unwatch: () => void;
  #queue: Promise<unknown> = Promise.resolve();
  #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#unwatch = platform.store.watch(concurrencyPlaces(), () => this.#later(() => this.#findPlaces()));
    this.#later(() => this.#findPlaces());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    for (const { unwatch } of this.#places.values()) unwatch();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#queue;
  }

  /** One after another: two looks at the same store must not overtake each other. */
  #later(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#stopped) return;
      await work().catch((error: Error) => this.#platform.warn(`Provisioned concurrency: ${error.message}`));
    });
  }

  async #findPlaces(): Promise<void> {
    for (const at of await listConcurrencyPlaces(this.#platform.store)) {
      const key = `${at.accountId}/${at.region}`;
      if (this.#places.has(key)) continue;
      const unwatch = this.#platform.store.watch(everything(at), () => this.#later(() => this.#reconcile(key, at)));
      this.#places.set(key, { unwatch, current: new Map() });
      await this.#reconcile(key, at);
    }
  }

  async #reconcile(key: string, at: Place): Promise<void> {
    const place = this.#places.get(key);
    if (!place) return;
    const pool = poolOf(this.#platform);
    const reserved = new Map<string, number>();
    for (const { name, reservedConcurrency } of await allFunctions(this.#platform.store, at)) {
      if (reservedConcurrency !== undefined) reserved.set(functionArn(at, name), reservedConcurrency);
    }
    pool.reserve(at, reserved);
    const wanted = new Map<string, Wanted>();
    for (const record of await listProvisioned(this.#platform.store, at)) {
      for (const each of await this.#wantedBy(at, record)) wanted.set(keyOf(each), each);
    }
    for (const each of wanted.values()) {
      const known = place.current.get(keyOf(each));
      if (known?.count !== each.count || known.snapshot.revisionId !== each.snapshot.revisionId) {
        pool.provision(each.snapshot, each.count);
      }
    }
    for (const [name, old] of place.current) {
      if (wanted.has(name)) continue;
      if (this.#isAwaited(old, wanted)) {
        wanted.set(name, old);
        this.#again(key, at);
      } else pool.provision(old.snapshot, 0);
    }
    place.current = wanted;
  }

  /** The version or, of a weighted alias, both by their shares. */
  async #wantedBy(at: Place, { name, qualifier, requested }: ProvisionedRecord): Promise<Wanted[]> {
    const { store } = this.#platform;
    const ref: FunctionRef = { ...at, name, qualifier };
    const resolved = await findResolved(store, ref);
    if (!resolved) return [];
    const { record, version, alias } = resolved;
    const owner = `${name}:${qualifier}`;
    const want = (each: typeof version, count: number): Wanted => ({
      snapshot: snapshotOf(this.#platform, at, record, each),
      count,
      owner,
    });
    const routing = alias?.routing;
    const other = routing && (await versionOfAlias(store, ref, record, routing.version));
    if (!routing || !other) return [want(version, requested)];
    const share = Math.round(requested * routing.weight);
    return [want(version, requested - share), want(other, share)].filter(({ count }) => count > 0);
  }

  /** An alias has moved, and where it points now is not ready: what it left goes on. */
  #isAwaited(old: Wanted, wanted: ReadonlyMap<string, Wanted>): boolean {
    const successor = [...wanted.values()].find((each) => each.owner === old.owner && keyOf(each) !== keyOf(old));
    if (!successor) return false;
    const { available, failure } = poolOf(this.#platform).provisioned(successor.snapshot);
    return available < successor.count && failure === undefined;
  }

  #again(key: string, at: Place): void {
    clearTimeout(this.#timers.get(key));
    const look = (): void => this.#later(() => this.#reconcile(key, at));
    this.#timers.set(key, setTimeout(look, HANDOVER_MS).unref());
  }
}

const keyOf = ({ snapshot }: Wanted): string => `${snapshot.arn}:${snapshot.version}`;

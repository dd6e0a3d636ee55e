// When, where and for which service access keys and roles were last used: gathered in memory, written now and then.
import type { Platform } from '#kernel/platform.ts';
import type { Store } from '#store/contract.ts';
import type { LastUse } from './records.ts';
import { findUse, putUses } from './store.ts';

const WRITE_EVERY_MS = 60_000;
/** More than this between two writes: the rest waits for the next use. */
const PENDING_MAX = 10_000;

const pendingOf = new WeakMap<Store, Map<string, LastUse>>();

/** `id`: of an access key, or the ARN of a role */
export async function lastUseOf(store: Store, id: string): Promise<LastUse | undefined> {
  return pendingOf.get(store)?.get(id) ?? (await findUse(store, id));
}

/** With the transaction that deletes what was used. */
export function forgetUse(store: Store, id: string): void {
  pendingOf.get(store)?.delete(id);
}

export class LastUses {
  readonly #platform: Platform;
  readonly #pending = new Map<string, LastUse>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(platform: Platform) {
    this.#platform = platform;
    pendingOf.set(platform.store, this.#pending);
  }

  note(id: string, service: string, region: string): void {
    const pending = this.#pending;
    if (pending.size >= PENDING_MAX && !pending.has(id)) return;
    const at = this.#platform.clock.now();
    const known = pending.get(id);
    if (known?.service === service && known.region === region) known.at = at;
    else pending.set(id, { at, service, region });
    this.#cancel ??= this.#platform.clock.at(at + WRITE_EVERY_MS, () => this.#write());
  }

  #write(): void {
    this.#cancel = undefined;
    const uses = new Map(this.#pending);
    if (uses.size === 0) return;
    this.#writing = putUses(this.#platform.store, uses).then(
      () => {
        for (const [id, use] of uses) if (this.#pending.get(id) === use) this.#pending.delete(id);
      },
      (error: unknown) =>
        this.#platform.warn(`IAM could not write when keys and roles were last used: ${String(error)}`),
    );
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
    this.#write();
    await this.#writing;
  }
}

// When, where and for which service access keys were last used: gathered in memory, written now and then.
import type { Platform } from '#kernel/platform.ts';
import type { Store } from '#store/contract.ts';
import type { AccessKeyUse } from './records.ts';
import { findAccessKeyUse, putAccessKeyUses } from './store.ts';

const WRITE_EVERY_MS = 60_000;
/** More keys than this between two writes: the rest waits for the next use. */
const PENDING_MAX = 10_000;

const pendingOf = new WeakMap<Store, Map<string, AccessKeyUse>>();

export async function lastUseOf(store: Store, accessKeyId: string): Promise<AccessKeyUse | undefined> {
  return pendingOf.get(store)?.get(accessKeyId) ?? (await findAccessKeyUse(store, accessKeyId));
}

export class AccessKeyUses {
  readonly #platform: Platform;
  readonly #pending = new Map<string, AccessKeyUse>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(platform: Platform) {
    this.#platform = platform;
    pendingOf.set(platform.store, this.#pending);
  }

  note(accessKeyId: string, service: string, region: string): void {
    const pending = this.#pending;
    if (pending.size >= PENDING_MAX && !pending.has(accessKeyId)) return;
    const at = this.#platform.clock.now();
    const known = pending.get(accessKeyId);
    if (known?.service === service && known.region === region) known.at = at;
    else pending.set(accessKeyId, { at, service, region });
    this.#cancel ??= this.#platform.clock.at(at + WRITE_EVERY_MS, () => this.#write());
  }

  #write(): void {
    this.#cancel = undefined;
    const uses = new Map(this.#pending);
    if (uses.size === 0) return;
    this.#writing = putAccessKeyUses(this.#platform.store, uses).then(
      () => {
        for (const [id, use] of uses) if (this.#pending.get(id) === use) this.#pending.delete(id);
      },
      (error: unknown) => this.#platform.warn(`IAM could not write when access keys were last used: ${String(error)}`),
    );
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
    this.#write();
    await this.#writing;
  }
}

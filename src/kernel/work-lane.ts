// One kind of work on this node: claims what is due, has it tried, writes down how that ended.
import type { Entry } from '#store/contract.ts';
import type { Platform } from './platform.ts';
import type { WorkItem, WorkKind } from './work.ts';
import { dueKey, dueOf, itemKey, moveItem, payloadKey, removeItem, type ItemRecord } from './work-record.ts';
import { tryWork } from './work-try.ts';

const CONCURRENCY = 16;
const LEASE_MS = 60_000;
/** After a store error (overloaded, say) the work lies safely; look again later. */
const PAUSE_MS = 1000;
/** Claims and endings may be lost to a power cut: the work is then due again, which is all that "at least once" asks for. */
const LAZY = { durability: 'lazy' } as const;

interface Claim {
  id: string;
  /** as claimed; `at` is the end of the lease */
  record: ItemRecord;
}

export class Lane {
  readonly #kind: string;
  readonly #platform: Platform;
  readonly #work: WorkKind;
  readonly #concurrency: number;
  readonly #leaseMs: number;
  /** by id: an id never runs twice at once on one node */
  readonly #running = new Map<string, { claim: Claim; done: Promise<void> }>();
  #open = false;
  #pumping: Promise<void> | undefined;
  #pumpAgain = false;
  #cancelTimer: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(platform: Platform, kind: string, work: WorkKind) {
    this.#platform = platform;
    this.#kind = kind;
    this.#work = work;
    this.#concurrency = work.concurrency ?? CONCURRENCY;
    this.#leaseMs = work.leaseMs ?? LEASE_MS;
  }

  start(): void {
    this.#open = true;
    this.#unwatch = this.#platform.store.watch(dueOf(this.#kind), () => this.pump());
    this.#exclusively(() => this.#recover());
    this.pump();
  }

  async stop(): Promise<void> {
    this.#open = false;
    this.#unwatch?.();
    this.#cancelTimer?.();
    await this.#pumping;
    await Promise.all([...this.#running.values()].map((run) => run.done));
    this.#cancelRenewal?.();
  }

  /** Answers true when nothing runs and nothing is due; otherwise waits for some of it and answers false. */
  async settle(): Promise<boolean> {
    if (!this.#open) return true;
    this.pump();
    await this.#pumping;
    if (this.#running.size === 0) return !this.#pumping && (await this.#look(1)).due.length === 0;
    await Promise.race([...this.#running.values()].map((run) => run.done));
    return false;
  }

  /** Starts what is due, as far as there is room, and sets the timer for the next. */
  pump(): void {
    if (!this.#open) return;
    if (this.#pumping) this.#pumpAgain = true;
    else this.#exclusively(() => this.#pump());
  }

  #exclusively(step: () => Promise<void>): void {
    this.#pumpAgain = false;
    this.#pumping = step()
      .catch((error: unknown) => {
        this.#warn(`${String(error)}; trying again`);
        this.#wakeAt(this.#platform.clock.now() + PAUSE_MS);
      })
      .finally(() => {
        this.#pumping = undefined;
        if (this.#pumpAgain) this.pump();
      });
  }

  async #pump(): Promise<void> {
    while (this.#open) {
      const room = this.#concurrency - this.#running.size;
      if (room <= 0) return; // whatever ends pumps again
      const { due, nextAt } = await this.#look(room);
      if (due.length === 0) return this.#wakeAt(nextAt);
      if (!this.#open) return;
      for (const claim of await this.#claim(due)) this.#begin(claim);
    }
  }

  /** What is due, without what runs here (its lease is renewed), and when the next will be. */
  async #look(room: number): Promise<{ due: Entry[]; nextAt: number | undefined }> {
    const now = this.#platform.clock.now();
    const limit = room + this.#running.size + 1;
    const entries = await this.#platform.store.list({ prefix: dueOf(this.#kind) }, { limit });
    const free = entries.filter((entry) => !this.#running.has(idOf(entry)));
    const due = free.filter((entry) => atOf(entry) <= now).slice(0, room);
    const next = free.find((entry) => atOf(entry) > now);
    return { due, nextAt: next && atOf(next) };
  }

  #wakeAt(at: number | undefined): void {
    this.#cancelTimer?.();
    this.#cancelTimer = at === undefined || !this.#open ? undefined : this.#platform.clock.at(at, () => this.pump());
  }

  #claim(due: Entry[]): Promise<Claim[]> {
    const { store, clock, ids } = this.#platform;
    const until = Math.floor(clock.now() + this.#leaseMs);
    const keys = due.map((entry) => itemKey(this.#kind, idOf(entry)));
    return store.mutate(
      keys,
      (records: (ItemRecord | undefined)[], tx) => {
        const claims: Claim[] = [];
        for (const [i, entry] of due.entries()) {
          const id = idOf(entry);
          const found = records[i];
          if (found?.at !== atOf(entry)) {
            tx.delete(dueKey(this.#kind, atOf(entry), id)); // cancelled, replaced or moved since
            continue;
          }
          const record: ItemRecord = { ...found, at: until, token: ids.uuid(), claimed: true };
          if (found.claimed) record.lost = (found.lost ?? 0) + 1; // its lease ran out
          moveItem(tx, this.#kind, id, found.at, record);
          claims.push({ id, record });
        }
        return claims;
      },
      LAZY,
    );
  }

  #begin(claim: Claim): void {
    const done = this.#run(claim)
      // Its end could not be written: it runs again when its lease has ended, or at the next start.
      .catch((error: unknown) => this.#warn(`${String(error)}; it will run again`))
      .finally(() => {
        this.#running.delete(claim.id);
        this.pump();
      });
    this.#running.set(claim.id, { claim, done });
    if (!this.#cancelRenewal) this.#renewLater();
  }

  async #run(claim: Claim): Promise<void> {
    const { id, record } = claim;
    const item: WorkItem = {
      id,
      kind: this.#kind,
      payload: (await this.#platform.store.get(payloadKey(this.#kind, id)))?.value,
      createdAt: record.createdAt,
      failures: record.failures,
      ...(record.lastError !== undefined && { lastError: record.lastError }),
    };
    await this.#end(claim, await tryWork(this.#platform, this.#work, item, record));
  }

  /** Gone, or due again. Work that was replaced or taken over meanwhile is left alone. */
  #end(claim: Claim, next: ItemRecord | undefined): Promise<void> {
    const { id } = claim;
    return this.#platform.store.mutate(
      [itemKey(this.#kind, id)],
      ([found]: (ItemRecord | undefined)[], tx) => {
        const leaseEnd = claim.record.at;
        if (found?.token === claim.record.token) {
          if (next) moveItem(tx, this.#kind, id, found.at, next);
          else removeItem(tx, this.#kind, id, found.at);
        } else if (found?.at !== leaseEnd) tx.delete(dueKey(this.#kind, leaseEnd, id));
      },
      LAZY,
    );
  }

  #renewLater(): void {
    const { clock } = this.#platform;
    this.#cancelRenewal = clock.at(clock.now() + this.#leaseMs / 3, () => {
      this.#cancelRenewal = undefined;
      if (this.#running.size === 0) return;
      this.#renewLater();
      this.#renew().catch((error: unknown) => this.#warn(`leases not renewed: ${String(error)}`));
    });
  }

  #renew(): Promise<void> {
    const claims = [...this.#running.values()].map((run) => run.claim);
    const until = Math.floor(this.#platform.clock.now() + this.#leaseMs);
    return this.#platform.store.mutate(
      claims.map((claim) => itemKey(this.#kind, claim.id)),
      (records: (ItemRecord | undefined)[], tx) => {
        for (const [i, claim] of claims.entries()) {
          const found = records[i];
          if (found?.token !== claim.record.token) continue;
          claim.record = { ...claim.record, at: until };
          moveItem(tx, this.#kind, claim.id, found.at, { ...found, at: until });
        }
      },
      LAZY,
    );
  }

  /** A store has one owner, so what is claimed at start was claimed by a process that is gone: due now, not when its lease ends. */
  async #recover(): Promise<void> {
    const { store, clock } = this.#platform;
    const range = { prefix: dueOf(this.#kind), to: [...dueOf(this.#kind), clock.now() + this.#leaseMs + 1] };
    for (let after: Entry | undefined; this.#open;) {
      const page: Entry[] = await store.list(range, after && { after: after.key });
      const lost = page.filter((entry) => entry.value === true);
      if (lost.length > 0) await this.#release(lost);
      after = page.at(-1);
      if (!after) return;
    }
  }

  #release(lost: Entry[]): Promise<void> {
    const now = Math.floor(this.#platform.clock.now());
    return this.#platform.store.mutate(
      lost.map((entry) => itemKey(this.#kind, idOf(entry))),
      (records: (ItemRecord | undefined)[], tx) => {
        for (const [i, entry] of lost.entries()) {
          const found = records[i];
          if (found?.at !== atOf(entry)) continue;
          const { claimed: _, ...record } = found;
          moveItem(tx, this.#kind, idOf(entry), found.at, { ...record, at: now, lost: (found.lost ?? 0) + 1 });
        }
      },
    );
  }

  #warn(text: string): void {
    if (this.#open) this.#platform.warn(`work ${this.#kind}: ${text}`);
  }
}

const atOf = (entry: Entry): number => entry.key[3] as number;
const idOf = (entry: Entry): string => entry.key[4] as string;

// Which versions are on disk, and who waits for which. COMMIT only appends to the log; one sync at a time then covers
// every commit before its start (group commit).
import { LIMITS, StoreFailed } from '../contract.ts';
import type { LogSync } from './log-sync.ts';

interface Waiter {
  version: number;
  done: () => void;
  fail: (error: Error) => void;
}

export class Durability {
  /** newest version in the log */
  written: number;
  /** newest version on disk */
  durable: number;
  syncs = 0;
  readonly #log: LogSync;
  readonly #onLanded: (version: number) => void;
  readonly #onFailed: (error: StoreFailed) => void;
  #syncing = false;
  #lazyTimer: NodeJS.Timeout | undefined;
  #waiting: Waiter[] = [];
  #failure: StoreFailed | undefined;

  constructor(
    version: number,
    log: LogSync,
    onLanded: (version: number) => void,
    onFailed: (error: StoreFailed) => void,
  ) {
    this.written = this.durable = version;
    this.#log = log;
    this.#onLanded = onLanded;
    this.#onFailed = onFailed;
  }

  /** Undefined when it is settled already. */
  settled(version: number): Promise<void> | undefined {
    if (version <= this.durable) return undefined;
    return new Promise((done, fail) => {
      this.await(version, done, fail);
      this.sync();
    });
  }

  await(version: number, done: () => void, fail: (error: Error) => void): void {
    if (this.#failure) fail(this.#failure);
    else this.#waiting.push({ version, done, fail });
  }

  /** After a lazy commit: on disk after LIMITS.lazyMs, or with whatever is synced before. */
  syncSoon(): void {
    if (this.#log.immediate) this.sync();
    else this.#lazyTimer ??= setTimeout(() => this.sync(), LIMITS.lazyMs);
  }

  sync(): void {
    if (this.#syncing || this.durable >= this.written || this.#failure) return;
    clearTimeout(this.#lazyTimer);
    this.#lazyTimer = undefined;
    this.#syncing = true;
    this.syncs++;
    const version = this.written;
    this.#log.sync().then(
      () => {
        this.#syncing = false;
        this.landed(version);
        if (this.#waiting.length > 0) this.sync();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  landed(version: number): void {
    if (this.#failure) return;
    this.durable = version;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.version <= version) waiter.done();
      else this.#waiting.push(waiter);
    }
    this.#onLanded(version);
  }

  /** A failed sync says nothing about what is on disk and is not reported twice: refuse everything until the next start. */
  #fail(cause: unknown): void {
    const failure = new StoreFailed(`the store's log could not be forced to disk: ${String(cause)}`, { cause });
    this.#onFailed(failure);
    this.end(failure);
  }

  end(failure: StoreFailed): void {
    clearTimeout(this.#lazyTimer);
    this.#failure ??= failure;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.fail(this.#failure);
  }
}

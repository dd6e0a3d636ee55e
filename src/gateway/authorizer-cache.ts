import type { Clock } from '#core/clock.ts';

interface Entry<T> {
  value: Promise<T>;
  expiresAt: number;
}

/** Answers of one authorizer by identity. Requests that come while the first is asked wait for its answer. */
export class AuthorizerCache<T> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #entriesMax: number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, ttlSeconds: number, entriesMax: number) {
    this.#clock = clock;
    this.#ttlMs = ttlSeconds * 1000;
    this.#entriesMax = entriesMax;
  }

  /** A failure is not kept. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    if (this.#ttlMs <= 0) return ask();
    const now = this.#clock.now();
    const known = this.#entries.get(key);
    if (known && known.expiresAt > now) return known.value;
    const entry: Entry<T> = { value: ask(), expiresAt: now + this.#ttlMs };
    this.#entries.delete(key);
    if (this.#entries.size >= this.#entriesMax) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }
}

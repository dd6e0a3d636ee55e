import type { Clock } from '#core/clock.ts';

/** Tokens that come back at a steady rate up to a burst; a request takes one. */
export class TokenBucket {
  readonly rateLimit: number;
  readonly burstLimit: number;
  #tokens: number;
  #filledAt: number;

  constructor(rateLimit: number, burstLimit: number, now: number) {
    this.rateLimit = rateLimit;
    this.burstLimit = burstLimit;
    this.#tokens = burstLimit;
    this.#filledAt = now;
  }

  /** Takes a token; false when there is none. */
  take(now: number): boolean {
    if (now > this.#filledAt) {
      this.#tokens = Math.min(this.burstLimit, this.#tokens + ((now - this.#filledAt) / 1000) * this.rateLimit);
      this.#filledAt = now;
    }
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** As if it had never been used. */
  isFull(now: number): boolean {
    return this.#tokens + ((now - this.#filledAt) / 1000) * this.rateLimit >= this.burstLimit;
  }

  /** Gives a token back: a later bucket refused the request. */
  restore(): void {
    this.#tokens = Math.min(this.burstLimit, this.#tokens + 1);
  }
}

export interface ThrottleLimits {
  /** requests a second */
  rateLimit: number;
  burstLimit: number;
}

/** From so many buckets on, those that nobody uses are looked for. */
const BUCKETS_MAX = 10_000;

/** Buckets by name. They outlive deployments: only a changed limit begins anew. */
export class Throttles {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = BUCKETS_MAX;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bucket(name: string, limits: ThrottleLimits): TokenBucket {
    const known = this.#buckets.get(name);
    if (known && known.rateLimit === limits.rateLimit && known.burstLimit === limits.burstLimit) return known;
    if (this.#buckets.size >= this.#sweepAt) this.#sweep();
    const bucket = new TokenBucket(limits.rateLimit, limits.burstLimit, this.#clock.now());
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Forgets buckets that are full: a new one would be the same. Keeps those of APIs and keys that are gone from piling up. */
  #sweep(): void {
    const now = this.#clock.now();
    for (const [name, bucket] of this.#buckets) {
      // an account's bucket is shared by all its stages, which hold it
      if (!name.startsWith('account/') && bucket.isFull(now)) this.#buckets.delete(name);
    }
    this.#sweepAt = Math.max(BUCKETS_MAX, this.#buckets.size * 2);
  }
}

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

/** Buckets by name. They outlive deployments: only a changed limit begins anew. */
export class Throttles {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bucket(name: string, limits: ThrottleLimits): TokenBucket {
    const known = this.#buckets.get(name);
    if (known && known.rateLimit === limits.rateLimit && known.burstLimit === limits.burstLimit) return known;
    const bucket = new TokenBucket(limits.rateLimit, limits.burstLimit, this.#clock.now());
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Forgets the buckets of an API that is gone. */
  drop(prefix: string): void {
    for (const name of this.#buckets.keys()) if (name.startsWith(prefix)) this.#buckets.delete(name);
  }
}

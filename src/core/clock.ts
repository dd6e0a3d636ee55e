/** Time as the program sees it; tests advance it by hand. */
export interface Clock {
  /** ms since the epoch */
  now(): number;
  /** Runs `fn` once `now()` has reached `atMs`. Answers the canceller. Does not keep the process alive. */
  at(atMs: number, fn: () => void): () => void;
}

/** setTimeout counts in 32 bits: longer waits are taken in steps. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  at(atMs, fn) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = atMs - Date.now();
      timer = setTimeout(left > TIMER_MS_MAX ? arm : fn, Math.min(Math.max(left, 0), TIMER_MS_MAX));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<{ atMs: number; fn: () => void }>();

  constructor(nowMs: number = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = nowMs;
  }

  now = (): number => this.#now;

  at(atMs: number, fn: () => void): () => void {
    const timer = { atMs, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((t) => t.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.atMs);
      next.fn();
    }
    this.#now = end;
  }
}

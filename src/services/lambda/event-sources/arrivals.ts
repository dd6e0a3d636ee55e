// Wakes readers when there may be something new, without losing what came while they were reading.
import type { Clock } from '#core/clock.ts';

/** Announcements may be missed: readers look again after this long. */
export const LOOK_MS = 10_000;

export class Arrivals {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be noted before reading. */
  get count(): number {
    return this.#count;
  }

  announce = (): void => {
    this.#count++;
    for (const wake of this.#waiting) wake();
  };

  /** Until something came after `seen` was noted, at most `ms`. */
  async since(seen: number, ms: number): Promise<void> {
    if (this.#count !== seen || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#clock.at(this.#clock.now() + ms, wake);
      this.#waiting.add(wake);
    });
  }
}

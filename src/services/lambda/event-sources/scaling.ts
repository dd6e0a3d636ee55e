// How many batches of a queue run at once. AWS begins with 5 and adds 300 a minute while there is work, up to 1,250.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
import type { Clock } from '#core/clock.ts';

const FIRST = 5;
const ADDED_PER_MINUTE = 300;
const MOST = 1250;
/** the limit grows with time */
const LOOK_MS = 1000;

export class Scaling {
  readonly #clock: Clock;
  readonly #maximum: number | undefined;
  #running = 0;
  #busySince: number | undefined;
  #waiting: (() => void) | undefined;
  #isReleased = false;

  constructor(clock: Clock, maximum: number | undefined) {
    this.#clock = clock;
    this.#maximum = maximum;
  }

  get limit(): number {
    const busyMs = this.#busySince === undefined ? 0 : this.#clock.now() - this.#busySince;
    return Math.min(this.#maximum ?? MOST, FIRST + Math.floor((busyMs / 60_000) * ADDED_PER_MINUTE));
  }

  /** A poll found nothing. */
  idle(): void {
    this.#busySince = undefined;
  }

  enter(): void {
    this.#busySince ??= this.#clock.now();
    this.#running++;
  }

  leave(): void {
    this.#running--;
    this.#waiting?.();
  }

  /** Resolves when another batch may run, or with `release`. */
  async room(): Promise<void> {
    while (this.#running >= this.limit && !this.#isReleased) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.at(this.#clock.now() + LOOK_MS, resolve);
        this.#waiting = () => (cancel(), resolve());
      });
    }
  }

  /** The poller stops: nobody waits any more. */
  release(): void {
    this.#isReleased = true;
    this.#waiting?.();
  }
}

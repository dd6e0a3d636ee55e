// How many batches of a queue run at once.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
import type { Clock } from '#core/clock.ts';
import type { EventSourceMapping } from './store.ts';

/** On demand: 5 at first, 300 more a minute while there is work. */
const ON_DEMAND = { first: 5, addedPerMinute: 300, most: 1250 };
/** Provisioned: each poller runs up to 10 at once, and 1,000 more a minute are added up to the maximum. */
const PROVISIONED = { perPoller: 10, addedPerMinute: 1000 };
/** the limit grows with time */
const LOOK_MS = 1000;

interface Rule {
  first: number;
  addedPerMinute: number;
  most: number;
}

function ruleOf({ maximumConcurrency, pollers }: Pick<EventSourceMapping, 'maximumConcurrency' | 'pollers'>): Rule {
  if (!pollers) return { ...ON_DEMAND, most: Math.min(maximumConcurrency ?? ON_DEMAND.most, ON_DEMAND.most) };
  const { perPoller, addedPerMinute } = PROVISIONED;
  return { first: pollers.minimum * perPoller, addedPerMinute, most: pollers.maximum * perPoller };
}

export class Scaling {
  readonly #clock: Clock;
  readonly #rule: Rule;
  #running = 0;
  #busySince: number | undefined;
  #waiting: (() => void) | undefined;
  #isReleased = false;

  constructor(clock: Clock, mapping: Pick<EventSourceMapping, 'maximumConcurrency' | 'pollers'>) {
    this.#clock = clock;
    this.#rule = ruleOf(mapping);
  }

  get limit(): number {
    const { first, addedPerMinute, most } = this.#rule;
    const busyMs = this.#busySince === undefined ? 0 : this.#clock.now() - this.#busySince;
    return Math.min(most, first + Math.floor((busyMs / 60_000) * addedPerMinute));
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

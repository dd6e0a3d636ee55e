// X-Amzn-Trace-Id of stages with tracing: a segment of our own, and whether this request is sampled.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
import type { Ids } from '#core/ids.ts';

/** X-Ray's default rule: the first request of each second, and five percent of the others. */
const RATE = 0.05;

export class Tracing {
  readonly #ids: Ids;
  #second = -1;
  #turn = 0;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** `trace` has a Root; what the client decided about sampling holds. */
  headerFor(trace: string, now: number): string {
    const root = /Root=([^;]+)/.exec(trace)?.[1] ?? '';
    const decided = /Sampled=([01])/.exec(trace)?.[1];
    const sampled = decided ?? (this.#isSampled(now) ? '1' : '0');
    return `Root=${root};Parent=${this.#ids.hex(16)};Sampled=${sampled}`;
  }

  #isSampled(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      return true;
    }
    this.#turn += RATE;
    if (this.#turn < 1) return false;
    this.#turn -= 1;
    return true;
  }
}

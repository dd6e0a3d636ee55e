// Those who wait for messages. One claim at a time in a queue serves all of them; nobody polls.
import type { Platform } from '#kernel/platform.ts';
import { claimFifo } from './claim-fifo.ts';
import { claimStandard, type Asked, type Claimed } from './claim.ts';
import { countMessages } from './counts.ts';
import { overLimit, queueDoesNotExist } from './errors.ts';
import type { QueueRef } from './names.ts';
import { queueCache } from './queue-cache.ts';
import type { Queue } from './records.ts';
import { listDue, visibilityPrefix } from './store.ts';

/** in one commit */
const RECEIVERS_MAX = 100;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const IN_FLIGHT_MAX = 120_000;

interface Waiter extends Asked {
  /** ms since the epoch: then it is answered with nothing */
  until: number;
  isLongPoll: boolean;
  answer: (claimed: Claimed[]) => void;
  fail: (error: unknown) => void;
}

export interface ReceiveRequest extends Asked {
  waitMs: number;
  signal: AbortSignal;
}

class QueueReceivers {
  readonly #platform: Platform;
  readonly #ref: QueueRef;
  #waiters: Waiter[] = [];
  #running = false;
  #again = false;
  #cancelTimer: (() => void) | undefined;
  #watched: { epoch: string; stop: () => void } | undefined;
  /** at most so many are in flight: counted now and then, raised by every claim */
  #inFlightMost: { epoch: string; count: number } | undefined;

  constructor(platform: Platform, ref: QueueRef) {
    this.#platform = platform;
    this.#ref = ref;
  }

  receive({ max, visibilityMs, waitMs, signal }: ReceiveRequest): Promise<Claimed[]> {
    return new Promise((answer, fail) => {
      const waiter: Waiter = {
        max,
        ...(visibilityMs !== undefined && { visibilityMs }),
        until: this.#platform.clock.now() + waitMs,
        isLongPoll: waitMs > 0,
        answer,
        fail,
      };
      this.#waiters.push(waiter);
      if (waitMs > 0) this.#leaveOnAbort(waiter, signal);
      this.wake();
    });
  }

  /** Who has gone must not be given messages. */
  #leaveOnAbort(waiter: Waiter, signal: AbortSignal): void {
    const leave = (): void => this.#settle(waiter, []);
    const { answer, fail } = waiter;
    waiter.answer = (claimed) => (signal.removeEventListener('abort', leave), answer(claimed));
    waiter.fail = (error) => (signal.removeEventListener('abort', leave), fail(error));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  }

  wake = (): void => {
    this.#again = true;
    if (!this.#running) void this.#run();
  };

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#again && this.#waiters.length > 0) {
        this.#again = false;
        await this.#pass();
      }
    } finally {
      this.#running = false;
    }
    if (this.#waiters.length === 0) this.#rest();
  }

  async #pass(): Promise<void> {
    const now = this.#platform.clock.now();
    const served = this.#waiters.slice(0, RECEIVERS_MAX);
    try {
      const queue = await queueCache(this.#platform).find(this.#ref);
      if (!queue) throw queueDoesNotExist();
      const { given, isWorthAnotherLook } = (await this.#isFull(queue, served))
        ? { given: [], isWorthAnotherLook: false }
        : await (queue.isFifo ? claimFifo : claimStandard)(this.#platform, queue, served);
      served.forEach((waiter, n) => {
        const claimed = given[n] ?? [];
        if (this.#inFlightMost) this.#inFlightMost.count += claimed.length;
        if (claimed.length > 0 || (waiter.until <= now && !isWorthAnotherLook)) this.#settle(waiter, claimed);
      });
      if (isWorthAnotherLook || this.#waiters.length > RECEIVERS_MAX) this.#again = true;
      else if (this.#waiters.length > 0 && !this.#watch(queue)) await this.#setTimer(queue, now);
    } catch (error) {
      for (const waiter of served) this.#settle(waiter, error);
    }
  }

  /** Short polls are told, long polls wait (ReceiveMessage, "OverLimit"). */
  async #isFull(queue: Queue, served: readonly Waiter[]): Promise<boolean> {
    const wanted = served.reduce((sum, { max }) => sum + max, 0);
    const known = this.#inFlightMost;
    if (!known || known.epoch !== queue.epoch || known.count + wanted > IN_FLIGHT_MAX) {
      const now = this.#platform.clock.now();
      const { inFlight } = await countMessages(this.#platform.store, queue, now, now + 1);
      this.#inFlightMost = { epoch: queue.epoch, count: inFlight };
      if (inFlight + wanted > IN_FLIGHT_MAX) {
        for (const waiter of served) if (!waiter.isLongPoll) this.#settle(waiter, overLimit());
        return true;
      }
    }
    return false;
  }

  #settle(waiter: Waiter, outcome: unknown): void {
    const at = this.#waiters.indexOf(waiter);
    if (at < 0) return;
    this.#waiters.splice(at, 1);
    if (Array.isArray(outcome)) waiter.answer(outcome as Claimed[]);
    else waiter.fail(outcome);
  }

  /** True when the watch is new: what was written before it began must be looked for. */
  #watch(queue: Queue): boolean {
    if (this.#watched?.epoch === queue.epoch) return false;
    this.#watched?.stop();
    const stop = this.#platform.store.watch(visibilityPrefix(queue), this.wake);
    this.#watched = { epoch: queue.epoch, stop };
    this.#again = true;
    return true;
  }

  /** At the next moment in which a message becomes visible or somebody's time is over. */
  async #setTimer(queue: Queue, now: number): Promise<void> {
    const [next] = await listDue(this.#platform.store, queue, { fromMs: now + 1 }, 1);
    const until = Math.min(next?.visibleAt ?? Infinity, ...this.#waiters.map((waiter) => waiter.until));
    this.#cancelTimer?.();
    this.#cancelTimer = this.#platform.clock.at(until, this.wake);
  }

  #rest(): void {
    this.#cancelTimer?.();
    this.#watched?.stop();
    this.#watched = undefined;
  }

  stop(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.answer([]);
    this.#rest();
  }
}

class Receivers {
  readonly #platform: Platform;
  readonly #queues = new Map<string, QueueReceivers>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  receive(queue: Queue, request: ReceiveRequest): Promise<Claimed[]> {
    const key = keyOf(queue);
    let receivers = this.#queues.get(key);
    if (!receivers) {
      const { accountId, region, name } = queue;
      receivers = new QueueReceivers(this.#platform, { accountId, region, name });
      this.#queues.set(key, receivers);
    }
    return receivers.receive(request);
  }

  /** The queue was changed. */
  wake(queue: QueueRef): void {
    this.#queues.get(keyOf(queue))?.wake();
  }

  /** The queue was deleted: those who wait find that out. */
  forget(queue: QueueRef): void {
    this.wake(queue);
    this.#queues.delete(keyOf(queue));
  }

  stop(): void {
    for (const receivers of this.#queues.values()) receivers.stop();
  }
}

const keyOf = ({ accountId, region, name }: QueueRef): string => `${accountId}/${region}/${name}`;

const byPlatform = new WeakMap<Platform, Receivers>();

export function receiversOf(platform: Platform): Receivers {
  let receivers = byPlatform.get(platform);
  if (!receivers) byPlatform.set(platform, (receivers = new Receivers(platform)));
  return receivers;
}

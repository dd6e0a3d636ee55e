// Queues in memory: every message operation needs its queue twice, to authorize and to run.
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import { queueDoesNotExist } from './errors.ts';
import { parseQueueUrl, type QueueRef } from './names.ts';
import { placeOf, type Queue } from './records.ts';
import { findQueue, queuesPrefix } from './store.ts';

const QUEUES_MAX = 10_000;

class QueueCache {
  readonly #platform: Platform;
  readonly #queues = new Map<string, Queue>();
  readonly #watches = new Map<string, () => void>();
  #generation = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  find(ref: QueueRef): Queue | Promise<Queue | undefined> {
    return this.#queues.get(keyOf(ref)) ?? this.#load(ref);
  }

  /** After a commit that changed the queue: the watch would say so too, but a moment later. */
  forget(ref: QueueRef): void {
    this.#generation++;
    this.#queues.delete(keyOf(ref));
  }

  async #load(ref: QueueRef): Promise<Queue | undefined> {
    this.#watch(ref);
    const generation = this.#generation;
    const queue = await findQueue(this.#platform.store, ref, ref.name);
    if (!queue || generation !== this.#generation) return queue;
    const [oldest] = this.#queues.keys();
    if (this.#queues.size >= QUEUES_MAX && oldest !== undefined) this.#queues.delete(oldest);
    this.#queues.set(keyOf(ref), queue);
    return queue;
  }

  #watch(ref: QueueRef): void {
    const place = `${ref.accountId}/${ref.region}`;
    if (this.#watches.has(place)) return;
    const clear = (): void => {
      this.#generation++;
      this.#queues.clear();
    };
    this.#watches.set(place, this.#platform.store.watch(queuesPrefix(ref), clear));
  }

  stop(): void {
    for (const stop of this.#watches.values()) stop();
  }
}

const keyOf = ({ accountId, region, name }: QueueRef): string => `${accountId}/${region}/${name}`;

const caches = new WeakMap<Platform, QueueCache>();

export function queueCache(platform: Platform): QueueCache {
  let cache = caches.get(platform);
  if (!cache) caches.set(platform, (cache = new QueueCache(platform)));
  return cache;
}

export async function requireQueue(context: Context, url: string): Promise<Queue> {
  const found = queueCache(context.platform).find(parseQueueUrl(url, placeOf(context)));
  const queue = found instanceof Promise ? await found : found;
  if (!queue) throw queueDoesNotExist();
  return queue;
}

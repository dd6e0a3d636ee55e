// Keeps a poller running for every enabled mapping, whatever is created, updated or deleted meanwhile.
import type { Platform } from '#kernel/platform.ts';
import type { Poller } from './poller.ts';
import { SqsPoller } from './sqs-poller.ts';
import { findMapping, listPointers, POINTERS, settleMapping, type EventSourceMapping } from './store.ts';
import { kinesisKind, tableKind } from './stream-event.ts';
import { StreamPoller } from './stream-poller.ts';
import { kindOf } from './sources.ts';

/** Watches may be missed: look anyway. */
const LOOK_MS = 10_000;

function pollerOf(platform: Platform, mapping: EventSourceMapping): Poller {
  const { stream } = mapping;
  if (!stream) return new SqsPoller(platform, mapping);
  return kindOf(mapping.eventSourceArn) === 'kinesis'
    ? new StreamPoller(platform, mapping, stream, kinesisKind, () => platform.streams.kinesis)
    : new StreamPoller(platform, mapping, stream, tableKind, () => platform.streams.dynamodb);
}

/** One mapping's pollers: one at a time, in the order of the mapping's changes. */
class Slot {
  readonly #platform: Platform;
  revision: string | undefined;
  #poller: Poller | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The mapping's settings are in effect, and it says so, once the poller before has handed over. */
  turnTo(mapping: EventSourceMapping): void {
    this.revision = mapping.revision;
    const stopped = this.#stop();
    // a mapping that goes has no successor that could meet its last batch
    const mayStart = mapping.transition === 'Deleting' ? this.#turn : Promise.all([this.#turn, stopped]);
    this.#turn = mayStart
      .then(async () => {
        if (this.revision !== mapping.revision) return;
        if (mapping.enabled && mapping.transition !== 'Deleting') {
          this.#poller = pollerOf(this.#platform, mapping);
          this.#poller.start();
        }
        if (mapping.transition !== undefined) await settleMapping(this.#platform.store, mapping);
      })
      .catch((error: unknown) => this.#platform.warn(`event source mapping: ${(error as Error).message}`));
  }

  /** Resolves when every batch has ended. */
  async end(): Promise<void> {
    this.revision = undefined;
    await Promise.all([this.#stop(), this.#turn]);
    await Promise.all(this.#ending);
  }

  async #stop(): Promise<void> {
    const poller = this.#poller;
    this.#poller = undefined;
    if (!poller) return;
    const stopped = poller.stop();
    const ended = stopped.then(() => poller.ended()).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    await stopped;
  }
}

export function startPollers(platform: Platform): () => Promise<void> {
  const slots = new Map<string, Slot>();
  const ending = new Set<Promise<void>>();
  let isStopped = false;
  let running: Promise<void> | undefined;
  let again = false;
  let cancel: (() => void) | undefined;

  const end = (uuid: string): void => {
    const ended = slots
      .get(uuid)
      ?.end()
      .finally(() => ended && ending.delete(ended));
    slots.delete(uuid);
    if (ended) ending.add(ended);
  };

  const reconcile = async (): Promise<void> => {
    const pointers = await listPointers(platform.store);
    const known = new Set(pointers.map(({ uuid }) => uuid));
    for (const uuid of slots.keys()) if (!known.has(uuid)) end(uuid);
    for (const pointer of pointers) {
      if (isStopped || slots.get(pointer.uuid)?.revision === pointer.revision) continue;
      const mapping = await findMapping(platform.store, pointer, pointer.uuid);
      if (!mapping || isStopped) continue;
      const slot = slots.get(pointer.uuid) ?? new Slot(platform);
      slots.set(pointer.uuid, slot);
      slot.turnTo(mapping);
    }
  };

  const look = (): void => {
    again = true;
    if (isStopped) return;
    running ??= (async () => {
      while (again && !isStopped) {
        again = false;
        await reconcile();
      }
    })()
      .catch((error: unknown) => {
        if (!isStopped) platform.warn(`event source mappings: ${(error as Error).message}`);
      })
      .finally(() => {
        running = undefined;
        cancel?.();
        if (!isStopped) cancel = platform.clock.at(platform.clock.now() + LOOK_MS, look);
      });
  };

  const unwatch = platform.store.watch(POINTERS, look);
  look();
  return async () => {
    isStopped = true;
    unwatch();
    await running;
    cancel?.();
    for (const uuid of slots.keys()) end(uuid);
    await Promise.all(ending);
  };
}

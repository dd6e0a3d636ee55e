// One mapping's poller of a stream: runs the lanes of every shard whose parents have been read to their end.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, .../with-ddb.html
import type { Platform } from '#kernel/platform.ts';
import type { Shard, StreamRecord, StreamSource } from '#kernel/stream.ts';
import { Arrivals, LOOK_MS } from './arrivals.ts';
import { Invoker } from './invoker.ts';
import { pause } from './pause.ts';
import type { Poller } from './poller.ts';
import { ResultLog } from './result-log.ts';
import { ShardLane } from './shard-lane.ts';
import { laneCheckpoints, startingCheckpoints, startingPosition } from './starting.ts';
import {
  deleteCheckpoint,
  findMapping,
  listCheckpoints,
  putCheckpoint,
  type EventSourceMapping,
  type LaneCheckpoint,
  type StreamSettings,
} from './store.ts';
import type { StreamKind } from './stream-event.ts';

const PAUSE_MS = { first: 1000, most: 60_000 };

export class StreamPoller<R extends StreamRecord> implements Poller {
  readonly #platform: Platform;
  readonly #mapping: EventSourceMapping;
  readonly #stream: StreamSettings;
  readonly #kind: StreamKind<R>;
  readonly #sourceOf: () => StreamSource<R> | undefined;
  readonly #ending = new AbortController();
  /** records may have arrived */
  readonly #arrivals: Arrivals;
  /** shards may have changed: they do when one of them has come to its end */
  readonly #changes: Arrivals;
  readonly #invoker: Invoker;
  readonly #results: ResultLog;
  /** by shard and lane */
  readonly #running = new Map<string, Promise<void>>();
  #done: Promise<void> | undefined;

  constructor(
    platform: Platform,
    mapping: EventSourceMapping,
    stream: StreamSettings,
    kind: StreamKind<R>,
    sourceOf: () => StreamSource<R> | undefined,
  ) {
    this.#platform = platform;
    this.#mapping = mapping;
    this.#stream = stream;
    this.#kind = kind;
    this.#sourceOf = sourceOf;
    this.#arrivals = new Arrivals(platform.clock);
    this.#changes = new Arrivals(platform.clock);
    this.#invoker = new Invoker(platform, mapping);
    this.#results = new ResultLog(platform.store, mapping);
  }

  start(): void {
    this.#done = this.#follow();
  }

  /** A successor would meet the batches that still run: they are waited for. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#arrivals.announce();
    this.#changes.announce();
    await this.#done;
    await Promise.all(this.#running.values());
  }

  ended(): Promise<void> {
    return this.stop();
  }

  async #follow(): Promise<void> {
    const { clock } = this.#platform;
    const { signal } = this.#ending;
    let unwatch: (() => void) | undefined;
    for (let failures = 0; !signal.aborted;) {
      const seen = this.#changes.count;
      try {
        const source = this.#sourceOf();
        if (!source) throw new Error('no service of this program has such streams');
        unwatch ??= source.watch(this.#mapping.eventSourceArn, this.#arrivals.announce);
        await this.#look(source);
        failures = 0;
        await this.#changes.since(seen, LOOK_MS);
      } catch (error) {
        if (signal.aborted) break;
        const { eventSourceArn, functionArn } = this.#mapping;
        this.#platform.warn(`${eventSourceArn} for ${functionArn} cannot be followed: ${(error as Error).message}`);
        await pause(clock, Math.min(PAUSE_MS.first * 2 ** failures++, PAUSE_MS.most), signal);
      }
    }
    unwatch?.();
  }

  /** Starts what can be read now and is not yet. */
  async #look(source: StreamSource<R>): Promise<void> {
    const { eventSourceArn } = this.#mapping;
    const shards = await source.shards(eventSourceArn);
    const checkpoints = await this.#checkpointsOf(source, shards);
    const isDone = (shardId: string): boolean =>
      checkpoints.some((each) => each.shardId === shardId) &&
      checkpoints.every((each) => each.shardId !== shardId || each.cursor === undefined);
    const kept = new Set(shards.map(({ id }) => id));
    for (const { id, parentIds } of shards) {
      if (!parentIds.every((parent) => !kept.has(parent) || isDone(parent))) continue;
      for (const checkpoint of checkpoints) if (checkpoint.shardId === id) this.#run(source, checkpoint);
    }
  }

  #run(source: StreamSource<R>, checkpoint: LaneCheckpoint): void {
    const name = `${checkpoint.lane} ${checkpoint.shardId}`;
    if (checkpoint.cursor === undefined || this.#running.has(name) || this.#ending.signal.aborted) return;
    const lane = new ShardLane<R>({
      platform: this.#platform,
      mapping: this.#mapping,
      stream: this.#stream,
      kind: this.#kind,
      source,
      arrivals: this.#arrivals,
      invoker: this.#invoker,
      results: this.#results,
      signal: this.#ending.signal,
      checkpoint,
    });
    const running = lane.run().finally(() => {
      this.#running.delete(name);
      // its children may begin
      this.#changes.announce();
    });
    this.#running.set(name, running);
  }

  /** Those of every shard; shards that are new get theirs, what the stream has forgotten is forgotten. */
  async #checkpointsOf(source: StreamSource<R>, shards: readonly Shard[]): Promise<LaneCheckpoint[]> {
    const { eventSourceArn } = this.#mapping;
    const before = await listCheckpoints(this.#platform.store, this.#mapping);
    const known = new Set(before.map(({ shardId }) => shardId));
    const kept = new Set(shards.map(({ id }) => id));
    const lanes = this.#stream.parallelizationFactor;
    const fresh = await startingCheckpoints(
      source,
      eventSourceArn,
      shards.filter(({ id }) => !known.has(id)),
      // children of shards that are followed are read from their beginning
      known.size === 0 ? startingPosition(this.#stream) : { type: 'TRIM_HORIZON' },
      lanes,
    );
    const current = laneCheckpoints(
      before.filter(({ shardId }) => kept.has(shardId)),
      lanes,
    );
    const dropped = before.filter((each) => !current.includes(each));
    const added = [...fresh, ...current.filter((each) => !before.includes(each))];
    if (dropped.length > 0 || added.length > 0) await this.#write(dropped, added);
    return [...current, ...fresh];
  }

  #write(dropped: readonly LaneCheckpoint[], added: readonly LaneCheckpoint[]): Promise<void> {
    return this.#platform.store.transact(async (tx) => {
      const mapping = await findMapping(tx, this.#mapping, this.#mapping.uuid);
      if (mapping?.revision !== this.#mapping.revision) return;
      for (const { shardId, lane } of dropped) deleteCheckpoint(tx, mapping, shardId, lane);
      for (const checkpoint of added) putCheckpoint(tx, mapping, checkpoint);
    });
  }
}

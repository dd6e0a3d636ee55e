// One reader of a shard: all of its records, or those of every n-th partition key where batches of a shard run side by side.
import { createHash } from 'node:crypto';
import type { Platform } from '#kernel/platform.ts';
import type { StreamRecord, StreamSource } from '#kernel/stream.ts';
import type { Writer } from '#store/contract.ts';
import { rolePrincipal } from '../role.ts';
import { LOOK_MS, type Arrivals } from './arrivals.ts';
import { deliverBatch, type Attempt, type Discard, type InvocationOutcome } from './batch-delivery.ts';
import { failedItems } from './batch-response.ts';
import { prepareDiscard } from './discarded-batch.ts';
import { gatherBatch, type GatheredBatch, type Item } from './gather-batch.ts';
import type { Invoker } from './invoker.ts';
import { LaneProgress } from './lane-progress.ts';
import { pause } from './pause.ts';
import type { ResultLog } from './result-log.ts';
import { mayRead } from './source-checks.ts';
import type { EventSourceMapping, LaneCheckpoint, OpenWindow, StreamSettings } from './store.ts';
import type { StreamKind } from './stream-event.ts';
import { STATE_BYTES_MAX, stateOf, windowMembers } from './tumbling-window.ts';

const PAUSE_MS = { first: 1000, most: 60_000 };
const RETRY_MS = { first: 200, most: 60_000 };

export interface LaneOptions<R extends StreamRecord> {
  platform: Platform;
  mapping: EventSourceMapping;
  stream: StreamSettings;
  kind: StreamKind<R>;
  source: StreamSource<R>;
  arrivals: Arrivals;
  invoker: Invoker;
  results: ResultLog;
  signal: AbortSignal;
  checkpoint: LaneCheckpoint;
}

/** A stable share of the keys for each lane. */
const laneOf = (partitionKey: string, lanes: number): number =>
  lanes === 1 ? 0 : createHash('md5').update(partitionKey).digest().readUInt32BE(0) % lanes;

export class ShardLane<R extends StreamRecord> {
  readonly #options: LaneOptions<R>;
  readonly #matches: (record: R, event: object) => boolean;
  readonly #progress: LaneProgress;
  /** as it is now; `#progress` has it as it is written down */
  #window: OpenWindow | undefined;
  /** of the batch that is being delivered */
  #windowStart: number | undefined;
  #retentionMs: number | undefined;

  constructor(options: LaneOptions<R>) {
    this.#options = options;
    this.#progress = new LaneProgress(options.platform.store, options.mapping, options.checkpoint);
    const { filters } = options.mapping;
    this.#matches = filters.length === 0 ? () => true : options.kind.compileFilters(filters);
  }

  /** Until the shard's end, or until it is stopped. Never throws. */
  async run(): Promise<void> {
    const { platform, mapping, results, signal } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        if (this.#retentionMs === undefined) await this.#begin();
        while (!signal.aborted) {
          if (await this.#step()) return;
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        const { eventSourceArn, functionArn } = mapping;
        platform.warn(`${eventSourceArn} for ${functionArn} cannot be handled: ${(error as Error).message}`);
        await results.failed().catch(() => undefined);
        await pause(platform.clock, Math.min(PAUSE_MS.first * 2 ** failures++, PAUSE_MS.most), signal);
      }
    }
  }

  async #begin(): Promise<void> {
    const { mapping, stream, source } = this.#options;
    const found = await source.find(mapping.eventSourceArn);
    if (!found) throw new Error('the stream does not exist');
    if (stream.tumblingWindowSeconds > 0) await this.#progress.loadWindow();
    this.#retentionMs = found.retentionMs;
  }

  /** One batch. Answers whether the shard has been read to its end. */
  async #step(): Promise<boolean> {
    const { arrivals, signal } = this.#options;
    const seen = arrivals.count;
    this.#window = this.#progress.window;
    const batch = await this.#gather();
    if (signal.aborted) return false;
    if (batch.items.length > 0 && !(await this.#deliver(batch))) return false;
    if (batch.isWindowOver && this.#window && !(await this.#closeWindow(false))) return false;
    await this.#progress.save(batch.next, batch.lastNumber, this.#window);
    if (batch.next === undefined) return true;
    if (batch.isIdle) await arrivals.since(seen, Math.min(LOOK_MS, batch.msToWindowEnd));
    return false;
  }

  async #gather(): Promise<GatheredBatch<R>> {
    const { platform, mapping, stream, kind, source, arrivals, invoker, signal, checkpoint } = this.#options;
    const { version, record: target } = await invoker.target();
    const role = rolePrincipal(version.role, target.name);
    if (!(await mayRead(platform, kind.service, mapping.eventSourceArn, role)))
      throw new Error(`${version.role} may not read the stream`);
    const { shardId, lane, lanes } = checkpoint;
    const origin = { shardId, eventSourceArn: mapping.eventSourceArn, roleArn: version.role };
    return gatherBatch<R>({
      clock: platform.clock,
      read: (cursor, limits) => source.read(mapping.eventSourceArn, shardId, cursor, limits),
      cursorAt: (sequenceNumber) =>
        source.cursor(mapping.eventSourceArn, shardId, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber }),
      toItem: (record) => {
        if (laneOf(record.partitionKey, lanes) !== lane) return undefined;
        const event = kind.toEvent(record, origin);
        return this.#matches(record, event) ? { record, text: JSON.stringify(event) } : undefined;
      },
      arrivals,
      signal,
      from: this.#progress.cursor ?? '',
      batchSize: mapping.batchSize,
      windowSeconds: mapping.windowSeconds,
      tumblingSeconds: stream.tumblingWindowSeconds,
      openWindow: this.#window?.start,
    });
  }

  #deliver(batch: GatheredBatch<R>): Promise<boolean> {
    const { platform, stream, signal } = this.#options;
    this.#windowStart = batch.windowStart;
    const ageMsMax = Math.min(
      stream.recordAgeMax === -1 ? Infinity : stream.recordAgeMax * 1000,
      this.#retentionMs ?? Infinity,
    );
    return deliverBatch<Item<R>>(batch.items, {
      retriesMax: stream.retriesMax,
      bisect: stream.bisectBatch,
      isTooOld: ({ record }) => platform.clock.now() - record.arrivedAt > ageMsMax,
      invoke: (items) => this.#invoke(items),
      advance: ({ record }) => this.#pass(record),
      discard: (items, why) => this.#discard(items, why),
      backOff: (failures) => this.#backOff(failures),
      isStopped: () => signal.aborted,
    });
  }

  #backOff(failures: number): Promise<void> {
    const { platform, signal } = this.#options;
    return pause(platform.clock, Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.most), signal);
  }

  async #invoke(items: readonly Item<R>[]): Promise<Attempt> {
    const { invoker, mapping, results } = this.#options;
    // a window that ended early begins anew with what is left of its records
    if (this.#windowStart !== undefined) this.#window ??= { start: this.#windowStart, state: {} };
    const result = await invoker.invoke(this.#payload(items, { isFinal: false, isEarly: false }));
    if (typeof result === 'string') {
      await results.failed();
      return result === 'throttled' ? { type: 'throttled' } : { type: 'failed', from: 0 };
    }
    const { requestId, executedVersion, functionError } = result;
    const outcome: InvocationOutcome = {
      requestId,
      executedVersion,
      ...(functionError !== undefined && { functionError }),
    };
    const from = functionError === undefined ? firstFailed(result.payload.toString(), items, mapping) : 0;
    const state = this.#window && from !== 0 ? stateOf(result.payload.toString()) : undefined;
    if (from === 0 || (this.#window && !state)) {
      await results.failed();
      return { type: 'failed', from: 0, outcome };
    }
    if (this.#window && state) {
      this.#window = { start: this.#window.start, state: state.state };
      if (state.bytes > STATE_BYTES_MAX && !(await this.#closeWindow(true))) return { type: 'throttled' };
    }
    if (from !== undefined) {
      await results.failed();
      return { type: 'failed', from, outcome };
    }
    await results.succeeded();
    return { type: 'succeeded' };
  }

  #payload(items: readonly Item<R>[], ending: { isFinal: boolean; isEarly: boolean }): string {
    const { mapping, stream, checkpoint } = this.#options;
    const records = `"Records":[${items.map(({ text }) => text).join(',')}]`;
    if (!this.#window) return `{${records}}`;
    const origin = { shardId: checkpoint.shardId, eventSourceARN: mapping.eventSourceArn };
    const members = windowMembers(this.#window, stream.tumblingWindowSeconds, origin, ending);
    return `{${records},${JSON.stringify(members).slice(1)}`;
  }

  /** The last call for a window gets its state. Answers false when it was stopped before it came through. */
  async #closeWindow(isEarly: boolean): Promise<boolean> {
    const { invoker, results, signal, stream, mapping, platform } = this.#options;
    const payload = this.#payload([], { isFinal: true, isEarly });
    for (let failures = 0, tries = 1; !signal.aborted; tries++) {
      const result = await invoker.invoke(payload);
      if (typeof result === 'object' && result.functionError === undefined) {
        await results.succeeded();
        this.#window = undefined;
        return true;
      }
      if (result !== 'throttled') {
        await results.failed();
        if (stream.retriesMax !== -1 && failures++ >= stream.retriesMax) {
          platform.warn(`${mapping.functionArn} failed at the end of a window: its state is dropped`);
          this.#window = undefined;
          return true;
        }
      }
      await this.#backOff(tries);
    }
    return false;
  }

  async #pass({ sequenceNumber }: StreamRecord, more?: (tx: Writer) => void): Promise<void> {
    const { source, mapping, checkpoint } = this.#options;
    const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber } as const;
    const cursor = await source.cursor(mapping.eventSourceArn, checkpoint.shardId, position);
    await this.#progress.save(cursor, sequenceNumber, this.#window, more);
  }

  /** The failure record is on its way in the transaction that passes over the records. */
  async #discard(items: readonly Item<R>[], why: Discard): Promise<void> {
    const { platform, mapping, stream, kind, checkpoint } = this.#options;
    const last = items.at(-1);
    if (!last) return;
    const payload = this.#payload(items, { isFinal: false, isEarly: false });
    const records = items.map(({ record }) => record);
    const batch = { mapping, kind, shardId: checkpoint.shardId, records, payload, why };
    await this.#pass(
      last.record,
      stream.onFailure === undefined ? undefined : await prepareDiscard(platform, batch, stream.onFailure),
    );
  }
}

/** Index of the first record that the answer reports as failed: 0 for all, undefined for none. */
function firstFailed<R extends StreamRecord>(
  answer: string,
  items: readonly Item<R>[],
  mapping: EventSourceMapping,
): number | undefined {
  if (!mapping.responseTypes.includes('ReportBatchItemFailures')) return undefined;
  const numbers = items.map(({ record }) => record.sequenceNumber);
  const failed = failedItems(answer, numbers);
  if (failed === 'all') return 0;
  // records are in order: the lowest number is the first
  return failed.size === 0 ? undefined : numbers.findIndex((number) => failed.has(number));
}

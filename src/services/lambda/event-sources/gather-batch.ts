// Reads a shard until a batch is full, its window is over or its payload is as large as may be.
import type { Clock } from '#core/clock.ts';
import type { ReadLimits, StreamPage, StreamRecord } from '#kernel/stream.ts';
import { LOOK_MS, type Arrivals } from './arrivals.ts';
import { windowStart } from './tumbling-window.ts';

/** The payload of a synchronous invocation, less room for the envelope and a window's state. */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024 - 64 * 1024;
const STATE_BYTES = 1024 * 1024;
/** Kinesis answers no more at once; base64 makes it a third longer */
const READ_BYTES_MAX = 4 * 1024 * 1024;

export interface Item<R extends StreamRecord> {
  record: R;
  /** its JSON in the event */
  text: string;
}

export interface GatheredBatch<R extends StreamRecord> {
  items: Item<R>[];
  /** where to go on; absent at the shard's end */
  next: string | undefined;
  /** the last record before `next`, whether it was for this reader or not */
  lastNumber: string | undefined;
  /** nothing was there to be read */
  isIdle: boolean;
  /** the tumbling window that the items belong to */
  windowStart: number | undefined;
  /** nothing more can come into that window */
  isWindowOver: boolean;
  msToWindowEnd: number;
}

export interface GatherOptions<R extends StreamRecord> {
  clock: Clock;
  read(cursor: string, limits: ReadLimits): Promise<StreamPage<R>>;
  cursorAt(sequenceNumber: string): Promise<string>;
  /** undefined: not for this reader */
  toItem(record: R): Item<R> | undefined;
  arrivals: Pick<Arrivals, 'count' | 'since'>;
  signal: AbortSignal;
  from: string;
  batchSize: number;
  windowSeconds: number;
  /** 0 = no tumbling windows */
  tumblingSeconds: number;
  /** start of the tumbling window that is open from earlier batches */
  openWindow: number | undefined;
}

export async function gatherBatch<R extends StreamRecord>(options: GatherOptions<R>): Promise<GatheredBatch<R>> {
  const { clock, arrivals, signal, batchSize, windowSeconds, tumblingSeconds } = options;
  const bytesMax = PAYLOAD_BYTES_MAX - (tumblingSeconds > 0 ? STATE_BYTES : 0);
  const items: Item<R>[] = [];
  let tumbling = options.openWindow;
  let lastNumber: string | undefined;
  let bytes = 0;
  let closes = 0;
  const windowEnd = (): number => (tumbling === undefined ? Infinity : tumbling + tumblingSeconds * 1000);
  const batch = (next: string | undefined, isIdle: boolean, isWindowOver: boolean): GatheredBatch<R> => ({
    items,
    next,
    lastNumber,
    isIdle,
    windowStart: tumbling,
    isWindowOver,
    msToWindowEnd: windowEnd() - clock.now(),
  });

  for (let cursor = options.from; ;) {
    const seen = arrivals.count;
    const now = clock.now();
    const page = await options.read(cursor, { records: batchSize - items.length, bytes: READ_BYTES_MAX });
    for (const record of page.records) {
      const item = options.toItem(record);
      if (!item) {
        lastNumber = record.sequenceNumber;
        continue;
      }
      const window = tumblingSeconds > 0 ? windowStart(record.arrivedAt, tumblingSeconds) : undefined;
      const isLater = window !== undefined && window > (tumbling ?? window);
      const size = Buffer.byteLength(item.text) + 1;
      if (isLater || (items.length > 0 && bytes + size > bytesMax))
        return batch(await options.cursorAt(record.sequenceNumber), false, isLater);
      if (items.length === 0) closes = clock.now() + windowSeconds * 1000;
      tumbling ??= window;
      items.push(item);
      lastNumber = record.sequenceNumber;
      bytes += size;
    }
    const isIdle = page.records.length === 0;
    // what arrived in the window had arrived before this look at the shard
    const isWindowOver = tumbling !== undefined && (page.next === undefined || (isIdle && now >= windowEnd()));
    if (page.next === undefined || isWindowOver) return batch(page.next, isIdle, isWindowOver);
    cursor = page.next;
    const isOpen = items.length > 0 && items.length < batchSize && clock.now() < closes && !signal.aborted;
    if (!isOpen) return batch(cursor, isIdle, false);
    if (isIdle) await arrivals.since(seen, Math.min(LOOK_MS, closes - clock.now(), windowEnd() - clock.now()));
  }
}

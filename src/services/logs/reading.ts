// Events of one stream in order of time and arrival, read batch by batch: whoever has enough stops.
import type { Reader } from '#store/contract.ts';
import { BATCH_SPAN_MS, readBatches, type Batch, type LogStream, type Place, type StoredEvent } from './store.ts';

export interface Span {
  /** inclusive */
  fromMs: number;
  /** exclusive */
  toMs: number;
}

const byOrder = (a: StoredEvent, b: StoredEvent): number => a.timestamp - b.timestamp || a.sequence - b.sequence;

function eventsOf(batch: Batch, { fromMs, toMs }: Span): StoredEvent[] {
  const events: StoredEvent[] = [];
  for (const [i, [timestamp, message]] of batch.events.entries()) {
    if (timestamp < fromMs || timestamp >= toMs) continue;
    events.push({ timestamp, message, ingestionTime: batch.ingestedAt, sequence: batch.firstSequence + i });
  }
  return events;
}

/** Oldest first. */
export async function* readForward(
  reader: Reader,
  at: Place,
  group: string,
  stream: LogStream,
  span: Span,
): AsyncGenerator<StoredEvent> {
  let waiting: StoredEvent[] = [];
  const lookBackMs = stream.spanMs ?? BATCH_SPAN_MS;
  for await (const batch of readBatches(reader, at, group, stream.name, span, lookBackMs, false)) {
    // No later batch holds anything before its own first event.
    const firstMs = batch.events[0]?.[0] ?? 0;
    const open = waiting.findIndex((event) => event.timestamp >= firstMs);
    const settled = open < 0 ? waiting : waiting.slice(0, open);
    waiting = open < 0 ? [] : waiting.slice(open);
    yield* settled;
    waiting.push(...eventsOf(batch, span));
    waiting.sort(byOrder);
  }
  yield* waiting;
}

/** Newest first. */
export async function* readBackward(
  reader: Reader,
  at: Place,
  group: string,
  stream: LogStream,
  span: Span,
): AsyncGenerator<StoredEvent> {
  let waiting: StoredEvent[] = [];
  const spanMs = stream.spanMs ?? BATCH_SPAN_MS;
  for await (const batch of readBatches(reader, at, group, stream.name, span, spanMs, true)) {
    // Earlier batches begin no later than this one and are no longer than the longest.
    const lastMs = (batch.events[0]?.[0] ?? 0) + spanMs;
    const open = waiting.findIndex((event) => event.timestamp <= lastMs);
    const settled = open < 0 ? waiting : waiting.slice(0, open);
    waiting = open < 0 ? [] : waiting.slice(open);
    yield* settled;
    waiting.push(...eventsOf(batch, span));
    waiting.sort((a, b) => byOrder(b, a));
  }
  yield* waiting;
}

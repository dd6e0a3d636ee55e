import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { groupNotFound, invalidParameter, invalidToken, streamNotFound } from './errors.ts';
import { eventId, positionOf } from './event-id.ts';
import { groupOf, type GroupReference } from './groups.ts';
import { readBackward, readForward } from './reading.ts';
import { sequenceToken } from './streams.ts';
import {
  BATCH_SPAN_MS,
  findGroup,
  findStream,
  placeOf,
  putBatch,
  putStream,
  type LogGroup,
  type LogStream,
  type StoredEvent,
} from './store.ts';
import { enqueueDeliveries } from './delivery.ts';

// Quotas of PutLogEvents (API reference, 2026-11)
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_BYTES_MAX = 1_048_576;
export const EVENT_OVERHEAD_BYTES = 26;
const FUTURE_MS_MAX = 2 * 3600 * 1000;
const PAST_MS_MAX = 14 * 86_400_000;
const DAY_MS = 86_400_000;
export const EVENTS_MAX = 10_000;
export const PAGE_BYTES_MAX = 1_048_576;

export const sizeOf = (event: { message: string }): number => Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;

function checkBatch(events: readonly { timestamp: number; message: string }[]): void {
  let bytes = 0;
  for (const event of events) {
    const size = sizeOf(event);
    if (size > EVENT_BYTES_MAX) {
      throw invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${EVENT_BYTES_MAX}`);
    }
    bytes += size;
  }
  if (bytes > BATCH_BYTES_MAX) {
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`);
  }
  for (let i = 1; i < events.length; i++) {
    if ((events[i]?.timestamp ?? 0) < (events[i - 1]?.timestamp ?? 0)) {
      throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
    }
  }
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > BATCH_SPAN_MS) {
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
}

export const keptMs = ({ retentionInDays }: LogGroup): number =>
  retentionInDays === undefined ? Infinity : retentionInDays * DAY_MS;

export const putLogEvents: Operation<'logs', 'PutLogEvents'> = async (input, context) => {
  const events = input.logEvents;
  checkBatch(events);
  const at = placeOf(context);
  return context.store.transact(async (tx) => {
    const group = await findGroup(tx, at, input.logGroupName);
    if (!group) throw groupNotFound();
    const stream = await findStream(tx, at, input.logGroupName, input.logStreamName);
    if (!stream) throw streamNotFound();
    const now = context.clock.now();
    const kept = keptMs(group);
    const tooOldEnd = events.findIndex((event) => event.timestamp >= now - PAST_MS_MAX);
    const expiredEnd = events.findIndex((event) => event.timestamp >= now - kept);
    const tooNew = events.findIndex((event) => event.timestamp > now + FUTURE_MS_MAX);
    const oldCount = tooOldEnd < 0 ? events.length : tooOldEnd;
    const expiredCount = expiredEnd < 0 ? events.length : expiredEnd;
    const accepted = events.slice(Math.max(oldCount, expiredCount), tooNew < 0 ? events.length : tooNew);
    const first = accepted[0];
    const last = accepted.at(-1);
    if (first && last) {
      const batch = {
        ingestedAt: now,
        firstSequence: stream.sequence,
        events: accepted.map((event): [number, string] => [event.timestamp, event.message]),
      };
      putBatch(tx, at, group.name, stream.name, batch, Number.isFinite(kept) ? last.timestamp + kept : undefined);
      enqueueDeliveries(context.platform.work, tx, at, group, stream.name, batch);
      // Streams of before this number was kept have batches of unknown length.
      if (stream.sequence === 0 || stream.spanMs !== undefined) {
        stream.spanMs = Math.max(stream.spanMs ?? 0, last.timestamp - first.timestamp);
      }
      stream.sequence += accepted.length;
      stream.firstEventAt = Math.min(stream.firstEventAt ?? Infinity, first.timestamp);
      stream.lastEventAt = Math.max(stream.lastEventAt ?? 0, last.timestamp);
      stream.lastIngestionAt = now;
      putStream(tx, at, group.name, stream);
    }
    const rejected = {
      ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
      ...(oldCount > 0 && { tooOldLogEventEndIndex: oldCount }),
      ...(expiredCount > oldCount && { expiredLogEventEndIndex: expiredCount }),
    };
    return {
      nextSequenceToken: sequenceToken(stream),
      ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
    };
  });
};

const TOKEN = /^([fb])\/(\d{56})\/s$/;
const FIRST_ID = '0'.repeat(56);

export const getLogEvents: Operation<'logs', 'GetLogEvents'> = async (input, context) => {
  const group = await groupOf(context, input as GroupReference);
  const stream = await findStream(context.store, placeOf(context), group.name, input.logStreamName);
  if (!stream) throw streamNotFound();
  const token = input.nextToken === undefined ? undefined : TOKEN.exec(input.nextToken);
  if (token === null) throw invalidToken();
  const position = token?.[2];
  const forward = token ? token[1] === 'f' : input.startFromHead === true;
  const page = await readPage(context, group, stream, {
    fromMs: Math.max(input.startTime ?? 0, context.clock.now() - keptMs(group)),
    toMs: input.endTime ?? Infinity,
    limit: input.limit ?? EVENTS_MAX,
    forward,
    ...(position !== undefined && { position }),
  });
  if (!forward) page.reverse();
  const first = page[0];
  const last = page.at(-1);
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    // At the end of the stream the same token comes back: that is how clients know.
    nextForwardToken: `f/${last ? eventId(stream.name, last) : (position ?? FIRST_ID)}/s`,
    nextBackwardToken: `b/${first ? eventId(stream.name, first) : (position ?? FIRST_ID)}/s`,
  };
};

interface PageRequest {
  fromMs: number;
  toMs: number;
  limit: number;
  forward: boolean;
  /** id of the event before the page, in its direction */
  position?: string;
}

/** At most `limit` events and 1 MB, in the direction of reading. */
async function readPage(
  context: Context,
  group: LogGroup,
  stream: LogStream,
  { fromMs, toMs, limit, forward, position }: PageRequest,
): Promise<StoredEvent[]> {
  const start = position === undefined ? undefined : positionOf(position);
  const span = forward
    ? { fromMs: Math.max(fromMs, start?.timestamp ?? 0), toMs }
    : { fromMs, toMs: Math.min(toMs, start ? start.timestamp + 1 : Infinity) };
  const isPast = ({ timestamp, sequence }: StoredEvent): boolean => {
    if (!start) return false;
    const order = timestamp - start.timestamp || sequence - start.sequence;
    return forward ? order <= 0 : order >= 0;
  };
  const page: StoredEvent[] = [];
  let bytes = 0;
  const read = forward ? readForward : readBackward;
  for await (const event of read(context.store, placeOf(context), group.name, stream, span)) {
    if (isPast(event)) continue;
    bytes += sizeOf(event);
    if (bytes > PAGE_BYTES_MAX && page.length > 0) break;
    page.push(event);
    if (page.length >= limit) break;
  }
  return page;
}

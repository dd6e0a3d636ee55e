import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { groupNotFound, invalidParameter, streamNotFound } from './errors.ts';
import { groupNameOf, requireGroup, streamsOf } from './groups.ts';
import { matchesPattern, parsePattern } from './pattern.ts';
import { sequenceToken } from './streams.ts';
import {
  BATCH_SPAN_MS,
  findGroup,
  findStream,
  placeOf,
  putBatch,
  putStream,
  readBatches,
  type StoredEvent,
} from './store.ts';

// Quotas of PutLogEvents (API reference, 2026-11)
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const FUTURE_MS_MAX = 2 * 3600 * 1000;
const PAST_MS_MAX = 14 * 86_400_000;
const DAY_MS = 86_400_000;
const EVENTS_MAX = 10_000;
const PAGE_BYTES_MAX = 1_048_576;

/** 56 digits that ascend with time and arrival, as AWS's event ids do. */
export const eventId = (event: StoredEvent): string =>
  `3${String(event.timestamp).padStart(20, '0')}${String(event.sequence).padStart(35, '0')}`;

export const putLogEvents: Operation<'logs', 'PutLogEvents'> = async (input, context) => {
  const events = input.logEvents;
  const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES, 0);
  if (bytes > BATCH_BYTES_MAX)
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`);
  for (let i = 1; i < events.length; i++) {
    if ((events[i]?.timestamp ?? 0) < (events[i - 1]?.timestamp ?? 0)) {
      throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
    }
  }
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > BATCH_SPAN_MS) {
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  const at = placeOf(context);
  return context.store.transact(async (tx) => {
    const group = await findGroup(tx, at, input.logGroupName);
    if (!group) throw groupNotFound();
    const stream = await findStream(tx, at, input.logGroupName, input.logStreamName);
    if (!stream) throw streamNotFound();
    const now = context.clock.now();
    const keptMs = group.retentionInDays === undefined ? Infinity : group.retentionInDays * DAY_MS;
    const tooOldEnd = events.findIndex((event) => event.timestamp >= now - PAST_MS_MAX);
    const expiredEnd = events.findIndex((event) => event.timestamp >= now - keptMs);
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
      putBatch(tx, at, group.name, stream.name, batch, Number.isFinite(keptMs) ? last.timestamp + keptMs : undefined);
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

/** Events of [startMs, endMs) in one stream that the group's retention still keeps, in order of time and arrival. */
async function readEvents(
  context: Context,
  group: string,
  stream: string,
  startMs: number,
  endMs: number,
): Promise<StoredEvent[]> {
  const { retentionInDays } = await requireGroup(context, group);
  const from = Math.max(startMs, retentionInDays === undefined ? 0 : context.clock.now() - retentionInDays * DAY_MS);
  const events: StoredEvent[] = [];
  for await (const batch of readBatches(context.store, placeOf(context), group, stream, from, endMs)) {
    batch.events.forEach(([timestamp, message], i) => {
      if (timestamp < from || timestamp >= endMs) return;
      events.push({ timestamp, message, ingestionTime: batch.ingestedAt, sequence: batch.firstSequence + i });
    });
  }
  return events.sort((a, b) => a.timestamp - b.timestamp || a.sequence - b.sequence);
}

const TOKEN = /^([fb])\/(\d{56})\/s$/;
const FIRST_ID = '0'.repeat(56);

export const getLogEvents: Operation<'logs', 'GetLogEvents'> = async (input, context) => {
  const group = input.logGroupName ?? (input.logGroupIdentifier && groupNameOf(input.logGroupIdentifier));
  if (!group) throw invalidParameter('Either logGroupName or logGroupIdentifier must be specified');
  await requireGroup(context, group);
  if (!(await findStream(context.store, placeOf(context), group, input.logStreamName))) throw streamNotFound();
  const token = input.nextToken === undefined ? undefined : TOKEN.exec(input.nextToken);
  if (token === null) throw invalidParameter('The specified nextToken is invalid.');
  const all = await readEvents(context, group, input.logStreamName, input.startTime ?? 0, input.endTime ?? Infinity);
  const limit = input.limit ?? EVENTS_MAX;
  const position = token?.[2];
  const forward = token ? token[1] === 'f' : input.startFromHead === true;
  let candidates = all;
  if (position !== undefined)
    candidates = all.filter((event) => (forward ? eventId(event) > position : eventId(event) < position));
  const page = takePage(forward ? candidates : candidates.toReversed(), limit);
  if (!forward) page.reverse();
  const first = page[0];
  const last = page.at(-1);
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    // At the end of the stream the same token comes back: that is how clients know.
    nextForwardToken: `f/${last ? eventId(last) : (position ?? FIRST_ID)}/s`,
    nextBackwardToken: `b/${first ? eventId(first) : (position ?? FIRST_ID)}/s`,
  };
};

function takePage(events: StoredEvent[], limit: number): StoredEvent[] {
  const page: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
    if (page.length >= limit || (bytes > PAGE_BYTES_MAX && page.length > 0)) break;
    page.push(event);
  }
  return page;
}

export const filterLogEvents: Operation<'logs', 'FilterLogEvents'> = async (input, context) => {
  const group = input.logGroupName ?? (input.logGroupIdentifier && groupNameOf(input.logGroupIdentifier));
  if (!group) throw invalidParameter('Either logGroupName or logGroupIdentifier must be specified');
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('You cannot specify both logStreamNames and logStreamNamePrefix.');
  }
  await requireGroup(context, group);
  const pattern = parsePattern(input.filterPattern ?? '');
  const names =
    input.logStreamNames ?? (await Array.fromAsync(streamsOf(context, group, input.logStreamNamePrefix ?? '')));
  for (const name of input.logStreamNames ?? []) {
    if (!(await findStream(context.store, placeOf(context), group, name))) throw streamNotFound();
  }
  const after = input.nextToken === undefined ? undefined : decodePosition(input.nextToken);
  const found: { id: string; stream: string; event: StoredEvent }[] = [];
  for (const stream of names) {
    for (const event of await readEvents(
      context,
      group,
      stream,
      input.startTime ?? 0,
      (input.endTime ?? Infinity) + 1,
    )) {
      const id = eventId(event);
      if (after && (id < after.id || (id === after.id && stream <= after.stream))) continue;
      if (matchesPattern(pattern, event.message)) found.push({ id, stream, event });
    }
  }
  found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.stream < b.stream ? -1 : 1));
  const count = takePage(
    found.map(({ event }) => event),
    input.limit ?? EVENTS_MAX,
  ).length;
  const page = found.slice(0, count);
  const last = page.at(-1);
  return {
    events: page.map(({ id, stream, event }) => ({
      logStreamName: stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime,
      eventId: id,
    })),
    searchedLogStreams: [], // "no longer returned" since 2019-10, but the member is still there
    ...(last &&
      found.length > count && { nextToken: Buffer.from(JSON.stringify([last.id, last.stream])).toString('base64url') }),
  };
};

function decodePosition(token: string): { id: string; stream: string } {
  try {
    const [id, stream] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [string, string];
    return { id, stream };
  } catch {
    throw invalidParameter('The specified nextToken is invalid.');
  }
}

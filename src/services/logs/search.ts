// FilterLogEvents: the streams of a group as one stream, in order of time.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, invalidToken, streamNotFound } from './errors.ts';
import { comparePositions, eventId, positionOf, streamBits, type Position } from './event-id.ts';
import { EVENTS_MAX, keptMs, PAGE_BYTES_MAX, sizeOf } from './events.ts';
import { groupOf, streamsOf, type GroupReference } from './groups.ts';
import { matchesPattern, parsePattern } from './pattern.ts';
import { readForward, type Span } from './reading.ts';
import { findStream, placeOf, type LogGroup, type LogStream, type StoredEvent } from './store.ts';

/** A call ends after this many events even when its page is not full: "This operation can return empty results while there are more". */
const SCANNED_MAX = 200_000;
const TOKEN = /^\d{56}$/;

export const filterLogEvents: Operation<'logs', 'FilterLogEvents'> = async (input, context) => {
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('You cannot specify both logStreamNames and logStreamNamePrefix.');
  }
  const group = await groupOf(context, input as GroupReference);
  const matches = matcher(input.filterPattern ?? '');
  const after = input.nextToken === undefined ? undefined : decodeToken(input.nextToken);
  const span = {
    fromMs: Math.max(input.startTime ?? 0, context.clock.now() - keptMs(group), after?.timestamp ?? 0),
    toMs: (input.endTime ?? Infinity) + 1,
  };
  const streams = await streamsAsked(context, group, input.logStreamNames, input.logStreamNamePrefix ?? '');
  const limit = input.limit ?? EVENTS_MAX;
  const events = [];
  let bytes = 0;
  let scanned = 0;
  let last: Found | undefined;
  let more = false;
  for await (const found of merged(context, group, streams, span)) {
    const { stream, event } = found;
    if (after !== undefined && comparePositions(found, after) <= 0) continue;
    const isMatch = matches(event.message);
    if (isMatch) bytes += sizeOf(event);
    if (scanned >= SCANNED_MAX || (isMatch && (events.length >= limit || (bytes > PAGE_BYTES_MAX && events.length)))) {
      more = true;
      break;
    }
    scanned++;
    last = found;
    if (!isMatch) continue;
    const { timestamp, message, ingestionTime } = event;
    events.push({ logStreamName: stream, timestamp, message, ingestionTime, eventId: eventId(stream, event) });
  }
  return {
    events,
    searchedLogStreams: [], // "no longer returned" since 2019-10, but the member is still there
    ...(more && last && { nextToken: Buffer.from(eventId(last.stream, last.event)).toString('base64url') }),
  };
};

function matcher(text: string): (message: string) => boolean {
  const pattern = parsePattern(text);
  return (message) => matchesPattern(pattern, message);
}

function decodeToken(token: string): Position {
  const id = Buffer.from(token, 'base64url').toString();
  if (!TOKEN.test(id)) throw invalidToken();
  return positionOf(id);
}

async function streamsAsked(
  context: Context,
  group: LogGroup,
  names: readonly string[] | undefined,
  prefix: string,
): Promise<LogStream[]> {
  if (names === undefined) return Array.fromAsync(streamsOf(context, group.name, prefix));
  const streams: LogStream[] = [];
  for (const name of new Set(names)) {
    const stream = await findStream(context.store, placeOf(context), group.name, name);
    if (!stream) throw streamNotFound();
    streams.push(stream);
  }
  return streams;
}

interface Found extends Position {
  stream: string;
  event: StoredEvent;
}

/** A stream is opened when its first event is due, so that a page does not touch the streams after it. */
async function* merged(
  context: Context,
  group: LogGroup,
  streams: readonly LogStream[],
  span: Span,
): AsyncGenerator<Found> {
  const startOf = (stream: LogStream): number => Math.max(stream.firstEventAt ?? Infinity, span.fromMs);
  const waiting = streams
    .filter((stream) => startOf(stream) < span.toMs && (stream.lastEventAt ?? 0) >= span.fromMs)
    .sort((a, b) => startOf(b) - startOf(a));
  const open: { head: Found; rest: AsyncGenerator<StoredEvent>; name: string; bits: number }[] = [];
  try {
    for (;;) {
      let next = open[0];
      for (const each of open) if (next && comparePositions(each.head, next.head) < 0) next = each;
      const candidate = waiting.at(-1);
      if (candidate && (!next || startOf(candidate) <= next.head.event.timestamp)) {
        waiting.pop();
        const rest = readForward(context.store, placeOf(context), group.name, candidate, span);
        const { name } = candidate;
        const bits = streamBits(name);
        const head = await pull(rest, name, bits);
        if (head) open.push({ head, rest, name, bits });
        continue;
      }
      if (!next) return;
      yield next.head;
      const head = await pull(next.rest, next.name, next.bits);
      if (head) next.head = head;
      else open.splice(open.indexOf(next), 1);
    }
  } finally {
    for (const { rest } of open) await rest.return(undefined);
  }
}

async function pull(events: AsyncGenerator<StoredEvent>, stream: string, bits: number): Promise<Found | undefined> {
  const { value, done } = await events.next();
  return done ? undefined : { timestamp: value.timestamp, sequence: value.sequence, bits, stream, event: value };
}

// StartLiveTail: what arrives from now on, once a second.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html (2026-11)
import type { LiveTailSessionLogEvent, StartLiveTailResponseStream } from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, limitExceeded } from './errors.ts';
import { groupNameOf, groupOf, streamsOf } from './groups.ts';
import { matchesPattern, parsePattern } from './pattern.ts';
import { findGroup, placeOf, readBatches, type LogStream } from './store.ts';

const UPDATE_MS = 1000;
const SESSION_MS_MAX = 3 * 3600 * 1000;
/** "Each sessionUpdate structure can include up to 500 log events": more are sampled. */
const EVENTS_PER_UPDATE_MAX = 500;
/** per account, quota "Live Tail concurrent sessions" */
const SESSIONS_MAX = 15;
const sessions = new WeakMap<Platform, Map<string, number>>();

function sessionsOf({ platform }: Context): Map<string, number> {
  let known = sessions.get(platform);
  if (!known) sessions.set(platform, (known = new Map()));
  return known;
}

export const startLiveTail: Operation<'logs', 'StartLiveTail'> = async (input, context) => {
  const { logGroupIdentifiers, logStreamNames, logStreamNamePrefixes } = input;
  for (const identifier of logGroupIdentifiers) {
    if (!parseArn(identifier)) throw invalidParameter(`The log group identifier ${identifier} is not an ARN.`);
    await groupOf(context, { logGroupIdentifier: identifier });
  }
  if (logStreamNames && logStreamNamePrefixes) {
    throw invalidParameter('logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.');
  }
  if ((logStreamNames ?? logStreamNamePrefixes) && logGroupIdentifiers.length !== 1) {
    throw invalidParameter('Log streams can only be named together with a single log group.');
  }
  const pattern = parsePattern(input.logEventFilterPattern ?? '');
  const isAsked = ({ name }: LogStream): boolean =>
    (logStreamNames?.includes(name) ?? true) &&
    (logStreamNamePrefixes?.some((prefix) => name.startsWith(prefix)) ?? true);
  const tail = new Tail(context, logGroupIdentifiers.map(groupNameOf), isAsked);
  if ((sessionsOf(context).get(context.accountId) ?? 0) >= SESSIONS_MAX) throw limitExceeded();
  await tail.begin();
  const sessionStart = {
    requestId: context.requestId,
    sessionId: context.ids.uuid(),
    logGroupIdentifiers,
    logStreamNames: logStreamNames ?? [],
    logStreamNamePrefixes: logStreamNamePrefixes ?? [],
    logEventFilterPattern: input.logEventFilterPattern ?? '',
  };
  const matches = ({ message = '' }: LiveTailSessionLogEvent): boolean => matchesPattern(pattern, message);
  return { responseStream: updates(context, { sessionStart }, tail, matches) };
};

async function* updates(
  context: Context,
  start: StartLiveTailResponseStream,
  tail: Tail,
  matches: (event: LiveTailSessionLogEvent) => boolean,
): AsyncGenerator<StartLiveTailResponseStream> {
  const { accountId, clock, signal } = context;
  const endsAt = clock.now() + SESSION_MS_MAX;
  const running = sessionsOf(context);
  running.set(accountId, (running.get(accountId) ?? 0) + 1);
  try {
    yield start;
    while (!signal.aborted && !context.platform.signal.aborted) {
      await pause(context);
      if (clock.now() >= endsAt) {
        yield { SessionTimeoutException: { message: 'The session has timed out.' } } as StartLiveTailResponseStream;
        return;
      }
      const events = (await tail.next()).filter(matches);
      const sampled = events.length > EVENTS_PER_UPDATE_MAX;
      const sessionResults = events.slice(0, EVENTS_PER_UPDATE_MAX);
      yield { sessionUpdate: { sessionMetadata: { sampled }, sessionResults } };
    }
  } finally {
    running.set(accountId, (running.get(accountId) ?? 1) - 1);
  }
}

/** Until the next update, or the end. */
const pause = ({ clock, signal, platform }: Context): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      platform.signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.at(clock.now() + UPDATE_MS, done);
    signal.addEventListener('abort', done);
    platform.signal.addEventListener('abort', done);
  });

/** Knows of each stream how far it has been read. */
class Tail {
  readonly #context: Context;
  readonly #groups: readonly string[];
  readonly #isAsked: (stream: LogStream) => boolean;
  readonly #read = new Map<string, number>();

  constructor(context: Context, groups: readonly string[], isAsked: (stream: LogStream) => boolean) {
    this.#context = context;
    this.#groups = groups;
    this.#isAsked = isAsked;
  }

  async begin(): Promise<void> {
    for await (const { key, stream } of this.#streams()) this.#read.set(key, stream.sequence);
  }

  async next(): Promise<LiveTailSessionLogEvent[]> {
    const found: LiveTailSessionLogEvent[] = [];
    for await (const { key, group, stream } of this.#streams()) {
      const from = this.#read.get(key) ?? 0;
      if (stream.sequence > from) found.push(...(await this.#newEvents(group, stream, from)));
      this.#read.set(key, stream.sequence);
    }
    return found.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  }

  async *#streams(): AsyncGenerator<{ key: string; group: string; stream: LogStream }> {
    for (const group of this.#groups) {
      if (!(await findGroup(this.#context.store, placeOf(this.#context), group))) continue;
      for await (const stream of streamsOf(this.#context, group)) {
        // A stream that was deleted and made again is another one.
        if (this.#isAsked(stream)) yield { key: `${group}:${stream.name}:${stream.createdAt}`, group, stream };
      }
    }
  }

  /** Batches lie by time, not by arrival: read from the newest until all that arrived are found. */
  async #newEvents(group: string, stream: LogStream, from: number): Promise<LiveTailSessionLogEvent[]> {
    const at = placeOf(this.#context);
    const found: LiveTailSessionLogEvent[] = [];
    const count = Math.min(stream.sequence - from, EVENTS_PER_UPDATE_MAX + 1);
    const all = { fromMs: 0, toMs: Infinity };
    for await (const batch of readBatches(this.#context.store, at, group, stream.name, all, 0, true)) {
      if (batch.firstSequence < from) continue;
      for (const [timestamp, message] of batch.events) {
        const logGroupIdentifier = `${at.accountId}:${group}`;
        const { ingestedAt: ingestionTime } = batch;
        found.push({ logStreamName: stream.name, logGroupIdentifier, message, timestamp, ingestionTime });
      }
      if (found.length >= count) break;
    }
    return found;
  }
}

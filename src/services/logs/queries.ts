// Insights queries: started as durable work, kept for seven days.
import type { QueryStatistics, QueryStatus } from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import type { WorkItem, WorkKind } from '#kernel/work.ts';
import { invalidParameter, notOffered, queryNotFound, recordNotFound } from './errors.ts';
import { eventId, positionOf } from './event-id.ts';
import { keptMs, sizeOf } from './events.ts';
import { groupNameOf, requireGroup } from './groups.ts';
import { rowOf } from './insights/discover.ts';
import { malformed } from './insights/lexer.ts';
import { parseQuery, ROWS_MAX, runQuery } from './insights/query.ts';
import { shownRows } from './insights/result.ts';
import { readForward } from './reading.ts';
import {
  findGroup,
  findQuery,
  findStream,
  listQueries,
  listStreams,
  placeOf,
  putQuery,
  putQueryRows,
  queryRows,
  type Place,
  type QueryRecord,
} from './store.ts';

const GROUPS_MAX = 50;
/** A query that reads more fails, as one that runs for an hour does on AWS. */
const EVENTS_SCANNED_MAX = 500_000;
/** Seconds since the epoch, unless so large that they must be milliseconds. */
const toMs = (time: number): number => (time > 1e11 ? time : time * 1000);

export const startQuery: Operation<'logs', 'StartQuery'> = async (input, context) => {
  if (input.queryLanguage !== undefined && input.queryLanguage !== 'CWLI') {
    throw notOffered(`the query language ${input.queryLanguage}`);
  }
  const { logGroupName, logGroupNames, logGroupIdentifiers } = input;
  const ways = [logGroupName === undefined ? undefined : [logGroupName], logGroupNames, logGroupIdentifiers].filter(
    (each) => each !== undefined,
  );
  const names = ways[0];
  if (ways.length !== 1 || !names?.length) {
    throw invalidParameter('Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified');
  }
  if (names.length > GROUPS_MAX) throw invalidParameter(`A query can search at most ${GROUPS_MAX} log groups`);
  const [startMs, endMs] = [toMs(input.startTime), toMs(input.endTime)];
  if (startMs > endMs) throw invalidParameter('End time should not be less than start time');
  parseQuery(input.queryString ?? '');
  const groups = await Promise.all(names.map((name) => requireGroup(context, ownName(context, name))));
  if (groups.every((group) => endMs < group.createdAt || endMs < context.clock.now() - keptMs(group))) {
    throw malformed(
      'end date and time is either before the log groups creation time or exceeds the log groups log retention settings',
    );
  }
  const query: QueryRecord = {
    id: context.ids.uuid(),
    groups: groups.map((group) => group.name),
    text: input.queryString ?? '',
    startMs,
    endMs,
    limit: Math.min(input.limit ?? ROWS_MAX, ROWS_MAX),
    status: 'Scheduled',
    createdAt: context.clock.now(),
    chunks: 0,
  };
  await context.store.transact((tx) => {
    putQuery(tx, placeOf(context), query);
    context.platform.work.enqueue(tx, 'logs:query', { at: placeOf(context), id: query.id });
  });
  return { queryId: query.id };
};

function ownName(context: Context, identifier: string): string {
  const arn = parseArn(identifier);
  if (arn && arn.accountId !== context.accountId) throw notOffered('queries over accounts');
  return groupNameOf(identifier);
}

async function run({ payload }: WorkItem<{ at: Place; id: string }>, platform: Platform): Promise<void> {
  const { at, id } = payload;
  const query = await findQuery(platform.store, at, id);
  if (query?.status !== 'Scheduled') return;
  const { rows, statistics } = await execute(platform, at, query);
  await platform.store.transact(async (tx) => {
    if ((await findQuery(tx, at, id))?.status !== 'Scheduled') return; // stopped meanwhile
    const chunks = putQueryRows(tx, at, query, rows);
    putQuery(tx, at, { ...query, status: 'Complete', statistics, chunks });
  });
}

async function execute(
  platform: Platform,
  at: Place,
  query: QueryRecord,
): Promise<{ rows: ReturnType<typeof shownRows>; statistics: QueryStatistics }> {
  const events = [];
  let bytes = 0;
  for (const name of query.groups) {
    const group = await findGroup(platform.store, at, name);
    if (!group) continue;
    const span = { fromMs: Math.max(query.startMs, platform.clock.now() - keptMs(group)), toMs: query.endMs + 1 };
    let after: string | undefined;
    for (;;) {
      const streams = await listStreams(platform.store, at, name, { after, limit: 1000 });
      for (const stream of streams) {
        for await (const event of readForward(platform.store, at, name, stream, span)) {
          if (events.length >= EVENTS_SCANNED_MAX) throw new Error(`more than ${EVENTS_SCANNED_MAX} events`);
          bytes += sizeOf(event);
          const pointer = Buffer.from(JSON.stringify([name, stream.name, eventId(stream.name, event)]));
          events.push(
            rowOf({
              ...event,
              log: `${at.accountId}:${name}`,
              stream: stream.name,
              pointer: pointer.toString('base64url'),
            }),
          );
        }
      }
      if (streams.length < 1000) break;
      after = streams.at(-1)?.name;
    }
  }
  const scanned = events.length;
  let matched = scanned;
  const commands = parseQuery(query.text).map(
    (command) =>
      (result: Parameters<typeof command>[0]): ReturnType<typeof command> => {
        const next = command(result);
        // What filters leave counts as matched, what limit and stats make does not.
        if (!next.isAggregated && !next.isSorted) matched = next.rows.length;
        return next;
      },
  );
  const rows = shownRows(runQuery(commands, events)).slice(0, query.limit);
  return {
    rows,
    statistics: {
      recordsMatched: matched,
      recordsScanned: scanned,
      estimatedRecordsSkipped: 0,
      bytesScanned: bytes,
      estimatedBytesSkipped: 0,
      logGroupsScanned: query.groups.length,
    },
  };
}

export const queryWork: WorkKind<{ at: Place; id: string }> = {
  run,
  retry: { attempts: 3, backoffMs: (failures) => 1000 * failures },
  dead: async ({ payload: { at, id } }, _error, platform) => {
    await end(platform, at, id, 'Failed');
  },
  concurrency: 2,
};

async function end(platform: Platform, at: Place, id: string, status: QueryStatus): Promise<boolean> {
  return platform.store.transact(async (tx) => {
    const query = await findQuery(tx, at, id);
    if (!query) throw queryNotFound(id);
    if (query.status !== 'Scheduled') return false;
    putQuery(tx, at, { ...query, status });
    return true;
  });
}

const NOTHING: QueryStatistics = {
  recordsMatched: 0,
  recordsScanned: 0,
  estimatedRecordsSkipped: 0,
  bytesScanned: 0,
  estimatedBytesSkipped: 0,
  logGroupsScanned: 0,
};

export const getQueryResults: Operation<'logs', 'GetQueryResults'> = async (input, context) => {
  const query = await findQuery(context.store, placeOf(context), input.queryId);
  if (!query) throw queryNotFound(input.queryId);
  return {
    queryLanguage: 'CWLI',
    results: await queryRows(context.store, placeOf(context), query),
    statistics: query.statistics ?? NOTHING,
    status: query.status,
  };
};

/** The pointer that a row of results ends with leads back to its event. */
export const getLogRecord: Operation<'logs', 'GetLogRecord'> = async (input, context) => {
  const [group, streamName, id] = decodePointer(input.logRecordPointer);
  const at = placeOf(context);
  const stream = await findStream(context.store, at, group, streamName);
  const { timestamp } = positionOf(id);
  const span = { fromMs: timestamp, toMs: timestamp + 1 };
  if (stream) {
    for await (const event of readForward(context.store, at, group, stream, span)) {
      if (eventId(streamName, event) !== id) continue;
      const row = rowOf({ ...event, log: `${at.accountId}:${group}`, stream: streamName, pointer: '' });
      const fields = [...row].filter(([name, value]) => name !== '@ptr' && value !== undefined && value !== null);
      return { logRecord: Object.fromEntries(fields.map(([name, value]) => [name, String(value)])) };
    }
  }
  throw recordNotFound();
};

function decodePointer(pointer: string): [group: string, stream: string, id: string] {
  try {
    const [group, stream, id] = JSON.parse(Buffer.from(pointer, 'base64url').toString()) as string[];
    if (group && stream && /^\d{56}$/.test(id ?? '')) return [group, stream, id as string];
  } catch {
    // falls through: what is no JSON is no pointer
  }
  throw invalidParameter('The specified logRecordPointer is invalid.');
}

export const stopQuery: Operation<'logs', 'StopQuery'> = async (input, context) => {
  if (await end(context.platform, placeOf(context), input.queryId, 'Cancelled')) return { success: true };
  const query = await findQuery(context.store, placeOf(context), input.queryId);
  throw invalidParameter(`Query with status ${query?.status} cannot be stopped`);
};

export const describeQueries: Operation<'logs', 'DescribeQueries'> = async (input, context) => {
  const offset = Number(input.nextToken ?? 0);
  const found = (await listQueries(context.store, placeOf(context)))
    .filter((query) => input.logGroupName === undefined || query.groups.includes(input.logGroupName))
    .filter((query) => input.status === undefined || query.status === input.status)
    .sort((a, b) => b.createdAt - a.createdAt);
  const limit = input.maxResults ?? 1000;
  const page = found.slice(offset, offset + limit);
  return {
    queries: page.map((query) => ({
      queryLanguage: 'CWLI' as const,
      queryId: query.id,
      queryString: `SOURCE ${query.groups.map((name) => `"${name}"`).join(' ')} START=${query.startMs} END=${query.endMs} |\n${query.text}`,
      status: query.status,
      createTime: query.createdAt,
      logGroupName: query.groups[0],
    })),
    ...(found.length > offset + limit && { nextToken: String(offset + limit) }),
  };
};

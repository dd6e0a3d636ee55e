import type { Operation } from '#kernel/service.ts';
import { groupNotFound, invalidParameter, streamExists, streamNotFound } from './errors.ts';
import { groupArn, groupOf, type GroupReference } from './groups.ts';
import {
  clearStream,
  deleteStreamEntry,
  findGroup,
  findStream,
  listStreams,
  placeOf,
  putStream,
  type LogStream,
} from './store.ts';

const PAGE_MAX = 50;

export const createLogStream: Operation<'logs', 'CreateLogStream'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    if (!(await findGroup(tx, at, input.logGroupName))) throw groupNotFound();
    if (await findStream(tx, at, input.logGroupName, input.logStreamName)) throw streamExists();
    putStream(tx, at, input.logGroupName, { name: input.logStreamName, createdAt: context.clock.now(), sequence: 0 });
  });
  return {};
};

export const deleteLogStream: Operation<'logs', 'DeleteLogStream'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    if (!(await findGroup(tx, at, input.logGroupName))) throw groupNotFound();
    if (!(await findStream(tx, at, input.logGroupName, input.logStreamName))) throw streamNotFound();
    deleteStreamEntry(tx, at, input.logGroupName, input.logStreamName);
  });
  await clearStream(context.store, at, input.logGroupName, input.logStreamName);
  return {};
};

export const describeLogStreams: Operation<'logs', 'DescribeLogStreams'> = async (input, context) => {
  const byTime = input.orderBy === 'LastEventTime';
  if (byTime && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const { name } = await groupOf(context, input as GroupReference);
  const limit = input.limit ?? PAGE_MAX;
  const page = byTime
    ? await byLastEvent()
    : await listStreams(context.store, placeOf(context), name, {
        prefix: input.logStreamNamePrefix ?? '',
        after: input.nextToken,
        limit: limit + 1,
        reverse: input.descending ?? false,
      });
  const shown = page.slice(0, limit);
  return {
    logStreams: shown.map((stream) => ({
      logStreamName: stream.name,
      creationTime: stream.createdAt,
      ...(stream.firstEventAt !== undefined && { firstEventTimestamp: stream.firstEventAt }),
      ...(stream.lastEventAt !== undefined && { lastEventTimestamp: stream.lastEventAt }),
      ...(stream.lastIngestionAt !== undefined && { lastIngestionTime: stream.lastIngestionAt }),
      ...(stream.sequence > 0 && { uploadSequenceToken: sequenceToken(stream) }),
      arn: `${groupArn(placeOf(context), name)}:log-stream:${stream.name}`,
      storedBytes: 0, // AWS: "As of June 17, 2019, this parameter is no longer supported … always reported as zero"
    })),
    ...(page.length > limit && { nextToken: shown.at(-1)?.name }),
  };

  async function byLastEvent(): Promise<LogStream[]> {
    const all: LogStream[] = [];
    let after: string | undefined;
    for (;;) {
      const some = await listStreams(context.store, placeOf(context), name, { after, limit: 1000 });
      all.push(...some);
      if (some.length < 1000) break;
      after = some.at(-1)?.name;
    }
    const time = (stream: LogStream): number => stream.lastEventAt ?? stream.createdAt;
    all.sort((a, b) => time(a) - time(b) || (a.name < b.name ? -1 : 1));
    if (input.descending) all.reverse();
    const from = input.nextToken === undefined ? 0 : all.findIndex((stream) => stream.name === input.nextToken) + 1;
    return all.slice(from, from + limit + 1);
  }
};

/** Sequence tokens are accepted and not needed since January 2023; they still come back. */
export const sequenceToken = (stream: LogStream): string =>
  `4961${String(stream.createdAt).padStart(15, '0')}${String(stream.sequence).padStart(37, '0')}`;

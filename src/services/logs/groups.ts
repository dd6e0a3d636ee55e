import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { parseArn } from '#core/arn.ts';
import { compileSafeRegex } from '#core/safe-regex.ts';
import { groupExists, groupNotFound, invalidParameter, notOffered } from './errors.ts';
import { checkTagKeys } from './tag-keys.ts';
import {
  clearGroup,
  deleteGroupEntry,
  findGroup,
  listGroups,
  listStreams,
  placeOf,
  putGroup,
  type LogGroup,
  type LogStream,
  type Place,
} from './store.ts';

const RETENTION_DAYS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);
const PAGE_MAX = 50;

export const groupArn = (at: Place, name: string): string =>
  `arn:aws:logs:${at.region}:${at.accountId}:log-group:${name}`;

/** Name or ARN (with or without the trailing `:*`), as the newer parameters logGroupIdentifier take it. */
export function groupNameOf(identifier: string): string {
  const arn = parseArn(identifier);
  return arn ? arn.resource.replace(/^log-group:/, '').replace(/:\*$/, '') : identifier;
}

export async function requireGroup(context: Context, name: string): Promise<LogGroup> {
  const group = await findGroup(context.store, placeOf(context), name);
  if (!group) throw groupNotFound();
  return group;
}

export interface GroupReference {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}

/** The group that the newer operations name in one of two ways. */
export async function groupOf(context: Context, reference: GroupReference): Promise<LogGroup> {
  const { logGroupName, logGroupIdentifier } = reference;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalidParameter('LogGroup name and LogGroup identifier are mutually exclusive parameters.');
  }
  if (logGroupName !== undefined) return requireGroup(context, logGroupName);
  if (logGroupIdentifier === undefined) {
    throw invalidParameter('Either logGroupName or logGroupIdentifier must be specified');
  }
  const arn = parseArn(logGroupIdentifier);
  if (arn && !isOwnGroupArn(context, logGroupIdentifier)) throw groupNotFound();
  return requireGroup(context, groupNameOf(logGroupIdentifier));
}

export function isOwnGroupArn({ accountId, region }: Context, text: string): boolean {
  const arn = parseArn(text);
  return (
    arn?.service === 'logs' &&
    arn.region === region &&
    arn.accountId === accountId &&
    arn.resource.startsWith('log-group:')
  );
}

export async function updateGroup(context: Context, name: string, change: (group: LogGroup) => void): Promise<void> {
  await context.store.transact(async (tx) => {
    const group = await findGroup(tx, placeOf(context), name);
    if (!group) throw groupNotFound();
    change(group);
    putGroup(tx, placeOf(context), group);
  });
}

export const createLogGroup: Operation<'logs', 'CreateLogGroup'> = async (input, context) => {
  if (input.kmsKeyId !== undefined) throw notOffered('kmsKeyId');
  const name = input.logGroupName;
  if (/^aws\//i.test(name)) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.');
  checkTagKeys(input.tags);
  await context.store.transact(async (tx) => {
    if (await findGroup(tx, placeOf(context), name)) throw groupExists();
    putGroup(tx, placeOf(context), {
      name,
      createdAt: context.clock.now(),
      tags: { ...input.tags },
      class: input.logGroupClass ?? 'STANDARD',
      ...(input.deletionProtectionEnabled && { deletionProtection: true }),
    });
  });
  return {};
};

export const deleteLogGroup: Operation<'logs', 'DeleteLogGroup'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const group = await findGroup(tx, at, input.logGroupName);
    if (!group) throw groupNotFound();
    if (group.deletionProtection) {
      throw invalidParameter('The log group cannot be deleted because deletion protection is enabled.');
    }
    deleteGroupEntry(tx, at, group.name);
    context.platform.work.enqueue(tx, 'logs:clear-group', { at, name: group.name, createdAt: group.createdAt });
  });
  // A group of the same name may be made at once: what is left of the old one must be gone before this answers.
  await clearGroup(context.store, at, input.logGroupName);
  return {};
};

export const describeLogGroups: Operation<'logs', 'DescribeLogGroups'> = async (input, context) => {
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
    throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
  }
  const limit = input.limit ?? PAGE_MAX;
  const at = placeOf(context);
  const pattern = input.logGroupNamePattern?.toLowerCase();
  const wanted = input.logGroupIdentifiers?.map(groupNameOf);
  const found: LogGroup[] = [];
  let after = input.nextToken;
  for (;;) {
    const page = await listGroups(context.store, at, input.logGroupNamePrefix ?? '', after, 1000);
    for (const group of page) {
      if (pattern !== undefined && !group.name.toLowerCase().includes(pattern)) continue;
      if (wanted !== undefined && !wanted.includes(group.name)) continue;
      if (input.logGroupClass !== undefined && group.class !== input.logGroupClass) continue;
      found.push(group);
    }
    if (page.length < 1000 || found.length > limit) break;
    after = page.at(-1)?.name;
  }
  const shown = found.slice(0, limit);
  return {
    logGroups: shown.map((group) => ({
      logGroupName: group.name,
      creationTime: group.createdAt,
      ...(group.retentionInDays !== undefined && { retentionInDays: group.retentionInDays }),
      metricFilterCount: 0,
      arn: `${groupArn(at, group.name)}:*`,
      storedBytes: 0, // AWS counts with a day's delay; a fresh group says 0
      logGroupClass: group.class,
      logGroupArn: groupArn(at, group.name),
      deletionProtectionEnabled: group.deletionProtection ?? false,
    })),
    ...(found.length > limit && { nextToken: shown.at(-1)?.name }),
  };
};

export const putRetentionPolicy: Operation<'logs', 'PutRetentionPolicy'> = async (input, context) => {
  const days = input.retentionInDays;
  if (!RETENTION_DAYS.has(days)) {
    throw invalidParameter(`Invalid retention value. Valid values are: [${[...RETENTION_DAYS].join(', ')}]`);
  }
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    const group = await findGroup(tx, at, input.logGroupName);
    if (!group) throw groupNotFound();
    putGroup(tx, at, { ...group, retentionInDays: days });
    // What is already too old goes now; what comes later carries its own end.
    context.platform.work.enqueue(tx, 'logs:retention', { at, name: group.name });
  });
  return {};
};

export const deleteRetentionPolicy: Operation<'logs', 'DeleteRetentionPolicy'> = async (input, context) => {
  await updateGroup(context, input.logGroupName, (group) => delete group.retentionInDays);
  return {};
};

export const putLogGroupDeletionProtection: Operation<'logs', 'PutLogGroupDeletionProtection'> = async (
  input,
  context,
) => {
  await updateGroup(context, groupNameOf(input.logGroupIdentifier), (group) => {
    group.deletionProtection = input.deletionProtectionEnabled;
  });
  return {};
};

export const listLogGroups: Operation<'logs', 'ListLogGroups'> = async (input, context) => {
  const { logGroupNamePattern, logGroupClass, logGroupTags, fieldIndexNames, dataSources } = input;
  for (const [name, value] of Object.entries({ logGroupTags, fieldIndexNames, dataSources })) {
    if (value !== undefined) throw notOffered(`${name} in ListLogGroups`);
  }
  const expression = logGroupNamePattern === undefined ? undefined : compileSafeRegex(namePattern(logGroupNamePattern));
  const at = placeOf(context);
  const limit = input.limit ?? PAGE_MAX;
  const found: LogGroup[] = [];
  for await (const group of groupsAfter(context, input.nextToken)) {
    if (expression && !expression.test(group.name)) continue;
    if (logGroupClass !== undefined && group.class !== logGroupClass) continue;
    found.push(group);
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  return {
    logGroups: shown.map((group) => ({
      logGroupName: group.name,
      logGroupArn: groupArn(at, group.name),
      logGroupClass: group.class,
    })),
    ...(found.length > limit && { nextToken: shown.at(-1)?.name }),
  };
};

/** `^name` begins with it, `name` contains it, `|` is or. */
const namePattern = (text: string): string => text.replace(/[.\-/]/g, '\\$&');

async function* groupsAfter(context: Context, name: string | undefined): AsyncGenerator<LogGroup> {
  let after = name;
  for (;;) {
    const page = await listGroups(context.store, placeOf(context), '', after, 1000);
    yield* page;
    if (page.length < 1000) return;
    after = page.at(-1)?.name;
  }
}

/** All streams of a group, page by page. */
export async function* streamsOf(context: Context, group: string, prefix = ''): AsyncGenerator<LogStream> {
  let after: string | undefined;
  for (;;) {
    const page = await listStreams(context.store, placeOf(context), group, { prefix, after, limit: 1000 });
    yield* page;
    if (page.length < 1000) return;
    after = page.at(-1)?.name;
  }
}

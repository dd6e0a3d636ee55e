import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { allowsRedrive, checkAttributes, checkTogether, defaultsOf, redriveOf } from './attributes.ts';
import { invalidValue, purgeInProgress, queueDeletedRecently, queueDoesNotExist, queueNameExists } from './errors.ts';
import { checkQueueName, isolationKnown, parseQueueArn, queueArn, queueUrl, type QueueRef } from './names.ts';
import { queueCache, requireQueue } from './queue-cache.ts';
import { receiversOf } from './receivers.ts';
import { placeOf, type Queue } from './records.ts';
import {
  epochPrefix,
  everyQueue,
  fifoPrefix,
  findQueue,
  listQueues as readQueues,
  notePlace,
  putQueue,
  removeQueue,
  wasDeletedRecently,
} from './store.ts';
import { checkTags } from './tags.ts';
import { clearWork } from './upkeep.ts';

const DELETED_MS = 60_000;
const PURGE_MS = 60_000;
const RESULTS_MAX = 1000;

export const createQueue: Operation<'sqs', 'CreateQueue'> = async (input, context) => {
  const { QueueName: name, tags = {} } = input;
  const given = (input.Attributes ?? {}) as Record<string, string>;
  const isFifo = given['FifoQueue'] === 'true';
  checkQueueName(name, isFifo);
  const ref: QueueRef = { ...placeOf(context), name };
  const attributes = checkAttributes(given, ref, isFifo);
  checkTags(tags);
  const now = Math.floor(context.clock.now() / 1000);
  await context.store.transact(async (tx) => {
    const existing = await findQueue(tx, ref, name);
    if (existing) return checkSame(existing, attributes);
    if (await wasDeletedRecently(tx, ref, name)) throw queueDeletedRecently();
    const queue: Queue = {
      ...ref,
      isFifo,
      id: context.ids.lower(12),
      epoch: context.ids.lower(12),
      createdAt: now,
      modifiedAt: now,
      attributes: withoutEmpty({ ...defaultsOf(isFifo), ...attributes }),
      tags,
    };
    checkTogether(queue.attributes);
    await checkRedriveTarget(tx, queue, attributes);
    putQueue(tx, queue);
    notePlace(tx, queue);
  });
  await isolationKnown(context);
  return { QueueUrl: queueUrl(context, ref) };
};

export const withoutEmpty = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));

function checkSame(existing: Queue, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if ((existing.attributes[name] ?? '') !== value) throw queueNameExists(name);
  }
}

/** The dead-letter queue must exist and let itself be used. */
export async function checkRedriveTarget(
  tx: Transaction,
  queue: Queue,
  changed: Record<string, string>,
): Promise<void> {
  const policy = changed['RedrivePolicy'] ? redriveOf(changed) : undefined;
  if (!policy) return;
  const target = parseQueueArn(policy.deadLetterTargetArn);
  const found = target && (await findQueue(tx, target, target.name));
  if (!found) throw invalidValue(changed['RedrivePolicy'], 'RedrivePolicy', 'Dead letter target does not exist.');
  if (!allowsRedrive(found.attributes, queue)) {
    throw invalidValue(
      changed['RedrivePolicy'],
      'RedrivePolicy',
      'Source queue is not permitted to use the dead-letter queue by its RedriveAllowPolicy.',
    );
  }
}

export const deleteQueue: Operation<'sqs', 'DeleteQueue'> = async ({ QueueUrl }, context) => {
  const queue = await requireQueue(context, QueueUrl);
  await context.store.transact(async (tx) => {
    const current = await findQueue(tx, queue, queue.name);
    if (!current) throw queueDoesNotExist();
    removeQueue(tx, current, context.clock.now() + DELETED_MS);
    context.platform.work.enqueue(tx, clearWork, { prefix: epochPrefix(current, current.epoch) });
    context.platform.work.enqueue(tx, clearWork, { prefix: fifoPrefix(current, current.id) });
  });
  queueCache(context.platform).forget(queue);
  receiversOf(context.platform).forget(queue);
  return {};
};

export const getQueueUrl: Operation<'sqs', 'GetQueueUrl'> = async (input, context) => {
  const ref = refOf(input, context);
  if (!(await findQueue(context.store, ref, ref.name))) throw queueDoesNotExist();
  return { QueueUrl: queueUrl(context, ref) };
};

export const refOf = (
  { QueueName, QueueOwnerAWSAccountId }: { QueueName: string; QueueOwnerAWSAccountId?: string | undefined },
  context: Context,
): QueueRef => ({
  accountId: QueueOwnerAWSAccountId ?? context.accountId,
  region: context.region,
  name: QueueName,
});

/** Without MaxResults AWS answers up to 1,000 and no token. */
export const listQueues: Operation<'sqs', 'ListQueues'> = async (input, context) => {
  const { QueueNamePrefix = '', MaxResults } = input;
  const limit = checkMaxResults(MaxResults) ?? RESULTS_MAX;
  const names = await filterQueues(context, tokenName(input.NextToken), limit + 1, ({ name }) =>
    name.startsWith(QueueNamePrefix),
  );
  const page = names.slice(0, limit);
  return {
    ...(page.length > 0 && { QueueUrls: page.map((name) => queueUrl(context, { ...placeOf(context), name })) }),
    ...(MaxResults !== undefined && names.length > limit && { NextToken: tokenOf(page) }),
  };
};

export const listDeadLetterSourceQueues: Operation<'sqs', 'ListDeadLetterSourceQueues'> = async (input, context) => {
  const { MaxResults } = input;
  const limit = checkMaxResults(MaxResults) ?? RESULTS_MAX;
  const target = queueArn(await requireQueue(context, input.QueueUrl));
  const names = await filterQueues(
    context,
    tokenName(input.NextToken),
    limit + 1,
    ({ attributes }) => redriveOf(attributes)?.deadLetterTargetArn === target,
  );
  const page = names.slice(0, limit);
  return {
    queueUrls: page.map((name) => queueUrl(context, { ...placeOf(context), name })),
    ...(MaxResults !== undefined && names.length > limit && { NextToken: tokenOf(page) }),
  };
};

function checkMaxResults(given: number | undefined): number | undefined {
  if (given !== undefined && (given < 1 || given > RESULTS_MAX)) {
    throw invalidValue(given, 'MaxResults', 'Must be between 1 and 1000, if provided.');
  }
  return given;
}

const tokenOf = (names: string[]): string => Buffer.from(names.at(-1) ?? '').toString('base64');
const tokenName = (token: string | undefined): string | undefined =>
  token === undefined ? undefined : Buffer.from(token, 'base64').toString();

async function filterQueues(
  context: Context,
  after: string | undefined,
  limit: number,
  fits: (queue: Queue) => boolean,
): Promise<string[]> {
  const names: string[] = [];
  for (let from = after; ;) {
    const page = await readQueues(context.store, placeOf(context), from, RESULTS_MAX);
    for (const queue of page) if (fits(queue) && names.push(queue.name) === limit) return names;
    if (page.length < RESULTS_MAX) return names;
    from = page.at(-1)?.name;
  }
}

/** Queues that move their dead letters to this one. */
export async function hasSourceQueues(context: Context, arn: string): Promise<boolean> {
  for await (const { attributes } of everyQueue(context.store, placeOf(context))) {
    if (redriveOf(attributes)?.deadLetterTargetArn === arn) return true;
  }
  return false;
}

export const purgeQueue: Operation<'sqs', 'PurgeQueue'> = async ({ QueueUrl }, context) => {
  const queue = await requireQueue(context, QueueUrl);
  const now = context.clock.now();
  await context.store.transact(async (tx) => {
    const current = await findQueue(tx, queue, queue.name);
    if (!current) throw queueDoesNotExist();
    if (current.purgedAtMs !== undefined && now - current.purgedAtMs < PURGE_MS) throw purgeInProgress(queue.name);
    putQueue(tx, { ...current, epoch: context.ids.lower(12), purgedAtMs: now });
    context.platform.work.enqueue(tx, clearWork, { prefix: epochPrefix(current, current.epoch) });
  });
  queueCache(context.platform).forget(queue);
  receiversOf(context.platform).wake(queue);
  return {};
};

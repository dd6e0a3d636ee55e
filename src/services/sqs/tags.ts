import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, queueDoesNotExist } from './errors.ts';
import { queueCache, requireQueue } from './queue-cache.ts';
import { findQueue, putQueue } from './store.ts';

const TAGS_MAX = 50;
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

export function checkTags(tags: Record<string, string>): void {
  if (Object.keys(tags).length > TAGS_MAX) throw invalidParameter('Too many tags added for queue.');
  for (const [key, value] of Object.entries(tags)) {
    if (!KEY.test(key) || key.toLowerCase().startsWith('aws:')) throw invalidParameter(`Tag key ${key} is invalid.`);
    if (!VALUE.test(value)) throw invalidParameter(`Tag value ${value} is invalid.`);
  }
}

async function changeTags(
  context: Context,
  url: string,
  change: (tags: Record<string, string>) => Record<string, string>,
): Promise<void> {
  const queue = await requireQueue(context, url);
  await context.store.transact(async (tx) => {
    const current = await findQueue(tx, queue, queue.name);
    if (!current) throw queueDoesNotExist();
    const tags = change(current.tags);
    checkTags(tags);
    putQueue(tx, { ...current, tags });
  });
  queueCache(context.platform).forget(queue);
}

export const tagQueue: Operation<'sqs', 'TagQueue'> = async ({ QueueUrl, Tags }, context) => {
  await changeTags(context, QueueUrl, (tags) => ({ ...tags, ...Tags }));
  return {};
};

export const untagQueue: Operation<'sqs', 'UntagQueue'> = async ({ QueueUrl, TagKeys }, context) => {
  await changeTags(context, QueueUrl, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
  );
  return {};
};

export const listQueueTags: Operation<'sqs', 'ListQueueTags'> = async ({ QueueUrl }, context) => {
  const { tags } = await requireQueue(context, QueueUrl);
  return Object.keys(tags).length > 0 ? { Tags: tags } : {};
};

import type { Operation } from '#kernel/service.ts';
import { checkAttributes, checkTogether } from './attributes.ts';
import { countMessages } from './counts.ts';
import { invalidAttribute, queueDoesNotExist, unknownAttribute } from './errors.ts';
import { queueArn } from './names.ts';
import { queueCache, requireQueue } from './queue-cache.ts';
import { checkRedriveTarget, withoutEmpty } from './queues.ts';
import { receiversOf } from './receivers.ts';
import { findQueue, putQueue } from './store.ts';

/** Everything that can be asked for; FIFO attributes of a standard queue are known and absent. */
const NAMES = new Set([
  'All',
  'Policy',
  'VisibilityTimeout',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
]);

export const getQueueAttributes: Operation<'sqs', 'GetQueueAttributes'> = async (input, context) => {
  const names = (input.AttributeNames ?? []) as string[];
  const queue = await requireQueue(context, input.QueueUrl);
  for (const name of names) if (!NAMES.has(name)) throw unknownAttribute(name);
  if (names.length === 0) return {};
  const wanted = (name: string): boolean => names.includes('All') || names.includes(name);
  const isCounting = wanted('All') || names.some((name) => name.startsWith('Approximate'));
  const counts = isCounting ? await countMessages(context.store, queue, context.clock.now()) : undefined;
  const { Policy, RedrivePolicy, RedriveAllowPolicy, ...settings } = queue.attributes;
  const all: Record<string, string | undefined> = {
    QueueArn: queueArn(queue),
    ApproximateNumberOfMessages: String(counts?.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts?.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts?.delayed),
    CreatedTimestamp: String(queue.createdAt),
    LastModifiedTimestamp: String(queue.modifiedAt),
    ...settings,
    Policy,
    RedrivePolicy,
    RedriveAllowPolicy,
  };
  const found = Object.entries(all).filter(([name, value]) => value !== undefined && wanted(name));
  return found.length > 0 ? { Attributes: Object.fromEntries(found) as Record<string, string> } : {};
};

export const setQueueAttributes: Operation<'sqs', 'SetQueueAttributes'> = async (input, context) => {
  const queue = await requireQueue(context, input.QueueUrl);
  const given = input.Attributes as Record<string, string>;
  if (given['FifoQueue'] !== undefined && given['FifoQueue'] !== queue.attributes['FifoQueue']) {
    throw queue.isFifo ? invalidAttribute('FifoQueue') : unknownAttribute('FifoQueue');
  }
  const changed = checkAttributes(given, queue, queue.isFifo);
  await context.store.transact(async (tx) => {
    const current = await findQueue(tx, queue, queue.name);
    if (!current) throw queueDoesNotExist();
    const attributes = withoutEmpty({ ...current.attributes, ...changed });
    checkTogether(attributes);
    await checkRedriveTarget(tx, current, changed);
    putQueue(tx, { ...current, attributes, modifiedAt: Math.floor(context.clock.now() / 1000) });
  });
  queueCache(context.platform).forget(queue);
  receiversOf(context.platform).wake(queue);
  return {};
};

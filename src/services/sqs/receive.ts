import type { Message as WireMessage } from '@aws-sdk/client-sqs';
import type { Operation } from '#kernel/service.ts';
import type { Context } from '#kernel/context.ts';
import { repeatAttempt } from './attempts.ts';
import type { Claimed } from './claim.ts';
import { invalidValue, notForThisQueueType, unknownAttribute } from './errors.ts';
import { attributesMd5, selectAttributes, toWire } from './message-attributes.ts';
import { requireQueue } from './queue-cache.ts';
import { formatReceipt } from './receipts.ts';
import { receiversOf, type ReceiveRequest } from './receivers.ts';
import type { Message, Queue } from './records.ts';
import { readContent } from './store.ts';

export const VISIBILITY_SECONDS_MAX = 43_200;

const SYSTEM_ATTRIBUTES: Record<string, (message: Message) => string | undefined> = {
  SenderId: ({ sender }) => sender,
  ApproximateFirstReceiveTimestamp: ({ firstReceivedAt }) => String(firstReceivedAt),
  ApproximateReceiveCount: ({ receives }) => String(receives),
  SentTimestamp: ({ sentAt }) => String(sentAt),
  SequenceNumber: ({ sequence }) => sequence,
  MessageDeduplicationId: ({ deduplication }) => deduplication,
  MessageGroupId: ({ group }) => group,
  AWSTraceHeader: ({ trace }) => trace,
  DeadLetterQueueSourceArn: ({ deadLetterSource }) => deadLetterSource,
};

export const receiveMessage: Operation<'sqs', 'ReceiveMessage'> = async (input, context) => {
  const queue = await requireQueue(context, input.QueueUrl);
  const { MaxNumberOfMessages: max = 1, WaitTimeSeconds, VisibilityTimeout } = input;
  if (max < 1 || max > 10) throw invalidValue(max, 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.');
  if (WaitTimeSeconds !== undefined && (WaitTimeSeconds < 0 || WaitTimeSeconds > 20)) {
    throw invalidValue(WaitTimeSeconds, 'WaitTimeSeconds', 'Must be >= 0 and <= 20, if provided.');
  }
  if (VisibilityTimeout !== undefined) checkVisibility(VisibilityTimeout);
  const names = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])] as string[];
  for (const name of names) {
    if (name !== 'All' && !Object.hasOwn(SYSTEM_ATTRIBUTES, name)) throw unknownAttribute(name);
  }
  const attempt = input.ReceiveRequestAttemptId;
  if (attempt !== undefined && !queue.isFifo) throw notForThisQueueType(attempt, 'ReceiveRequestAttemptId');
  const request: ReceiveRequest = {
    max,
    ...(VisibilityTimeout !== undefined && { visibilityMs: VisibilityTimeout * 1000 }),
    waitMs: (WaitTimeSeconds ?? Number(queue.attributes['ReceiveMessageWaitTimeSeconds'])) * 1000,
    signal: context.signal,
  };
  const receive = (): Promise<Claimed[]> => receiversOf(context.platform).receive(queue, request);
  const claimed = await (attempt === undefined
    ? receive()
    : repeatAttempt(context.platform, queue, attempt, request, receive));
  const messages = await Promise.all(
    claimed.map((each) => wireMessage(context, queue, each, names, input.MessageAttributeNames ?? [])),
  );
  const found = messages.filter((message) => message !== undefined);
  return found.length > 0 ? { Messages: found } : {};
};

export function checkVisibility(seconds: number): void {
  if (seconds < 0 || seconds > VISIBILITY_SECONDS_MAX) {
    throw invalidValue(seconds, 'VisibilityTimeout', `Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`);
  }
}

async function wireMessage(
  context: Context,
  queue: Queue,
  { seq, message }: Claimed,
  names: readonly string[],
  attributeNames: readonly string[],
): Promise<WireMessage | undefined> {
  const content = await readContent(context.store, queue, seq, message);
  if (!content) return undefined;
  const system = Object.entries(SYSTEM_ATTRIBUTES)
    .filter(([name]) => names.includes('All') || names.includes(name))
    .map(([name, valueOf]) => [name, valueOf(message)] as const)
    .filter(([, value]) => value !== undefined);
  const attributes = selectAttributes(content.attributes, attributeNames);
  return {
    MessageId: message.id,
    ReceiptHandle: formatReceipt(queue, { seq, receives: message.receives }),
    MD5OfBody: message.md5,
    Body: content.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) as Record<string, string> }),
    ...(attributes && { MD5OfMessageAttributes: attributesMd5(attributes), MessageAttributes: toWire(attributes) }),
  };
}

// SendMessage and SendMessageBatch: on disk before they are answered.
import { createHash } from 'node:crypto';
import type { SendMessageResult } from '@aws-sdk/client-sqs';
import type { Principal } from '#core/principal.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { batchAnswer, checkEntries, failedEntry, type FailedEntry } from './batches.ts';
import { batchTooLong, invalidParameter, invalidValue, missingParameter, notForThisQueueType } from './errors.ts';
import { MESSAGE_BYTES_MAX } from './attributes.ts';
import {
  attributesBytes,
  attributesMd5,
  checkText,
  md5,
  readAttributes,
  type Attributes,
} from './message-attributes.ts';
import { requireQueue } from './queue-cache.ts';
import type { Content, Message, Queue } from './records.ts';
import { newSequence, newStandardSeq, SEQUENCE_STEP } from './sequence.ts';
import { addMessage, counterKey, deduplicationKey } from './store.ts';
import type { Input } from '#kernel/service-types.ts';

const DEDUPLICATION_MS = 5 * 60_000;
const TOKEN = /^[\x21-\x7e]{1,128}$/;

type Entry = Omit<Input<'sqs', 'SendMessage'>, 'QueueUrl'>;

/** A message that was checked and is to be written. */
interface Draft {
  message: Message;
  content: Content;
  bytes: number;
  systemAttributes?: Attributes;
}

export const sendMessage: Operation<'sqs', 'SendMessage'> = async (input, context) => {
  const queue = await requireQueue(context, input.QueueUrl);
  const draft = draftOf(queue, input, context);
  if (draft.bytes > Number(queue.attributes['MaximumMessageSize'])) throw tooLong(queue);
  const [sent] = await write(queue, [draft], context);
  return sent as SendMessageResult;
};

export const sendMessageBatch: Operation<'sqs', 'SendMessageBatch'> = async (input, context) => {
  const entries = input.Entries ?? [];
  checkEntries(entries, 'SendMessageBatchRequestEntry');
  const queue = await requireQueue(context, input.QueueUrl);
  const failed: FailedEntry[] = [];
  const drafts: { id: string; draft: Draft }[] = [];
  for (const entry of entries) {
    try {
      const draft = draftOf(queue, entry, context);
      if (draft.bytes > Number(queue.attributes['MaximumMessageSize'])) throw tooLong(queue);
      drafts.push({ id: entry.Id, draft });
    } catch (error) {
      failed.push(failedEntry(entry.Id, error));
    }
  }
  const bytes = drafts.reduce((sum, { draft }) => sum + draft.bytes, 0);
  if (bytes > MESSAGE_BYTES_MAX) throw batchTooLong(MESSAGE_BYTES_MAX, bytes);
  const sent =
    drafts.length === 0
      ? []
      : await write(
          queue,
          drafts.map(({ draft }) => draft),
          context,
        );
  return batchAnswer(sent.map((each, n) => ({ Id: drafts[n]?.id ?? '', ...each })) as never[], failed);
};

const tooLong = (queue: Queue): Error =>
  invalidParameter(
    `One or more parameters are invalid. Reason: Message must be shorter than ${queue.attributes['MaximumMessageSize']} bytes.`,
  );

function draftOf(queue: Queue, entry: Entry, context: Context): Draft {
  const { MessageBody: body } = entry;
  if (!body) throw missingParameter('MessageBody');
  checkText(body);
  const attributes = readAttributes(entry.MessageAttributes);
  const systemAttributes = readSystemAttributes(entry);
  const now = context.clock.now();
  const delaySeconds = delayOf(queue, entry);
  const trace = systemAttributes?.['AWSTraceHeader']?.text ?? context.http?.headers['x-amzn-trace-id'];
  const message: Message = {
    id: context.ids.uuid(),
    md5: md5(body),
    sender: senderOf(context.principal),
    sentAt: now,
    visibleAt: now + delaySeconds * 1000,
    receives: 0,
    ...grouping(queue, entry, body),
    ...(trace !== undefined && { trace }),
  };
  return {
    message,
    content: { body, ...(attributes && { attributes }) },
    bytes: Buffer.byteLength(body) + attributesBytes(attributes),
    ...(systemAttributes && { systemAttributes }),
  };
}

function delayOf(queue: Queue, { DelaySeconds: given }: Entry): number {
  if (given === undefined) return Number(queue.attributes['DelaySeconds']);
  if (given < 0 || given > 900) {
    throw invalidValue(given, 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.');
  }
  if (queue.isFifo && given !== 0) throw notForThisQueueType(given, 'DelaySeconds');
  return queue.isFifo ? Number(queue.attributes['DelaySeconds']) : given;
}

function grouping(queue: Queue, entry: Entry, body: string): Pick<Message, 'group' | 'deduplication'> {
  const { MessageGroupId: group, MessageDeduplicationId: given } = entry;
  checkToken(group, 'MessageGroupId');
  checkToken(given, 'MessageDeduplicationId');
  if (!queue.isFifo) {
    if (given !== undefined) throw notForThisQueueType(given, 'MessageDeduplicationId');
    // Groups of standard queues: fair queues
    return group === undefined ? {} : { group };
  }
  if (group === undefined) throw missingParameter('MessageGroupId');
  const isByContent = queue.attributes['ContentBasedDeduplication'] === 'true';
  const deduplication = given ?? (isByContent ? createHash('sha256').update(body).digest('hex') : undefined);
  if (deduplication === undefined) {
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return { group, deduplication };
}

function checkToken(value: string | undefined, name: string): void {
  if (value === undefined || TOKEN.test(value)) return;
  throw invalidValue(
    value,
    name,
    `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function readSystemAttributes({ MessageSystemAttributes: given }: Entry): Attributes | undefined {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (name !== 'AWSTraceHeader') {
      throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
    }
    if (value?.DataType !== 'String') {
      throw invalidParameter("The message system attribute 'AWSTraceHeader' must be of type String.");
    }
  }
  return readAttributes(given as never);
}

/** The unique id of who sent, as SenderId shows it. */
const senderOf = (principal: Principal): string => {
  if (principal.type === 'service') return principal.service;
  return principal.type === 'anonymous' ? 'anonymous' : principal.userId;
};

type Sent = Omit<SendMessageResult, '$metadata'>;

function answerOf({ message, content, systemAttributes }: Draft, sequence: string | undefined, id: string): Sent {
  return {
    ...(systemAttributes && { MD5OfMessageSystemAttributes: attributesMd5(systemAttributes) }),
    ...(content.attributes && { MD5OfMessageAttributes: attributesMd5(content.attributes) }),
    MD5OfMessageBody: message.md5,
    MessageId: id,
    ...(sequence !== undefined && { SequenceNumber: sequence }),
  };
}

function write(queue: Queue, drafts: Draft[], context: Context): Promise<Sent[]> {
  if (queue.isFifo) return writeFifo(queue, drafts, context);
  return context.store.mutate([], (_values, tx) =>
    drafts.map((draft) => {
      addMessage(tx, queue, newStandardSeq(draft.message), draft.message, draft.content);
      return answerOf(draft, undefined, draft.message.id);
    }),
  );
}

interface Duplicate {
  id: string;
  sequence: string;
}

/** A duplicate is answered like the message that it repeats, and not stored. */
function writeFifo(queue: Queue, drafts: Draft[], context: Context): Promise<Sent[]> {
  const isByGroup = queue.attributes['DeduplicationScope'] === 'messageGroup';
  const keys = drafts.map(({ message: { group = '', deduplication = '' } }) =>
    deduplicationKey(queue, isByGroup ? group : '', deduplication),
  );
  const expires = context.clock.now() + DEDUPLICATION_MS;
  return context.store.mutate([counterKey(queue), ...keys], ([counted, ...found], tx) => {
    let counter = (counted as number | undefined) ?? 0;
    const known = new Map<string, Duplicate>();
    const sent = drafts.map((draft, n) => {
      const key = keys[n] ?? [];
      const name = JSON.stringify(key);
      const duplicate = known.get(name) ?? (found[n] as Duplicate | undefined);
      if (duplicate) return answerOf(draft, duplicate.sequence, duplicate.id);
      counter += SEQUENCE_STEP;
      const sequence = newSequence(counter);
      const { id } = draft.message;
      addMessage(tx, queue, sequence, { ...draft.message, sequence }, draft.content);
      tx.set(key, { id, sequence } satisfies Duplicate, { expires });
      known.set(name, { id, sequence });
      return answerOf(draft, sequence, id);
    });
    tx.set(counterKey(queue), counter);
    return sent;
  });
}

// DeleteMessage and ChangeMessageVisibility, one by one and in batches.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { batchAnswer, checkEntries, failedEntry, type FailedEntry } from './batches.ts';
import { invalidValue, messageNotAvailable, receiptHandleExpired } from './errors.ts';
import { requireQueue } from './queue-cache.ts';
import { checkVisibility, VISIBILITY_SECONDS_MAX } from './receive.ts';
import { parseReceipt, type Receipt } from './receipts.ts';
import type { Message, Queue } from './records.ts';
import { changeMessage, messageKey, removeMessage } from './store.ts';

interface Asked {
  id: string;
  handle: string;
  receipt: Receipt;
  visibilitySeconds: number;
}

/** Undefined when done; else what AWS says. Pure: runs inside the commit. */
type Outcome = Error | undefined;

/** A handle of a FIFO queue ends with its visibility timeout; one of a standard queue works as long as the message is there. */
const hasExpired = (queue: Queue, message: Message, { receives }: Receipt, now: number): boolean =>
  queue.isFifo && (message.receives !== receives || message.visibleAt <= now);

function removeAll(queue: Queue, asked: readonly Asked[], context: Context): Promise<Outcome[]> {
  const now = context.clock.now();
  return context.store.mutate(
    asked.map(({ receipt }) => messageKey(queue, receipt.seq)),
    (values, tx) =>
      asked.map(({ handle, receipt }, n) => {
        const message = values[n] as Message | undefined;
        if (!message) return undefined; // deleting twice is no error
        if (hasExpired(queue, message, receipt, now)) return receiptHandleExpired(handle);
        removeMessage(tx, queue, receipt.seq, message);
        return undefined;
      }),
  );
}

function changeAll(queue: Queue, asked: readonly Asked[], context: Context): Promise<Outcome[]> {
  const now = context.clock.now();
  return context.store.mutate(
    asked.map(({ receipt }) => messageKey(queue, receipt.seq)),
    (values, tx) =>
      asked.map(({ handle, receipt, visibilitySeconds }, n) => {
        const message = values[n] as Message | undefined;
        if (!message || message.receives === 0 || message.visibleAt <= now) return messageNotAvailable(handle);
        if (hasExpired(queue, message, receipt, now)) return receiptHandleExpired(handle);
        const visibleAt = now + visibilitySeconds * 1000;
        if (visibleAt > (message.receivedAt ?? now) + VISIBILITY_SECONDS_MAX * 1000)
          return beyondLimit(visibilitySeconds);
        changeMessage(tx, queue, receipt.seq, message, { ...message, visibleAt });
        return undefined;
      }),
  );
}

export const deleteMessage: Operation<'sqs', 'DeleteMessage'> = async (input, context) => {
  const queue = await requireQueue(context, input.QueueUrl);
  const handle = input.ReceiptHandle;
  const receipt = parseReceipt(queue, handle);
  const [error] = await removeAll(queue, [{ id: '', handle, receipt, visibilitySeconds: 0 }], context);
  if (error) throw error;
  return {};
};

export const changeMessageVisibility: Operation<'sqs', 'ChangeMessageVisibility'> = async (input, context) => {
  const queue = await requireQueue(context, input.QueueUrl);
  const { ReceiptHandle: handle, VisibilityTimeout: visibilitySeconds } = input;
  checkVisibilityChange(visibilitySeconds);
  const receipt = parseReceipt(queue, handle);
  const [error] = await changeAll(queue, [{ id: '', handle, receipt, visibilitySeconds }], context);
  if (error) throw error;
  return {};
};

/** 12 hours since it was received, extensions included. */
const beyondLimit = (seconds: number): Error =>
  invalidValue(
    seconds,
    'VisibilityTimeout',
    `Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_SECONDS_MAX} seconds]`,
  );

function checkVisibilityChange(seconds: number): void {
  if (seconds > VISIBILITY_SECONDS_MAX) throw beyondLimit(seconds);
  checkVisibility(seconds);
}

interface BatchEntry {
  Id: string;
  ReceiptHandle: string;
  VisibilityTimeout?: number | undefined;
}

async function batch(
  queue: Queue,
  entries: readonly BatchEntry[],
  context: Context,
  act: typeof removeAll,
): Promise<{ Successful: { Id: string }[]; Failed: FailedEntry[] }> {
  const failed: FailedEntry[] = [];
  const asked: Asked[] = [];
  for (const { Id: id, ReceiptHandle: handle, VisibilityTimeout: visibilitySeconds = 0 } of entries) {
    try {
      checkVisibilityChange(visibilitySeconds);
      asked.push({ id, handle, receipt: parseReceipt(queue, handle), visibilitySeconds });
    } catch (error) {
      failed.push(failedEntry(id, error));
    }
  }
  const outcomes = asked.length === 0 ? [] : await act(queue, asked, context);
  const done: { Id: string }[] = [];
  asked.forEach(({ id }, n) => {
    const error = outcomes[n];
    if (error) failed.push(failedEntry(id, error));
    else done.push({ Id: id });
  });
  return batchAnswer(done, failed);
}

export const deleteMessageBatch: Operation<'sqs', 'DeleteMessageBatch'> = async (input, context) => {
  const entries = input.Entries ?? [];
  checkEntries(entries, 'DeleteMessageBatchRequestEntry');
  return batch(await requireQueue(context, input.QueueUrl), entries, context, removeAll);
};

export const changeMessageVisibilityBatch: Operation<'sqs', 'ChangeMessageVisibilityBatch'> = async (
  input,
  context,
) => {
  const entries = input.Entries ?? [];
  checkEntries(entries, 'ChangeMessageVisibilityBatchRequestEntry');
  return batch(await requireQueue(context, input.QueueUrl), entries, context, changeAll);
};

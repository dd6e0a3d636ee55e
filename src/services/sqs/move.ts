import type { Platform } from '#kernel/platform.ts';
import { queueArn } from './names.ts';
import type { Message, Queue } from './records.ts';
import { newSequence, SEQUENCE_STEP } from './sequence.ts';
import { addMessage, counterKey, messageKey, readContent, removeMessage } from './store.ts';

/**
 * From one queue to another in one commit, if it is still as `seen`. It keeps its id and its count of receives. In a
 * standard queue it keeps its age too; FIFO queues count retention anew (developer guide, "dead-letter queues").
 */
export async function moveMessage(
  platform: Platform,
  from: Queue,
  to: Queue,
  seq: string,
  seen: Message,
  asRedrive = false,
): Promise<boolean> {
  const { store, clock } = platform;
  const content = await readContent(store, from, seq, seen);
  if (!content) return false;
  const now = clock.now();
  return store.mutate([messageKey(from, seq), counterKey(to)], ([found, counted], tx) => {
    const current = found as Message | undefined;
    if (!current || current.visibleAt !== seen.visibleAt || current.receives !== seen.receives) return false;
    removeMessage(tx, from, seq, current);
    const counter = ((counted as number | undefined) ?? 0) + SEQUENCE_STEP;
    const sequence = newSequence(counter);
    const { deadLetterSource: _before, ...rest } = current;
    const moved: Message = {
      ...rest,
      visibleAt: now,
      ...(!asRedrive && { deadLetterSource: queueArn(from) }),
      ...(asRedrive && { receives: 0, sentAt: now }),
      ...(to.isFifo && { sentAt: now, sequence }),
    };
    if (asRedrive) delete moved.firstReceivedAt;
    delete moved.receivedAt;
    addMessage(tx, to, to.isFifo ? sequence : seq, moved, content);
    if (to.isFifo) tx.set(counterKey(to), counter);
    return true;
  });
}

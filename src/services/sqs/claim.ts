// Takes messages out of a queue for those who wait: one commit for all of them.
import type { Platform } from '#kernel/platform.ts';
import { redriveOf } from './attributes.ts';
import { parseQueueArn } from './names.ts';
import { queueCache } from './queue-cache.ts';
import type { Message, Queue } from './records.ts';
import { changeMessage, listDue, messageKey, removeMessage, type Due } from './store.ts';
import { moveMessage } from './move.ts';

export interface Asked {
  max: number;
  /** absent: as the queue says */
  visibilityMs?: number;
}

export interface Claimed {
  seq: string;
  message: Message;
}

export interface DeadLetters {
  target: Queue;
  maxReceiveCount: number;
}

export interface ClaimResult {
  /** by receiver, in their order */
  given: Claimed[][];
  /** messages that had their chances: to be moved */
  dead: Claimed[];
  /** something was there that nobody got: expired, dead, or taken by another meanwhile */
  isWorthAnotherLook: boolean;
}

/** A dead-letter queue that is gone is no dead-letter queue: messages then go on being received. */
export async function deadLettersOf(platform: Platform, queue: Queue): Promise<DeadLetters | undefined> {
  const policy = redriveOf(queue.attributes);
  const ref = policy && parseQueueArn(policy.deadLetterTargetArn);
  const target = ref && (await queueCache(platform).find(ref));
  return policy && target && { target, maxReceiveCount: policy.maxReceiveCount };
}

export const visibilityMsOf = (queue: Queue, { visibilityMs }: Asked): number =>
  visibilityMs ?? Number(queue.attributes['VisibilityTimeout']) * 1000;

/** What is to become of a message that could be received now. */
export function fateOf(
  queue: Queue,
  message: Message,
  deadLetters: DeadLetters | undefined,
  now: number,
): 'give' | 'dead' | 'expired' {
  if (isExpired(queue, message, now)) return 'expired';
  return deadLetters && message.receives >= deadLetters.maxReceiveCount ? 'dead' : 'give';
}

export const isExpired = (queue: Queue, { sentAt }: Message, now: number): boolean =>
  sentAt + Number(queue.attributes['MessageRetentionPeriod']) * 1000 <= now;

export const received = (message: Message, now: number, visibilityMs: number): Message => ({
  ...message,
  visibleAt: now + visibilityMs,
  receives: message.receives + 1,
  firstReceivedAt: message.firstReceivedAt ?? now,
  receivedAt: now,
});

export async function claimStandard(platform: Platform, queue: Queue, asked: readonly Asked[]): Promise<ClaimResult> {
  const { store, clock } = platform;
  const now = clock.now();
  const wanted = asked.reduce((sum, { max }) => sum + max, 0);
  const due = await listDue(store, queue, { toMs: now + 1 }, wanted);
  const result: ClaimResult = { given: asked.map(() => []), dead: [], isWorthAnotherLook: false };
  if (due.length === 0) return result;
  const deadLetters = await deadLettersOf(platform, queue);
  // A claim lost to a power cut only makes the message visible again: at least once is kept.
  await store.mutate(
    due.map(({ seq }) => messageKey(queue, seq)),
    (values, tx) => {
      let receiver = 0;
      due.forEach(({ seq, visibleAt }: Due, n) => {
        const message = values[n] as Message | undefined;
        if (!message || message.visibleAt !== visibleAt) return void (result.isWorthAnotherLook = true);
        const fate = fateOf(queue, message, deadLetters, now);
        if (fate !== 'give') {
          result.isWorthAnotherLook = true;
          if (fate === 'expired') removeMessage(tx, queue, seq, message);
          else result.dead.push({ seq, message });
          return;
        }
        while ((result.given[receiver]?.length ?? 0) >= (asked[receiver]?.max ?? 0)) receiver++;
        const after = received(message, now, visibilityMsOf(queue, asked[receiver] as Asked));
        changeMessage(tx, queue, seq, message, after);
        result.given[receiver]?.push({ seq, message: after });
      });
    },
    { durability: 'lazy' },
  );
  if (deadLetters) await moveDead(platform, queue, deadLetters.target, result.dead);
  return result;
}

export async function moveDead(
  platform: Platform,
  queue: Queue,
  target: Queue,
  dead: readonly Claimed[],
): Promise<void> {
  for (const { seq, message } of dead) await moveMessage(platform, queue, target, seq, message);
}

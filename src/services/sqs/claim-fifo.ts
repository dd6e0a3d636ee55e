// FIFO: a group gives its messages in order, and none while one of them is in flight.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
import type { Platform } from '#kernel/platform.ts';
import { deadLettersOf, fateOf, moveDead, received, visibilityMsOf, type Asked, type ClaimResult } from './claim.ts';
import type { Message, Queue } from './records.ts';
import { changeMessage, listDue, listOrder, messageKey, removeMessage, type Due } from './store.ts';

const PAGE = 1000;
/** most receives find a free group near the head */
const FIRST_PAGE = 200;
/** How far AWS looks for a group that may give (quotas, "FIFO queue"). */
const LOOK_AT_MAX = 120_000;

/** Groups of messages that are not visible yet: in flight or delayed. */
async function lockedGroups(platform: Platform, queue: Queue, now: number): Promise<Set<string>> {
  const locked = new Set<string>();
  for (let after: Due | undefined; ;) {
    const page = await listDue(platform.store, queue, { fromMs: now + 1, ...(after && { after }) }, PAGE);
    for (const { entry } of page) if (entry.received) locked.add(entry.group ?? '');
    after = page.at(-1);
    if (page.length < PAGE) return locked;
  }
}

/** Free messages of the first groups that have some, each group in its order. */
async function freeGroups(
  platform: Platform,
  queue: Queue,
  locked: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  let looked = 0;
  for (let after: string | undefined; looked < LOOK_AT_MAX;) {
    const limit = looked === 0 ? FIRST_PAGE : PAGE;
    const page = await listOrder(platform.store, queue, after, limit);
    for (const { seq, group } of page) {
      if (locked.has(group)) continue;
      const known = groups.get(group);
      if (known) known.push(seq);
      else groups.set(group, [seq]);
    }
    looked += page.length;
    after = page.at(-1)?.seq;
    if (page.length < limit || groups.size > 0) return groups;
  }
  return groups;
}

export async function claimFifo(platform: Platform, queue: Queue, asked: readonly Asked[]): Promise<ClaimResult> {
  const { store, clock } = platform;
  const now = clock.now();
  const result: ClaimResult = { given: asked.map(() => []), dead: [], isWorthAnotherLook: false };
  const groups = await freeGroups(platform, queue, await lockedGroups(platform, queue, now));
  if (groups.size === 0) return result;
  const deadLetters = await deadLettersOf(platform, queue);
  const seqs = candidates(groups, asked);
  await store.mutate(
    seqs.map((seq) => messageKey(queue, seq)),
    (values, tx) => {
      const messages = new Map(seqs.map((seq, n) => [seq, values[n] as Message | undefined]));
      let receiver = 0;
      for (const group of groups.values()) {
        // a group goes to one receiver at a time
        if ((result.given[receiver]?.length ?? 0) >= (asked[receiver]?.max ?? 0)) receiver++;
        const to = asked[receiver];
        if (!to) return;
        for (const seq of group) {
          const message = messages.get(seq);
          if (!messages.has(seq) || (result.given[receiver]?.length ?? 0) >= to.max) break;
          if (!message) continue; // deleted meanwhile
          if (message.visibleAt > now) break; // delayed: what comes after it waits too
          const fate = fateOf(queue, message, deadLetters, now);
          if (fate === 'give') {
            const after = received(message, now, visibilityMsOf(queue, to));
            changeMessage(tx, queue, seq, message, after);
            result.given[receiver]?.push({ seq, message: after });
            continue;
          }
          result.isWorthAnotherLook = true;
          if (fate === 'expired') removeMessage(tx, queue, seq, message);
          else result.dead.push({ seq, message });
        }
      }
    },
  );
  if (deadLetters) await moveDead(platform, queue, deadLetters.target, result.dead);
  return result;
}

/** Enough of each group for any receiver, and no more keys than a commit takes. */
function candidates(groups: ReadonlyMap<string, string[]>, asked: readonly Asked[]): string[] {
  const most = Math.max(...asked.map(({ max }) => max));
  const wanted = asked.length * most;
  const seqs: string[] = [];
  for (const group of groups.values()) {
    if (seqs.length >= wanted) break;
    seqs.push(...group.slice(0, most));
  }
  return seqs;
}

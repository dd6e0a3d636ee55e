// ReceiveRequestAttemptId: who did not get the answer may ask again and gets the same messages. For five minutes, and
// only while all of them are still in flight; not kept over a restart (the messages then come back by their timeout).
import type { Platform } from '#kernel/platform.ts';
import { visibilityMsOf, type Asked, type Claimed } from './claim.ts';
import type { Message, Queue } from './records.ts';
import { changeMessage, messageKey } from './store.ts';

const ATTEMPT_MS = 5 * 60_000;
const ATTEMPTS_MAX = 10_000;

interface Attempt {
  until: number;
  claimed: Claimed[];
}

const byPlatform = new WeakMap<Platform, Map<string, Attempt>>();

function attemptsOf(platform: Platform): Map<string, Attempt> {
  let attempts = byPlatform.get(platform);
  if (!attempts) byPlatform.set(platform, (attempts = new Map()));
  return attempts;
}

export async function repeatAttempt(
  platform: Platform,
  queue: Queue,
  id: string,
  asked: Asked,
  receive: () => Promise<Claimed[]>,
): Promise<Claimed[]> {
  const attempts = attemptsOf(platform);
  const key = `${queue.epoch} ${id}`;
  const known = attempts.get(key);
  attempts.delete(key);
  const repeated = known && known.until > platform.clock.now() && (await again(platform, queue, known.claimed, asked));
  const claimed = repeated || (await receive());
  const [oldest] = attempts.keys();
  if (attempts.size >= ATTEMPTS_MAX && oldest !== undefined) attempts.delete(oldest);
  if (claimed.length > 0) attempts.set(key, { until: platform.clock.now() + ATTEMPT_MS, claimed });
  return claimed;
}

/** The same messages with a new timeout, if nobody touched them meanwhile. */
function again(
  { store, clock }: Platform,
  queue: Queue,
  claimed: readonly Claimed[],
  asked: Asked,
): Promise<Claimed[] | undefined> {
  const now = clock.now();
  return store.mutate(
    claimed.map(({ seq }) => messageKey(queue, seq)),
    (values, tx) => {
      const current = values as (Message | undefined)[];
      const isUntouched = claimed.every(
        ({ message }, n) => current[n]?.visibleAt === message.visibleAt && message.visibleAt > now,
      );
      if (!isUntouched) return undefined;
      return claimed.map(({ seq, message }) => {
        const after = { ...message, visibleAt: now + visibilityMsOf(queue, asked) };
        changeMessage(tx, queue, seq, message, after);
        return { seq, message: after };
      });
    },
  );
}

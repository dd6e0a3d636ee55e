// One try of one piece of work: runs its handler and answers the state it is left in.
import type { Platform } from './platform.ts';
import { GiveUp, Postpone, WorkTooOld, type WorkItem, type WorkKind } from './work.ts';
import type { DeadRecord, ItemRecord } from './work-record.ts';

/** A try whose process died is no failure of the work, but work that kills its process every time must end. */
const LOST_TRIES_MAX = 10;
/** The dead letter's own tries. AWS too drops what it cannot deliver there (Lambda's DeadLetterErrors metric). */
const DEAD_ATTEMPTS_MAX = 10;
const DEAD_BACKOFF_MS = 1000;
const DEAD_BACKOFF_MS_MAX = 300_000;

/** Answers the record to keep (with the time of the next step), or undefined when the work is done. Never throws. */
export async function tryWork(
  platform: Platform,
  work: WorkKind,
  item: WorkItem,
  record: ItemRecord,
): Promise<ItemRecord | undefined> {
  const { claimed: _, ...rest } = record;
  if (record.dead) return bury(platform, work, item, { ...rest, dead: record.dead });
  const now = platform.clock.now();
  if (isTooOld(work, rest, now)) return dead(work, rest, now, 'tooOld', lastErrorOf(rest));
  if ((rest.lost ?? 0) >= LOST_TRIES_MAX) {
    return dead(work, rest, now, 'failed', new Error(`${rest.lost} tries ended with their process`));
  }
  try {
    const answer = await work.run(item, platform);
    return answer instanceof Postpone ? { ...rest, at: Math.floor(answer.atMs) } : undefined;
  } catch (error) {
    return failed(platform, work, rest, error instanceof Error ? error : new Error(String(error)));
  }
}

function failed(platform: Platform, work: WorkKind, before: ItemRecord, error: Error): ItemRecord | undefined {
  const now = platform.clock.now();
  const failures = before.failures + 1;
  const record = { ...before, failures, lastError: `${error.name}: ${error.message}` };
  if (error instanceof GiveUp) {
    return dead(work, record, now, 'failed', error.cause instanceof Error ? error.cause : error);
  }
  if (failures >= work.retry.attempts) return dead(work, record, now, 'failed', error);
  const at = Math.floor(now + work.retry.backoffMs(failures));
  if (isTooOld(work, record, at)) return dead(work, record, now, 'tooOld', error);
  return { ...record, at };
}

/** No try is left. Where there is a dead letter the work stays, as dead, until that has run. */
function dead(
  work: WorkKind,
  record: ItemRecord,
  now: number,
  reason: DeadRecord['reason'],
  error: Error,
): ItemRecord | undefined {
  if (!work.dead) return undefined;
  return {
    ...record,
    at: Math.floor(now),
    dead: { reason, error: { name: error.name, message: error.message }, failures: 0 },
  };
}

async function bury(
  platform: Platform,
  work: WorkKind,
  item: WorkItem,
  record: ItemRecord & { dead: DeadRecord },
): Promise<ItemRecord | undefined> {
  const last = Object.assign(new Error(record.dead.error.message), { name: record.dead.error.name });
  const tooOld = record.dead.reason === 'tooOld';
  try {
    await work.dead?.(item, tooOld ? new WorkTooOld('older than its age limit', { cause: last }) : last, platform);
    return undefined;
  } catch (error) {
    const failures = record.dead.failures + 1;
    if (failures >= DEAD_ATTEMPTS_MAX) {
      platform.warn(`work ${item.kind}: its dead letter was given up after ${failures} tries: ${String(error)}`);
      return undefined;
    }
    const wait = Math.min(DEAD_BACKOFF_MS_MAX, DEAD_BACKOFF_MS * 2 ** (failures - 1));
    return { ...record, at: Math.floor(platform.clock.now() + wait), dead: { ...record.dead, failures } };
  }
}

function isTooOld(work: WorkKind, record: ItemRecord, at: number): boolean {
  return work.retry.ageMsMax !== undefined && at - record.createdAt > work.retry.ageMsMax;
}

function lastErrorOf(record: ItemRecord): Error {
  return new Error(record.lastError ?? 'no try was made in time');
}

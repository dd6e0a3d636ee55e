import type { Platform } from '#kernel/platform.ts';
import type { WorkItem } from '#kernel/work.ts';
import { clearGroup, findGroup, removeBatches, type Place } from './store.ts';

const DAY_MS = 86_400_000;

/** Finishes a DeleteLogGroup that was cut off, unless the group has been made again meanwhile. */
export async function clearOldGroup(item: WorkItem<{ at: Place; name: string }>, platform: Platform): Promise<void> {
  const { at, name } = item.payload;
  if (!(await findGroup(platform.store, at, name))) await clearGroup(platform.store, at, name);
}

/** A shorter retention reaches what was written before it. */
export async function removeExpired(item: WorkItem<{ at: Place; name: string }>, platform: Platform): Promise<void> {
  const { at, name } = item.payload;
  const group = await findGroup(platform.store, at, name);
  if (group?.retentionInDays === undefined) return;
  while (await removeBatches(platform.store, at, name, platform.clock.now() - group.retentionInDays * DAY_MS));
}

import type { Platform } from '#kernel/platform.ts';
import type { StackKey } from '../engine/records.ts';
import { clearStack } from './store.ts';

/** Ninety days after a deletion nothing is left of a stack; its record has expired by itself. */
export async function forgetStack(platform: Platform, key: StackKey): Promise<void> {
  await clearStack(platform.store, key);
}

import type { Platform } from '#kernel/platform.ts';
import type { StackKey, StackRecord } from '../engine/records.ts';
import * as store from './store.ts';

/** Whether no operation runs on the stack. */
export const isSettled = (stack: StackRecord): boolean => !stack.operation || stack.operation.ended === true;

/**
 * Waits for the end of a stack's operation, at most until `atMs`. No polling: the stack's record is watched.
 * Answers the stack as it is then.
 */
export async function settleStack(platform: Platform, key: StackKey, atMs?: number): Promise<StackRecord | undefined> {
  let wake: () => void = () => undefined;
  let late = false;
  const unwatch = store.watchStack(platform.store, key, () => wake());
  const onLate = (): void => {
    late = true;
    wake();
  };
  const cancel = atMs === undefined ? undefined : platform.clock.at(atMs, onLate);
  platform.signal.addEventListener('abort', onLate);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const stack = await store.getStack(platform.store, key);
      if (!stack || isSettled(stack) || late) return stack;
      await changed;
    }
  } finally {
    unwatch();
    cancel?.();
    platform.signal.removeEventListener('abort', onLate);
  }
}

// Waiting for what comes from outside, without polling.
import { Cancelled } from '../engine/failure.ts';
import type { ResourceContext } from './contract.ts';

/**
 * Asks `look` now and whenever `watch` says that something changed. Answers undefined when `atMs` passes first; throws
 * Cancelled when the operation is cancelled or the program stops.
 */
export async function waitFor<T>(
  context: Pick<ResourceContext, 'platform' | 'signal'>,
  watch: (listener: () => void) => () => void,
  look: () => Promise<T | undefined>,
  atMs?: number,
): Promise<T | undefined> {
  const { platform, signal } = context;
  let wake: () => void = () => undefined;
  const unwatch = watch(() => wake());
  let late = false;
  const cancelTimer =
    atMs === undefined
      ? undefined
      : platform.clock.at(atMs, () => {
          late = true;
          wake();
        });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (signal.aborted) throw new Cancelled('cancelled');
      const found = await look();
      if (found !== undefined) return found;
      if (late) return undefined;
      await changed;
    }
  } finally {
    unwatch();
    cancelTimer?.();
    signal.removeEventListener('abort', onAbort);
  }
}

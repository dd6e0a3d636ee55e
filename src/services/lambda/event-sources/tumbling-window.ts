// Tumbling windows: the arithmetic and the members of the event.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
import type { OpenWindow } from './store.ts';

/** A state that is larger ends its window early. */
export const STATE_BYTES_MAX = 1024 * 1024;

export const windowStart = (arrivedAt: number, seconds: number): number =>
  Math.floor(arrivedAt / (seconds * 1000)) * seconds * 1000;

export const windowEnd = ({ start }: OpenWindow, seconds: number): number => start + seconds * 1000;

/** Times without fractions of a second where there are none, as Java's Instant is written. */
export const instant = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

export interface WindowMembers {
  window: { start: string; end: string };
  state: unknown;
  shardId: string;
  eventSourceARN: string;
  isFinalInvokeForWindow: boolean;
  isWindowTerminatedEarly: boolean;
}

export const windowMembers = (
  open: OpenWindow,
  seconds: number,
  origin: { shardId: string; eventSourceARN: string },
  ending: { isFinal: boolean; isEarly: boolean },
): WindowMembers => ({
  window: { start: instant(open.start), end: instant(windowEnd(open, seconds)) },
  state: open.state,
  ...origin,
  isFinalInvokeForWindow: ending.isFinal,
  isWindowTerminatedEarly: ending.isEarly,
});

/** The state in a function's answer; undefined when there is none, which is a failure. */
export function stateOf(answer: string): { state: unknown; bytes: number } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(answer);
  } catch {
    return undefined;
  }
  const state = typeof json === 'object' && json !== null ? (json as { state?: unknown }).state : undefined;
  if (typeof state !== 'object' || state === null) return undefined;
  return { state, bytes: Buffer.byteLength(JSON.stringify(state)) };
}

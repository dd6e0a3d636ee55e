// Version and upload ids. Both begin with a time, so that versions sort newest first and uploads oldest first;
// the rest is random. A version's order in the store is its id; `null` versions have an order of their own.
import type { Ids } from '#core/ids.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'.slice(0, 32);
/** 11 digits of 5 bits hold every safe integer */
const TIME_DIGITS = 11;
/** ids of one millisecond */
const PER_MS = 2048;

function encodeNumber(value: number): string {
  let out = '';
  for (let rest = value, i = 0; i < TIME_DIGITS; i++, rest = Math.floor(rest / 32)) out = DIGITS[rest % 32] + out;
  return out;
}

function decodeNumber(text: string): number {
  let value = 0;
  for (const digit of text) value = value * 32 + DIGITS.indexOf(digit);
  return value;
}

/** Sorts before every older order of the same key, also when the clock stood still or went back. */
export function nextOrder(nowMs: number, newest: string | undefined, ids: Ids): string {
  const now = Number.MAX_SAFE_INTEGER - nowMs * PER_MS;
  const before = newest === undefined ? now : decodeNumber(newest.slice(0, TIME_DIGITS)) - 1;
  return encodeNumber(Math.min(now, before)) + ids.lower(32 - TIME_DIGITS);
}

export const orderOfVersionId = (versionId: string): string => versionId;

export const newUploadId = (nowMs: number, ids: Ids): string =>
  encodeNumber(nowMs * PER_MS) + ids.lower(128 - TIME_DIGITS);

/** What may be the id of a version, whether it is there or not. */
export const isVersionId = (text: string): boolean => text === 'null' || /^[0-9A-Za-z_.-]{32}$/.test(text);

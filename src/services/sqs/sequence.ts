// The order of messages inside a queue.
import type { Message } from './records.ts';

/** AWS's numbers have 20 digits, grow, and leave gaps. */
const FIRST = 18_800_000_000_000_000_000n;
export const SEQUENCE_STEP = 256;

export const newSequence = (counter: number): string => String(FIRST + BigInt(counter));

const TIME_DIGITS = 9;
const COUNT_DIGITS = 4;
const COUNT_MAX = 36 ** COUNT_DIGITS;
const RANDOM_DIGITS = 12;

let count = 0;

/** Ascends with the time of sending; a count orders what is sent in one millisecond, the message's id breaks ties. */
export function newStandardSeq({ sentAt, id }: Message): string {
  count = (count + 1) % COUNT_MAX;
  return digits(sentAt, TIME_DIGITS) + digits(count, COUNT_DIGITS) + id.replaceAll('-', '').slice(-RANDOM_DIGITS);
}

const digits = (value: number, length: number): string => value.toString(36).padStart(length, '0');

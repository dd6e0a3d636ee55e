// The order of messages inside a queue.
import type { Message } from './records.ts';

/** AWS's numbers have 20 digits, grow, and leave gaps. */
const FIRST = 18_800_000_000_000_000_000n;
export const SEQUENCE_STEP = 256;

export const newSequence = (counter: number): string => String(FIRST + BigInt(counter));

const TIME_DIGITS = 9;
const RANDOM_DIGITS = 16;

/** Ascends with the time of sending; the message's id breaks ties. */
export const newStandardSeq = ({ sentAt, id }: Message): string =>
  sentAt.toString(36).padStart(TIME_DIGITS, '0') + id.replaceAll('-', '').slice(0, RANDOM_DIGITS);

// Event ids: 56 digits, unique in a group, ascending by time and then arrival. As on AWS the time stands above 144 bits
// (an id of the user guide's example divided by 2^144 is its timestamp).
import type { StoredEvent } from './store.ts';

const TIME_SHIFT = 144n;
const SEQUENCE_SHIFT = 32n;
const DIGITS = 56;

/** FNV-1a: tells the streams of a group apart. */
export function streamBits(stream: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function eventId(stream: string, event: Pick<StoredEvent, 'timestamp' | 'sequence'>): string {
  const id =
    (BigInt(event.timestamp) << TIME_SHIFT) + (BigInt(event.sequence) << SEQUENCE_SHIFT) + BigInt(streamBits(stream));
  return String(id).padStart(DIGITS, '0');
}

export interface Position {
  timestamp: number;
  sequence: number;
  /** of the stream */
  bits: number;
}

/** Where an id points to. */
export function positionOf(id: string): Position {
  const number = BigInt(id);
  const timestamp = number >> TIME_SHIFT;
  const rest = number - (timestamp << TIME_SHIFT);
  return {
    timestamp: Number(timestamp),
    sequence: Number(rest >> SEQUENCE_SHIFT),
    bits: Number(BigInt.asUintN(32, rest)),
  };
}

/** The order of ids, without making them. */
export const comparePositions = (a: Position, b: Position): number =>
  a.timestamp - b.timestamp || a.sequence - b.sequence || a.bits - b.bits;

// Where work lies in the store:
//   ['work', 'due', kind, atMs, id]   the index by time; true while a node runs it (atMs is then the end of its lease)
//   ['work', 'item', kind, id]        its state; `at` says which index entry counts, any other one is stale
//   ['work', 'payload', kind, id]     its payload, apart so that a claim does not write it again
import type { Key, Writer } from '#store/contract.ts';

export interface ItemRecord {
  at: number;
  createdAt: number;
  failures: number;
  lastError?: string;
  /** changes with every enqueue of this id and every claim: whoever finishes must still hold it */
  token: string;
  /** set while a node runs it */
  claimed?: true;
  /** tries that ended with their process */
  lost?: number;
  /** set when no try is left: what remains is to tell `dead` */
  dead?: DeadRecord;
}

export interface DeadRecord {
  reason: 'failed' | 'tooOld';
  error: { name: string; message: string };
  /** failures of the dead letter itself */
  failures: number;
}

export const ALL_DUE: Key = ['work', 'due'];
export const dueOf = (kind: string): Key => ['work', 'due', kind];
export const dueKey = (kind: string, at: number, id: string): Key => ['work', 'due', kind, at, id];
export const itemKey = (kind: string, id: string): Key => ['work', 'item', kind, id];
export const payloadKey = (kind: string, id: string): Key => ['work', 'payload', kind, id];

/** Moves an item to another time, under whatever its state then is. */
export function moveItem(tx: Writer, kind: string, id: string, from: number, item: ItemRecord): void {
  if (from !== item.at) tx.delete(dueKey(kind, from, id));
  tx.set(dueKey(kind, item.at, id), item.claimed === true);
  tx.set(itemKey(kind, id), item);
}

export function removeItem(tx: Writer, kind: string, id: string, at: number): void {
  tx.delete(dueKey(kind, at, id));
  tx.delete(itemKey(kind, id));
  tx.delete(payloadKey(kind, id));
}

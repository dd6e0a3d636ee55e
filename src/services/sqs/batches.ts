// What the four batch operations have in common: ids, counts, and errors entry by entry.
import { ServiceError } from '#core/errors.ts';
import { emptyBatch, idNotDistinct, invalidBatchEntryId, tooManyEntries } from './errors.ts';

const ENTRIES_MAX = 10;
const ID = /^[A-Za-z0-9_-]{1,80}$/;

export interface FailedEntry {
  Id: string;
  SenderFault: boolean;
  Code: string;
  Message: string;
}

export function checkEntries(entries: readonly { Id?: string | undefined }[], kind: string): void {
  if (entries.length === 0) throw emptyBatch(kind);
  if (entries.length > ENTRIES_MAX) throw tooManyEntries(entries.length);
  const ids = new Set<string>();
  for (const { Id = '' } of entries) {
    if (!ID.test(Id)) throw invalidBatchEntryId();
    if (ids.has(Id)) throw idNotDistinct(Id);
    ids.add(Id);
  }
}

/** Rethrows what is not the sender's fault: the whole batch fails then. */
export function failedEntry(Id: string, error: unknown): FailedEntry {
  if (!(error instanceof ServiceError)) throw error;
  return { Id, SenderFault: error.fault === 'client', Code: error.code, Message: error.message };
}

/** AWS leaves out the list that has nothing. */
export const batchAnswer = <T>(Successful: T[], Failed: FailedEntry[]): { Successful: T[]; Failed: FailedEntry[] } =>
  ({ ...(Successful.length > 0 && { Successful }), ...(Failed.length > 0 && { Failed }) }) as never;

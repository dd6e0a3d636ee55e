import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Key } from '../contract.ts';

export const newBlobId = (): string => randomBytes(16).toString('hex');

/** Ids become file names: nothing else may. */
export function checkBlobId(id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new TypeError(`not a blob id: ${JSON.stringify(id)}`);
  return id;
}

/** One of 256 folders, and the file in it. */
export function blobPath(root: string, id: string): string {
  return path.join(root, checkBlobId(id).slice(0, 2), id);
}

/** While this entry is there nothing names the blob, and a restart removes it. */
export const pendingKey = (id: string): Key => ['blob-pending', checkBlobId(id)];

export function noSuchBlob(id: string): Error {
  return Object.assign(new Error(`no blob ${id}`), { code: 'ENOENT' });
}

import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailed } from '../contract.ts';

/** statfs types on which the log's shared memory and locks cannot be relied on. https://www.sqlite.org/wal.html: "does not work over a network filesystem" */
const REMOTE_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x65735546: 'FUSE',
};

/** Makes this process the owner of the store; the kernel drops the lock with the process, however it ends. */
export function lockStore(file: string): { release(): void } {
  const remote = REMOTE_FILE_SYSTEMS[fs.statfsSync(path.dirname(file)).type];
  if (remote) throw new StoreFailed(`${file}: a store needs a local file system, this is ${remote}`);
  makePrivate(file);
  makePrivate(`${file}.lock`);
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new StoreFailed(`${file} is in use by another process`, { cause });
  }
  return { release: () => lock.close() };
}

/** For its owner alone: it holds secrets. SQLite gives the log and its index the same mode. */
function makePrivate(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch (error) {
    // An existing file must not even be opened: to close any descriptor of it drops this process's locks on it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

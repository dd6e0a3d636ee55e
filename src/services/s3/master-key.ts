// The key under which bodies lie on disk: 32 random bytes in a file of the data folder, made at the first start. Whoever
// copies the store and its blobs elsewhere needs the file as well; without it nothing can be read.
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Platform } from '#kernel/platform.ts';
import type { Bucket } from './records.ts';

const KEY_BYTES = 32;
const FILE = 's3.key';

interface Keyring {
  master: Buffer;
  /** by account and region: each has its own */
  derived: Map<string, Buffer>;
}
const keyrings = new WeakMap<Platform, Keyring>();

/** At start, so that an unreadable key stops the program and no request. */
export function openMasterKey(platform: Platform): void {
  const { dataDir } = platform.config;
  const master = dataDir === undefined ? randomBytes(KEY_BYTES) : keyOfFile(dataDir);
  keyrings.set(platform, { master, derived: new Map() });
}

function keyOfFile(dataDir: string): Buffer {
  const file = path.join(dataDir, FILE);
  const found = readIfThere(file);
  if (found === undefined) return makeKey(dataDir, file);
  const key = Buffer.from(found.trim(), 'hex');
  if (key.length !== KEY_BYTES)
    throw new Error(`${file} holds no key: ${KEY_BYTES * 2} hexadecimal digits are expected`);
  return key;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** On disk before the first body is: both the file and its name. */
function makeKey(dataDir: string, file: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  const descriptor = openSync(file, 'wx', 0o600);
  writeSync(descriptor, `${key.toString('hex')}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  const folder = openSync(dataDir, 'r');
  fsyncSync(folder);
  closeSync(folder);
  return key;
}

export function accountKey(platform: Platform, { accountId, region }: Pick<Bucket, 'accountId' | 'region'>): Buffer {
  const keyring = keyrings.get(platform);
  if (!keyring) throw new Error('S3 has not started');
  const name = `${accountId} ${region}`;
  let key = keyring.derived.get(name);
  if (!key) keyring.derived.set(name, (key = createHmac('sha256', keyring.master).update(name).digest()));
  return key;
}

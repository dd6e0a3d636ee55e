// The first start of `serve` makes the root user's access key and leaves it in the data directory, readable by its owner.
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Platform } from '#kernel/platform.ts';
import { listRootAccessKeys, putAccessKey } from './store.ts';

const FILE = 'root-credentials';

/** AWS's shared credentials file, so that AWS_SHARED_CREDENTIALS_FILE can name it. Answers its path when it was written. */
export async function ensureRootCredentials(platform: Platform): Promise<string | undefined> {
  const { clock, config, ids, store } = platform;
  const { dataDir, defaultAccountId: accountId } = config;
  if (config.mode !== 'serve' || dataDir === undefined) return undefined;
  if ((await listRootAccessKeys(store, accountId)).length > 0) return undefined;
  const key = { id: ids.iam('AKIA'), secret: ids.secretKey(), accountId, active: true, createdAt: clock.now() };
  const file = path.resolve(dataDir, FILE);
  // The file first: dying between the two makes another key at the next start, never a key that nobody knows.
  await writePrivate(
    file,
    `[default]\naws_access_key_id = ${key.id}\naws_secret_access_key = ${key.secret}\nregion = ${config.defaultRegion}\n`,
  );
  await store.transact((tx) => putAccessKey(tx, key));
  return file;
}

async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

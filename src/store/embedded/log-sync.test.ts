import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FileLogSync } from './log-sync.ts';

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test('the thread ends when there is nothing to sync, and another comes with the next load', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-log-sync-'));
  const log = path.join(folder, 'log');
  writeFileSync(log, 'x');
  const sync = new FileLogSync(log, folder, 30);
  const load = async (): Promise<void> => {
    while (!sync.hasThread) {
      await sync.sync();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    for (let round = 0; round < 2; round++) {
      await load();
      await sync.sync();
      await until(() => !sync.hasThread);
      await sync.sync();
    }
  } finally {
    await sync.close();
    rmSync(folder, { recursive: true });
  }
});

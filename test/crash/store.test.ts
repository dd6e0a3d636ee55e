// kill -9 under a mixed load of the store, its blobs and the work queue. ROUNDS=50 node --test test/crash/store.test.ts
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkStore, type Acknowledged } from './store-check.ts';
import { startWriter } from './store-writer-process.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
/** Then a new store, so that looking through it stays short. */
const ROUNDS_PER_STORE = 5;
/** Kills fall anywhere between here: some into the recovery after the kill before, most into the load. */
const KILL_MS_MAX = 500;
const EARLY_SHARE = 0.2;

async function writeUntilKilled(directory: string, acknowledged: Acknowledged): Promise<void> {
  const { child, ready, closed } = startWriter(directory, acknowledged);
  if (Math.random() > EARLY_SHARE) await Promise.race([ready, closed]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * KILL_MS_MAX));
  child.kill('SIGKILL');
  assert.equal(await closed, 'SIGKILL', 'the writer ended by itself');
}

test(`${ROUNDS} times kill -9 under load: nothing acknowledged is lost or torn, all work is done, no blob is left over`, async (t) => {
  const base = mkdtempSync(path.join(tmpdir(), 'gatehouse-crash-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  let acknowledged: Acknowledged = { last: [], total: 0 };
  let total = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const directory = path.join(base, String(Math.floor(round / ROUNDS_PER_STORE)));
    if (round % ROUNDS_PER_STORE === 0) acknowledged = { last: [], total: 0 };
    await writeUntilKilled(directory, acknowledged);
    const report = await checkStore(directory, acknowledged);
    t.diagnostic(`round ${round + 1}: ${acknowledged.total} acknowledged in this store, ${report}`);
    if (round % ROUNDS_PER_STORE === ROUNDS_PER_STORE - 1 || round === ROUNDS - 1) total += acknowledged.total;
  }
  t.diagnostic(`${total} acknowledged in all`);
  assert.ok(total > 100 * ROUNDS, 'hardly anything was written');
});

// kill -9 of the whole program under acknowledged writes of every kind, by the official SDK. ROUNDS=50 for the long run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { startProgram, type Program } from './program.ts';
import { writers, type Acknowledged } from './program-writers.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const RUN_MS_MAX = 500;
/** as many as there are writers */
const KINDS = 10;
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-crash-'));
let program: Program | undefined;
after(async () => {
  await program?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

test(`nothing acknowledged is lost in ${ROUNDS} kills`, { timeout: 60_000 + ROUNDS * 20_000 }, async (t) => {
  const acknowledged: Acknowledged[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    program = await startProgram(dataDir);
    const before = acknowledged.length;
    let stop = false;
    const load = Promise.all(
      writers(program.sdk).map(async (write, kind) => {
        for (let n = 0; !stop; n++) {
          // A call that the kill cut off was not acknowledged: it may be there or not.
          const done = await write(`r${round}k${kind}n${n}`).catch(() => undefined);
          if (done) acknowledged.push(done);
        }
      }),
    );
    // On a busy machine the first answers take their time: a round that acknowledged nothing proves nothing.
    await eventually(() => acknowledged.length >= before + KINDS);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * RUN_MS_MAX));
    await program.kill();
    stop = true;
    await load;

    program = await startProgram(dataDir);
    for (const written of acknowledged.slice(before)) {
      assert.ok(
        await written.isThere(program.sdk),
        `round ${round}: ${written.what} was acknowledged and is not there`,
      );
    }
    await program.kill();
  }
  const kinds = new Map<string, number>();
  for (const { what } of acknowledged)
    kinds.set(what.split(' ')[0] ?? '', (kinds.get(what.split(' ')[0] ?? '') ?? 0) + 1);
  t.diagnostic(
    `${acknowledged.length} acknowledged: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
  );

  // And everything of all rounds is there at the end.
  program = await startProgram(dataDir);
  for (const written of acknowledged)
    assert.ok(await written.isThere(program.sdk), `${written.what} did not survive the later kills`);
});

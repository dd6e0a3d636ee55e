// The same as crash.test.ts with the real services behind the resources: nothing may be lost, doubled or left over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const script = path.join(import.meta.dirname, 'killed-server.ts');
/** ms after readiness: in the creation, in its resumption, in the deletion. `CRASH_ROUNDS=50` makes more of them up. */
const fixed = [[160, 60, 40]];
const more = Number(process.env['CRASH_ROUNDS'] ?? 0);
const rounds = [
  ...fixed,
  ...Array.from({ length: more }, () => [
    100 + Math.random() * 250,
    20 + Math.random() * 150,
    20 + Math.random() * 100,
  ]),
];

interface Outcome {
  status?: string;
  counts: Record<string, number>;
  half: string[];
  failures: unknown[];
}

function run(dataDir: string, action: string, killMs?: number): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, dataDir, action], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (killMs !== undefined && out.includes('ready')) timer ??= setTimeout(() => child.kill('SIGKILL'), killMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const last = out.trim().split('\n').at(-1) ?? '';
      if (last.startsWith('{')) resolve(JSON.parse(last) as Outcome);
      else if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`exit ${code}: ${out}`));
    });
  });
}

const WHOLE = {
  apis: 1,
  deployments: 1,
  functions: 1,
  versions: 2,
  users: 1,
  keys: 1,
  roles: 1,
  policies: 1,
  buckets: 1,
  groups: 1,
  https: 1,
  integrations: 1,
  routes: 1,
};
const NOTHING = Object.fromEntries(Object.keys(WHOLE).map((name) => [name, 0]));

test('a stack of real resources that is killed while it comes and goes is whole, then gone', async () => {
  for (const [creating, resuming, deleting] of rounds) {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'cloudformation-crash-'));
    try {
      await run(dataDir, 'create', creating);
      await run(dataDir, 'resume', resuming);
      let outcome = await run(dataDir, 'resume');
      // Killed before the request was written: nobody was promised anything.
      if (outcome?.status === undefined) outcome = await run(dataDir, 'create');
      assert.deepEqual(outcome, { status: 'CREATE_COMPLETE', counts: WHOLE, half: [], failures: [] });
      await run(dataDir, 'delete', deleting);
      await run(dataDir, 'resume');
      const gone = await run(dataDir, 'delete');
      assert.deepEqual([gone?.status, gone?.counts], ['DELETE_COMPLETE', NOTHING]);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
});

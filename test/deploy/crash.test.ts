import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const script = path.join(import.meta.dirname, 'killed-platform.ts');

interface Outcome {
  status?: string;
  resources: [name: string, status: string][];
  queues: [name: string, attributes: Record<string, string>][];
}

/** Runs the process; kills it `killMs` after it is ready, unless it ended before. Answers what it printed at its end. */
function run(dataDir: string, action: string, killMs?: number): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, dataDir, action], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const wasReady = out.includes('ready');
      out += chunk.toString();
      if (!wasReady && out.includes('ready') && killMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (last.startsWith('{')) resolve(JSON.parse(last) as Outcome);
      else if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`exit ${code}: ${out}`));
    });
  });
}

/** Nothing lost and nothing left over: the queues that exist are the ones that the stack has. */
function agree({ resources, queues }: Outcome): void {
  assert.deepEqual(queues.map(([name]) => name).sort(), resources.map(([name]) => name).sort());
}

let killed = 0;

async function untilDone(dataDir: string, action: string, kills: readonly number[], done: string): Promise<Outcome> {
  for (const [i, killMs] of kills.entries()) {
    const outcome = await run(dataDir, i === 0 ? action : 'resume', killMs);
    if (outcome) break;
    killed++;
  }
  let outcome = await run(dataDir, 'resume');
  // Killed before the request was written: nobody was promised anything, ask again.
  if (outcome?.status !== done) outcome = await run(dataDir, action);
  assert.equal(outcome?.status, done);
  agree(outcome!);
  return outcome!;
}

test('a stack operation that is killed again and again ends as if nothing had happened', async () => {
  for (const kills of [
    [20, 25],
    [35, 15],
  ]) {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'cloudformation-crash-'));
    try {
      const created = await untilDone(dataDir, 'create', kills, 'CREATE_COMPLETE');
      assert.equal(created.queues.length, 8);
      const updated = await untilDone(dataDir, 'update', kills, 'UPDATE_COMPLETE');
      assert.equal(updated.queues.length, 8);
      for (const [name, attributes] of updated.queues) {
        const number = Number(/Q(\d)/.exec(name)![1]);
        assert.equal(attributes.DelaySeconds, number % 2 ? '9' : '1', name);
        assert.equal(name.endsWith('.fifo'), number === 4, name);
      }
      const gone = await untilDone(dataDir, 'delete', kills, 'DELETE_COMPLETE');
      assert.equal(gone.queues.length, 0);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  assert.ok(killed >= 4, `only ${killed} kills came in time`);
});

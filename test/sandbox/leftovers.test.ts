// However the platform ends, no process of a function stays behind.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, startPool } from './pool-fixture.ts';

const marker = (n: number): string => `5${n}${String(process.pid).padStart(8, '0')}`;

/** A platform of its own process, with one function in an endless loop, a grandchild of it, and spares. */
async function startPlatform(mode: string, directory: string, word: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('busy-platform.ts', import.meta.url)), mode, directory, word],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

function processesOf(words: string[]): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const text = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      return words.some((word) => text.includes(word));
    } catch {
      return false;
    }
  });
}

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  test(`kill -9 of the platform leaves nothing, in mode ${mode}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gatehouse-left-'));
    const word = marker(1);
    const platform = await startPlatform(mode, directory, word);
    await eventually(() => processesOf([`sleep\0${word}`]).length > 0);
    platform.kill('SIGKILL');
    await eventually(() => processesOf([directory, word]).length === 0);
    await rm(directory, { recursive: true });
  });
}

test('a killed launcher takes its sandboxes along, and the next invocation starts anew', async () => {
  const fixture = await startPool();
  const snapshot = await defineFunction({ 'index.js': 'let n = 0; exports.handler = async () => ++n' });
  assert.equal(answerOf(await invoke(fixture, snapshot)), 1);
  const looping = invoke(
    fixture,
    await defineFunction(
      { 'index.js': 'exports.handler = async () => { console.log(1); for (;;); }' },
      { name: 'looping', timeoutSeconds: 60 },
    ),
  );
  await eventually(() => fixture.logs.get('looping')?.some((line) => line.endsWith('\tINFO\t1\n')));
  const launcher = await eventually(() =>
    processesOf(['functions/launcher.ts']).find((pid) => parentOf(pid) === process.pid),
  );
  process.kill(Number(launcher), 'SIGKILL');
  assert.match(answerOf(await looping).errorMessage, /Runtime exited with error: signal: killed/);
  assert.equal(answerOf(await invoke(fixture, snapshot)), 1);
  assert.match(fixture.warnings.join(), /launcher ended unexpectedly/);
  await fixture.stop();
  await eventually(() => processesOf([fixture.directory]).length === 0);
});

test('stop leaves nothing while sandboxes boot, initialise and run', async () => {
  const fixture = await startPool();
  const sources = ['exports.handler = async () => { for (;;); }', 'for (;;);', 'exports.handler = async () => 1'];
  const settled = Promise.allSettled(
    sources.map(async (source) =>
      invoke(fixture, await defineFunction({ 'index.js': source }, { timeoutSeconds: 60 })),
    ),
  );
  await eventually(() => processesOf([fixture.directory]).length > 0);
  await fixture.stop();
  await settled;
  assert.deepEqual(processesOf([fixture.directory]), []);
});

const parentOf = (pid: string): number =>
  Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);

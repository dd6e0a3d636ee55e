// Without a control group that freezes, processes are stopped one by one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Freezer } from './freezer.ts';
import { processTree } from './process-tree.ts';

/** R, S, T… of proc_pid_stat(5) */
const stateOf = (pid: number): string => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';

test('a tree of processes stops and goes on', { skip: process.platform !== 'linux' && 'needs /proc' }, async () => {
  const child = spawn('sh', ['-c', 'sleep 100 & sleep 100 & echo started; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { pid = 0 } = child;
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const freezer = new Freezer({ pid, group: undefined, namespaces: false });
    assert.equal(freezer.isQuiet(), false);
    freezer.freeze();
    // a stop of a process that sleeps takes effect when it is scheduled
    const states = (): string[] => processTree(pid).map(stateOf);
    while (states().some((state) => state !== 'T')) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(states().length, 3);
    freezer.thaw();
    while (states().includes('T')) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    for (const each of processTree(pid).reverse()) process.kill(each, 'SIGKILL');
  }
});

test(
  'a process with the threads that it booted with is quiet, with another one it is not',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async () => {
    const child = spawn(
      process.execPath,
      [
        '-e',
        `console.log(1); process.stdin.once('data', () => {
          new (require('worker_threads').Worker)('console.log(2); setInterval(() => {}, 1000)', { eval: true }) })`,
      ],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const freezer = new Freezer({ pid: child.pid ?? 0, group: undefined, namespaces: false });
      freezer.booted('node');
      while (!freezer.isQuiet()) await new Promise((resolve) => setImmediate(resolve));
      child.stdin.write('x');
      await new Promise((resolve) => child.stdout.once('data', resolve));
      assert.equal(freezer.isQuiet(), false);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

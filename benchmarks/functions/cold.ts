// How long is a cold start, against `node -e 0` in the same run?  node benchmarks/functions/cold.ts [rounds]
// Each start is a new revision of a function: with a spare at hand, without one (the first of its memory size), and as ESM.
// Reach: p50 with a spare <= 0.2 x of node -e 0. Goal: 3 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeBinary } from '#functions/runtimes.ts';
import { defineFunction, invoke, startPool } from '../../test/sandbox/pool-fixture.ts';
import { compare, time } from './rounds.ts';

const ROUNDS = Number(process.argv[2] ?? 30);
const SPARE_WAIT_MS = 300;

const fixture = await startPool();
await fixture.pool.ready;

async function bareNode(): Promise<void> {
  await once(spawn(nodeBinary(), ['-e', '0'], { stdio: 'ignore' }), 'exit');
}

/** A new function, its code already unpacked, started and asked once. */
async function cold(files: Record<string, string>, settings = {}): Promise<number> {
  const snapshot = await defineFunction(files, settings);
  await fixture.pool.prepare(snapshot);
  // a spare is booted in the background, at leisure
  await new Promise((resolve) => setTimeout(resolve, SPARE_WAIT_MS));
  const taken = await time(() => invoke(fixture, snapshot));
  fixture.pool.retire(snapshot.arn);
  return taken;
}

let memoryMb = 1024;
const HELLO = 'exports.handler = async () => ({ statusCode: 200, body: "hello" })';
const variants: Record<string, () => Promise<number>> = {
  'node -e 0': () => time(bareNode),
  'hello, spare at hand': () => cold({ 'index.js': `${HELLO} // ${Math.random()}` }),
  'hello ESM, spare at hand': () => cold({ 'index.mjs': `export const handler = async () => 1; // ${Math.random()}` }),
  'hello Python, spare at hand': () =>
    cold({ 'index.py': `def handler(event, context):\n    return ${Math.random()}` }, { runtime: 'python3.11' }),
  'hello, no spare': async () => {
    const snapshot = await defineFunction({ 'index.js': HELLO }, { memoryMb: ++memoryMb });
    const taken = await time(() => invoke(fixture, snapshot));
    fixture.pool.retire(snapshot.arn);
    return taken;
  },
};

console.log(`Node ${process.version}, ${process.arch}, isolation ${fixture.pool.isolation.mode}, ${ROUNDS} rounds`);
for (const line of await compare(variants, ROUNDS)) console.log(line);
await fixture.stop();

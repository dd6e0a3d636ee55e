// How long is a cold start, against `node -e 0` in the same run?  node benchmarks/functions/cold.ts [rounds]
// Each start is a new revision of a function: with a spare at hand, without one (the first of its memory size), and as ESM.
// Reach: p50 with a spare <= 0.2 x of node -e 0. Goal: 3 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeBinary } from '#functions/runtimes.ts';
import { defineFunction, invoke, startPool } from '../../test/sandbox/pool-fixture.ts';

const ROUNDS = Number(process.argv[2] ?? 30);
const SPARE_WAIT_MS = 300;

const fixture = await startPool();
await fixture.pool.ready;

async function time(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

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

const samples = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(variants)) {
    const taken = await run();
    if (round >= 0) samples.get(name)?.push(taken);
  }
}
await fixture.stop();

const percentile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
const reference = percentile(samples.get('node -e 0') ?? [], 0.5);
console.log(`Node ${process.version}, ${process.arch}, isolation ${fixture.pool.isolation.mode}, ${ROUNDS} rounds`);
for (const [name, values] of samples) {
  const p50 = percentile(values, 0.5);
  const p99 = percentile(values, 0.99);
  console.log(
    `${name.padEnd(28)} p50 ${p50.toFixed(2).padStart(7)} ms  p99 ${p99.toFixed(2).padStart(7)} ms  ${(p50 / reference).toFixed(2)} x`,
  );
}

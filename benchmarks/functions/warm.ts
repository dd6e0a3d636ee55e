// What does a warm invocation cost on the channel?  node benchmarks/functions/warm.ts [seconds]
// The reference is the same number of calls of an async function in this process with the event parsed and the answer
// written as JSON: what no sandbox can go below. Goal: 30,000 invocations a second of 8 sandboxes. CPU is that of this process
// and of all below it, per invocation.
import { availableParallelism } from 'node:os';
import type { FunctionSnapshot } from '#functions/index.ts';
import { defineFunction, invoke, startPool } from '../../test/sandbox/pool-fixture.ts';
import { treeCpu } from '../process-tree.ts';

const SECONDS = Number(process.argv[2] ?? 3);
const EVENT = { version: '2.0', rawPath: '/hello', headers: { host: 'x', accept: '*/*' }, isBase64Encoded: false };
const SOURCE = 'exports.handler = async (e) => ({ statusCode: 200, body: JSON.stringify({ path: e.rawPath }) })';

const fixture = await startPool({ log: () => {} });
const snapshot = await defineFunction({ 'index.js': SOURCE });

let reference: number | undefined;

/** Calls by `callers` at once for a while: calls per second and percentiles in microseconds. */
async function load(callers: number, call: () => Promise<unknown>): Promise<string> {
  const taken: number[] = [];
  const before = treeCpu();
  const until = performance.now() + SECONDS * 1000;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const started = performance.now();
      await call();
      taken.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const micros = (treeCpu() - before) / taken.length;
  taken.sort((a, b) => a - b);
  const at = (share: number): string => ((taken[Math.floor(taken.length * share)] ?? 0) * 1000).toFixed(0).padStart(6);
  const perSecond = Math.round(taken.length / SECONDS);
  reference ??= perSecond;
  const ratio = (perSecond / reference).toFixed(3);
  return `${String(perSecond).padStart(7)}/s  ratio ${ratio}  p50 ${at(0.5)} us  p99 ${at(0.99)} us  cpu ${micros.toFixed(1)} us`;
}

const handler = async (event: typeof EVENT): Promise<unknown> => ({
  statusCode: 200,
  body: JSON.stringify({ path: event.rawPath }),
});
const inProcess = async (): Promise<string> => JSON.stringify(await handler(JSON.parse(JSON.stringify(EVENT))));
const warm = (target: FunctionSnapshot) => (): Promise<unknown> => invoke(fixture, target, EVENT);

for (let i = 0; i < 300; i++) await invoke(fixture, snapshot, EVENT);
console.log(
  `Node ${process.version}, ${process.arch}, ${availableParallelism()} cores, isolation ${fixture.pool.isolation.mode}`,
);
console.log(`in this process, 1 caller    ${await load(1, inProcess)}`);
console.log(`sandbox, 1 caller            ${await load(1, warm(snapshot))}`);
console.log(`sandboxes, 8 callers         ${await load(8, warm(snapshot))}`);
console.log(`sandboxes, 64 callers        ${await load(64, warm(snapshot))}`);
await fixture.stop();

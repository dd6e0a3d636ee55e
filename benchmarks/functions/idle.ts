// What do functions cost that nobody calls, and one that waits?  node benchmarks/functions/idle.ts [functions]
// Reference: `node -e 'setInterval(…)'` as a process of its own. Goals: no process and less than 1 KB of memory for each
// idle function; 15 MB of PSS for a warm hello.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rootPrincipal } from '#core/principal.ts';
import { nodeBinary } from '#functions/runtimes.ts';
import { startServer } from '#server/index.ts';
import { zip } from '../../test/sandbox/pool-fixture.ts';
import { commandOf, memoryKb, treeOf } from '../process-tree.ts';

const FUNCTIONS = Number(process.argv[2] ?? 1000);
const WARM = 8;
/** functions made at the same time */
const AT_ONCE = 16;
const MB = 1024 * 1024;
const SETTLE_MS = 1000;
const LOOKS = 3;
/** so many until V8 has dropped the code that ran only at the start */
const COLLECTIONS = 10;
const collect = globalThis.gc;
if (!collect) {
  // memory is only worth reading when garbage is gone
  const again = spawn(process.execPath, ['--expose-gc', ...process.argv.slice(1)], { stdio: 'inherit' });
  again.on('exit', (code) => process.exit(code ?? 1));
  await new Promise(() => {});
}

// what is on disk is not in memory
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-idle-'));
const { platform, stop } = await startServer({ config: { port: 0, dataDir }, warn: () => {} });
const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
const call = (operation: string, input: object): Promise<unknown> =>
  platform.call('lambda', operation as never, input as never, { as: rootPrincipal(accountId), accountId, region });
const settle = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

async function create(name: string, source: string, rest: object = {}): Promise<void> {
  const settings = { Runtime: 'nodejs24.x', Handler: 'index.handler', Role: `arn:aws:iam::${accountId}:role/r` };
  const ZipFile = await zip({ 'index.js': source });
  await call('CreateFunction', { FunctionName: name, ...settings, Code: { ZipFile }, ...rest });
}

async function createMany(count: number, one: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

interface Reading {
  heap: number;
  processes: number;
}

/** The least of several looks: what is only on its way to be given back is not kept. */
async function read(): Promise<Reading> {
  let heap = Number.POSITIVE_INFINITY;
  for (let look = 0; look < LOOKS; look++) {
    await settle();
    for (let times = 0; times < COLLECTIONS; times++) collect?.();
    heap = Math.min(heap, process.memoryUsage().heapUsed);
  }
  return { heap, processes: treeOf(process.pid).length };
}

// the first ones also pay for what they share: compiled code of ours, spares, caches of fixed size
const first = Math.round(FUNCTIONS * 0.4);
const idle = (n: number): Promise<void> => create(`idle-${n}`, `exports.handler = async () => 'idle ${n}';`);
await createMany(first, idle);
const before = await read();
await createMany(FUNCTIONS - first, (n) => idle(first + n));
const after = await read();
const each = (after.heap - before.heap) / (FUNCTIONS - first);
console.log(
  `${FUNCTIONS} idle functions: ${after.processes - before.processes} processes, ${Math.round(each)} bytes each`,
);
// its moods are of megabytes: less than nothing means that the functions are lost in them
console.log(
  `heap ${(before.heap / MB).toFixed(1)} MB with ${first} of them, ${(after.heap / MB).toFixed(1)} MB with all`,
);

const reference = spawn(nodeBinary(), ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
const known = new Set(treeOf(process.pid));
for (let n = 0; n < WARM; n++) {
  await create(`warm-${n}`, `exports.handler = async () => ({ statusCode: 200, body: 'hello' });`);
  for (let i = 0; i < 300; i++) await call('Invoke', { FunctionName: `warm-${n}`, Payload: Buffer.from('{}') });
}
await settle();
const referenceKb = memoryKb(reference.pid ?? 0, 'Pss');
// spares were there before, and what is new beside the functions are spares too: read those that serve
const runtimes = treeOf(process.pid).filter((pid) => /^\/var\/lang\/bin\/node .*boot\.cjs/.test(commandOf(pid)));
const sizes = runtimes.map((pid) => memoryKb(pid, 'Pss')).sort((a, b) => a - b);
const middle = (sizes[sizes.length >> 1] ?? 0) / 1024;
console.log(
  `${WARM} warm hello, ${runtimes.length} runtimes with spares (${known.size} processes before): PSS ` +
    `${middle.toFixed(1)} MB each (median), largest ${((sizes.at(-1) ?? 0) / 1024).toFixed(1)} MB, ` +
    `node alone ${(referenceKb / 1024).toFixed(1)} MB, ratio ${(middle / (referenceKb / 1024)).toFixed(2)}`,
);
console.log('goals: 0 processes, 1024 bytes each; 15 MB');
reference.kill();
await stop();
rmSync(dataDir, { recursive: true });

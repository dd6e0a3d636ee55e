// How long is the cold start of a function that bundles an SDK client, against `node -e 0` in the same run?
//   node benchmarks/functions/bundle.ts [rounds]
// Each start is a new revision of the same code: without compiled code (the first of its code), with it, and as it stands
// in node_modules. A spare is at hand every time. Goal: 30 ms with compiled code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build } from 'esbuild';
import { randomIds } from '#core/ids.ts';
import type { FunctionSnapshot } from '#functions/index.ts';
import { nodeBinary } from '#functions/runtimes.ts';
import { defineFunction, invoke, startPool } from '../../test/sandbox/pool-fixture.ts';
import { compare, time } from './rounds.ts';

const ROUNDS = Number(process.argv[2] ?? 20);
const SPARE_WAIT_MS = 400;
const SOURCE = `
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({ region: 'us-east-1' });
export const handler = async () => typeof client.send;
`;

async function bundled(format: 'cjs' | 'esm'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format,
    minify: true,
    target: 'node22',
    write: false,
    ...(format === 'esm' && {
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    }),
  });
  return outputFiles[0]?.text ?? '';
}

const fixture = await startPool();
await fixture.pool.ready;
const cjs = await bundled('cjs');
const esm = await bundled('esm');

async function cold(snapshot: FunctionSnapshot): Promise<number> {
  await fixture.pool.prepare(snapshot);
  // a spare is booted in the background, at leisure
  await new Promise((resolve) => setTimeout(resolve, SPARE_WAIT_MS));
  const taken = await time(() => invoke(fixture, snapshot));
  fixture.pool.retire(snapshot.arn);
  return taken;
}

const again = (snapshot: FunctionSnapshot): FunctionSnapshot => ({ ...snapshot, revisionId: randomIds.uuid() });
const known = await defineFunction({ 'index.js': cjs }, { memoryMb: 1024 });
const knownEsm = await defineFunction({ 'index.mjs': esm }, { memoryMb: 1024 });
await cold(known);

const variants: Record<string, () => Promise<number>> = {
  'node -e 0': () => time(() => once(spawn(nodeBinary(), ['-e', '0'], { stdio: 'ignore' }), 'exit')),
  'bundle, compiled code at hand': () => cold(again(known)),
  'bundle, its first start': async () =>
    cold(await defineFunction({ 'index.js': `${cjs}\n// ${Math.random()}` }, { memoryMb: 1024 })),
  'bundle as ES module': () => cold(again(knownEsm)),
};

console.log(`Node ${process.version}, ${process.arch}, isolation ${fixture.pool.isolation.mode}, ${ROUNDS} rounds`);
console.log(`bundle of ${Math.round(cjs.length / 1024)} KB`);
for (const line of await compare(variants, ROUNDS)) console.log(line);
await fixture.stop();

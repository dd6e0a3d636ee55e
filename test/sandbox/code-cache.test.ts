import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { randomIds } from '#core/ids.ts';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, startPool, type PoolFixture } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => {
  fixture = await startPool();
});
after(() => fixture.stop());

const caches = (): string[] => {
  try {
    return readdirSync(join(fixture.directory, 'code-cache')).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
};
const cacheFile = (name: string): string => join(fixture.directory, 'code-cache', name);

/** enough source to be worth it, and none of it the same as another's */
const large = (text: string): string =>
  `${Array.from({ length: 2000 }, (_, index) => `exports.f${index} = function () { return '${text} ${index}'; };`).join('\n')}
exports.handler = async (event) => {
  if (event.fail) throw new Error('failed');
  const { shared } = require('./lib/shared.js');
  return [exports.f7(), shared, typeof require.resolve, require.main === process.mainModule, module.filename, (await import('./lib/shared.js')).default.shared];
};`;
const FILES = (text: string): Record<string, string> => ({
  'index.js': large(text),
  'lib/shared.js': "exports.shared = 'shared';",
});

/** the same code in a new environment */
function anew(snapshot: FunctionSnapshot): FunctionSnapshot {
  fixture.pool.retire(snapshot.arn);
  return { ...snapshot, revisionId: randomIds.uuid() };
}

test('the second start of a function takes the compiled code of the first, and behaves alike', async () => {
  const snapshot = await defineFunction(FILES('one'));
  const first = answerOf(await invoke(fixture, snapshot));
  await eventually(() => caches().length === 1);
  const before = readFileSync(cacheFile(caches()[0] ?? ''));
  const again = anew(snapshot);
  assert.deepEqual(answerOf(await invoke(fixture, again)), first);
  assert.deepEqual(first.slice(0, 4), ['one 7', 'shared', 'function', true]);
  const failed = answerOf(await invoke(fixture, again, { fail: true }));
  assert.match(failed.trace[1], /index\.js:2002:\d+/);
  assert.deepEqual(readFileSync(cacheFile(caches()[0] ?? '')), before);
  assert.deepEqual(fixture.warnings, []);
});

test('no function gets what another made, be its code the same', async () => {
  const known = caches().length;
  const files = FILES('shared');
  const [one, other] = await Promise.all([defineFunction(files), defineFunction(files)]);
  await invoke(fixture, one);
  await invoke(fixture, other);
  await eventually(() => caches().length === known + 2);
});

test('compiled code that V8 refuses is made anew, and that is said', async () => {
  const known = new Set(caches());
  const snapshot = await defineFunction(FILES('refused'));
  await invoke(fixture, snapshot);
  const name = await eventually(() => caches().find((each) => !known.has(each)));
  const good = readFileSync(cacheFile(name));
  const bad = Buffer.from(good);
  // the version's hash, after the file's name and the lengths
  bad.fill(0, 4 + 'index.js'.length + 4, 4 + 'index.js'.length + 12);
  writeFileSync(cacheFile(name), bad);
  assert.equal(answerOf(await invoke(fixture, anew(snapshot)))[0], 'refused 7');
  await eventually(() => fixture.warnings.some((text) => text.includes(`code of ${snapshot.name} did not fit`)));
  await eventually(() => !readFileSync(cacheFile(name)).equals(bad));
});

test('a broken file of compiled code breaks nothing', async () => {
  const known = new Set(caches());
  const snapshot = await defineFunction(FILES('broken'));
  await invoke(fixture, snapshot);
  const name = await eventually(() => caches().find((each) => !known.has(each)));
  writeFileSync(cacheFile(name), Buffer.from('nonsense'));
  assert.equal(answerOf(await invoke(fixture, anew(snapshot)))[0], 'broken 7');
});

test('small functions, ES modules and errors of syntax start as without', async () => {
  const known = caches().length;
  const small = await defineFunction({ 'index.js': '#!/usr/bin/env node\nexports.handler = async () => 1;' });
  assert.equal(answerOf(await invoke(fixture, small)), 1);
  assert.equal(answerOf(await invoke(fixture, anew(small))), 1);
  const esm = await defineFunction({ 'index.js': 'export const handler = async () => 2;' });
  assert.equal(answerOf(await invoke(fixture, esm)), 2);
  const wrong = await defineFunction({ 'index.js': 'exports.handler = (' });
  assert.equal(answerOf(await invoke(fixture, wrong)).errorType, 'Runtime.UserCodeSyntaxError');
  assert.equal(caches().length, known);
});

test('stack traces are in the lines of the source, with compiled code too', async () => {
  const known = caches().length;
  const contents = `${Array.from({ length: 3000 }, (_, index) => `export const f${index}: string = 'some words ${index}';`).join('\n')}
export const handler = async (): Promise<never> => {
  throw new Error('failed');
};`;
  const { outputFiles } = await build({
    stdin: { contents, sourcefile: 'app.ts', loader: 'ts' },
    outfile: '/index.js',
    bundle: true,
    format: 'cjs',
    sourcemap: 'linked',
    minify: true,
    write: false,
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  const snapshot = await defineFunction({ 'index.js': code ?? '', 'index.js.map': map ?? '' });
  const traces = [answerOf(await invoke(fixture, snapshot)).trace[1]];
  await eventually(() => caches().length === known + 1);
  traces.push(answerOf(await invoke(fixture, anew(snapshot))).trace[1]);
  for (const line of traces) assert.match(line, /\/app\.ts:3002:/);
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Source } from './artifacts.ts';
import { bundle, BundleFailed, needsBundle, stopBundling } from './bundle.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bundle-'));
after(async () => {
  await stopBundling();
  rmSync(root, { recursive: true, force: true });
});

let count = 0;
function folder(files: Record<string, string>): string {
  const made = path.join(root, String(++count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
    writeFileSync(path.join(made, name), text);
  }
  return made;
}

const source = (facts: Partial<Source> = {}): Source => ({
  place: 'Hello',
  handler: 'app.handler',
  runtime: 'nodejs22.x',
  ...facts,
});
const names = async (at: string, ...sources: Source[]): Promise<string[]> =>
  (await bundle(at, sources)).files.map(({ name }) => name);

const TYPED = 'export const handler = async (name: string): Promise<string> => `hello ${name}`;';

test('a handler that is there as TypeScript only is bundled; what is compiled stays as it is', () => {
  const both = folder({ 'app.ts': TYPED, 'app.js': '' });
  assert.equal(needsBundle(folder({ 'app.ts': TYPED }), source()), true);
  assert.equal(needsBundle(both, source()), false);
  assert.equal(needsBundle(both, source({ buildMethod: 'esbuild' })), true);
  assert.equal(needsBundle(folder({ 'app.ts': TYPED }), source({ runtime: 'python3.12' })), false);
  assert.equal(needsBundle(folder({ 'app.ts': TYPED }), source({ buildMethod: 'makefile' })), false);
});

test('the bundle runs, has its map, and brings what lies beside the code', async () => {
  const at = folder({
    'src/app.ts': "import { twice } from '../lib/twice.ts'; export const handler = async (n: number) => twice(n);",
    'lib/twice.ts': 'export const twice = (n: number): number => 2 * n;',
    'text/hello.txt': 'hello',
    'tsconfig.json': '{}',
  });
  const { files, inputs } = await bundle(at, [source({ handler: 'src/app.handler' })]);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['src/app.js', 'src/app.js.map', 'text/hello.txt'],
  );
  assert.deepEqual(inputs.toSorted(), [path.join(at, 'lib/twice.ts'), path.join(at, 'src/app.ts')]);
  writeFileSync(path.join(at, 'out.cjs'), files[0]?.bytes ?? '');
  const { handler } = createRequire(import.meta.url)(path.join(at, 'out.cjs')) as { handler: (n: number) => unknown };
  assert.equal(await handler(21), 42);
});

test('esbuild by the template: entry points lose their common folder unless the handler names it', async () => {
  const at = folder({ 'src/app.ts': TYPED, 'asset.txt': '' });
  const build = { buildMethod: 'esbuild', buildProperties: { EntryPoints: ['src/app.ts'], Sourcemap: false } };
  assert.deepEqual(await names(at, source(build)), ['app.js']);
  assert.deepEqual(await names(at, source({ ...build, handler: 'src/app.handler' })), ['src/app.js']);
});

test('Minify, Format, OutExtension, Loader and External of the template take effect', async () => {
  const at = folder({
    'app.ts': "import words from './words.txt'; import x from 'not-there'; export const handler = () => [words, x];",
    'words.txt': 'some words',
  });
  const { files } = await bundle(at, [
    source({
      buildMethod: 'esbuild',
      buildProperties: {
        Format: 'esm',
        Minify: false,
        OutExtension: ['.js=.mjs'],
        Loader: ['.txt=text'],
        External: ['not-there'],
        Sourcemap: 'false',
      },
    }),
  ]);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['app.mjs'],
  );
  const text = files[0]?.bytes.toString() ?? '';
  assert.match(text, /import x from "not-there";\n/);
  assert.match(text, /"some words"/);
});

test('a package of type module becomes an ES module', async () => {
  const at = folder({ 'app.ts': `await Promise.resolve(); ${TYPED}`, 'package.json': '{"type":"module"}' });
  assert.deepEqual(await names(at, source()), ['app.mjs', 'app.mjs.map']);
});

test('clients that the runtime brings need not be installed', async () => {
  const at = folder({
    'app.ts': "import { S3Client } from '@aws-sdk/client-s3'; export const handler = () => S3Client;",
  });
  const { files } = await bundle(at, [source()]);
  assert.match(files[0]?.bytes.toString() ?? '', /require\("@aws-sdk\/client-s3"\)/);
});

test('functions that share a folder are bundled together, and one that needs none keeps its files', async () => {
  const at = folder({ 'a.ts': TYPED, 'b.ts': TYPED, 'plain.js': '' });
  assert.deepEqual(await names(at, source({ handler: 'a.handler' }), source({ handler: 'b.handler' })), [
    'a.js',
    'a.js.map',
    'b.js',
    'b.js.map',
    'plain.js',
  ]);
  const mixed = await names(at, source({ handler: 'a.handler' }), source({ handler: 'plain.handler' }));
  assert.deepEqual(mixed, ['a.js', 'a.js.map', 'a.ts', 'b.ts', 'plain.js']);
});

test('what is wrong is said with the function, the file and the line', async () => {
  const at = folder({ 'app.ts': "\nimport x from './absent';\nexport const handler = () => x;" });
  await assert.rejects(bundle(at, [source()]), (error) => {
    assert.ok(error instanceof BundleFailed);
    assert.match(error.message, /^Hello: [^]*Could not resolve "\.\/absent"[^]*app\.ts:2:/);
    return true;
  });
  writeFileSync(path.join(at, 'absent.ts'), 'export default 1;');
  assert.deepEqual(await names(at, source()), ['app.js', 'app.js.map']);
  const unknown = source({ buildMethod: 'esbuild', buildProperties: { Banner: 'x' } });
  await assert.rejects(bundle(at, [unknown]), /BuildProperties Banner of esbuild are not offered/);
});

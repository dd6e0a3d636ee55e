// Packages whose links mean to lead the platform out of their folder: layers are merged by the platform, as itself.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ZipFile } from 'yazl';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool()));
after(() => fixture.stop());

type Entry = [name: string, text: string, isLink?: boolean];

async function layer(...entries: Entry[]): Promise<FunctionSnapshot['layers'][number]> {
  const archive = new ZipFile();
  for (const [name, text, isLink = false] of entries) {
    archive.addBuffer(Buffer.from(text), name, { mode: isLink ? 0o120777 : 0o100644 });
  }
  archive.end();
  const code = Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
  return {
    arn: 'arn',
    codeSha256: createHash('sha256').update(code).digest('base64'),
    readCode: async function* () {
      yield code;
    },
  };
}

const READ = `const fs = require('fs'); exports.handler = async (path) => fs.readFileSync(path, 'utf8')`;

test('a layer’s link that leads out through a link of another layer is refused', async () => {
  const inner = await layer(['out', 'a/b/c/../../x', true]);
  const shallow = await layer(['a/b/c', '../..', true]);
  const snapshot = await defineFunction({ 'index.js': READ }, { layers: [inner, shallow] });
  await assert.rejects(invoke(fixture, snapshot), { code: 'InvalidParameterValueException', message: /unzip/ });
});

test('a layer’s folder takes the place of another layer’s link, and is not written through it', async () => {
  const linked = await layer(['real/one.txt', 'one'], ['dir', 'real', true]);
  const folder = await layer(['dir/two.txt', 'two']);
  const source = `const fs = require('fs'); exports.handler = async () => ['real', 'dir'].map((name) => fs.readdirSync('/opt/' + name))`;
  const snapshot = await defineFunction({ 'index.js': source }, { layers: [linked, folder] });
  assert.deepEqual(answerOf(await invoke(fixture, snapshot)), [['one.txt'], ['two.txt']]);
});

test('links inside a layer are followed', async () => {
  const linked = await layer(['lib/x.so.1', 'elf'], ['lib/x.so', 'x.so.1', true]);
  const other = await layer(['other.txt', 'other']);
  const snapshot = await defineFunction({ 'index.js': READ }, { layers: [linked, other] });
  assert.equal(answerOf(await invoke(fixture, snapshot, '/opt/lib/x.so')), 'elf');
});

test('nothing was written beside the packages', () => {
  const names = readdirSync(`${fixture.directory}/code`).filter((name) => !name.startsWith('layers-'));
  for (const name of names) assert.match(name, /^[\da-f]{64}(\.size)?$/);
});

test('Python that no compiler carries stays uncompiled, and the rest is compiled', async () => {
  const source = `def handler(event, context):\n    return 'runs'\n`;
  // as a syntax tree a list of 20 million numbers takes gigabytes
  const bomb = `x = [${'1,'.repeat(20_000_000)}]\n`;
  const snapshot = await defineFunction({ 'index.py': source, 'bomb.py': bomb }, { runtime: 'python3.11' });
  assert.equal(answerOf(await invoke(fixture, snapshot)), 'runs');
  const code = join(fixture.directory, 'code');
  const tree = await eventually(() => readdirSync(code).find((name) => /-py3\.\d+$/.test(name)));
  const compiled = readdirSync(join(code, tree, '__pycache__')).map((name) => name.split('.')[0]);
  assert.deepEqual(compiled, ['index']);
});

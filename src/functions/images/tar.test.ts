// Archives that real tars write, and what must not be taken for one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readTar } from './tar.ts';

const LONG = `${'long-folder-name/'.repeat(12)}grüße.txt`;
let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-tar-'));
  mkdirSync(path.join(folder, path.dirname(LONG)), { recursive: true });
  writeFileSync(path.join(folder, LONG), 'x'.repeat(1000), { mode: 0o640 });
  symlinkSync(LONG, path.join(folder, 'link'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const archive = (...options: string[]): Buffer =>
  execFileSync('tar', ['-C', folder, ...options, '-cf', '-', 'link', LONG], { maxBuffer: 1 << 24 });

/** in pieces that fit no block */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 300) yield bytes.subarray(at, at + 300);
}
async function read(bytes: Buffer): Promise<object[]> {
  const found: object[] = [];
  for await (const { path: name, kind, mode, target, content } of readTar(pieces(bytes))) {
    const text = Buffer.concat(await Array.fromAsync(content)).toString();
    found.push({ name, kind, target, ...(kind === 'file' && { mode, text }) });
  }
  return found;
}

for (const format of ['gnu', 'pax', 'posix']) {
  test(`long names of the ${format} format are read whole`, async () => {
    assert.deepEqual(await read(archive(`--format=${format}`)), [
      { name: 'link', kind: 'symbolic link', target: LONG },
      { name: LONG, kind: 'file', target: '', mode: 0o640, text: 'x'.repeat(1000) },
    ]);
  });
}

test('contents that nobody reads are skipped', async () => {
  const names: string[] = [];
  for await (const { path: name } of readTar(pieces(archive()))) names.push(name);
  assert.deepEqual(names, ['link', LONG]);
});

test('an archive that ends in the middle is refused', async () => {
  const whole = archive();
  await assert.rejects(read(whole.subarray(0, whole.lastIndexOf('x') - 100)), /: it breaks off$/);
});

test('a header whose sum is wrong is refused', async () => {
  const bytes = Buffer.from(archive());
  bytes[0] = 0x41;
  await assert.rejects(read(bytes), /a header that is none/);
});

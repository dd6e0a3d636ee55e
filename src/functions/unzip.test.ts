import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ZipFile } from 'yazl';
import { safePath, unzip } from './unzip.ts';

let folder: string;
let count = 0;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'gatehouse-unzip-'))));
after(() => rm(folder, { recursive: true }));

interface File {
  name: string;
  text: string;
  mode?: number;
}

async function archive(files: File[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { name, text, mode = 0o100644 } of files) zip.addBuffer(Buffer.from(text), name, { mode });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Writes the bytes and unpacks them; answers the target. */
async function unpack(bytes: Buffer, bytesMax?: number): Promise<string> {
  const file = join(folder, `${++count}.zip`);
  const target = join(folder, `${count}`);
  await writeFile(file, bytes);
  await unzip(file, target, bytesMax);
  return target;
}

/** yazl itself refuses such names: patches one of the same length in. */
async function archiveNamed(name: string, text = 'x'): Promise<Buffer> {
  const placeholder = 'n'.repeat(Buffer.byteLength(name));
  const bytes = await archive([{ name: placeholder, text }]);
  return Buffer.from(bytes.toString('latin1').replaceAll(placeholder, name), 'latin1');
}

const BAD = {
  code: 'InvalidParameterValueException',
  message: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
};

test('files, folders, executables and links inside the package are unpacked', async () => {
  const target = await unpack(
    await archive([
      { name: 'index.js', text: 'code', mode: 0o100600 },
      { name: 'bin/run', text: '#!/bin/sh', mode: 0o100700 },
      { name: 'lib/libx.so', text: 'libx.so.1', mode: 0o120777 },
      { name: 'lib/libx.so.1', text: 'elf' },
    ]),
  );
  assert.equal(await readFile(join(target, 'index.js'), 'utf8'), 'code');
  assert.equal((await stat(join(target, 'index.js'))).mode & 0o777, 0o644);
  assert.equal((await stat(join(target, 'bin/run'))).mode & 0o777, 0o755);
  assert.equal(await readlink(join(target, 'lib/libx.so')), 'libx.so.1');
  assert.equal(await readFile(join(target, 'lib/libx.so'), 'utf8'), 'elf');
});

test('names that lead out of the package are refused', async () => {
  for (const name of ['../evil', 'a/../../evil', '/etc/evil', '..\\evil', 'C:\\evil', 'a/\0evil']) {
    await assert.rejects(unpack(await archiveNamed(name)), BAD, name);
  }
  assert.ok(!(await readdir(folder)).includes('evil'));
});

test('links that lead out of the package are refused', async () => {
  for (const to of ['/etc/passwd', '../outside', 'a/../../outside', '']) {
    await assert.rejects(unpack(await archive([{ name: 'link', text: to, mode: 0o120777 }])), BAD, to);
  }
});

test('links that lead out through other links are refused', async () => {
  const link = (name: string, text: string): File => ({ name, text, mode: 0o120777 });
  const shallow = link('a/b/back', '../..');
  const chains = [
    [shallow, link('out', 'a/b/back/../x')],
    [link('out', 'a/b/back/../../etc/passwd'), shallow],
    [link('one', 'two/../../..'), link('two', 'a/b')],
    [link('here', '.'), link('here/a/out', '..')],
    [shallow, link('__pycache__', 'a/b/back/../../usr')],
  ];
  for (const files of chains) {
    const bytes = await archive(files);
    await assert.rejects(unpack(bytes), BAD, JSON.stringify(files));
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => !/^\d+(\.zip)?$/.test(name)),
    [],
  );
});

test('links to links and in circles are kept, as they lead nowhere else', async () => {
  const target = await unpack(
    await archive([
      { name: 'lib/x.so.1.2', text: 'elf' },
      { name: 'lib/x.so.1', text: 'x.so.1.2', mode: 0o120777 },
      { name: 'lib/x.so', text: 'x.so.1', mode: 0o120777 },
      { name: 'lib64', text: 'lib', mode: 0o120777 },
      { name: 'bin/x', text: '../lib64/x.so', mode: 0o120777 },
      { name: 'loop', text: 'loop', mode: 0o120777 },
    ]),
  );
  assert.equal(await readFile(join(target, 'bin/x'), 'utf8'), 'elf');
  assert.equal(await readlink(join(target, 'loop')), 'loop');
});

test('nothing is written through a link', async () => {
  const bytes = await archive([
    { name: 'dir', text: 'elsewhere', mode: 0o120777 },
    { name: 'dir/file', text: 'x' },
  ]);
  await assert.rejects(unpack(bytes), BAD);
});

test('a bomb is stopped by what it unpacks to, whatever its header says', async () => {
  const tooLarge = {
    code: 'InvalidParameterValueException',
    message: 'Unzipped size must be smaller than 262144000 bytes',
  };
  const bytes = await archive([{ name: 'zeros', text: '\0'.repeat(1_000_000) }]);
  await assert.rejects(unpack(bytes, 999_999), tooLarge);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(1_000_000);
  const lying = Buffer.from(bytes.toString('latin1').replaceAll(size.toString('latin1'), '\x0a\0\0\0'), 'latin1');
  await assert.rejects(unpack(lying, 1000), (error: Error) => /Unzipped size|Could not unzip/.test(error.message));
});

test('what is no zip is refused', async () => {
  const whole = await archive([{ name: 'index.js', text: 'code' }]);
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('not a zip'),
    whole.subarray(0, whole.length - 10),
    whole.subarray(10),
  ]) {
    await assert.rejects(unpack(bytes), BAD);
  }
});

test('safePath keeps what is inside', () => {
  assert.equal(safePath('a/./b//c.js'), 'a/b/c.js');
  assert.equal(safePath('./'), undefined);
  assert.equal(safePath('a..b/c'), 'a..b/c');
});

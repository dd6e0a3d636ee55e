// A container image from a file to a function that runs, by commands alone: no Docker, and no server to load it.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../eventually.ts';
import { bashImage, dockerArchive } from '../image-archive.ts';

const MAIN = path.resolve(import.meta.dirname, '../../bin/gatehouse.js');
const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-image-'));
const archive = path.join(folder, 'app.tar');
const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Resources:
  Job:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      ImageUri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1
`;
const run = promisify(execFile);
const gatehouse = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, [MAIN, ...args], { cwd: folder, env: { ...process.env, INIT_CWD: folder } });

let server: ChildProcess | undefined;
let output = '';
async function start(): Promise<void> {
  output = '';
  server = spawn(process.execPath, [MAIN, 'start', folder, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  await eventually(() => output.includes('Ctrl-C'), 30_000);
}
async function stop(): Promise<void> {
  const gone = new Promise((resolve) => server?.once('exit', resolve));
  server?.kill('SIGINT');
  await gone;
  server = undefined;
}

before(() => {
  writeFileSync(path.join(folder, 'template.yaml'), TEMPLATE);
  writeFileSync(archive, dockerArchive(bashImage(), ['team/app:1']));
});
after(async () => {
  if (server) await stop();
  rmSync(folder, { recursive: true, force: true });
});

test('an image is loaded, runs as a function, and stays while that needs it', async () => {
  await start();
  assert.match(output, /Source image \S+team\/app:1 does not exist\. Provide a valid source image\./);
  assert.match(output, /gatehouse image load FILE brings it/);

  const loaded = await gatehouse('image', 'load', 'app.tar');
  assert.match(loaded.stdout, /^team\/app:1 is sha256:[0-9a-f]{64}\n$/);
  const listed = await gatehouse('image', 'list');
  assert.match(listed.stdout, /^sha256:[0-9a-f]{12} +\d+ MB {2}team\/app:1\n$/);
  await stop();

  await start();
  const { stdout } = await gatehouse('invoke', 'Job', '--payload', '"echo $ARGUMENTS"');
  assert.equal(stdout.trim(), '"app.handler"');
  await assert.rejects(gatehouse('image', 'remove', 'team/app:1'), /Job-\S+:\$LATEST would no longer start without/);
  await stop();

  assert.equal((await gatehouse('image', 'remove', 'team/app:1')).stdout, 'removed team/app:1\n');
});

test('a template may name the archive itself', async () => {
  writeFileSync(path.join(folder, 'template.yaml'), TEMPLATE.replace(/ImageUri: .*/, 'ImageUri: ./app.tar'));
  await start();
  const { stdout } = await gatehouse('invoke', 'Job', '--payload', '"echo $PWD $ARGUMENTS"');
  assert.equal(stdout.trim(), '"/app app.handler"');
  const listed = await gatehouse('image', 'list');
  assert.match(listed.stdout, / local\/[0-9a-f]{12}:latest\n$/);
  await stop();
});

test('what is no image is refused in words, without a stack', async () => {
  await assert.rejects(gatehouse('image', 'load', 'template.yaml'), ({ stderr }: { stderr: string }) => {
    assert.match(
      stderr,
      /^gatehouse image: template\.yaml cannot be loaded: no tar archive, or a damaged one: it breaks off\n$/,
    );
    return true;
  });
  await assert.rejects(gatehouse('image', 'load', 'none.tar'), /there is no file none\.tar/);
  await assert.rejects(gatehouse('image', 'remove', 'none:1'), /there is no image none:1/);
});

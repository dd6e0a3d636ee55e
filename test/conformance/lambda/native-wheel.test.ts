// A Python function whose layer holds a native wheel, as PyPI serves it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { LambdaClient, PublishLayerVersionCommand } from '@aws-sdk/client-lambda';
import { findPython } from '#functions/python.ts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke, zip } from './fixture.ts';

const run = promisify(execFile);
const WHEEL = 'markupsafe==3.0.2';
const PLATFORM = process.arch === 'arm64' ? 'manylinux2014_aarch64' : 'manylinux2014_x86_64';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-wheel-'));
// an interpreter of any version will do: the wheel is taken for it
const python = await findPython('3.14');
let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true });
});

/** A layer with the wheel below python/, or why there is none. */
async function layerOfWheel(version: string): Promise<Buffer | string> {
  const target = ['--target', path.join(scratch, 'python'), '--platform', PLATFORM, '--python-version', version];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  try {
    await run('python3', ['-m', 'pip', 'install', ...quiet, ...target, WHEEL], { timeout: 60_000 });
  } catch (error) {
    return `pip brings no ${WHEEL}: ${(error as Error).message}`;
  }
  const pack = `import shutil; shutil.make_archive('layer', 'zip', '.', 'python')`;
  await run('python3', ['-c', pack], { cwd: scratch });
  return readFileSync(path.join(scratch, 'layer.zip'));
}

test('a Python function uses a native wheel of its layer', async (t) => {
  if (!python) return t.skip('no Python on this machine');
  const ZipFile = await layerOfWheel(python.version);
  if (typeof ZipFile === 'string') return t.skip(ZipFile);
  const layer = await lambda.send(new PublishLayerVersionCommand({ LayerName: 'markup', Content: { ZipFile } }));
  const source = `import markupsafe, markupsafe._speedups
def handler(event, context):
    return [str(markupsafe.escape(event['text'])), markupsafe._speedups.__file__]
`;
  await createFunction(lambda, 'native', '', {
    Runtime: `python${python.version}` as 'python3.11',
    Handler: 'app.handler',
    Code: { ZipFile: await zip({ 'app.py': source }) },
    Layers: [layer.LayerVersionArn ?? ''],
  });
  const { error, result } = await invoke(lambda, 'native', { text: '<b>' });
  assert.equal(error, undefined, JSON.stringify(result));
  assert.equal(result[0], '&lt;b&gt;');
  assert.match(result[1], /^\/opt\/python\/markupsafe\/_speedups\.cpython-.*\.so$/);
});

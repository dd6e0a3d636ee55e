// `gatehouse start` as a person uses it: saved files, broken templates, commands beside it, Ctrl-C.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../harness.ts';

const MAIN = path.resolve(import.meta.dirname, '../../bin/gatehouse.js');
const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-start-'));
const template = path.join(folder, 'template.yaml');
const handler = path.join(folder, 'fn', 'index.js');
const TEMPLATE = `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: fn/
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        Get:
          Type: Api
          Properties: { Path: /hello, Method: get }
Outputs:
  Url:
    Value: !Sub https://\${ServerlessRestApi}.execute-api.\${AWS::Region}.amazonaws.com/Prod/hello
`;
const answering = (text: string): string =>
  `exports.handler = async () => { console.log('asked'); return { statusCode: 200, body: '${text}' }; };`;
const run = promisify(execFile);

let child: ChildProcess;
let output = '';
let endpoint: string;
let url: string;

async function start(): Promise<void> {
  output = '';
  child = spawn(process.execPath, [MAIN, 'start', folder, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const banner = await eventually(() => /serves \S+ on (\S+)[^]*execute-api[^]*Ctrl-C/.exec(output), 30_000);
  endpoint = banner[1] ?? '';
  const api = /http:\/\/([a-z0-9]{10})\.execute-api\.us-east-1\.localhost/.exec(output)?.[1];
  url = `${endpoint}/_aws/execute-api/${api}/Prod/hello`;
}
async function stop(): Promise<number | null> {
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return gone;
}
const body = async (): Promise<string> => (await fetch(url)).text();

before(async () => {
  mkdirSync(path.dirname(handler));
  writeFileSync(template, TEMPLATE);
  writeFileSync(handler, answering('first'));
  await start();
});
after(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('the template is served, with every route in the banner', async () => {
  assert.equal(await body(), 'first');
  assert.match(output, /GET +http:\/\/\S+\/Prod\/hello {2}\(open\)/);
  assert.match(output, /Isolation {2}(strict|namespaces|process)/);
});

test('a saved handler answers', async () => {
  writeFileSync(handler, answering('second'));
  await eventually(async () => (await body()) === 'second');
});

test('a broken template says file, line and what is wrong, and the version before goes on', async () => {
  writeFileSync(template, TEMPLATE.replace('Runtime:', 'Runtme:'));
  await eventually(() => output.includes('The version before goes on.'));
  assert.match(output, new RegExp(`${template}:\\d+: .*Runtme`));
  assert.equal(await body(), 'second');
  writeFileSync(template, TEMPLATE);
});

test('logs and invoke find the function by its logical id', async () => {
  const invoked = await run(process.execPath, [
    MAIN,
    'invoke',
    'Hello',
    '--payload',
    '{}',
    '--data',
    path.join(folder, '.gatehouse'),
  ]);
  assert.deepEqual(JSON.parse(invoked.stdout), { statusCode: 200, body: 'second' });
  assert.match(invoked.stderr, /REPORT RequestId/);
  await eventually(async () => {
    const { stdout } = await run(process.execPath, [MAIN, 'logs', 'Hello', '--data', path.join(folder, '.gatehouse')]);
    return /INFO\tasked/.test(stdout);
  });
});

test('the next start finds everything again', async () => {
  const before = url.split('/')[5];
  assert.equal(await stop(), 0);
  await start();
  assert.equal(url.split('/')[5], before, 'the same API');
  assert.equal(await body(), 'second');
});

/** Processes that still have the data folder in their command line or environment. */
function leftovers(): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (statSync(`/proc/${pid}`).uid !== process.getuid?.() && process.getuid?.() !== 0) continue;
      const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (text.includes(folder)) found.push(pid);
    } catch {
      // gone, or not ours to read
    }
  }
  return found;
}

test('Ctrl-C stops everything and leaves no process', async () => {
  assert.equal(await stop(), 0);
  await eventually(() => leftovers().length === 0);
});

test('reset forgets what start has kept', async () => {
  const { stdout } = await run(process.execPath, [MAIN, 'reset', folder]);
  assert.match(stdout, /^removed /);
  assert.deepEqual(readdirSync(folder).sort(), ['fn', 'template.yaml']);
});

// Without namespaces nothing is isolated, and the pool says so; the limits still hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => {
  fixture = await startPool({ isolation: 'process', endpointUrl: () => 'http://127.0.0.1:4566' });
});
after(() => fixture.stop());

const run = async (source: string, event: unknown = {}, settings = {}) =>
  invoke(fixture, await defineFunction({ 'index.js': source }, settings), event, { logTail: true });

test('it says loudly that functions are not isolated', async () => {
  await fixture.pool.ready;
  assert.equal(fixture.pool.isolation.mode, 'process');
  assert.match(fixture.warnings.join('\n'), /plain processes, NOT isolated/);
});

test('a function finds its code, its handler and the platform by AWS_ENDPOINT_URL', async () => {
  const result = await run(
    'exports.handler = async () => ({ root: process.env.LAMBDA_TASK_ROOT === __dirname, cwd: process.cwd() === __dirname, url: process.env.AWS_ENDPOINT_URL, path: Boolean(process.env.PATH) })',
  );
  assert.deepEqual(answerOf(result), { root: true, cwd: true, url: 'http://127.0.0.1:4566', path: true });
});

test('an ES module imports the SDK that the runtime brings', async () => {
  const source = `import { S3Client } from '@aws-sdk/client-s3'; export const handler = async () => typeof S3Client`;
  const snapshot = await defineFunction({ 'index.mjs': source }, { memoryMb: 512, timeoutSeconds: 20 });
  assert.equal(answerOf(await invoke(fixture, snapshot)), 'function');
});

test('a Python function runs', async () => {
  const snapshot = await defineFunction(
    { 'app.py': 'def handler(event, context):\n    return context.function_name' },
    { runtime: 'python3.11', handler: 'app.handler' },
  );
  assert.equal(answerOf(await invoke(fixture, snapshot)), snapshot.name);
});

test('nothing of the platform is in its environment', async () => {
  process.env['PLATFORM_SECRET'] = 'x';
  const names: string[] = answerOf(await run('exports.handler = async () => Object.keys(process.env)'));
  for (const name of names) assert.doesNotMatch(name, /PLATFORM|GATEHOUSE|NODE_CHANNEL|npm_/);
});

test('a memory bomb ends that process alone', async () => {
  const result = await run(
    'exports.handler = async () => { const held = []; for (;;) held.push(Buffer.alloc(8 << 20, 1)) }',
    {},
    { timeoutSeconds: 20 },
  );
  assert.equal(result.functionError, 'Unhandled');
  assert.equal(answerOf(await run('exports.handler = async () => 1')), 1);
});

test('an endless loop is killed with what it started in its group', async () => {
  const marker = `6${String(process.pid).padStart(8, '0')}`;
  const result = await run(
    `const { spawn } = require('child_process');
     exports.handler = async ([marker]) => { spawn('sleep', [marker]); await new Promise((resolve) => setTimeout(resolve, 100)); for (;;); }`,
    [marker],
    { timeoutSeconds: 1 },
  );
  assert.equal(answerOf(result).errorType, 'Sandbox.Timedout');
  await eventually(() => !commandLines().includes(`sleep ${marker}`));
});

const commandLines = (): string => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });

// Execution environments: reuse, scaling, concurrency, revisions, layers (docs: lambda-runtime-environment, lambda-concurrency).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, snapshotOf, startPool, zip } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool({ concurrencyMax: 4 })));
after(() => fixture.stop());

const COUNTER = 'let n = 0; const born = Math.random(); exports.handler = async () => ({ n: ++n, born })';
/** asks the platform and waits for its answer, which `release` gives */
const HELD = `const born = Math.random(); exports.handler = async () => { await fetch('http://localhost:4566/'); return born }`;
/** waits until so many invocations of HELD run at once */
const held = (count: number): Promise<unknown> => eventually(() => fixture.connections.length === count);
const release = (): void => {
  for (const { socket } of fixture.connections.splice(0)) {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  }
};

test('an environment serves one invocation after another', async () => {
  const snapshot = await defineFunction({ 'index.js': COUNTER });
  assert.deepEqual([answerOf(await invoke(fixture, snapshot)).n, answerOf(await invoke(fixture, snapshot)).n], [1, 2]);
});

test('simultaneous invocations run in environments of their own', async () => {
  const snapshot = await defineFunction({ 'index.js': HELD });
  const running = [1, 2, 3].map(() => invoke(fixture, snapshot));
  await held(3);
  release();
  const results = await Promise.all(running);
  assert.equal(new Set(results.map((result) => answerOf(result))).size, 3);
});

test('above the limit of the account an invocation is refused', async () => {
  const snapshot = await defineFunction({ 'index.js': HELD });
  const running = [1, 2, 3, 4].map(() => invoke(fixture, snapshot));
  await assert.rejects(invoke(fixture, snapshot), {
    code: 'TooManyRequestsException',
    status: 429,
    message: 'Rate Exceeded.',
    fields: { retryAfterSeconds: '1', Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User' },
  });
  await held(4);
  release();
  await Promise.all(running);
  const next = invoke(fixture, snapshot);
  await held(1);
  release();
  assert.ok(await next);
});

test('reserved concurrency limits one function and is taken from the others', async () => {
  const reserved = await defineFunction({ 'index.js': HELD }, { reservedConcurrency: 1 });
  const other = await defineFunction({ 'index.js': HELD });
  const running = [invoke(fixture, reserved), ...[1, 2, 3].map(() => invoke(fixture, other))];
  await assert.rejects(invoke(fixture, reserved), {
    fields: { retryAfterSeconds: '1', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' },
  });
  await assert.rejects(invoke(fixture, other), {
    fields: { retryAfterSeconds: '1', Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User' },
  });
  await held(4);
  release();
  await Promise.all(running);
  fixture.pool.retire(reserved.arn);
});

test('reserved concurrency of zero refuses every invocation', async () => {
  const snapshot = await defineFunction({ 'index.js': COUNTER }, { reservedConcurrency: 0 });
  await assert.rejects(invoke(fixture, snapshot), { code: 'TooManyRequestsException' });
  fixture.pool.retire(snapshot.arn);
});

test('a new revision starts new environments, and the old ones end when they are idle', async () => {
  const before = await defineFunction({ 'index.js': HELD });
  const running = invoke(fixture, before);
  await held(1);
  const after = {
    ...(await defineFunction({ 'index.js': 'exports.handler = async () => "new"' })),
    arn: before.arn,
    name: before.name,
  };
  fixture.pool.retire(before.arn, [after.revisionId]);
  assert.equal(answerOf(await invoke(fixture, after)), 'new');
  release();
  assert.equal(typeof answerOf(await running), 'number');
});

test('layers lie in /opt, later ones win, and are found by require', async () => {
  const first = await zip({
    'nodejs/node_modules/lib/index.js': 'exports.from = "first"',
    'both.txt': 'first',
    'a/one.txt': '1',
  });
  const second = await zip({
    'nodejs/node_modules/more/index.js': 'exports.from = "second"',
    'both.txt': 'second',
    'a/two.txt': '2',
  });
  const layers = [first, second].map((code) => {
    const { codeSha256, readCode } = snapshotOf(code);
    return { arn: 'arn', codeSha256, readCode };
  });
  const source = `const fs = require('fs');
    exports.handler = async () => [require('lib').from, require('more').from, fs.readFileSync('/opt/both.txt', 'utf8'), fs.readdirSync('/opt/a').sort()]`;
  const snapshot = await defineFunction({ 'index.js': source }, { layers });
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(answerOf(await invoke(fixture, snapshot)), ['first', 'second', 'second', ['one.txt', 'two.txt']]);
    fixture.pool.retire(snapshot.arn);
  }
});

test('a tree of many files is there whole, in every environment', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`lib/d${i % 7}/f${i}.js`, `module.exports = ${i}`]),
  );
  const source = `const fs = require('fs'); exports.handler = async () => fs.readdirSync('/var/task', { recursive: true }).length`;
  const snapshot = await defineFunction({ ...files, 'index.js': source });
  for (let i = 0; i < 3; i++) {
    assert.equal(answerOf(await invoke(fixture, snapshot)), 109);
    fixture.pool.retire(snapshot.arn);
  }
});

test('settings that only a starting process takes, take effect', async () => {
  const snapshot = await defineFunction(
    {
      'index.js': 'exports.handler = async () => [globalThis.preloaded, process.env.NODE_OPTIONS]',
      'pre.js': 'globalThis.preloaded = 1',
    },
    { environment: { NODE_OPTIONS: '--require /var/task/pre.js' } },
  );
  assert.deepEqual(answerOf(await invoke(fixture, snapshot)), [1, '--require /var/task/pre.js']);
});

test('an aborted invocation ends its sandbox', async () => {
  const snapshot = await defineFunction({
    'index.js': 'exports.handler = async () => new Promise(() => setTimeout(() => {}, 1e6))',
  });
  const abort = new AbortController();
  const running = invoke(fixture, snapshot, {}, { signal: abort.signal });
  await eventually(() => fixture.logs.get(snapshot.name)?.some((line) => line.startsWith('START')));
  abort.abort();
  assert.equal((await running).functionError, 'Unhandled');
});

test('a runtime that nobody can run is refused in words', async () => {
  await assert.rejects(fixture.pool.prepare(await defineFunction({ 'index.js': '' }, { runtime: 'ruby3.4' })), {
    code: 'InvalidParameterValueException',
    message: /^Functions of ruby3.4 need Ruby/,
  });
});

test('a runtime that its own settings keep from starting is a Runtime.ExitError', async () => {
  const snapshot = await defineFunction(
    { 'index.js': 'exports.handler = async () => 1' },
    { environment: { NODE_OPTIONS: '--no-such-option' } },
  );
  const result = await invoke(fixture, snapshot, {}, { logTail: true });
  assert.match(answerOf(result).errorMessage, /Runtime exited with error: exit status 9/);
  assert.match(result.logTail ?? '', /--no-such-option is not allowed in NODE_OPTIONS/);
});

test('a wrapper script starts the runtime, with every variable of the function', async () => {
  const code = await zip({
    'index.js': 'exports.handler = async () => [process.env.FROM_WRAPPER, process.env.AWS_LAMBDA_FUNCTION_NAME]',
    wrapper: '#!/bin/sh\nexport FROM_WRAPPER="$OWN wrapped"\nexec "$@"\n',
  });
  const snapshot = snapshotOf(code, { environment: { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper', OWN: 'own' } });
  const result = await invoke(fixture, snapshot);
  assert.deepEqual(answerOf(result), ['own wrapped', snapshot.name]);
});

test('an environment that cannot be started fails its invocation, not the platform', async () => {
  const code = await zip({ 'index.js': 'exports.handler = async () => 1', wrapper: '#!/bin/sh\nexec "$@"\n' });
  const environment = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper', BROKEN: 1 as never };
  const result = await invoke(fixture, snapshotOf(code, { environment }));
  assert.equal(answerOf(result).errorType, 'Runtime.Unknown');
});

test('the first result says how long initialisation took, and bills it; the next does not', async () => {
  const snapshot = await defineFunction({ 'index.js': COUNTER });
  const first = await invoke(fixture, snapshot);
  assert.ok(first.initMs !== undefined && first.billedMs >= Math.ceil(first.durationMs + first.initMs));
  assert.equal((await invoke(fixture, snapshot)).initMs, undefined);
});

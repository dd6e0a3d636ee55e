import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, startPool, type PoolFixture } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => {
  fixture = await startPool();
});
after(() => fixture.stop());

const REPORT = `exports.handler = async (event) => {
  if (event.exit) process.exit(1);
  if (event.held) await fetch('http://localhost:4566/');
  return { type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, id: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
};`;

/** So many invocations that run at once: none ends before all have begun. */
async function together(snapshot: FunctionSnapshot, count: number): Promise<{ type: string; id: string }[]> {
  const running = Array.from({ length: count }, () => invoke(fixture, snapshot, { held: true }));
  await eventually(() => fixture.connections.length === count);
  for (const { socket } of fixture.connections.splice(0)) {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  }
  return (await Promise.all(running)).map((result) => answerOf(result));
}

const available = (snapshot: FunctionSnapshot, count: number): Promise<unknown> =>
  eventually(() => fixture.pool.provisioned(snapshot).available === count);

test('provisioned environments are initialised before anybody calls, and are used first', async () => {
  const snapshot = await defineFunction({ 'index.js': `console.log('made'); ${REPORT}` }, { version: '1' });
  fixture.pool.provision(snapshot, 2);
  await available(snapshot, 2);
  await eventually(() => {
    const made = fixture.logs.get(snapshot.name)?.filter((line) => line.includes('made')) ?? [];
    return made.length === 2;
  });
  assert.equal(answerOf(await invoke(fixture, snapshot)).type, 'provisioned-concurrency');
});

test('what exceeds the provisioned environments spills over, and is counted', async () => {
  const snapshot = await defineFunction({ 'index.js': REPORT }, { version: '1' });
  fixture.pool.provision(snapshot, 1);
  await available(snapshot, 1);
  const types = (await together(snapshot, 2)).map(({ type }) => type);
  assert.deepEqual(types.toSorted(), ['on-demand', 'provisioned-concurrency']);
  const { invocations, spilloverInvocations } = fixture.pool.provisioned(snapshot);
  assert.deepEqual([invocations, spilloverInvocations], [1, 1]);
  assert.equal(answerOf(await invoke(fixture, snapshot)).type, 'provisioned-concurrency');
});

test('an environment that an invocation ended is replaced', async () => {
  const snapshot = await defineFunction({ 'index.js': REPORT }, { version: '1' });
  fixture.pool.provision(snapshot, 1);
  await available(snapshot, 1);
  const before = answerOf(await invoke(fixture, snapshot)).id;
  await invoke(fixture, snapshot, { exit: true });
  await available(snapshot, 1);
  const answer = answerOf(await invoke(fixture, snapshot));
  assert.equal(answer.type, 'provisioned-concurrency');
  assert.notEqual(answer.id, before);
});

test('an initialisation that fails is told as the reason, and logged', async () => {
  const snapshot = await defineFunction({ 'index.js': 'throw new Error("no");' }, { version: '1' });
  fixture.pool.provision(snapshot, 1);
  await eventually(() => fixture.pool.provisioned(snapshot).failure === 'FUNCTION_ERROR_INIT_FAILURE');
  await eventually(() => /INIT_REPORT.*Status: error/.test(fixture.logs.get(snapshot.name)?.join('') ?? ''));
});

test('a configuration that is taken back leaves its environments to end like others', async () => {
  const snapshot = await defineFunction({ 'index.js': REPORT }, { version: '1' });
  fixture.pool.provision(snapshot, 1);
  await available(snapshot, 1);
  fixture.pool.provision(snapshot, 0);
  assert.deepEqual(fixture.pool.provisioned(snapshot), {
    allocated: 0,
    available: 0,
    invocations: 0,
    spilloverInvocations: 0,
  });
  fixture.pool.retire(snapshot.arn);
});

test('the second cold start within minutes has one environment more made ahead', async () => {
  const snapshot = await defineFunction({ 'index.js': `console.log('made'); ${REPORT}` });
  const made = (): number => fixture.logs.get(snapshot.name)?.filter((line) => line.includes('made')).length ?? 0;
  await together(snapshot, 2);
  // while both are at work none is idle
  await together(snapshot, 2);
  await eventually(() => made() === 3);
  const ids = (await together(snapshot, 3)).map(({ id }) => id);
  assert.equal(new Set(ids).size, 3);
});

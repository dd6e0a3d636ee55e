import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reverseDependencies, runGraph } from './graph.ts';

const edges: Record<string, string[]> = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: [] };
const ids = Object.keys(edges);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('steps run after what they need, side by side up to the limit', async () => {
  const log: string[] = [];
  let most = 0;
  let running = 0;
  const ok = await runGraph({
    ids,
    dependenciesOf: (id) => edges[id]!,
    concurrency: 2,
    async step(id) {
      most = Math.max(most, ++running);
      await turn();
      log.push(id);
      running--;
      return true;
    },
  });
  assert.ok(ok);
  assert.equal(most, 2);
  for (const id of ids) for (const other of edges[id]!) assert.ok(log.indexOf(other) < log.indexOf(id));
});

test('a failure starts nothing new; with goOn only what depends on it stays', async () => {
  const run = async (goOn: boolean): Promise<string[]> => {
    const log: string[] = [];
    const ok = await runGraph({
      ids,
      dependenciesOf: (id) => edges[id]!,
      concurrency: 1,
      goOn,
      async step(id) {
        log.push(id);
        return id !== 'a';
      },
    });
    assert.equal(ok, false);
    return log;
  };
  assert.deepEqual(await run(false), ['a']);
  assert.deepEqual(await run(true), ['a', 'e']);
});

test('reversed edges give the order of deletion', async () => {
  const log: string[] = [];
  await runGraph({
    ids,
    dependenciesOf: reverseDependencies(ids, (id) => edges[id]!),
    concurrency: 1,
    async step(id) {
      log.push(id);
      return true;
    },
  });
  assert.deepEqual(log, ['d', 'e', 'b', 'c', 'a']);
});

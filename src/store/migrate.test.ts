import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { StoreFailed, type Store } from './contract.ts';
import { migrate, openStore } from './index.ts';

async function open(t: TestContext): Promise<Store> {
  const { store } = await openStore(undefined, Date.now);
  t.after(() => store.close());
  return store;
}

test('each step runs once, in order, and new ones at the next start', async (t) => {
  const store = await open(t);
  const ran: string[] = [];
  const step = (name: string) => async (): Promise<void> => void ran.push(name);
  await migrate(store, 's3', [step('one'), step('two')]);
  await migrate(store, 's3', [step('one'), step('two'), step('three')]);
  await migrate(store, 'sqs', [step('other')]);
  assert.deepEqual(ran, ['one', 'two', 'three', 'other']);
});

test('a step that failed runs again, those before it do not', async (t) => {
  const store = await open(t);
  const ran: string[] = [];
  let broken = true;
  const steps = [
    async (): Promise<void> => void ran.push('one'),
    async (): Promise<void> => {
      ran.push('two');
      if (broken) throw new Error('killed');
    },
  ];
  await assert.rejects(migrate(store, 's3', steps), /killed/);
  broken = false;
  await migrate(store, 's3', steps);
  assert.deepEqual(ran, ['one', 'two', 'two']);
});

test('data of a newer version is refused', async (t) => {
  const store = await open(t);
  await migrate(store, 's3', [async () => undefined, async () => undefined]);
  await assert.rejects(migrate(store, 's3', [async () => undefined]), StoreFailed);
});

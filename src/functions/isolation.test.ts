import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chooseIsolation } from './isolation.ts';

/** A machine without util-linux: none of its programs is found. */
const { PATH } = process.env;
before(() => (process.env['PATH'] = '/nonexistent'));
after(() => (process.env['PATH'] = PATH));

test('without namespaces the best is plain processes, with the reason', async () => {
  const { mode, reasons } = await chooseIsolation('best');
  assert.equal(mode, 'process');
  assert.match(reasons.join(), /unshare \(util-linux\) failed|namespaces are a feature of Linux/);
});

test('without namespaces nothing less is chosen where isolation is required', async () => {
  for (const asked of ['required', 'namespaces', 'strict'] as const) {
    await assert.rejects(chooseIsolation(asked), /^Error: Functions cannot be isolated on this machine: /);
  }
});

test('plain processes are chosen when asked for', async () => {
  assert.equal((await chooseIsolation('process')).mode, 'process');
});

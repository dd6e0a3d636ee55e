import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { SCALE_AHEAD_MS } from './limits.ts';
import type { ExecutionEnvironment, Revision } from './revision.ts';
import { ScaleAhead } from './scale-ahead.ts';

let adopted = 0;
let kind = 'ready';
let revision: Revision;
let ahead: ScaleAhead;

beforeEach(() => {
  adopted = 0;
  kind = 'ready';
  revision = { idle: 0, retired: false, adopt: () => void (adopted += 1) } as unknown as Revision;
  ahead = new ScaleAhead(async () => ({ init: { kind, durationMs: 1 } }) as ExecutionEnvironment);
});

test('one cold start asks for nothing ahead, a second within five minutes does', async () => {
  ahead.coldStart(revision, 0);
  await ahead.drained(revision, 1);
  assert.equal(adopted, 0);
  ahead.coldStart(revision, 2);
  await Promise.all([ahead.drained(revision, 3), ahead.drained(revision, 3)]);
  assert.equal(adopted, 1);
});

test('cold starts that are long past ask for nothing', async () => {
  ahead.coldStart(revision, 0);
  ahead.coldStart(revision, 1);
  await ahead.drained(revision, SCALE_AHEAD_MS + 1);
  assert.equal(adopted, 0);
});

test('nothing is started while one is idle, or for a revision that is replaced', async () => {
  for (const facts of [{ idle: 1 }, { retired: true }]) {
    Object.assign(revision, { idle: 0, retired: false }, facts);
    ahead.coldStart(revision, 0);
    ahead.coldStart(revision, 1);
    await ahead.drained(revision, 2);
  }
  assert.equal(adopted, 0);
});

test('a function that fails to initialise is not started ahead again and again', async () => {
  kind = 'failed';
  ahead.coldStart(revision, 0);
  ahead.coldStart(revision, 1);
  await ahead.drained(revision, 2);
  kind = 'ready';
  await ahead.drained(revision, 3);
  assert.equal(adopted, 0);
});

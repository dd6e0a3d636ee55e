import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Eviction } from './eviction.ts';
import type { Sandbox } from './sandbox.ts';

function sandbox(state: string, idleSinceMs: number): Sandbox {
  const fake = { state, idleSinceMs, kill: () => void (fake.state = 'ended') };
  return fake as unknown as Sandbox;
}

const states = (sandboxes: Sandbox[]): string[] => sandboxes.map(({ state }) => state);

test('a full machine ends the sandbox that was idle for longest', () => {
  const all = [sandbox('busy', 1), sandbox('idle', 3), sandbox('idle', 2)];
  new Eviction({ living: new Set(all), keeps: () => false, sandboxesMax: 3 }).makeRoom();
  assert.deepEqual(states(all), ['busy', 'idle', 'ended']);
});

test('provisioned sandboxes make no room', () => {
  const all = [sandbox('idle', 1), sandbox('idle', 2)];
  const eviction = new Eviction({ living: new Set(all), keeps: (each) => each === all[0], sandboxesMax: 2 });
  eviction.makeRoom();
  assert.deepEqual(states(all), ['idle', 'ended']);
  assert.throws(() => eviction.makeRoom(), { code: 'TooManyRequestsException' });
});

test('while memory is short each look ends one idle sandbox', () => {
  const all = [sandbox('idle', 2), sandbox('idle', 1), sandbox('busy', 0)];
  let freeBytes = 0;
  const eviction = new Eviction({ living: new Set(all), keeps: () => false, freeBytes: () => freeBytes });
  eviction.relieve();
  assert.deepEqual(states(all), ['idle', 'ended', 'busy']);
  freeBytes = Number.MAX_SAFE_INTEGER;
  eviction.relieve();
  assert.deepEqual(states(all), ['idle', 'ended', 'busy']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayed } from './operations.ts';
import type { OperationRecord } from './store.ts';

const operation = (id: string, rest: Partial<OperationRecord> = {}): OperationRecord => ({
  id,
  type: 'CONTEXT',
  status: 'STARTED',
  order: 0,
  startedAt: 0,
  ...rest,
});
const idsOf = (operations: readonly OperationRecord[]): string => operations.map(({ id }) => id).join(' ');

test('what lies below a finished context is left out, at any depth', () => {
  const all = [
    operation('done', { status: 'SUCCEEDED' }),
    operation('below', { parentId: 'done' }),
    operation('deeper', { parentId: 'below' }),
    operation('failed', { status: 'FAILED', replayChildren: false }),
    operation('below-failed', { parentId: 'failed' }),
    operation('running'),
    operation('below-running', { parentId: 'running' }),
    operation('replayed', { status: 'SUCCEEDED', replayChildren: true }),
    operation('below-replayed', { parentId: 'replayed' }),
  ];
  assert.equal(idsOf(replayed(all)), 'done failed running below-running replayed below-replayed');
});

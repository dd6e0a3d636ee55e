import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf, replayed } from './operations.ts';
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

test('a page ends before five megabytes or the number of items, and always goes on', () => {
  const megabyte = { blob: 'b', bytes: 1024 * 1024 };
  const all = Array.from({ length: 8 }, (_, n) => operation(String(n), { result: megabyte }));
  const pages: string[] = [];
  for (let from: number | undefined = 0; from !== undefined;) {
    const { page, next } = pageOf(all, from, 1000);
    pages.push(idsOf(page));
    from = next;
  }
  assert.deepEqual(pages, ['0 1 2 3', '4 5 6 7']);
  assert.deepEqual(pageOf(all, 6, 1), { page: [all[6]], next: 7 });
  assert.deepEqual(pageOf(all, 0, 1000, 6 * 1024 * 1024), { page: [], next: 0 });
  const huge = [operation('huge', { result: { blob: 'b', bytes: 9 * 1024 * 1024 } })];
  assert.deepEqual(pageOf(huge, 0, 1000), { page: huge, next: undefined });
});

// The timer of an execution: one piece of work that goes off when the first of its operations is due, at its timeout, and
// when its history has been kept long enough.
import type { Platform } from '#kernel/platform.ts';
import type { WorkItem, WorkKind } from '#kernel/work.ts';
import type { Place } from '../store.ts';
import { changeExecution, TIMER_WORK, type Change } from './change.ts';
import { closeExecution } from './close.ts';
import { moveDue } from './due.ts';
import {
  deleteEventEntry,
  deleteExecutionEntries,
  deleteOperationEntry,
  findExecution,
  listEvents,
  operationsPage,
  type ExecutionRecord,
} from './store.ts';
import type { Text } from './text.ts';

const DELETE_PAGE = 200;

async function run({ payload: { at, id } }: WorkItem<{ at: Place; id: string }>, platform: Platform): Promise<void> {
  const ended = await changeExecution(platform, at, id, async (change) => {
    const { execution, now } = change;
    const isDue = (execution.timerAt ?? Infinity) <= now;
    // it has gone off: whatever comes next sets it anew, even at the same time
    delete execution.timerAt;
    if (execution.status !== 'RUNNING') return isDue ? execution : undefined;
    await moveOn(change);
    return undefined;
  });
  if (ended) await remove(platform, ended);
}

async function moveOn(change: Change): Promise<void> {
  const { execution, now } = change;
  const { executionTimeout } = execution.settings;
  if (now >= execution.startedAt + executionTimeout * 1000) {
    const ErrorMessage = `Execution timed out after ${executionTimeout} seconds.`;
    return closeExecution(change, { status: 'TIMED_OUT', error: { text: JSON.stringify({ ErrorMessage }) } });
  }
  await moveDue(change);
  if (execution.changed.length > 0) change.wake();
}

/** In steps, its record last: a kill in the middle finds it again. */
async function remove(platform: Platform, { at, id }: ExecutionRecord): Promise<void> {
  const { store, work } = platform;
  for (;;) {
    const events = await listEvents(store, at, id, { limit: DELETE_PAGE });
    const operations = await operationsPage(store, at, id, DELETE_PAGE);
    const last = events.length < DELETE_PAGE && operations.length < DELETE_PAGE;
    await store.transact(async (tx) => {
      const execution = last ? await findExecution(tx, at, id) : undefined;
      const texts = [...events, ...operations, ...(execution ? [execution] : [])].flatMap((each) => textsOf(each));
      for (const blob of new Set(texts)) work.enqueue(tx, 'lambda:remove-blob', { blob }, { id: blob });
      for (const { n } of events) deleteEventEntry(tx, at, id, n);
      for (const operation of operations) deleteOperationEntry(tx, at, id, operation.id);
      if (execution) deleteExecutionEntries(tx, execution);
    });
    if (last) return;
  }
}

const textsOf = ({ input, result, error }: { input?: Text; result?: Text; error?: Text }): string[] =>
  [input, result, error].flatMap((text) => (text && 'blob' in text ? [text.blob] : []));

export const timerWork: Record<string, WorkKind> = {
  [TIMER_WORK]: {
    run,
    retry: { attempts: 1000, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 300_000) },
    concurrency: 32,
  },
};

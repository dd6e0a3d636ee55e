import type { Platform } from '#kernel/platform.ts';
import type { Transaction } from '#store/contract.ts';
import type { Invocable } from '../snapshots.ts';
import { Change } from './change.ts';
import { putIndexes, type ExecutionRecord } from './store.ts';
import { bytesOf, type Text } from './text.ts';

export function newExecution(
  platform: Platform,
  invocable: Invocable,
  given: { version: string; input: Text; inputSha256: string; traceHeader: string } & Partial<
    Pick<ExecutionRecord, 'name' | 'parent' | 'deadLetter'>
  >,
): ExecutionRecord {
  if (!invocable.durable) throw new Error(`${invocable.name} is not durable`);
  return {
    at: invocable.at,
    id: platform.ids.uuid(),
    name: platform.ids.uuid(),
    functionName: invocable.name,
    settings: invocable.durable,
    status: 'RUNNING',
    startedAt: platform.clock.now(),
    operations: 1,
    started: 0,
    events: 0,
    bytes: bytesOf(given.input),
    open: {},
    changed: [],
    run: 0,
    running: false,
    sequence: 0,
    failures: 0,
    idleAnswers: 0,
    ...given,
  };
}

/** Writes it, with its first event and its first invocation. */
export function createExecution(platform: Platform, tx: Transaction, execution: ExecutionRecord): void {
  const change = new Change(platform, tx, execution);
  change.event({
    type: 'ExecutionStarted',
    operation: { id: execution.id, name: execution.name },
    details: { ExecutionTimeout: execution.settings.executionTimeout },
    input: execution.input,
  });
  putIndexes(tx, execution);
  change.wake();
  change.finish();
}

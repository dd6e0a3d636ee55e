// One change of an execution, inside a transaction: its record, the operations and events it touches, the work it causes.
import type { Platform } from '#kernel/platform.ts';
import type { Transaction } from '#store/contract.ts';
import type { Place } from '../store.ts';
import {
  findExecution,
  findOperation,
  putEvent,
  putExecution,
  putOperation,
  type EventRecord,
  type ExecutionRecord,
  type OperationRecord,
} from './store.ts';
import { claimText } from './text.ts';

export const INVOCATION_WORK = 'lambda:durable-invocation';
export const TIMER_WORK = 'lambda:durable-timer';
/** Invocations at once: what an account may run, less what the queue reads ahead. The sandbox pool counts exactly. */
export const AT_ONCE_MAX = 900;

const DAY_MS = 86_400_000;

/** What the invocation's work item says. */
export interface InvocationWork {
  at: Place;
  id: string;
  run: number;
}

export class Change {
  readonly platform: Platform;
  readonly tx: Transaction;
  readonly execution: ExecutionRecord;
  readonly now: number;
  readonly #operations = new Map<string, OperationRecord | undefined>();
  readonly #touched = new Set<string>();

  constructor(platform: Platform, tx: Transaction, execution: ExecutionRecord) {
    this.platform = platform;
    this.tx = tx;
    this.execution = execution;
    this.now = platform.clock.now();
  }

  async operation(operationId: string): Promise<OperationRecord | undefined> {
    if (!this.#operations.has(operationId)) {
      const { at, id } = this.execution;
      this.#operations.set(operationId, await findOperation(this.tx, at, id, operationId));
    }
    return this.#operations.get(operationId);
  }

  put(operation: OperationRecord): void {
    this.#operations.set(operation.id, operation);
    this.#touched.add(operation.id);
    for (const text of [operation.result, operation.error]) claimText(this.platform, this.tx, text);
  }

  /** Something outside of the handler moved it on: the handler is to be told. */
  putFromOutside(operation: OperationRecord): void {
    this.put(operation);
    const { changed } = this.execution;
    if (!changed.includes(operation.id)) changed.push(operation.id);
  }

  event(event: Omit<EventRecord, 'n' | 'atMs'>): void {
    const { execution, tx, platform } = this;
    for (const text of [event.input, event.result, event.error]) claimText(platform, tx, text);
    putEvent(tx, execution.at, execution.id, { n: ++execution.events, atMs: this.now, ...event });
  }

  /** The event of an operation. */
  operationEvent(
    operation: OperationRecord,
    type: string,
    rest: Partial<Pick<EventRecord, 'details' | 'input' | 'result' | 'error'>> = {},
  ): void {
    const { id, name, parentId, subType } = operation;
    this.event({
      type,
      operation: {
        id,
        ...(name !== undefined && { name }),
        ...(parentId !== undefined && { parentId }),
        ...(subType !== undefined && { subType }),
      },
      details: {},
      ...rest,
    });
  }

  /** Has the handler invoked (again), unless it runs: its end looks for what changed meanwhile. */
  wake(delayMs = 0): void {
    const { execution, platform, tx, now } = this;
    if (execution.status !== 'RUNNING' || execution.running) return;
    execution.running = true;
    execution.run++;
    const { at, id, run } = execution;
    platform.work.enqueue(tx, INVOCATION_WORK, { at, id, run } satisfies InvocationWork, {
      id: `${id}/${run}`,
      at: now + delayMs,
    });
  }

  /** Writes what was changed, and sets the timer anew. To be called last. */
  finish(): void {
    const { execution, tx, platform } = this;
    for (const operationId of this.#touched) {
      const operation = this.#operations.get(operationId);
      if (operation) putOperation(tx, execution.at, execution.id, operation);
    }
    const timerAt = nextTimer(execution);
    if (timerAt !== execution.timerAt) {
      execution.timerAt = timerAt;
      const { at, id } = execution;
      platform.work.enqueue(tx, TIMER_WORK, { at, id }, { id, at: timerAt });
    }
    putExecution(tx, execution);
  }
}

/** While it runs: the first operation that is due, or its timeout. Afterwards: the end of its retention. */
function nextTimer({ status, startedAt, endedAt = 0, settings, open }: ExecutionRecord): number {
  if (status !== 'RUNNING') return endedAt + settings.retentionPeriodInDays * DAY_MS;
  const due = Object.values(open).filter((at) => at !== null);
  return Math.min(startedAt + settings.executionTimeout * 1000, ...due);
}

/** Undefined when there is no such execution. */
export function changeExecution<T>(
  platform: Platform,
  at: Place,
  id: string,
  apply: (change: Change) => Promise<T> | T,
): Promise<T | undefined> {
  return platform.store.transact(async (tx) => {
    const found = await findExecution(tx, at, id);
    if (!found) return undefined;
    // what a transaction reads is the store's own, and this one may run again
    const change = new Change(platform, tx, structuredClone(found));
    const result = await apply(change);
    change.finish();
    return result;
  });
}

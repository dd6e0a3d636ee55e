import type { Writer } from '#store/contract.ts';
import type { Platform } from './platform.ts';

export interface RetryPolicy {
  /** first try included */
  attempts: number;
  /** ms to wait before try n+1, n = 1 after the first failure */
  backoffMs: (failures: number) => number;
  /** dead letter when the work is older than this */
  ageMsMax?: number;
}

export interface WorkItem<P = any> {
  id: string;
  kind: string;
  payload: P;
  /** ms since the epoch: when it was enqueued */
  createdAt: number;
  /** failures so far */
  failures: number;
  lastError?: string;
}

/** A handler's other ways out than success and failure. */
export class Postpone {
  readonly atMs: number;
  constructor(atMs: number) {
    this.atMs = atMs;
  }
}

/** Thrown by a handler: no further try would help. The work goes to its dead letter at once, with `cause` as the error. */
export class GiveUp extends Error {}

/** What `dead` gets when the work outlived `ageMsMax`; `cause` is the last failure, if a try was made. */
export class WorkTooOld extends Error {}

/** One kind of durable work: at least once, retried, then dead-lettered; survives kill -9 at any point. */
export interface WorkKind<P = any> {
  /** Throw to fail this try. Answer a Postpone to run again at a time without counting a failure. */
  run: (item: WorkItem<P>, platform: Platform) => Promise<void | Postpone>;
  retry: RetryPolicy;
  /** After the last try; runs once the item left the queue, in its own durable step (at least once). */
  dead?: (item: WorkItem<P>, error: Error, platform: Platform) => Promise<void>;
  /** how many at once on this node; default 16 */
  concurrency?: number;
  /** a try that is still running after this long is taken for dead and run again (its lease); default 60 s, renewed while it runs */
  leaseMs?: number;
}

export interface EnqueueOptions {
  /** ms since the epoch; default now */
  at?: number;
  /** chosen id, to cancel or replace by; default random */
  id?: string;
}

/** Durable delayed work, enqueued in the same transaction as the change that causes it. */
export interface Work {
  /** The payload is JSON of at most 1 MiB; larger ones belong in a blob. Work of the same kind and id is replaced. */
  enqueue(tx: Writer, kind: string, payload: unknown, options?: EnqueueOptions): string;
  /** Removes it if it is not running. */
  cancel(kind: string, id: string): Promise<boolean>;
  /** Begins to claim: called once, when every service has started. */
  start(): void;
  /** Waits until nothing is due (tests). */
  idle(): Promise<void>;
  /** Stops claiming and waits for what runs. */
  stop(): Promise<void>;
}

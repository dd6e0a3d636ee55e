// Moves the log into the database when it has grown long: in a thread, beside the writers, until little is left. Commits are
// held for that rest only, so that the log can start over at its beginning instead of growing for ever.
import { Worker } from 'node:worker_threads';
import type { CommitQueue } from './commit-queue.ts';
import { PAGE_BYTES, type Database } from './database.ts';
import type { ThreadRole } from './thread.ts';

const LOOK_MS = 50;
/** Passes beside the writers; they go on writing meanwhile. */
const PASSES_MAX = 4;
const LITTLE_BYTES = 1000 * PAGE_BYTES;

export class Checkpoints {
  count = 0;
  longestHoldMs = 0;
  readonly #file: string;
  readonly #logBytesMax: number;
  readonly #database: Database;
  readonly #queue: CommitQueue;
  #thread: Worker | undefined;
  #answered: ((left: number) => void) | undefined;
  #running: Promise<void> | undefined;
  #nextLook = 0;
  /** a snapshot reads the log as it was: it cannot start over */
  #readers = 0;
  #ended = false;

  constructor(file: string, logBytesMax: number, database: Database, queue: CommitQueue) {
    this.#file = file;
    this.#logBytesMax = logBytesMax;
    this.#database = database;
    this.#queue = queue;
  }

  /** After a sync. A failed checkpoint is no failure of the store: the log keeps everything, and the next look tries again. */
  look(): void {
    if (this.#running || this.#readers > 0 || this.#ended || performance.now() < this.#nextLook) return;
    this.#nextLook = performance.now() + LOOK_MS;
    this.#database.endRead();
    if (this.#database.logBytes() < this.#logBytesMax) return;
    this.#running = this.#checkpoint().finally(() => (this.#running = undefined));
  }

  async whileReading<T>(read: () => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      return await read();
    } finally {
      this.#readers--;
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#running;
    await this.#thread?.terminate();
  }

  async #checkpoint(): Promise<void> {
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      if ((await this.#pass()) < LITTLE_BYTES) break;
    }
    if (this.#readers > 0) return;
    const heldAt = performance.now();
    const release = this.#queue.hold();
    this.#database.endRead();
    await this.#pass();
    this.#database.endRead(); // the next transaction begins after the checkpoint, and so at the log's beginning
    release();
    this.count++;
    this.longestHoldMs = Math.max(this.longestHoldMs, performance.now() - heldAt);
  }

  /** Answers the bytes left in the log. */
  #pass(): Promise<number> {
    const thread = (this.#thread ??= this.#startThread());
    return new Promise<number>((resolve) => {
      this.#answered = resolve;
      thread.ref(); // the process stays until it has answered
      thread.postMessage(null);
    }).finally(() => thread.unref());
  }

  #startThread(): Worker {
    const workerData: ThreadRole = { role: 'checkpoint', file: this.#file };
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
    thread.on('message', ({ left }: { left?: number }) =>
      this.#answered?.(left === undefined ? Infinity : left * PAGE_BYTES),
    );
    thread.on('error', () => {
      this.#thread = undefined;
      this.#answered?.(Infinity);
    });
    return thread;
  }
}

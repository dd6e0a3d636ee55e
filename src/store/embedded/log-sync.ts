// Forces the log to disk. A sync on the main thread stops every other request, so under load it has a thread of its own
// (not libuv's pool: there it waits behind whatever else is slow). A thread costs 45 ms to start and holds 12 MB; a quiet store
// needs none.
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ThreadRole } from './thread.ts';

export interface LogSync {
  /** costs nothing: lazy commits need not wait for others to share it */
  readonly immediate?: boolean;
  /** One at a time. Rejects when the log may not be on disk: what is there is then unknown for good. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** From this many syncs on, or after one this slow, the thread takes over. */
const QUIET_SYNCS = 32;
const QUICK_SYNC_MS = 2;
/** A thread without work ends after this long. */
const THREAD_IDLE_MS = 5000;

export class FileLogSync implements LogSync {
  readonly #log: number;
  readonly #threadIdleMs: number;
  #syncs = 0;
  #thread: Worker | undefined;
  #threadReady = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #ending: Promise<unknown> | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  /** Also makes durable what a crash left unsynced in the log, and the log's name in its folder. */
  constructor(log: string, folder: string, threadIdleMs = THREAD_IDLE_MS) {
    this.#threadIdleMs = threadIdleMs;
    this.#log = fs.openSync(log, 'r+');
    fs.fsyncSync(this.#log);
    const entry = fs.openSync(folder, 'r');
    fs.fsyncSync(entry);
    fs.closeSync(entry);
  }

  get hasThread(): boolean {
    return this.#threadReady;
  }

  sync(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return this.#threadReady ? this.#syncInThread() : this.#syncHere();
  }

  async #syncHere(): Promise<void> {
    const start = performance.now();
    fs.fdatasyncSync(this.#log);
    this.#syncs++;
    if (this.#thread) return;
    if (this.#syncs >= QUIET_SYNCS || performance.now() - start > QUICK_SYNC_MS) this.#startThread();
  }

  #syncInThread(): Promise<void> {
    const thread = this.#thread!;
    thread.ref(); // the process stays until it has answered
    thread.postMessage(null);
    return new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    }).finally(() => {
      this.#settle = undefined;
      thread.unref();
      this.#idleTimer?.refresh();
    });
  }

  #startThread(): void {
    const workerData: ThreadRole = { role: 'sync', log: this.#log };
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (answer: { ready?: true; error?: string }) => {
      if (answer.ready) this.#useThread();
      else if (answer.error) this.#fail(new Error(answer.error));
      else this.#settle?.resolve();
    });
    thread.on('error', (error: Error) => this.#fail(error));
  }

  #useThread(): void {
    this.#threadReady = true;
    this.#idleTimer = setTimeout(() => this.#dropIdleThread(), this.#threadIdleMs).unref();
  }

  #dropIdleThread(): void {
    if (this.#settle) return; // a slow sync: the timer starts again when it ends
    const thread = this.#thread;
    this.#threadReady = false;
    this.#thread = undefined;
    this.#syncs = 0;
    this.#ending = thread?.terminate();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#settle?.reject(error);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#ending;
    await this.#thread?.terminate();
    fs.closeSync(this.#log);
  }
}

/** A store in memory is as durable as it will ever be. */
export const memorySync: LogSync = {
  immediate: true,
  sync: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

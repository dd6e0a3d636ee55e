// A function that started more than once lately keeps one initialised environment more than it uses, so that its next
// step in concurrency costs a warm call (runtime.md 7; Lambda initialises ahead too, docs: lambda-runtime-environment).
import { SCALE_AHEAD_MS, SCALE_AHEAD_STARTS } from './limits.ts';
import type { ExecutionEnvironment, Revision } from './revision.ts';

export class ScaleAhead {
  #start: (revision: Revision) => Promise<ExecutionEnvironment>;
  /** when the latest cold starts were */
  #starts = new WeakMap<Revision, number[]>();
  #making = new WeakSet<Revision>();

  constructor(start: (revision: Revision) => Promise<ExecutionEnvironment>) {
    this.#start = start;
  }

  /** An invocation waits for an environment that is being started. */
  coldStart(revision: Revision, nowMs: number = Date.now()): void {
    const starts = [...(this.#starts.get(revision) ?? []), nowMs].slice(-SCALE_AHEAD_STARTS);
    this.#starts.set(revision, starts);
  }

  /** The last idle environment was taken, or a start has ended. */
  async drained(revision: Revision, nowMs: number = Date.now()): Promise<void> {
    if (!this.#isWanted(revision, nowMs) || this.#making.has(revision)) return;
    this.#making.add(revision);
    try {
      const environment = await this.#start(revision);
      if (environment.init.kind === 'ready') revision.adopt(environment);
      // a function that cannot be initialised says so to whoever calls it
      else this.#starts.delete(revision);
    } catch {
      // no room for more than what is needed
      this.#starts.delete(revision);
    } finally {
      this.#making.delete(revision);
    }
  }

  #isWanted(revision: Revision, nowMs: number): boolean {
    const starts = this.#starts.get(revision);
    if (revision.idle > 0 || revision.retired || starts?.length !== SCALE_AHEAD_STARTS) return false;
    return nowMs - (starts[0] ?? 0) < SCALE_AHEAD_MS;
  }
}

// The execution environments of one revision of a function: idle ones last in first out, invocations that wait, starts.
import { availableParallelism } from 'node:os';
import { AGE_MS_MAX, CREDENTIALS_MARGIN_MS, IDLE_MS_MAX, QUEUE_MS_MAX } from './limits.ts';
import type { FunctionSnapshot } from './contract.ts';
import type { LogStream } from './log-stream.ts';
import type { InitOutcome } from './outcome.ts';
import type { Sandbox } from './sandbox.ts';

/** A sandbox with its function in it: what Lambda calls an execution environment. */
export interface ExecutionEnvironment {
  sandbox: Sandbox;
  log: LogStream;
  init: InitOutcome;
  invocations: number;
  initializationType: InitializationType;
  /** kept ready whether it is used or not, and used before others */
  provisioned?: boolean;
}

export type InitializationType = 'on-demand' | 'provisioned-concurrency';

/** Until when one more invocation may begin: by then it is too old, or its credentials would not last. */
export const fitUntilMs = ({ timeoutSeconds }: FunctionSnapshot, { bornMs, credentialsExpireAt }: Sandbox): number =>
  Math.min(bornMs + AGE_MS_MAX, credentialsExpireAt - CREDENTIALS_MARGIN_MS - timeoutSeconds * 1000);

interface Waiter {
  resolve: (environment: ExecutionEnvironment) => void;
  reject: (error: unknown) => void;
}

/** weight of the latest duration in the moving average */
const DURATION_WEIGHT = 0.2;

/**
 * Invocations of a short function that run at once before others take turns: more of them only push each other off the
 * processors (64 callers on 2 cores: 6k/s with 64 sandboxes at work, 3 times as many with 8).
 */
const AT_ONCE = 4 * availableParallelism();

/** Starts under way at once: boots share the processors anyway, and the first to finish may show that no more are needed. */
const STARTS_AT_ONCE = 2 * availableParallelism();

export class Revision {
  readonly snapshot: FunctionSnapshot;
  #start: () => Promise<ExecutionEnvironment>;
  #drained: () => void;
  #idle: ExecutionEnvironment[] = [];
  #waiting: Waiter[] = [];
  #busy = 0;
  #starting = 0;
  #retired = false;
  #averageMs = Number.POSITIVE_INFINITY;
  #scaleTimer: NodeJS.Timeout | undefined;
  /** invocations that have ended since the timer was set */
  #released = 0;

  /**
   * `start` boots one environment and initialises it; a failed initialisation is a result, not an error. `drained` is
   * told when none is idle any more.
   */
  constructor(snapshot: FunctionSnapshot, start: () => Promise<ExecutionEnvironment>, drained: () => void = () => {}) {
    this.snapshot = snapshot;
    this.#start = start;
    this.#drained = drained;
  }

  get unused(): boolean {
    return this.#idle.length + this.#waiting.length + this.#busy + this.#starting === 0;
  }

  acquire(): Promise<ExecutionEnvironment> {
    const environment = this.#takesTurns() ? undefined : this.#takeIdle();
    if (environment) {
      this.#busy += 1;
      if (this.#idle.length === 0) this.#drained();
      return Promise.resolve(environment);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#scale();
    });
  }

  /** Gives an environment back after an invocation of this duration. */
  release(environment: ExecutionEnvironment, durationMs: number): void {
    this.#busy -= 1;
    this.#released += 1;
    this.#averageMs = Number.isFinite(this.#averageMs)
      ? this.#averageMs + DURATION_WEIGHT * (durationMs - this.#averageMs)
      : durationMs;
    environment.invocations += 1;
    this.#offer(environment);
  }

  /** Takes in an environment that was made ahead of need. */
  adopt(environment: ExecutionEnvironment): void {
    environment.sandbox.idleSinceMs = Date.now();
    this.#offer(environment);
  }

  get retired(): boolean {
    return this.#retired;
  }

  /** How many wait for an invocation. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Ends idle environments now and the others after their invocation. */
  retire(): void {
    this.#retired = true;
    for (const { sandbox } of this.#idle) sandbox.kill();
    this.#idle = [];
  }

  /** Ends what was idle for too long or grew too old. */
  sweep(nowMs: number): void {
    this.#idle = this.#idle.filter((environment) => {
      const { sandbox, provisioned } = environment;
      const keep = this.#isFit(environment, nowMs) && (provisioned || nowMs - sandbox.idleSinceMs < IDLE_MS_MAX);
      if (!keep) sandbox.kill();
      return keep;
    });
  }

  #takeIdle(): ExecutionEnvironment | undefined {
    for (let environment = this.#idle.pop(); environment; environment = this.#idle.pop()) {
      if (this.#isFit(environment, Date.now())) return environment;
      environment.sandbox.kill();
    }
    return undefined;
  }

  #isFit({ sandbox }: ExecutionEnvironment, nowMs: number): boolean {
    return sandbox.state === 'idle' && nowMs < fitUntilMs(this.snapshot, sandbox);
  }

  /** To whoever waits longest, else on the stack. */
  #offer(environment: ExecutionEnvironment): void {
    if (this.#retired && this.#waiting.length === 0) environment.sandbox.kill();
    if (environment.sandbox.state !== 'idle') return this.#scale();
    const waiter = this.#waiting.shift();
    if (!waiter) {
      this.#rest(environment);
      return;
    }
    this.#busy += 1;
    waiter.resolve(environment);
  }

  /** Provisioned ones lie on top: what spilled over goes first when calls become fewer. */
  #rest(environment: ExecutionEnvironment): void {
    let at = this.#idle.length;
    if (!environment.provisioned) while (this.#idle[at - 1]?.provisioned) at -= 1;
    this.#idle.splice(at, 0, environment);
  }

  /** Whether those at work will be free soon enough for one more, and are as many as the processors carry. */
  #takesTurns(): boolean {
    return this.#busy >= AT_ONCE && ((this.#waiting.length + 1) * this.#averageMs) / this.#busy < QUEUE_MS_MAX;
  }

  /** Starts another environment for each that waits, but first waits briefly for one that is soon free. */
  #scale(): void {
    if (this.#waiting.length <= this.#starting || this.#scaleTimer) return;
    if (this.#busy === 0 || this.#averageMs > QUEUE_MS_MAX) return this.#startWanted();
    this.#released = 0;
    this.#scaleTimer = setTimeout(() => {
      this.#scaleTimer = undefined;
      // An average says nothing of those that run now: somebody must have come free meanwhile.
      if (this.#released > 0 && this.#takesTurns()) this.#scale();
      else this.#startWanted();
    }, QUEUE_MS_MAX);
  }

  #startWanted(): void {
    while (this.#waiting.length > 0) {
      const environment = this.#takeIdle();
      if (!environment) break;
      this.#busy += 1;
      this.#waiting.shift()?.resolve(environment);
    }
    while (this.#waiting.length > this.#starting && this.#starting < STARTS_AT_ONCE) void this.#startOne();
  }

  async #startOne(): Promise<void> {
    this.#starting += 1;
    try {
      const environment = await this.#start();
      this.#starting -= 1;
      const waiter = this.#waiting.shift();
      if (!waiter) return this.#offer(environment);
      // even one that failed to initialise or has ended already: whoever waits longest hears how
      this.#busy += 1;
      waiter.resolve(environment);
      this.#scale();
      if (this.#idle.length === 0) this.#drained();
    } catch (error) {
      this.#starting -= 1;
      this.#waiting.shift()?.reject(error);
      this.#scale();
    }
  }
}

// The execution environments of one revision of a function: idle ones last in first out, invocations that wait, starts.
import { availableParallelism } from 'node:os';
import { AGE_MS_MAX, CREDENTIALS_MARGIN_MS, IDLE_MS_MAX, QUEUE_MS_MAX } from './limits.ts';
import type { FunctionSnapshot } from './contract.ts';
import type { LogStream } from './log-stream.ts';
import type { InitOutcome } from './outcome.ts';
import { processorsAreBusy } from './processors.ts';
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
/** by which the shortest duration grows with each invocation that was longer */
const SHORTEST_GROWTH = 1.02;

/**
 * Invocations of a short function that run at once before others take turns: more of them only push each other off the
 * processors (64 callers on 2 cores: 6k/s with 64 sandboxes at work, 3 times as many with 8).
 */
const AT_ONCE = 4 * availableParallelism();

/** Where all processors are at work those that run may only have been kept waiting: so many looks in a row must see no end. */
const STUCK_LOOKS_MAX = 5;

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
  /** of late: how long an invocation takes that nothing keeps waiting */
  #shortestMs = Number.POSITIVE_INFINITY;
  #scaleTimer: NodeJS.Timeout | undefined;
  /** invocations that have ended since the last look, and looks in a row that saw none */
  #released = 0;
  #stuck = 0;

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
    this.#shortestMs = Math.min(durationMs, this.#shortestMs * SHORTEST_GROWTH);
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
    const isNeeded = this.#waiting.length > 0 && !this.#takesTurns();
    if (this.#retired && !isNeeded) environment.sandbox.kill();
    if (environment.sandbox.state !== 'idle') return this.#scale();
    if (!isNeeded) {
      this.#rest(environment);
      return this.#scale();
    }
    this.#busy += 1;
    this.#waiting.shift()?.resolve(environment);
  }

  /** Provisioned ones lie on top: what spilled over goes first when calls become fewer. */
  #rest(environment: ExecutionEnvironment): void {
    let at = this.#idle.length;
    if (!environment.provisioned) while (this.#idle[at - 1]?.provisioned) at -= 1;
    this.#idle.splice(at, 0, environment);
  }

  /**
   * Whether those at work will be free soon enough for all that wait, and are as many as the processors carry. Where these
   * have no room left another sandbox would not answer any sooner, so that more patience costs nothing.
   */
  #takesTurns(): boolean {
    if (this.#busy === 0 || this.#busy + this.#starting < AT_ONCE) return false;
    const waitMs = ((this.#waiting.length + 1) * this.#averageMs) / this.#busy;
    return waitMs < QUEUE_MS_MAX || (this.#shortestMs < QUEUE_MS_MAX && processorsAreBusy());
  }

  /** Gives those that wait an environment each, idle or new, unless one is soon free. */
  #scale(): void {
    while (this.#waiting.length > 0 && !this.#takesTurns()) {
      const environment = this.#takeIdle();
      if (!environment) break;
      this.#busy += 1;
      this.#waiting.shift()?.resolve(environment);
    }
    if (this.#waiting.length <= this.#starting || this.#scaleTimer) return;
    if (this.#busy === 0 || this.#shortestMs > QUEUE_MS_MAX) return this.#startWanted();
    // the answers that have come meanwhile are read first
    this.#scaleTimer = setTimeout(() => setImmediate(() => this.#look()), QUEUE_MS_MAX);
  }

  /** An average says nothing of those that run now: somebody must have come free meanwhile. */
  #look(): void {
    this.#scaleTimer = undefined;
    this.#stuck = this.#released > 0 ? 0 : this.#stuck + 1;
    this.#released = 0;
    const patience = processorsAreBusy() ? STUCK_LOOKS_MAX : 0;
    if (this.#stuck <= patience && this.#takesTurns()) return this.#scale();
    this.#stuck = 0;
    this.#startWanted();
  }

  #startWanted(): void {
    while (this.#waiting.length > this.#starting) {
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

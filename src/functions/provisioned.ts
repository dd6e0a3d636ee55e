// Provisioned concurrency (docs: provisioned-concurrency): environments of one version that are initialised ahead, kept
// whether they are used or not, and replaced before they grow old.
import type { FunctionSnapshot, ProvisionedState } from './contract.ts';
import { INIT_ERROR_WAIT_MS, PROVISIONED_FRESH_MS, PROVISIONED_INIT_MS_MAX } from './limits.ts';
import { reportFailedInit } from './invocation.ts';
import { type ExecutionEnvironment, fitUntilMs } from './revision.ts';
import type { Sandbox } from './sandbox.ts';

export interface ProvisionedParts {
  /** boots one environment, its initialisation limited to this time, and has it spared from eviction */
  start: (snapshot: FunctionSnapshot, timeoutMs: number) => Promise<ExecutionEnvironment>;
  /** puts a ready environment among those that serve invocations of its version */
  adopt: (snapshot: FunctionSnapshot, environment: ExecutionEnvironment) => void;
  warn: (text: string) => void;
}

type Allocation = Pick<ProvisionedState, 'allocated' | 'available' | 'failure'>;

const keyOf = ({ arn, version }: Pick<FunctionSnapshot, 'arn' | 'version'>): string => `${arn}:${version}`;

export class ProvisionedConcurrency {
  #parts: ProvisionedParts;
  #fleets = new Map<string, Fleet>();

  constructor(parts: ProvisionedParts) {
    this.#parts = parts;
  }

  /** From now on so many environments of this version; 0 = none. */
  set(snapshot: FunctionSnapshot, count: number): void {
    const key = keyOf(snapshot);
    const fleet = this.#fleets.get(key);
    if (fleet && fleet.snapshot.revisionId === snapshot.revisionId && count > 0) return fleet.resize(count);
    fleet?.end();
    this.#fleets.delete(key);
    if (count > 0) this.#fleets.set(key, new Fleet(snapshot, count, this.#parts));
  }

  state(version: Pick<FunctionSnapshot, 'arn' | 'version'>): Allocation {
    return this.#fleets.get(keyOf(version))?.state ?? { allocated: 0, available: 0 };
  }

  /** Whether this sandbox must stay though it is idle. */
  keeps(sandbox: Sandbox): boolean {
    return [...this.#fleets.values()].some((fleet) => fleet.keeps(sandbox));
  }

  /** Replaces what grew old and tries again what failed. */
  sweep(nowMs: number): void {
    for (const fleet of this.#fleets.values()) fleet.sweep(nowMs);
  }

  /** A function is gone, or versions of it are. */
  retire(functionArn: string, keepRevisionIds: readonly string[]): void {
    for (const [key, fleet] of this.#fleets) {
      if (fleet.snapshot.arn !== functionArn || keepRevisionIds.includes(fleet.snapshot.revisionId)) continue;
      fleet.end();
      this.#fleets.delete(key);
    }
  }

  stop(): void {
    for (const fleet of this.#fleets.values()) fleet.end();
    this.#fleets.clear();
  }
}

/** The environments of one version. */
class Fleet {
  readonly snapshot: FunctionSnapshot;
  #count: number;
  #parts: ProvisionedParts;
  #environments = new Set<ExecutionEnvironment>();
  #starting = 0;
  #failure: string | undefined;
  #retryMs = 0;
  #ended = false;

  constructor(snapshot: FunctionSnapshot, count: number, parts: ProvisionedParts) {
    this.snapshot = snapshot;
    this.#count = count;
    this.#parts = parts;
    this.#fill(Date.now());
  }

  get state(): Allocation {
    const available = Math.min(this.#count, this.#environments.size);
    return { allocated: available, available, ...(this.#failure !== undefined && { failure: this.#failure }) };
  }

  keeps(sandbox: Sandbox): boolean {
    return [...this.#environments].some((environment) => environment.sandbox === sandbox);
  }

  resize(count: number): void {
    this.#count = count;
    this.#failure = undefined;
    for (const environment of [...this.#environments].slice(count)) this.#release(environment);
    this.#fill(Date.now());
  }

  end(): void {
    this.#ended = true;
    for (const environment of this.#environments) this.#release(environment);
  }

  sweep(nowMs: number): void {
    if (this.#failure === undefined || nowMs >= this.#retryMs) this.#fill(nowMs);
  }

  /** It serves on as any other does, and ends when it is idle for long. */
  #release(environment: ExecutionEnvironment): void {
    this.#environments.delete(environment);
    environment.provisioned = false;
  }

  #fill(nowMs: number): void {
    for (const environment of this.#environments) {
      if (fitUntilMs(this.snapshot, environment.sandbox) < nowMs + PROVISIONED_FRESH_MS) this.#release(environment);
    }
    while (!this.#ended && this.#environments.size + this.#starting < this.#count) void this.#startOne();
  }

  async #startOne(): Promise<void> {
    const { snapshot } = this;
    this.#starting += 1;
    try {
      // docs: lambda-runtime-environment, "Init phase": 130 seconds or the function's timeout, whichever is longer
      const timeoutMs = Math.max(PROVISIONED_INIT_MS_MAX, snapshot.timeoutSeconds * 1000);
      const environment = await this.#parts.start(snapshot, timeoutMs);
      this.#starting -= 1;
      if (environment.init.kind === 'ready') this.#add(environment);
      else {
        reportFailedInit(snapshot, environment, 'init');
        environment.log.flush();
        this.#fail(environment.init.kind === 'timeout' ? 'FUNCTION_ERROR_INIT_TIMEOUT' : 'FUNCTION_ERROR_INIT_FAILURE');
      }
    } catch (error) {
      this.#starting -= 1;
      if (this.#ended) return;
      this.#parts.warn(`Provisioned concurrency of ${snapshot.name}: ${(error as Error).message}`);
      this.#fail('INSUFFICIENT_CAPACITY');
    }
  }

  #add(environment: ExecutionEnvironment): void {
    if (this.#ended || this.#environments.size >= this.#count) {
      environment.sandbox.kill();
      return;
    }
    this.#failure = undefined;
    environment.provisioned = true;
    this.#environments.add(environment);
    this.#parts.adopt(this.snapshot, environment);
    void environment.sandbox.exited.then(() => {
      // an invocation may have ended it, by its timeout for one
      if (this.#environments.delete(environment) && this.#failure === undefined) this.#fill(Date.now());
    });
  }

  #fail(reason: string): void {
    this.#failure = reason;
    this.#retryMs = Date.now() + INIT_ERROR_WAIT_MS;
  }
}

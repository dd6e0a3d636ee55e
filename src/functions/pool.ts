// The Lambda data plane of this process: revisions of functions, their invocations, the limits on both.
import { mkdir } from 'node:fs/promises';
import { Concurrency } from './concurrency.ts';
import type {
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  InvocationStream,
  ProvisionedState,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
import { EnvironmentStarter, type StartOptions } from './environment-starter.ts';
import type { ImageStore } from './images/store.ts';
import { Inspector } from './inspect.ts';
import { checkPayload, runInvocation } from './invocation.ts';
import { CONCURRENCY_MAX } from './limits.ts';
import { MemoryWatch } from './memory-watch.ts';
import { responseTooLarge, type StreamReceiver } from './outcome.ts';
import { ProvisionedConcurrency } from './provisioned.ts';
import { type ExecutionEnvironment, Revision } from './revision.ts';
import type { Sandbox } from './sandbox.ts';
import { ScaleAhead } from './scale-ahead.ts';
import { StreamBuffer, StreamRelay } from './stream.ts';

const SWEEP_MS = 10_000;

/** Answers at once: the machine is probed in the background. */
export async function createSandboxPool(options: SandboxPoolOptions): Promise<SandboxPool> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  return new Pool(options);
}

class Pool implements SandboxPool {
  #starter: EnvironmentStarter;
  #concurrency: Concurrency;
  #memory: MemoryWatch;
  #revisions = new Map<string, Revision>();
  #provisioned: ProvisionedConcurrency;
  #scaleAhead: ScaleAhead;
  #inspector: Inspector | undefined;
  #sweeper: NodeJS.Timeout;

  constructor(options: SandboxPoolOptions) {
    this.#inspector =
      options.inspect &&
      new Inspector(options.inspect, { start: (snapshot) => this.#startAhead(snapshot), warn: options.warn });
    const keeps = (sandbox: Sandbox): boolean => this.#provisioned.keeps(sandbox);
    this.#starter = new EnvironmentStarter(options, keeps, this.#inspector);
    this.#concurrency = new Concurrency(options.concurrencyMax ?? CONCURRENCY_MAX);
    this.#memory = new MemoryWatch(this.#starter.living);
    this.#provisioned = new ProvisionedConcurrency({
      start: (snapshot, timeoutMs) =>
        this.#start(snapshot, { timeoutMs, initializationType: 'provisioned-concurrency' }),
      adopt: (snapshot, environment) => this.#revision(snapshot).adopt(environment),
      warn: options.warn,
    });
    this.#scaleAhead = new ScaleAhead((revision) => this.#start(revision.snapshot));
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  get isolation(): SandboxPool['isolation'] {
    return this.#starter.isolation;
  }

  get ready(): Promise<void> {
    return this.#starter.ready;
  }

  get images(): ImageStore {
    return this.#starter.images;
  }

  async invoke(snapshot: FunctionSnapshot, invocation: Invocation): Promise<InvocationResult> {
    const stream = new StreamBuffer();
    const result = await this.#run(snapshot, invocation, () => stream);
    if (stream.tooLarge && !result.functionError) {
      return { ...result, functionError: 'Unhandled', payload: responseTooLarge().payload };
    }
    const whole = result.functionError ? undefined : stream.whole();
    return whole ? { ...result, payload: whole } : result;
  }

  async invokeStream(snapshot: FunctionSnapshot, invocation: Invocation): Promise<InvocationStream> {
    const relay = new StreamRelay();
    this.#run(snapshot, invocation, (sandbox) => {
      relay.resume = () => sandbox.resume();
      return relay;
    }).then(
      (result) => relay.end(result),
      (error: Error) => relay.fail(error),
    );
    return relay.toInvocationStream(await relay.opened.promise);
  }

  prepare(snapshot: FunctionSnapshot): Promise<void> {
    return this.#starter.prepare(snapshot);
  }

  provision(snapshot: FunctionSnapshot, count: number): void {
    this.#concurrency.provision(snapshot, count);
    this.#provisioned.set(snapshot, count);
  }

  provisioned(version: Pick<FunctionSnapshot, 'arn' | 'version'>): ProvisionedState {
    return { ...this.#provisioned.state(version), ...this.#concurrency.provisionedUse(version) };
  }

  reserve(at: Pick<FunctionSnapshot, 'accountId' | 'region'>, reserved: ReadonlyMap<string, number>): void {
    this.#concurrency.reserve(at, reserved);
  }

  retire(functionArn: string, keepRevisionIds: readonly string[] = []): void {
    this.#provisioned.retire(functionArn, keepRevisionIds);
    for (const [key, revision] of this.#revisions) {
      if (revision.snapshot.arn !== functionArn || keepRevisionIds.includes(revision.snapshot.revisionId)) continue;
      revision.retire();
      this.#revisions.delete(key);
    }
    if (keepRevisionIds.length === 0) this.#concurrency.forget(functionArn);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#provisioned.stop();
    this.#inspector?.stop();
    this.#memory.stop();
    await this.#starter.stop();
  }

  async #run(
    snapshot: FunctionSnapshot,
    invocation: Invocation,
    stream: (sandbox: Sandbox) => StreamReceiver,
  ): Promise<InvocationResult> {
    checkPayload(invocation);
    const leave = this.#concurrency.enter(snapshot);
    this.#memory.watch();
    try {
      const { result, ended } = await runInvocation(
        {
          revision: this.#revision(snapshot),
          startAgain: (log, timeoutMs) => this.#starter.start(snapshot, { log, timeoutMs }),
          running: () => this.#memory.watch(),
        },
        invocation,
        stream,
      );
      if (ended) void ended.finally(leave).catch(() => {});
      else leave();
      return result;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #revision(snapshot: FunctionSnapshot): Revision {
    const key = `${snapshot.arn}:${snapshot.version}:${snapshot.revisionId}`;
    let revision = this.#revisions.get(key);
    if (!revision) {
      const started = new Revision(
        snapshot,
        () => {
          this.#scaleAhead.coldStart(started);
          return this.#start(snapshot);
        },
        () => void this.#scaleAhead.drained(started),
      );
      revision = started;
      this.#revisions.set(key, revision);
    }
    return revision;
  }

  #start(snapshot: FunctionSnapshot, options?: StartOptions): Promise<ExecutionEnvironment> {
    this.#memory.watch();
    return this.#starter.start(snapshot, options);
  }

  async #startAhead(snapshot: FunctionSnapshot): Promise<void> {
    const environment = await this.#start(snapshot);
    if (environment.init.kind === 'ready') this.#revision(snapshot).adopt(environment);
  }

  #sweep(): void {
    const nowMs = Date.now();
    this.#starter.sweep(nowMs);
    this.#provisioned.sweep(nowMs);
    for (const [key, revision] of this.#revisions) {
      revision.sweep(nowMs);
      if (revision.unused) this.#revisions.delete(key);
    }
  }
}

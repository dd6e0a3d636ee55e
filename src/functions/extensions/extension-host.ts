// The extensions of one sandbox through its life: started before the runtime, told of each invocation, waited for, ended.
import { randomIds } from '#core/ids.ts';
import type { Invocation } from '../contract.ts';
import type { Fault } from '../outcome.ts';
import type { PlatformLog } from '../report.ts';
import type { Extension, LifecycleEvent } from './extension.ts';
import { ExtensionSet } from './extension-set.ts';
import { ExtensionsApi, type FunctionFacts } from './extensions-api.ts';
import { Telemetry } from './telemetry.ts';
import type { Dial } from './telemetry-delivery.ts';
import type { TelemetryEvent } from './telemetry-events.ts';
import { INTERNAL_SHUTDOWN_MS_MAX, RUNTIME_SHUTDOWN_MS_MAX, SHUTDOWN_MS_MAX } from './limits.ts';

export type ShutdownReason = 'spindown' | 'timeout' | 'failure';

/** How a runtime is ended. */
export interface RuntimeStop {
  ask(): void;
  kill(): void;
  /** resolves when it has ended */
  ended: Promise<void>;
}

export interface ExtensionHostParts {
  facts: () => FunctionFacts;
  log: PlatformLog;
  /** what happened before */
  early: readonly TelemetryEvent[];
  dial: Dial;
}

export class ExtensionHost {
  readonly extensions: ExtensionSet;
  readonly api: ExtensionsApi;
  readonly telemetry: Telemetry;
  #log: PlatformLog;

  constructor({ facts, log, early, dial }: ExtensionHostParts, fault: (fault: Fault) => void) {
    this.#log = log;
    this.extensions = new ExtensionSet(() => randomIds.uuid(), fault);
    this.api = new ExtensionsApi(this.extensions, facts, () => randomIds.uuid());
    this.telemetry = new Telemetry({
      extensions: this.extensions,
      early,
      dial,
      subscribed: (extension, request) => log.subscription(extension, request),
    });
  }

  /** Starts the external ones; resolves when all have registered. */
  async start(names: readonly string[], begin: (name: string) => void): Promise<void> {
    for (const name of names) this.extensions.addExternal(name);
    for (const name of names) begin(name);
    await this.extensions.until(() => !this.extensions.all.some(({ state }) => state === 'Started'));
  }

  /** The initialisation is over, however it went: nobody new may come. */
  initialised(): void {
    this.extensions.closeRegistration();
    for (const extension of this.extensions.all) this.#log.extension(extension);
    this.telemetry.initialised();
  }

  get hasInternal(): boolean {
    return this.extensions.all.some(({ external }) => !external);
  }

  /** whether everybody waits for the next event */
  get parked(): boolean {
    return this.extensions.all.every(({ state }) => state === 'Ready');
  }

  whenParked(): Promise<void> {
    return this.extensions.until(() => this.parked);
  }

  invoke({ requestId, invokedFunctionArn, traceHeader }: Invocation, deadlineMs: number): void {
    this.extensions.deliver({
      eventType: 'INVOKE',
      deadlineMs,
      requestId,
      invokedFunctionArn,
      // there is always one on AWS; without X-Ray it is empty
      tracing: { type: 'X-Amzn-Trace-Id', value: traceHeader ?? '' },
    } as LifecycleEvent);
  }

  /** Ends the runtime, then the extensions, each in its time; what is left is killed by the caller. */
  async shutDown(shutdownReason: ShutdownReason, runtime: RuntimeStop): Promise<void> {
    const { extensions } = this;
    const external = extensions.all.filter((extension) => extension.external);
    const startedMs = Date.now();
    const wholeMs = external.length > 0 ? SHUTDOWN_MS_MAX : INTERNAL_SHUTDOWN_MS_MAX;
    extensions.expectEnds();
    if (shutdownReason === 'spindown') {
      runtime.ask();
      await inTime(runtime.ended, external.length > 0 ? RUNTIME_SHUTDOWN_MS_MAX : wholeMs);
    }
    runtime.kill();
    void this.telemetry.flush();
    if (external.length === 0) return;
    const deadlineMs = startedMs + wholeMs;
    extensions.deliver({ eventType: 'SHUTDOWN', shutdownReason, deadlineMs } as LifecycleEvent);
    const listens = (extension: Extension): boolean =>
      extension.external && extension.events.includes('SHUTDOWN') && extension.status === undefined;
    await inTime(
      extensions.until(() => !extensions.all.some(listens)),
      deadlineMs - Date.now(),
    );
  }
}

/** Resolves with the work, or when its time is over. */
async function inTime(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, ms));
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

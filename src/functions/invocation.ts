// One invocation from START to REPORT (docs: lambda-runtime-environment).
import { performance } from 'node:perf_hooks';
import { ServiceError } from '#core/errors.ts';
import type { FunctionSnapshot, Invocation, InvocationResult } from './contract.ts';
import { REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX } from './limits.ts';
import type { LogStream } from './log-stream.ts';
import { residentKb } from './memory-watch.ts';
import {
  type Answer,
  exitWords,
  type InitOutcome,
  type Outcome,
  responseTooLarge,
  type StreamReceiver,
} from './outcome.ts';
import { PlatformLog, type Report, spanOf, type Status } from './report.ts';
import type { ExecutionEnvironment, Revision } from './revision.ts';
import type { Sandbox } from './sandbox.ts';

const KB_PER_MB = 1024;

export interface InvocationSetting {
  revision: Revision;
  /** a new environment that writes to the same log and initialises within this time: the retry inside the invocation */
  startAgain: (log: LogStream, timeoutMs: number) => Promise<ExecutionEnvironment>;
  /** told which sandbox begins to run */
  running: (sandbox: Sandbox) => void;
}

interface Verdict {
  status: Status;
  payload: Buffer;
  errorType?: string;
  /** what Lambda says in the log before END */
  line?: string;
  /** how the sandbox ended after its answer */
  ended?: Verdict;
}

export function checkPayload({ payload }: Invocation): void {
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  if (bytes <= REQUEST_BYTES_MAX) return;
  throw new ServiceError(
    'RequestTooLargeException',
    `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${REQUEST_BYTES_MAX} bytes)`,
    413,
    { fields: { Type: 'User' } },
  );
}

/** What the caller hears, and the end of the invocation where that comes later. */
export interface InvocationRun {
  result: InvocationResult;
  ended?: Promise<unknown>;
}

export async function runInvocation(
  setting: InvocationSetting,
  invocation: Invocation,
  openStream: (sandbox: Sandbox) => StreamReceiver,
): Promise<InvocationRun> {
  const { revision, startAgain } = setting;
  const { snapshot } = revision;
  const timeoutMs = snapshot.timeoutSeconds * 1000;
  const first = await revision.acquire();
  const { log } = first;
  log.beginInvocation(invocation.logTail ?? false);
  const startedMs = performance.now();
  let environment = first;
  if (first.init.kind !== 'ready') {
    reportFailedInit(snapshot, first, 'init');
    environment = await startAgain(log, timeoutMs);
    if (environment.init.kind !== 'ready') reportFailedInit(snapshot, environment, 'invoke');
  }
  const running = new RunningInvocation({ revision, invocation, first, environment, startedMs });
  running.platform.start(invocation);
  const leftMs = Math.max(1, timeoutMs - (performance.now() - startedMs));
  if (environment.init.kind !== 'ready') return { result: running.conclude(initOutcome(environment.init)) };
  const { sandbox } = environment;
  setting.running(sandbox);
  const runtimeDone = (answer: Answer): void => running.runtimeDone(answer);
  const outcome = await sandbox.invoke(invocation, leftMs, openStream(sandbox), runtimeDone);
  if (!('ending' in outcome) || !outcome.ending) return { result: running.conclude(outcome) };
  // the end of the log is there at the end
  const result = invocation.logTail ? undefined : running.answer(outcome);
  const ended = outcome.ending.then((end) => running.conclude(end));
  return result ? { result, ended } : { result: await ended };
}

interface RunningParts {
  revision: Revision;
  invocation: Invocation;
  /** whose log it is, and whose initialisation is billed */
  first: ExecutionEnvironment;
  environment: ExecutionEnvironment;
  startedMs: number;
}

/** From START on: what is said of it, and when. */
class RunningInvocation {
  readonly platform: PlatformLog;
  #parts: RunningParts;
  /** of the environment's first invocation; it is counted as one when it ends */
  #initMs: number | undefined;
  #answeredMs: number | undefined;
  /** when the runtime was through, where extensions went on */
  #doneMs: number | undefined;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    const { init, invocations } = parts.first;
    this.#initMs = init.kind === 'ready' && invocations === 0 ? init.durationMs : undefined;
    this.platform = new PlatformLog(parts.revision.snapshot, parts.first.log);
  }

  /** What the caller is told before the invocation is over. */
  answer(outcome: Outcome): InvocationResult {
    this.#answeredMs ??= performance.now();
    const durationMs = this.#answeredMs - this.#parts.startedMs;
    return this.#result(this.#judge(outcome), durationMs, usedMemory(this.#parts.environment, outcome));
  }

  /** The runtime is through; extensions may go on. */
  runtimeDone(outcome: Outcome): void {
    this.#doneMs = performance.now();
    this.#answeredMs ??= this.#doneMs;
    this.#sayRuntimeDone(this.#judge(outcome), this.#doneMs);
  }

  /** END and REPORT; the environment is free again. */
  conclude(outcome: Outcome): InvocationResult {
    const { revision, invocation, first, environment, startedMs } = this.#parts;
    const { memoryMb, timeoutSeconds } = revision.snapshot;
    const { requestId, traceHeader } = invocation;
    const endMs = performance.now();
    const durationMs = outcome.kind === 'timeout' ? timeoutSeconds * 1000 : endMs - startedMs;
    const verdict = this.#judge(outcome);
    const ended = verdict.ended ?? verdict;
    const doneMs = this.#doneMs;
    if (doneMs === undefined) this.#sayRuntimeDone(ended, endMs);
    const report: Report = {
      requestId,
      durationMs,
      billedMs: this.#billedMs(durationMs),
      memoryMb,
      memoryMbMax: usedMemory(environment, outcome),
      initMs: this.#initMs,
      status: ended.status,
      errorType: ended.errorType,
      traceHeader,
      extensionOverhead: doneMs === undefined ? undefined : spanOf('extensionOverhead', clock(doneMs), clock(endMs)),
    };
    if (ended.line !== undefined) first.log.platform(ended.line);
    this.platform.end(requestId);
    this.platform.report(report);
    const logTail = invocation.logTail ? first.log.takeTail() : undefined;
    first.log.flush();
    revision.release(environment, durationMs);
    return { ...this.#result(verdict, durationMs, report.memoryMbMax), ...(logTail !== undefined && { logTail }) };
  }

  #judge(outcome: Outcome): Verdict {
    const { revision, invocation } = this.#parts;
    return judge(outcome, invocation.requestId, revision.snapshot.timeoutSeconds);
  }

  #result({ payload, status }: Verdict, durationMs: number, memoryMbMax: number): InvocationResult {
    const initMs = this.#initMs;
    return {
      payload,
      ...(status !== 'success' && { functionError: 'Unhandled' as const }),
      durationMs,
      billedMs: this.#billedMs(durationMs),
      ...(initMs !== undefined && { initMs }),
      memoryMbMax,
    };
  }

  /** Managed runtimes bill their initialisation too (since August 2025). */
  #billedMs(durationMs: number): number {
    return Math.ceil(durationMs + (this.#initMs ?? 0));
  }

  #sayRuntimeDone({ status, errorType, payload }: Verdict, doneMs: number): void {
    const { invocation, startedMs } = this.#parts;
    this.platform.runtimeDone({
      requestId: invocation.requestId,
      status,
      errorType,
      traceHeader: invocation.traceHeader,
      startedMs: clock(startedMs),
      answeredMs: clock(this.#answeredMs ?? doneMs),
      doneMs: clock(doneMs),
      ...(status === 'success' && { producedBytes: payload.length }),
    });
  }
}

/** A time of performance.now() as one of Date.now(). */
const clock = (ms: number): number => performance.timeOrigin + ms;

/** INIT_REPORT. */
export function reportFailedInit(
  snapshot: FunctionSnapshot,
  { log, init, initializationType }: ExecutionEnvironment,
  phase: 'init' | 'invoke',
): void {
  const status = init.kind === 'timeout' ? 'timeout' : 'error';
  const { durationMs } = init;
  new PlatformLog(snapshot, log).initReport({
    initializationType,
    phase,
    durationMs,
    status,
    errorType: initErrorType(init),
  });
}

function usedMemory({ sandbox }: ExecutionEnvironment, outcome: Outcome): number {
  const { memoryMb } = sandbox.kind;
  if ('exit' in outcome && outcome.exit.outOfMemory) return memoryMb;
  // a runtime of ours says its own peak; another one is looked at
  if (sandbox.memoryKbMax === 0) sandbox.memoryKbMax = residentKb(sandbox);
  return Math.max(1, Math.min(memoryMb, Math.ceil(sandbox.memoryKbMax / KB_PER_MB)));
}

function initErrorType(init: InitOutcome): string | undefined {
  if (init.kind === 'failed') return errorTypeOf(init.payload);
  if (init.kind === 'fault') return init.fault.errorType;
  return init.kind === 'exited' ? 'Runtime.ExitError' : undefined;
}

function initOutcome(init: InitOutcome): Outcome {
  if (init.kind === 'failed') return { kind: 'initFailed', payload: init.payload };
  if (init.kind === 'exited') return { kind: 'exited', exit: init.exit };
  if (init.kind === 'fault') return { kind: 'fault', fault: init.fault };
  return { kind: 'timeout' };
}

function errorTypeOf(payload: Buffer): string | undefined {
  try {
    const { errorType } = JSON.parse(payload.toString()) as { errorType?: unknown };
    return typeof errorType === 'string' ? errorType : undefined;
  } catch {
    return undefined;
  }
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

function judge(outcome: Outcome, requestId: string, timeoutSeconds: number): Verdict {
  const verdict = judgeOne(outcome, requestId, timeoutSeconds);
  if (!('afterwards' in outcome) || !outcome.afterwards) return verdict;
  return { ...verdict, ended: judgeOne(outcome.afterwards, requestId, timeoutSeconds) };
}

function judgeOne(outcome: Outcome, requestId: string, timeoutSeconds: number): Verdict {
  switch (outcome.kind) {
    case 'result':
      return judgeResult(outcome.payload);
    case 'error':
      return judgeError(outcome.payload, outcome.errorType);
    case 'fatal':
      return {
        ...exited(requestId, exitWords(outcome.exit)),
        payload: outcome.payload,
        ...typed(errorTypeOf(outcome.payload)),
      };
    case 'initFailed':
      // INIT_REPORT has said how
      return { status: 'failure', payload: outcome.payload, ...typed(errorTypeOf(outcome.payload)) };
    case 'fault':
      return ended(requestId, outcome.fault.errorType, outcome.fault.words);
    case 'timeout':
      return timedOut(requestId, timeoutSeconds);
    case 'exited':
      return {
        ...exited(requestId, exitWords(outcome.exit)),
        ...(outcome.exit.outOfMemory && { errorType: 'Runtime.OutOfMemory' }),
      };
    case 'violation':
    case 'aborted':
      return exited(requestId, 'signal: killed');
  }
}

const typed = (errorType: string | undefined): { errorType?: string } => (errorType === undefined ? {} : { errorType });

/** The sandbox is not trusted to keep the limit itself. */
function judgeResult(payload: Buffer): Verdict {
  if (payload.length <= RESPONSE_BYTES_MAX) return { status: 'success', payload };
  return judgeError(responseTooLarge().payload);
}

const judgeError = (payload: Buffer, errorType: string | undefined = errorTypeOf(payload)): Verdict => ({
  status: 'error',
  payload,
  ...typed(errorType),
});

function timedOut(requestId: string, timeoutSeconds: number): Verdict {
  const words = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return {
    status: 'timeout',
    errorType: 'Sandbox.Timedout',
    payload: json({ errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: ${words}` }),
    line: `${new Date().toISOString()} ${requestId} ${words}\n\n`,
  };
}

function exited(requestId: string, words: string): Verdict {
  const reason =
    words === 'exit status 0' ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${words}`;
  return ended(requestId, 'Runtime.ExitError', reason);
}

function ended(requestId: string, errorType: string, reason: string): Verdict {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
  return {
    status: 'failure',
    errorType,
    payload: json({ errorType, errorMessage }),
    line: `${errorMessage}\n${errorType}\n`,
  };
}

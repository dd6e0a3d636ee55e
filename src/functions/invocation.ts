// One invocation from START to REPORT (docs: lambda-runtime-environment).
import { performance } from 'node:perf_hooks';
import { ServiceError } from '#core/errors.ts';
import type { FunctionSnapshot, Invocation, InvocationResult } from './contract.ts';
import { REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX } from './limits.ts';
import type { LogStream } from './log-stream.ts';
import { residentKb } from './memory-watch.ts';
import { exitWords, type InitOutcome, type Outcome, responseTooLarge, type StreamReceiver } from './outcome.ts';
import { PlatformLines, type Report, type Status } from './report.ts';
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

export async function runInvocation(
  setting: InvocationSetting,
  invocation: Invocation,
  openStream: (sandbox: Sandbox) => StreamReceiver,
): Promise<InvocationResult> {
  const { revision, startAgain } = setting;
  const { snapshot } = revision;
  const timeoutMs = snapshot.timeoutSeconds * 1000;
  const lines = new PlatformLines(snapshot);
  const first = await revision.acquire();
  const { log } = first;
  log.beginInvocation(invocation.logTail ?? false);
  const startedMs = performance.now();
  let environment = first;
  let outcome: Outcome;
  if (first.init.kind !== 'ready') {
    reportFailedInit(snapshot, first, 'init');
    environment = await startAgain(log, timeoutMs);
    if (environment.init.kind !== 'ready') reportFailedInit(snapshot, environment, 'invoke');
  }
  say(log, lines.start(invocation.requestId));
  const leftMs = Math.max(1, timeoutMs - (performance.now() - startedMs));
  if (environment.init.kind === 'ready') {
    const { sandbox } = environment;
    setting.running(sandbox);
    outcome = await sandbox.invoke(invocation, leftMs, openStream(sandbox));
  } else outcome = initOutcome(environment.init);
  const elapsedMs = performance.now() - startedMs;
  const durationMs = outcome.kind === 'timeout' ? timeoutMs : elapsedMs;
  const verdict = judge(outcome, invocation.requestId, snapshot.timeoutSeconds);
  const initMs = first.init.kind === 'ready' && first.invocations === 0 ? first.init.durationMs : undefined;
  const { status, errorType, line } = verdict.ended ?? verdict;
  const report: Report = {
    requestId: invocation.requestId,
    durationMs,
    // managed runtimes bill their initialisation too (since August 2025)
    billedMs: Math.ceil(durationMs + (initMs ?? 0)),
    memoryMb: snapshot.memoryMb,
    memoryMbMax: usedMemory(environment, outcome),
    initMs,
    status,
    errorType,
    traceHeader: invocation.traceHeader,
  };
  say(log, line);
  say(log, lines.end(report));
  say(log, lines.report(report));
  const logTail = invocation.logTail ? log.takeTail() : undefined;
  log.flush();
  revision.release(environment, durationMs);
  return {
    payload: verdict.payload,
    ...(verdict.status !== 'success' && { functionError: 'Unhandled' as const }),
    ...(logTail !== undefined && { logTail }),
    durationMs,
    billedMs: report.billedMs,
    ...(initMs !== undefined && { initMs }),
    memoryMbMax: report.memoryMbMax,
  };
}

/** INIT_REPORT. */
export function reportFailedInit(
  snapshot: FunctionSnapshot,
  { log, init, initializationType }: ExecutionEnvironment,
  phase: 'init' | 'invoke',
): void {
  const status = init.kind === 'timeout' ? 'timeout' : 'error';
  say(
    log,
    new PlatformLines(snapshot).initReport(initializationType, phase, init.durationMs, status, initErrorType(init)),
  );
}

function say(log: LogStream, line: string | undefined): void {
  if (line !== undefined) log.platform(line);
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

import type { SandboxExit } from './launcher-protocol.ts';
import { RESPONSE_BYTES_MAX } from './limits.ts';

/** What Lambda itself finds wrong: no program that can be started, an extension that failed. */
export interface Fault {
  errorType: string;
  /** what follows "Error: " */
  words: string;
}

/** How initialisation ended. */
export type InitOutcome =
  | { kind: 'ready'; durationMs: number }
  | { kind: 'failed'; durationMs: number; payload: Buffer; exit: SandboxExit }
  | { kind: 'exited'; durationMs: number; exit: SandboxExit }
  | { kind: 'fault'; durationMs: number; fault: Fault }
  | { kind: 'timeout'; durationMs: number };

/** What a function answered. */
export type Answer = (
  | { kind: 'result'; payload: Buffer }
  /** the handler's own error; the sandbox lives on. `errorType` where the payload need not say it */
  | { kind: 'error'; payload: Buffer; errorType?: string }
) & {
  /** the answer stands, and yet the sandbox ended like this before it asked for its next invocation */
  afterwards?: Outcome;
  /** the caller has its answer; how the invocation ends is still to come */
  ending?: Promise<Outcome>;
};

/** How one invocation ended, before AWS's words are put to it. */
export type Outcome =
  | Answer
  /** an error that ended the runtime */
  | { kind: 'fatal'; payload: Buffer; exit: SandboxExit }
  | { kind: 'exited'; exit: SandboxExit }
  | { kind: 'initFailed'; payload: Buffer }
  | { kind: 'fault'; fault: Fault }
  | { kind: 'timeout' }
  /** the sandbox broke the channel's protocol */
  | { kind: 'violation'; what: string }
  | { kind: 'aborted' };

/** In the place of an answer that is larger than Lambda takes. */
export function responseTooLarge(): Answer {
  const errorType = 'Function.ResponseSizeTooLarge';
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
  return { kind: 'error', errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

export interface StreamHead {
  contentType: string;
  prelude?: { statusCode?: number; headers?: Record<string, string>; cookies?: string[] };
}

/** Receives a streamed answer as it comes. */
export interface StreamReceiver {
  head(head: StreamHead): void;
  /** false: hold the function back until `drained` is called */
  chunk(bytes: Buffer): boolean;
}

const SIGNALS: Record<string, string> = {
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGILL: 'illegal instruction',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
  SIGFPE: 'floating point exception',
};
const SIGNAL_BY_STATUS: Record<number, string> = {
  [128 + 4]: 'SIGILL',
  [128 + 5]: 'SIGTRAP',
  [128 + 6]: 'SIGABRT',
  [128 + 7]: 'SIGBUS',
  [128 + 8]: 'SIGFPE',
  [128 + 9]: 'SIGKILL',
  [128 + 11]: 'SIGSEGV',
  [128 + 15]: 'SIGTERM',
};

/** As the Go program that runs Lambda's runtimes words it: `exit status 1`, `signal: killed`. */
export function exitWords(exit: SandboxExit): string {
  if (exit.outOfMemory) return 'signal: killed';
  // process 1 of a sandbox reports a signal as 128 + n
  const signal = exit.signal ?? (exit.code === null ? 'SIGKILL' : SIGNAL_BY_STATUS[exit.code]);
  if (signal) return `signal: ${SIGNALS[signal] ?? signal.replace('SIG', '').toLowerCase()}`;
  return `exit status ${exit.code}`;
}

// What a sandbox is given when it is given its function.
import type { Credentials } from '#kernel/identity.ts';
import type { CodeCache } from './code-cache.ts';
import type { FunctionSnapshot } from './contract.ts';
import type { LogStream } from './log-stream.ts';
import type { Program } from './program.ts';
import { type InitReport, PlatformLog } from './report.ts';

export interface Assignment {
  snapshot: FunctionSnapshot;
  credentials: Credentials;
  log: LogStream;
  environment: Record<string, string>;
  taskRoot: string;
  callbacks: boolean;
  /** in the place of a `bootstrap` */
  program?: Program | undefined;
  codeCache?: CodeCache | undefined;
  /** what a sandbox starts late */
  late?: LateStart | undefined;
  initializationType: InitReport['initializationType'];
  /** whether it is tried again in the first invocation */
  phase: InitReport['phase'];
}

export interface LateStart {
  /** a program of the function that starts the runtime (docs: runtimes-modify) */
  wrapper?: string | undefined;
  /** files below `folder` that are started before */
  extensions: string[];
  folder: string;
}

/** Ends the JSON of an assignment where compiled code follows. */
const NOTHING_MORE = '\0';

/** What its runtime reads. */
export function assignmentParts(assignment: Assignment): (string | Uint8Array)[] {
  const { snapshot, log, environment, taskRoot, callbacks, program, late, codeCache } = assignment;
  return [
    JSON.stringify({
      // what starts late has it, as its wrapper left it
      env: late && !program?.image ? {} : environment,
      root: taskRoot,
      handler: snapshot.handler,
      runtime: snapshot.runtime,
      callbacks,
      program,
      codeCache: codeCache !== undefined,
      function: {
        functionName: snapshot.name,
        functionVersion: snapshot.version,
        memoryMb: snapshot.memoryMb,
        logGroup: snapshot.logging.group,
        logStream: log.name,
      },
      logging: { format: snapshot.logging.format, level: snapshot.logging.applicationLevel },
    }),
    ...(codeCache?.bytes ? [NOTHING_MORE, codeCache.bytes] : []),
  ];
}

/** Lambda's own lines in the log of an assigned sandbox. */
export function platformLogOf(assignment: Assignment | undefined): PlatformLog {
  if (!assignment) throw new Error('a sandbox without a function has no log');
  return new PlatformLog(assignment.snapshot, assignment.log);
}

// One sandbox: boots ahead of need, takes one function, serves its invocations one at a time, ends.
import type { Credentials } from '#kernel/identity.ts';
import { Channel } from './channel.ts';
import type { FunctionSnapshot, Invocation } from './contract.ts';
import { FRAME, SEQUENCE_MAX } from './frames.ts';
import type { SandboxExit } from './launcher-protocol.ts';
import type { SandboxProcess } from './launcher-client.ts';
import { INIT_MS_MAX } from './limits.ts';
import type { LogStream } from './log-stream.ts';
import type { InitOutcome, Outcome, StreamHead, StreamReceiver } from './outcome.ts';
import type { SandboxKind } from './sandbox-command.ts';

type State = 'booting' | 'spare' | 'initialising' | 'idle' | 'busy' | 'ended';

export interface Assignment {
  snapshot: FunctionSnapshot;
  credentials: Credentials;
  log: LogStream;
  environment: Record<string, string>;
  taskRoot: string;
  callbacks: boolean;
}

/** The answer's first bytes: u32 peak resident memory in KB. */
const PEAK_BYTES = 4;

/** how long what a dead sandbox said last is waited for */
const DRAIN_MS_MAX = 1000;

/** what a runtime says before it has a function, kept to explain why it did not start */
const EARLY_BYTES_MAX = 4096;

/** The runtime ended before it took its function. */
export class BootFailed extends Error {
  readonly sandbox: Sandbox;
  readonly exit: SandboxExit;

  constructor(sandbox: Sandbox, exit: SandboxExit, words: string) {
    super(words || `the sandbox ended while it started: ${exit.signal ?? `status ${exit.code}`}`);
    this.sandbox = sandbox;
    this.exit = exit;
  }
}

interface Busy {
  sequence: number;
  finish: (outcome: Outcome) => void;
  stream?: StreamReceiver | undefined;
  fatal?: Buffer;
}

export class Sandbox {
  readonly id: string;
  readonly kind: SandboxKind;
  readonly folder: string;
  readonly bornMs = Date.now();
  /** resolves when the process and everything it started is gone */
  readonly exited: Promise<SandboxExit>;
  /** of its function, once assigned: known to the listeners in its network namespace */
  functionArn: string | undefined;
  credentialsExpireAt = Number.POSITIVE_INFINITY;
  idleSinceMs = 0;
  /** peak resident memory as the runtime last said or we saw */
  memoryKbMax = 0;
  readonly memoryStat: string | undefined;
  readonly pid: number;

  #state: State = 'booting';
  #process: SandboxProcess;
  #channel: Channel;
  #log: LogStream | undefined;
  #sequence = 0;
  #booted = Promise.withResolvers<void>();
  #initialised: ((outcome: InitOutcome) => void) | undefined;
  #initStartedMs = 0;
  #initError: Buffer | undefined;
  #busy: Busy | undefined;
  #violation: string | undefined;
  #outOfMemory = false;
  #early: Buffer = Buffer.alloc(0);

  constructor(id: string, kind: SandboxKind, folder: string, process: SandboxProcess) {
    this.id = id;
    this.kind = kind;
    this.folder = folder;
    this.#process = process;
    this.memoryStat = process.memoryStat;
    this.pid = process.pid;
    this.#booted.promise.catch(() => {});
    const ended = Promise.withResolvers<void>();
    this.#channel = new Channel(process.channel, {
      frame: (type, sequence, payload) => this.#frame(type, sequence, payload),
      violation: (what) => this.#violate(what),
      end: () => {
        ended.resolve();
        // nobody is to be given a sandbox that no longer listens
        if (this.#state === 'idle' || this.#state === 'spare') this.kill();
      },
    });
    process.output.on('data', (bytes: Buffer) => {
      if (this.#log) this.#log.output(bytes);
      else this.#early = Buffer.concat([this.#early, bytes]).subarray(0, EARLY_BYTES_MAX);
    });
    process.output.on('error', () => {});
    this.exited = process.exited.then(async (end) => {
      const exit = { ...end, outOfMemory: end.outOfMemory || this.#outOfMemory };
      if (this.#state === 'idle' || this.#state === 'spare') this.#state = 'ended';
      // what the function said last is still in the channel
      this.#channel.resume();
      const patience = setTimeout(() => this.#channel.close(), DRAIN_MS_MAX);
      await ended.promise;
      clearTimeout(patience);
      this.#exit(exit);
      return exit;
    });
  }

  get state(): State {
    return this.#state;
  }

  booted(): Promise<void> {
    return this.#booted.promise;
  }

  /** Gives the sandbox its function, whose code already lies in its folder. */
  initialise(assignment: Assignment, timeoutMs: number = INIT_MS_MAX): Promise<InitOutcome> {
    const { snapshot, credentials, log, environment, taskRoot, callbacks } = assignment;
    this.#state = 'initialising';
    this.#log = log;
    this.functionArn = snapshot.arn;
    this.credentialsExpireAt = credentials.expiresAt;
    this.#initStartedMs = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#initialised?.({ kind: 'timeout', durationMs: this.#initMs() }), timeoutMs);
      this.#initialised = (outcome) => {
        clearTimeout(timer);
        this.#initialised = undefined;
        if (outcome.kind === 'ready') this.#state = 'idle';
        else this.kill();
        resolve(outcome);
      };
      this.#send(FRAME.ASSIGN, [
        JSON.stringify({
          env: environment,
          root: taskRoot,
          handler: snapshot.handler,
          callbacks,
          function: {
            functionName: snapshot.name,
            functionVersion: snapshot.version,
            memoryMb: snapshot.memoryMb,
            logGroup: snapshot.logging.group,
            logStream: log.name,
          },
          logging: { format: snapshot.logging.format, level: snapshot.logging.applicationLevel },
        }),
      ]);
    });
  }

  /** Runs one invocation; never rejects. The sandbox is idle again afterwards unless its state says 'ended'. */
  invoke(invocation: Invocation, timeoutMs: number, stream?: StreamReceiver): Promise<Outcome> {
    if (this.#state === 'ended') return this.exited.then((exit) => ({ kind: 'exited', exit }));
    if (this.#state !== 'idle') throw new Error(`a sandbox was invoked while ${this.#state}`);
    this.#state = 'busy';
    this.#sequence = this.#sequence === SEQUENCE_MAX ? 1 : this.#sequence + 1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#stop({ kind: 'timeout' }), timeoutMs);
      const abort = (): void => this.#stop({ kind: 'aborted' });
      invocation.signal?.addEventListener('abort', abort, { once: true });
      this.#busy = {
        sequence: this.#sequence,
        stream,
        finish: (outcome) => {
          clearTimeout(timer);
          invocation.signal?.removeEventListener('abort', abort);
          this.#busy = undefined;
          if (this.#state === 'busy') this.#state = 'idle';
          this.idleSinceMs = Date.now();
          resolve(outcome);
        },
      };
      this.#sendInvocation(invocation, timeoutMs);
    });
  }

  /** Takes in what the function sends again, after a StreamReceiver said to hold back. */
  resume(): void {
    this.#channel.resume();
  }

  kill(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#process.kill();
  }

  /** Its processes took more memory than the function has. */
  killForMemory(): void {
    this.#outOfMemory = true;
    // its end is seen like any other exit
    this.#process.kill();
  }

  #sendInvocation(invocation: Invocation, timeoutMs: number): void {
    const meta = JSON.stringify({
      requestId: invocation.requestId,
      arn: invocation.invokedFunctionArn,
      deadlineMs: Math.round(Date.now() + timeoutMs),
      traceHeader: invocation.traceHeader,
      clientContext: invocation.clientContext,
    });
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(Buffer.byteLength(meta));
    this.#send(FRAME.INVOKE, [length, meta, invocation.payload]);
  }

  #send(type: number, parts: (string | Uint8Array)[]): void {
    this.#channel.send(type, this.#sequence, parts);
  }

  /** Ends the sandbox in the middle of an invocation; the outcome waits until it is gone. */
  #stop(outcome: Outcome): void {
    const busy = this.#busy;
    if (!busy) return;
    this.#busy = undefined;
    this.kill();
    void this.exited.then(() => busy.finish(outcome));
    // the channel may be held back by a stream that nobody reads any more
    this.#channel.resume();
  }

  #frame(type: number, sequence: number, payload: Buffer): void {
    if (this.#violation !== undefined) return;
    if (type === FRAME.LOG) return this.#log?.record(payload.toString());
    if (type === FRAME.OUTPUT) return this.#log?.output(payload);
    if (type === FRAME.BOOTED || type === FRAME.READY) return this.#phaseDone(type, payload);
    if (type === FRAME.INIT_ERROR) {
      if (!this.#expect('initialising', type)) return;
      this.#initError = this.#body(payload);
      return;
    }
    // an answer to an invocation that was given up may still arrive
    if (this.#state === 'ended') return;
    if (this.#busy?.sequence !== sequence) return this.#violate(`an answer (${type}) that nobody asked for`);
    this.#answer(this.#busy, type, payload);
  }

  #answer(busy: Busy, type: number, payload: Buffer): void {
    if (type === FRAME.STREAM_HEAD) return this.#streamHead(busy, payload);
    if (type === FRAME.STREAM_CHUNK) {
      if (busy.stream?.chunk(Buffer.from(payload)) === false) this.#channel.pause();
      return;
    }
    const body = this.#body(payload);
    if (!body) return;
    if (type === FRAME.RESULT) busy.finish({ kind: 'result', payload: body });
    else if (type === FRAME.FATAL) busy.fatal = body;
    else if (type === FRAME.STREAM_END && body.length === 0) busy.finish({ kind: 'result', payload: body });
    else busy.finish({ kind: 'error', payload: body });
  }

  /** What follows the head, copied. */
  #body(payload: Buffer): Buffer | undefined {
    if (payload.length < PEAK_BYTES) {
      this.#violate('an answer without its head');
      return undefined;
    }
    this.memoryKbMax = Math.max(this.memoryKbMax, Math.min(payload.readUInt32LE(0), this.kind.memoryMb * 1024));
    return Buffer.from(payload.subarray(PEAK_BYTES));
  }

  #streamHead(busy: Busy, payload: Buffer): void {
    try {
      busy.stream?.head(JSON.parse(payload.toString()) as StreamHead);
    } catch {
      this.#violate('a stream head that is no JSON');
    }
  }

  #phaseDone(type: number, payload: Buffer): void {
    if (!this.#expect(type === FRAME.BOOTED ? 'booting' : 'initialising', type)) return;
    if (type === FRAME.BOOTED) {
      this.#state = 'spare';
      this.#booted.resolve();
      return;
    }
    if (!this.#body(payload)) return;
    this.#initialised?.({ kind: 'ready', durationMs: this.#initMs() });
  }

  #expect(state: State, type: number): boolean {
    if (this.#state === state) return true;
    if (this.#state !== 'ended') this.#violate(`a frame of type ${type} while ${this.#state}`);
    return false;
  }

  #violate(what: string): void {
    this.#violation ??= what;
    if (this.#busy) this.#stop({ kind: 'violation', what });
    else this.kill();
  }

  #exit(exit: SandboxExit): void {
    this.#state = 'ended';
    this.#process.output.destroy();
    this.#booted.reject(new BootFailed(this, exit, `${exit.stderr}${this.#early}`.trim()));
    const durationMs = this.#initMs();
    this.#initialised?.(
      this.#initError
        ? { kind: 'failed', durationMs, payload: this.#initError, exit }
        : { kind: 'exited', durationMs, exit },
    );
    const { fatal, finish } = this.#busy ?? {};
    finish?.(fatal ? { kind: 'fatal', payload: fatal, exit } : { kind: 'exited', exit });
  }

  #initMs(): number {
    return performance.now() - this.#initStartedMs;
  }
}

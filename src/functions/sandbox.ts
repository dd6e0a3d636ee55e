// One sandbox: boots ahead of need, takes one function, serves its invocations one at a time, ends.
import type { Socket } from 'node:net';
import { type Assignment, assignmentParts, platformLogOf } from './assignment.ts';
import { Channel } from './channel.ts';
import type { CodeCache } from './code-cache.ts';
import { Companions } from './companions.ts';
import type { Invocation } from './contract.ts';
import type { ShutdownReason } from './extensions/extension-host.ts';
import { FRAME, SEQUENCE_MAX } from './frames.ts';
import { Inspection, patientTimer } from './inspect.ts';
import type { SandboxExit } from './launcher-protocol.ts';
import type { SandboxProcess } from './launcher-client.ts';
import type { Dialer } from './extensions/dialer.ts';
import { INIT_ERROR_MS_MAX, INIT_MS_MAX } from './limits.ts';
import type { LogStream } from './log-stream.ts';
import type { Answer, Fault, InitOutcome, Outcome, StreamHead, StreamReceiver } from './outcome.ts';
import { RuntimeApi } from './runtime-api.ts';
import type { SandboxKind } from './sandbox-command.ts';
import { speaksRuntimeApi } from './runtimes.ts';

type State = 'booting' | 'spare' | 'initialising' | 'idle' | 'busy' | 'ended';

/** The answer's first bytes: u32 peak resident memory in KB. */
const PEAK_BYTES = 4;

/** AWS_LAMBDA_RUNTIME_API where the sandbox has a network of its own */
const API_ADDRESS = '127.0.0.1:9001';

/** of a shell, for a program that SIGKILL ended */
const STATUS_KILLED = 137;

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
  /** tells what the caller hears before the invocation is over */
  answered: (answer: Answer) => void;
  /** tells that the runtime is through, when that is not the end */
  runtimeDone: (answer: Answer) => void;
  stream?: StreamReceiver | undefined;
  fatal?: Buffer;
  /** what was answered; the invocation ends when the runtime and the extensions ask for the next one */
  answer?: Answer;
}

export class Sandbox {
  readonly id: string;
  readonly kind: SandboxKind;
  readonly folder: string;
  /** what lets debuggers in, where that is asked for */
  readonly inspection: Inspection | undefined;
  /** what starts its runtime */
  readonly runtime: readonly string[];
  /** where its Runtime API listens, as it sees it */
  apiAddress = API_ADDRESS;
  readonly bornMs = Date.now();
  /** resolves when the process and everything it started is gone */
  readonly exited: Promise<SandboxExit>;
  /** of its function, once assigned: known to the listeners in its network namespace */
  functionArn: string | undefined;
  credentialsExpireAt = Number.POSITIVE_INFINITY;
  idleSinceMs = 0;
  /** it was looked at since it is idle, and runs nothing */
  rests = false;
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
  #fault: Fault | undefined;
  #busy: Busy | undefined;
  #keepCode: CodeCache['keep'] | undefined;
  #violation: string | undefined;
  #outOfMemory = false;
  #early: Buffer = Buffer.alloc(0);
  /** how a function speaks that brings its own runtime; all others use the channel */
  #api: RuntimeApi | undefined;
  /** who speaks it has asked for its first invocation */
  #viaApi: boolean;
  #companions: Companions;
  #assignment: Assignment | undefined;

  constructor(id: string, kind: SandboxKind, folder: string, process: SandboxProcess, runtime: string[]) {
    this.runtime = runtime;
    this.id = id;
    this.kind = kind;
    this.inspection = kind.inspect ? new Inspection() : undefined;
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
        // nobody is to be given a sandbox that no longer listens; a runtime of the function's own never does here
        if (this.#state === 'spare' || (this.#state === 'idle' && !this.#api)) this.kill();
      },
    });
    this.#viaApi = speaksRuntimeApi(kind.runtime);
    // what a wrapper starts in the place of a runtime of ours may speak it too
    if (this.#viaApi || kind.late) this.#api = this.#openApi();
    this.#companions = new Companions(process, {
      runtimeApi: () => this.#api,
      isInitialising: () => this.#state === 'initialising',
      fault: (fault) => this.#fail(fault),
      runtimeEnded: (status) => this.#endedRuntime(status),
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

  /** It has been idle for a moment: stops what still runs there, if anything may. */
  rest(): void {
    this.rests = true;
    // a debugger looks on
    if (this.inspection) return;
    const { freezer } = this.#process;
    if (this.#viaApi || this.hasExtensions || this.kind.late || !freezer.isQuiet()) freezer.freeze();
  }

  /** whether somebody is told of its end, which takes a moment then */
  get hasExtensions(): boolean {
    return this.#companions.extensions !== undefined;
  }

  /** reaches what listens inside */
  get dialer(): Dialer {
    return this.#companions.dialer;
  }

  #wake(): void {
    this.rests = false;
    this.#process.freezer.thaw();
  }

  get state(): State {
    return this.#state;
  }

  booted(): Promise<void> {
    return this.#booted.promise;
  }

  /** Gives the sandbox its function, whose code already lies in its folder. */
  initialise(assignment: Assignment, timeoutMs: number = INIT_MS_MAX): Promise<InitOutcome> {
    const { snapshot, credentials, log, late } = assignment;
    this.#state = 'initialising';
    this.#log = log;
    this.#assignment = assignment;
    this.#companions.assigned(assignment);
    this.functionArn = snapshot.arn;
    this.credentialsExpireAt = credentials.expiresAt;
    this.#initStartedMs = performance.now();
    return new Promise((resolve) => {
      const expired = (): void => this.#initialised?.({ kind: 'timeout', durationMs: this.#initMs() });
      const timer = patientTimer(this.inspection, expired, timeoutMs);
      this.#initialised = (outcome) => {
        clearTimeout(timer);
        this.#initialised = undefined;
        this.#sayInit(outcome);
        if (outcome.kind === 'ready') this.#state = 'idle';
        else this.#end(outcome.kind === 'timeout' ? 'timeout' : 'failure');
        resolve(outcome);
      };
      if (late) this.#startLate(assignment).catch((error: unknown) => this.#failStart(error));
      else this.#assign(assignment);
    });
  }

  #assign(assignment: Assignment): void {
    this.#keepCode = assignment.codeCache?.keep;
    this.#send(FRAME.ASSIGN, assignmentParts(assignment));
  }

  /** Extensions first; the runtime when they all have registered (docs: lambda-runtime-environment). */
  async #startLate(assignment: Assignment): Promise<void> {
    const { late } = assignment;
    if (late) await this.#companions.start(assignment, late);
    if (this.#state !== 'initialising') return;
    const { wrapper } = late ?? {};
    this.#companions.startRuntime(wrapper === undefined ? this.runtime : [wrapper, ...this.runtime]);
    this.#assign(assignment);
  }

  /** Ours, not the function's: this sandbox ends, the platform does not. */
  #failStart(error: unknown): void {
    console.error(error);
    this.#fail({ errorType: 'Runtime.Unknown', words: 'the runtime could not be started' });
  }

  /** Runs one invocation; never rejects. The sandbox is idle again afterwards unless its state says 'ended'. */
  invoke(
    invocation: Invocation,
    timeoutMs: number,
    stream?: StreamReceiver,
    runtimeDone: (answer: Answer) => void = () => {},
  ): Promise<Outcome> {
    if (this.#state === 'ended') return this.exited.then((exit) => ({ kind: 'exited', exit }));
    if (this.#state !== 'idle') throw new Error(`a sandbox was invoked while ${this.#state}`);
    this.#state = 'busy';
    if (this.rests) this.#wake();
    this.#sequence = this.#sequence === SEQUENCE_MAX ? 1 : this.#sequence + 1;
    return new Promise((resolve) => {
      const timer = patientTimer(this.inspection, () => this.#stop({ kind: 'timeout' }), timeoutMs);
      let ending: PromiseWithResolvers<Outcome> | undefined;
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
          if (ending) ending.resolve(outcome);
          else resolve(outcome);
        },
        answered: (answer) => {
          ending = Promise.withResolvers();
          resolve({ ...answer, ending: ending.promise });
        },
        runtimeDone,
      };
      this.#sendInvocation(invocation, timeoutMs);
    });
  }

  /** A connection that somebody inside made to AWS_LAMBDA_RUNTIME_API. */
  acceptRuntime(socket: Socket): void {
    this.#companions.accept(socket);
  }

  /** Takes in what the function sends again, after a StreamReceiver said to hold back. */
  resume(): void {
    this.#channel.resume();
    this.#api?.resume();
  }

  /** Ends it; one that is idle has its extensions told before. */
  kill(): void {
    this.#end(this.#state === 'idle' ? 'spindown' : undefined);
  }

  /** Its processes took more memory than the function has. */
  killForMemory(): void {
    this.#outOfMemory = true;
    // its end is seen like any other exit
    this.#process.kill();
  }

  #end(reason: ShutdownReason | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (this.rests) this.#wake();
    if (!this.hasExtensions || reason === undefined) return this.#process.kill();
    const ask = this.#viaApi ? undefined : (): void => this.#send(FRAME.SHUTDOWN, []);
    void this.#companions.shutDown(reason, ask).then(() => this.#process.kill());
  }

  /** The initialisation is over, however it went. */
  #sayInit({ kind, durationMs }: InitOutcome): void {
    const { initializationType = 'on-demand', phase = 'init' } = this.#assignment ?? {};
    this.#companions.extensions?.initialised();
    // a failure is reported by whoever was to have this sandbox
    if (kind === 'ready')
      platformLogOf(this.#assignment).initReport({ initializationType, phase, durationMs, status: 'success' });
    this.#log?.initialised();
  }

  /** The runtime alone has ended: its extensions are told why. */
  #endedRuntime(status: number): void {
    if (this.#state === 'ended') return;
    // only the end of the whole sandbox tells whether it took too much memory
    if (status === STATUS_KILLED) return this.#process.kill();
    this.#settle({ code: status, signal: null, outOfMemory: false, stderr: '' });
    this.#end('failure');
  }

  /** An extension failed: nothing goes on here. */
  #fail(fault: Fault): void {
    if (this.#state === 'ended') return;
    this.#fault = fault;
    const busy = this.#busy;
    this.#initialised?.({ kind: 'fault', durationMs: this.#initMs(), fault });
    this.#end('failure');
    busy?.finish(ofBusy(busy, { kind: 'fault', fault }));
  }

  #openApi(): RuntimeApi {
    // what the runtime wrote before it asked is read in this turn of the event loop: it belongs to what ends now
    const afterOutput = (run: () => void) => (): void => void setImmediate(run);
    return new RuntimeApi({
      ready: afterOutput(() => {
        this.#viaApi = true;
        this.#ready();
      }),
      initFailed: (payload) => {
        this.#initError = payload;
        setTimeout(() => this.#process.kill(), INIT_ERROR_MS_MAX).unref();
      },
      answered: (answer) => {
        if (!this.#busy) return;
        this.#busy.answer = answer;
        this.#busy.answered(answer);
      },
      parked: afterOutput(() => {
        if (this.#busy?.answer) this.#runtimeDone(this.#busy, this.#busy.answer);
      }),
      streamHead: (head) => this.#busy?.stream?.head(head),
      streamChunk: (bytes) => this.#busy?.stream?.chunk(bytes) ?? true,
    });
  }

  #sendInvocation(invocation: Invocation, timeoutMs: number): void {
    const deadlineMs = Math.round(Date.now() + timeoutMs);
    this.#companions.extensions?.invoke(invocation, deadlineMs);
    if (this.#viaApi) return this.#api?.deliver(invocation, deadlineMs);
    const meta = JSON.stringify({
      requestId: invocation.requestId,
      arn: invocation.invokedFunctionArn,
      deadlineMs,
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
    if (this.hasExtensions) {
      this.#end(outcome.kind === 'timeout' ? 'timeout' : 'failure');
      return busy.finish(ofBusy(busy, outcome));
    }
    this.kill();
    void this.exited.then(() => busy.finish(ofBusy(busy, outcome)));
    // it may be held back by a stream that nobody reads any more
    this.resume();
  }

  #frame(type: number, sequence: number, payload: Buffer): void {
    if (this.#violation !== undefined) return;
    if (type === FRAME.LOG) return this.#log?.record(payload.toString());
    if (type === FRAME.OUTPUT) return this.#log?.output(payload);
    if (type === FRAME.BOOTED || type === FRAME.READY) return this.#phaseDone(type, payload);
    if (type === FRAME.CODE_CACHE) return this.#takeCode(payload);
    if (type === FRAME.INIT_ERROR) {
      if (!this.#expect('initialising', type)) return;
      const body = this.#body(payload);
      // a runtime of the function's own has no channel: this is why it could not be started
      if (this.#viaApi && body) this.#fault = notStarted(body.toString());
      else this.#initError = body;
      return;
    }
    // an answer to an invocation that was given up may still arrive
    if (this.#state === 'ended') return;
    if (this.#busy?.sequence !== sequence) return this.#violate(`an answer (${type}) that nobody asked for`);
    this.#answer(this.#busy, type, payload);
  }

  /** Once, and before it has read an event: nobody else's words are in it. */
  #takeCode(payload: Buffer): void {
    const keep = this.#keepCode;
    this.#keepCode = undefined;
    if (keep) keep(Buffer.from(payload));
    else this.#violate('compiled code that nobody asked for');
  }

  #answer(busy: Busy, type: number, payload: Buffer): void {
    if (type === FRAME.STREAM_HEAD) return this.#streamHead(busy, payload);
    if (type === FRAME.STREAM_CHUNK) {
      if (busy.stream?.chunk(Buffer.from(payload)) === false) this.#channel.pause();
      return;
    }
    const body = this.#body(payload);
    if (!body) return;
    if (type === FRAME.RESULT) this.#runtimeDone(busy, { kind: 'result', payload: body });
    else if (type === FRAME.FATAL) busy.fatal = body;
    else if (type === FRAME.STREAM_END && body.length === 0) this.#runtimeDone(busy, { kind: 'result', payload: body });
    else this.#runtimeDone(busy, { kind: 'error', payload: body });
  }

  /** The runtime is through with it; the extensions may not be. */
  #runtimeDone(busy: Busy, answer: Answer): void {
    const { extensions } = this.#companions;
    if (!extensions) return busy.finish(answer);
    // an extension may wait for this event before it asks for its next one
    busy.runtimeDone(answer);
    if (extensions.parked) return busy.finish(answer);
    if (!busy.answer) busy.answered(answer);
    busy.answer = answer;
    void extensions.whenParked().then(() => {
      if (this.#busy === busy) busy.finish(answer);
    });
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
      const port = portOf(payload);
      if (port !== undefined) this.apiAddress = `127.0.0.1:${port}`;
      this.#state = 'spare';
      this.#process.freezer.booted(this.kind.runtime.family);
      this.#booted.resolve();
      return;
    }
    if (!this.#body(payload)) return;
    this.#ready();
  }

  /** The runtime waits for its first invocation; the extensions must, too. */
  #ready(): void {
    const { initializationType = 'on-demand', phase = 'init' } = this.#assignment ?? {};
    platformLogOf(this.#assignment).initRuntimeDone({ initializationType, phase, status: 'success' });
    const ready = (): void => this.#initialised?.({ kind: 'ready', durationMs: this.#initMs() });
    const { extensions } = this.#companions;
    if (!extensions) return ready();
    if (extensions.hasInternal && this.kind.runtime.family === 'node') this.#send(FRAME.AWAKE, []);
    if (extensions.parked) return ready();
    void extensions.whenParked().then(ready);
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
    this.#companions.close();
    this.#log?.flush();
    this.#booted.reject(new BootFailed(this, exit, `${exit.stderr}${this.#early}`.trim()));
    this.#settle(exit);
  }

  /** Whoever waits hears of the end. */
  #settle(exit: SandboxExit): void {
    this.#initialised?.(this.#failedInit(exit));
    const busy = this.#busy;
    if (!busy) return;
    busy.finish(ofBusy(busy, busy.fatal ? { kind: 'fatal', payload: busy.fatal, exit } : { kind: 'exited', exit }));
  }

  #failedInit(exit: SandboxExit): InitOutcome {
    const durationMs = this.#initMs();
    if (this.#fault) return { kind: 'fault', durationMs, fault: this.#fault };
    if (this.#initError) return { kind: 'failed', durationMs, payload: this.#initError, exit };
    return { kind: 'exited', durationMs, exit };
  }

  #initMs(): number {
    return performance.now() - this.#initStartedMs;
  }
}

/** What was answered stands, whatever became of the sandbox afterwards. */
const ofBusy = ({ answer }: Busy, outcome: Outcome): Outcome => (answer ? { ...answer, afterwards: outcome } : outcome);

/** Of the Runtime API, which a sandbox without a network of its own has chosen. */
function portOf(payload: Buffer): number | undefined {
  try {
    const { runtime } = JSON.parse(payload.toString()) as { runtime?: unknown };
    return typeof runtime === 'number' ? runtime : undefined;
  } catch {
    return undefined;
  }
}

/** Why a program of the function's own could not become one. */
const notStarted = (words: string): Fault => ({
  errorType: words.startsWith('chdir ') ? 'Runtime.InvalidWorkingDir' : 'Runtime.InvalidEntrypoint',
  words,
});

// The Lambda data plane of this process: revisions of functions, their execution environments, spares, limits.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { randomIds } from '#core/ids.ts';
import { CodePlacement } from './code-placement.ts';
import { type Code, CodeStore } from './code-store.ts';
import { Concurrency, machineIsFull } from './concurrency.ts';
import type {
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  InvocationStream,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
import { functionEnvironment, startupEnvironment } from './environment.ts';
import { checkPayload, runInvocation } from './invocation.ts';
import { chooseIsolation } from './isolation.ts';
import { LauncherClient } from './launcher-client.ts';
import { CONCURRENCY_MAX } from './limits.ts';
import { LogStream, logStreamName } from './log-stream.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { StreamReceiver } from './outcome.ts';
import { findPython, type PythonInterpreter } from './python.ts';
import { PlatformLines } from './report.ts';
import { type ExecutionEnvironment, Revision } from './revision.ts';
import { makeRootTemplate, type RootTemplate } from './root-template.ts';
import { requireRuntime } from './runtimes.ts';
import { BootFailed, type Sandbox } from './sandbox.ts';
import type { SandboxHost, SandboxKind } from './sandbox-command.ts';
import { SandboxFactory } from './sandbox-factory.ts';
import { Spares } from './spares.ts';
import { StreamBuffer, StreamRelay } from './stream.ts';

const SWEEP_MS = 10_000;
/** sandboxes that fit into this machine at once: what one takes at rest, and the share of memory for all */
const SANDBOX_BYTES = 64 * 1024 * 1024;
const SANDBOXES_MAX = Math.max(8, Math.floor((totalmem() * 0.8) / SANDBOX_BYTES));

export async function createSandboxPool(options: SandboxPoolOptions): Promise<SandboxPool> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  return new Pool(options);
}

class Pool implements SandboxPool {
  readonly ready: Promise<void>;
  /** filled in when the machine is probed */
  readonly isolation: SandboxPool['isolation'] = { mode: 'unknown', reasons: [] };
  #options: SandboxPoolOptions;
  #template: RootTemplate | undefined;
  #filterLoader: string[] | undefined;
  #pythons = new Map<string, Promise<PythonInterpreter | undefined>>();
  #launcher: LauncherClient;
  #factory: SandboxFactory;
  #spares: Spares;
  #code: CodeStore;
  #placement: CodePlacement;
  #concurrency: Concurrency;
  #memory: MemoryWatch;
  #revisions = new Map<string, Revision>();
  #sweeper: NodeJS.Timeout;

  constructor(options: SandboxPoolOptions) {
    this.#options = options;
    const { directory } = options;
    this.#launcher = new LauncherClient(options.warn);
    this.#factory = new SandboxFactory(join(directory, 'sandboxes'), this.#launcher, options);
    this.#spares = new Spares(this.#factory);
    this.#code = new CodeStore(join(directory, 'code'));
    this.#placement = new CodePlacement(join(directory, 'trees'));
    this.#concurrency = new Concurrency(options.concurrencyMax ?? CONCURRENCY_MAX);
    this.#memory = new MemoryWatch(this.#factory.living);
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    this.ready = this.#begin();
    this.ready.catch((error: Error) => {
      this.isolation.reasons = [error.message];
      options.warn(error.message);
    });
  }

  async invoke(snapshot: FunctionSnapshot, invocation: Invocation): Promise<InvocationResult> {
    const stream = new StreamBuffer();
    const result = await this.#run(snapshot, invocation, () => stream);
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

  async prepare(snapshot: FunctionSnapshot): Promise<void> {
    const kind = sandboxKind(snapshot);
    const code = await this.#code.prepare(snapshot);
    this.#warnOfLimits(snapshot, code);
    void this.#ahead(kind, code);
  }

  retire(functionArn: string, keepRevisionIds: readonly string[] = []): void {
    for (const [key, revision] of this.#revisions) {
      if (revision.snapshot.arn !== functionArn || keepRevisionIds.includes(revision.snapshot.revisionId)) continue;
      revision.retire();
      this.#revisions.delete(key);
    }
    if (keepRevisionIds.length === 0) this.#concurrency.forget(functionArn);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#memory.stop();
    this.#spares.stop();
    await this.ready.catch(() => {});
    await this.#launcher.stop();
    await this.#factory.settled();
  }

  /** Probes the machine and lays out what all sandboxes share. */
  async #begin(): Promise<void> {
    const { directory, caCertificate, isolation, warn } = this.#options;
    await discard(directory, ['sandboxes', 'trees', 'root']);
    this.#launcher.start();
    const [chosen, template] = await Promise.all([
      chooseIsolation(isolation),
      makeRootTemplate(join(directory, 'root'), caCertificate),
    ]);
    Object.assign(this.isolation, { mode: chosen.mode, reasons: chosen.reasons });
    this.#filterLoader = chosen.filterLoader;
    this.#template = template;
    if (chosen.mode === 'process') {
      warn(
        `Functions run as plain processes, NOT isolated from this machine or each other: ${chosen.reasons.join('; ')}`,
      );
    }
  }

  async #run(
    snapshot: FunctionSnapshot,
    invocation: Invocation,
    stream: (sandbox: Sandbox) => StreamReceiver,
  ): Promise<InvocationResult> {
    checkPayload(invocation);
    const leave = this.#concurrency.enter(snapshot);
    try {
      return await runInvocation(
        {
          revision: this.#revision(snapshot),
          startAgain: (log, timeoutMs) => this.#start(snapshot, log, timeoutMs),
          running: () => this.#memory.watch(),
        },
        invocation,
        stream,
      );
    } finally {
      leave();
    }
  }

  #revision(snapshot: FunctionSnapshot): Revision {
    const key = `${snapshot.arn}:${snapshot.version}:${snapshot.revisionId}`;
    let revision = this.#revisions.get(key);
    if (!revision) {
      revision = new Revision(snapshot, () => this.#start(snapshot));
      this.#revisions.set(key, revision);
    }
    return revision;
  }

  /** A spare or a new sandbox, with the function's code and environment in it, initialised. */
  async #start(snapshot: FunctionSnapshot, log?: LogStream, timeoutMs?: number): Promise<ExecutionEnvironment> {
    const kind = sandboxKind(snapshot);
    const [host, code, credentials] = await Promise.all([
      this.#host(kind),
      this.#code.prepare(snapshot),
      this.#options.credentials(snapshot),
    ]);
    log ??= this.#openLog(snapshot);
    const startedMs = performance.now();
    const sandbox = await this.#sandbox(host, kind, code).catch((error: unknown) => {
      // its own NODE_OPTIONS or the like kept the runtime from starting: the function's failure, not ours
      if (error instanceof BootFailed && Object.keys(kind.environment).length > 0) return error;
      throw error;
    });
    if (sandbox instanceof BootFailed) {
      log.record(sandbox.message);
      const init = { kind: 'exited' as const, durationMs: performance.now() - startedMs, exit: sandbox.exit };
      return { sandbox: sandbox.sandbox, log, init, invocations: 0 };
    }
    const taskRoot = host.mode === 'process' ? join(sandbox.folder, 'task') : '/var/task';
    const environment = functionEnvironment({
      snapshot,
      runtime: kind.runtime,
      credentials,
      logStream: log.name,
      mode: host.mode,
      taskRoot,
      endpointUrl: this.#options.endpointUrl?.(),
    });
    this.#memory.watch();
    const { callbacks } = kind.runtime;
    const init = await sandbox.initialise({ snapshot, credentials, log, environment, taskRoot, callbacks }, timeoutMs);
    void this.#ahead(kind, code);
    return { sandbox, log, init, invocations: 0 };
  }

  async #sandbox(host: SandboxHost, kind: SandboxKind, code: Code): Promise<Sandbox> {
    const fill = async (folder: string): Promise<void> => {
      await this.#placement.place(code.task, join(folder, 'task'));
      if (code.layers) await this.#placement.place(code.layers, join(folder, 'opt'));
    };
    this.#makeRoom();
    const spare = this.#spares.take(kind);
    if (!spare) return this.#factory.boot(host, kind, fill);
    await fill(spare.folder);
    return spare;
  }

  #openLog(snapshot: FunctionSnapshot): LogStream {
    const log = new LogStream(
      logStreamName(snapshot.version, Date.now(), randomIds.hex(32)),
      snapshot,
      this.#options.log,
    );
    log.keepTail();
    const line = new PlatformLines(snapshot).initStart();
    if (line !== undefined) log.platform(line);
    return log;
  }

  /** What makes the next start of this function, or one like it, short. */
  async #ahead(kind: SandboxKind, { task, layers }: Code): Promise<void> {
    try {
      this.#spares.want(await this.#host(kind), kind);
      await this.#placement.prepare(task);
      if (layers) await this.#placement.prepare(layers);
    } catch {
      // the invocation that needs it hears why
    }
  }

  async #host(kind: SandboxKind): Promise<SandboxHost> {
    await this.ready;
    const { mode } = this.isolation;
    if (!this.#template || mode === 'unknown') throw new Error('the function pool did not start');
    const python = kind.runtime.family === 'python' ? await this.#python(kind.runtime.version) : undefined;
    return {
      mode,
      template: this.#template,
      python,
      filterLoader: this.#filterLoader,
      root: process.getuid?.() === 0,
      cgroupMemory: (await this.#launcher.controllers).includes('memory'),
    };
  }

  #python(version: string): Promise<PythonInterpreter | undefined> {
    let found = this.#pythons.get(version);
    if (!found) {
      found = findPython(version).then((interpreter) => {
        if (interpreter && interpreter.version !== version) {
          this.#options.warn(`Functions of python${version} run on this machine's Python ${interpreter.version}.`);
        }
        return interpreter;
      });
      this.#pythons.set(version, found);
    }
    return found;
  }

  /** What a function asks for and does not get here. */
  #warnOfLimits({ name, architecture }: FunctionSnapshot, code: Code): void {
    const here = process.arch === 'arm64' ? 'arm64' : 'x86_64';
    if (architecture !== here) {
      this.#options.warn(`Function ${name} asks for ${architecture}; it runs on this machine's ${here}.`);
    }
    if (code.layers && existsSync(join(code.layers, 'extensions'))) {
      this.#options.warn(`A layer of function ${name} brings external extensions; they are not run yet.`);
    }
  }

  /** Makes room for one more sandbox: ends the one that was idle for longest. */
  #makeRoom(): void {
    if (this.#factory.living.size < SANDBOXES_MAX) return;
    const [oldest] = [...this.#factory.living]
      .filter((sandbox) => sandbox.state === 'idle' || sandbox.state === 'spare')
      .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    if (!oldest) throw machineIsFull();
    oldest.kill();
  }

  #sweep(): void {
    const nowMs = Date.now();
    this.#spares.sweep(nowMs);
    for (const [key, revision] of this.#revisions) {
      revision.sweep(nowMs);
      if (revision.unused) this.#revisions.delete(key);
    }
  }
}

function sandboxKind(snapshot: FunctionSnapshot): SandboxKind {
  return {
    runtime: requireRuntime(snapshot.runtime),
    memoryMb: snapshot.memoryMb,
    temporaryMb: snapshot.ephemeralStorageMb,
    environment: startupEnvironment(snapshot.environment),
  };
}

/** What an earlier run left; large trees are removed while the platform already serves. */
async function discard(directory: string, names: string[]): Promise<void> {
  for (const name of names) {
    const old = join(directory, `.old-${name}-${randomIds.lower(6)}`);
    const moved = await rename(join(directory, name), old).then(
      () => true,
      () => false,
    );
    if (moved) void rm(old, { recursive: true, force: true }).catch(() => {});
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  }
}

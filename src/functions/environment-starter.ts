// Makes execution environments: a spare or a new sandbox, with a function's code, environment and log, initialised.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { randomIds } from '#core/ids.ts';
import { CompiledPython } from './compiled-python.ts';
import { CodeCaches } from './code-cache.ts';
import { CodePlacement } from './code-placement.ts';
import { type Code, CodeStore } from './code-store.ts';
import type { FunctionSnapshot, SandboxPool, SandboxPoolOptions } from './contract.ts';
import { functionEnvironment, startsLate, WRAPPER } from './environment.ts';
import { Eviction } from './eviction.ts';
import type { Inspector } from './inspect.ts';
import { LauncherClient } from './launcher-client.ts';
import { LogStream, logStreamName } from './log-stream.ts';
import { Machine } from './machine.ts';
import { PlatformLog } from './report.ts';
import type { ExecutionEnvironment, InitializationType } from './revision.ts';
import { ImageStore } from './images/store.ts';
import { programOf } from './program.ts';
import { cannotRun, IMAGE_RUNTIME, requireRuntime, type Runtime, speaksRuntimeApi } from './runtimes.ts';
import type { Sandbox } from './sandbox.ts';
import type { SandboxHost, SandboxKind } from './sandbox-command.ts';
import { SandboxFactory } from './sandbox-factory.ts';
import { Spares } from './spares.ts';

export interface StartOptions {
  /** of the environment that failed before; default: a new one */
  log?: LogStream;
  /** for the initialisation; default: Lambda's */
  timeoutMs?: number;
  initializationType?: InitializationType;
}

export class EnvironmentStarter {
  #options: SandboxPoolOptions;
  #launcher: LauncherClient;
  #machine: Machine;
  #factory: SandboxFactory;
  #spares: Spares;
  #code: CodeStore;
  #placement: CodePlacement;
  readonly images: ImageStore;
  #eviction: Eviction;
  #inspector: Inspector | undefined;
  #codeCaches: CodeCaches;
  #compiledPython = new CompiledPython();

  /** `keeps` says which idle sandboxes must not make room for others. */
  constructor(options: SandboxPoolOptions, keeps: (sandbox: Sandbox) => boolean, inspector?: Inspector) {
    this.#inspector = inspector;
    this.#options = options;
    const { directory } = options;
    this.#launcher = new LauncherClient(join(directory, 'launcher'), options.warn);
    this.#machine = new Machine(options, this.#launcher);
    this.#factory = new SandboxFactory(join(directory, 'sandboxes'), this.#launcher, options);
    this.#spares = new Spares(this.#factory);
    this.#code = new CodeStore(join(directory, 'code'));
    this.#placement = new CodePlacement(join(directory, 'trees'));
    this.images = new ImageStore(join(directory, 'images'));
    this.#codeCaches = new CodeCaches(join(directory, 'code-cache'), options.warn);
    this.#eviction = new Eviction({ living: this.living, keeps });
  }

  get isolation(): SandboxPool['isolation'] {
    return this.#machine.isolation;
  }

  get ready(): Promise<void> {
    return this.#machine.ready;
  }

  get living(): ReadonlySet<Sandbox> {
    return this.#factory.living;
  }

  /** Unpacks and boots ahead. */
  async prepare(snapshot: FunctionSnapshot): Promise<void> {
    const code = await this.#prepareCode(snapshot);
    const kind = this.#kind(snapshot, code);
    // what the machine lacks for this runtime is said when the function is made
    if (kind.image || kind.runtime.family === 'java') await this.#machine.host(kind);
    if (kind.runtime.family === 'python') this.#compiled(code, await this.#machine.host(kind));
    this.#warnOfLimits(snapshot);
    void this.#ahead(kind, code);
  }

  sweep(nowMs: number): void {
    this.#spares.sweep(nowMs);
    this.#eviction.relieve();
  }

  async stop(): Promise<void> {
    this.#spares.stop();
    await this.#machine.ready.catch(() => {});
    await Promise.all([...this.living].map(endWithExtensions));
    await this.#launcher.stop();
    await this.#factory.settled();
    await this.#codeCaches.settled();
    await this.#compiledPython.settled();
  }

  /** A spare or a new sandbox, with the function's code and environment in it, initialised. */
  async start(snapshot: FunctionSnapshot, options: StartOptions = {}): Promise<ExecutionEnvironment> {
    const { timeoutMs, initializationType = 'on-demand' } = options;
    const [unpacked, credentials] = await Promise.all([
      this.#prepareCode(snapshot),
      this.#options.credentials(snapshot),
    ]);
    const kind = this.#kind(snapshot, unpacked);
    const host = await this.#machine.host(kind);
    const code = this.#compiled(unpacked, host);
    const phase = options.log ? 'invoke' : 'init';
    const log = options.log ?? this.#openLog(snapshot, initializationType);
    const sandbox = await this.#sandbox(host, kind, code);
    if (sandbox.inspection) this.#inspector?.follow(sandbox.inspection, snapshot.revisionId);
    const taskRoot = host.mode === 'process' ? join(sandbox.folder, 'task') : '/var/task';
    const environment = functionEnvironment({
      snapshot,
      runtime: kind.runtime,
      credentials,
      logStream: log.name,
      mode: host.mode,
      taskRoot,
      apiAddress: sandbox.apiAddress,
      endpointUrl: this.#options.endpointUrl?.(),
      initializationType,
      image: kind.image,
    });
    const { callbacks } = kind.runtime;
    const program = programOf(kind, snapshot, host);
    const late = kind.late
      ? {
          wrapper: speaksRuntimeApi(kind.runtime) ? undefined : snapshot.environment[WRAPPER],
          extensions: kind.image?.extensions ?? externalExtensions(code),
          folder: host.mode === 'process' ? join(sandbox.folder, 'opt/extensions') : '/opt/extensions',
        }
      : undefined;
    // what starts late may be a program of the function's own, or have flags of its own
    const isOurs = kind.runtime.family === 'node' && !kind.inspect && !kind.late;
    const codeCache = isOurs ? this.#codeCaches.of(snapshot) : undefined;
    const init = await sandbox.initialise(
      {
        snapshot,
        credentials,
        log,
        environment,
        taskRoot,
        callbacks,
        program,
        late,
        codeCache,
        initializationType,
        phase,
      },
      timeoutMs,
    );
    void this.#ahead(kind, code);
    return { sandbox, log, init, invocations: 0, initializationType };
  }

  /** An image has its code in itself. */
  async #prepareCode(snapshot: FunctionSnapshot): Promise<Code | undefined> {
    return snapshot.image ? undefined : this.#code.prepare(snapshot);
  }

  /** Python's code with its bytecode, when that is made. */
  #compiled(code: Code | undefined, { python }: SandboxHost): Code | undefined {
    if (!code || !python) return code;
    const { task, layers } = code;
    const of = (tree: string): string => this.#compiledPython.of(tree, python);
    return { task: of(task), ...(layers !== undefined && { layers: of(layers) }) };
  }

  #kind(snapshot: FunctionSnapshot, code: Code | undefined): SandboxKind {
    const runtime: Runtime = snapshot.image ? IMAGE_RUNTIME : requireRuntime(snapshot.runtime);
    const image = snapshot.image && this.images.findDigest(snapshot.image.digest);
    if (snapshot.image && !image) {
      throw cannotRun(
        `The image ${snapshot.image.digest} of ${snapshot.name} was removed: gatehouse image load FILE brings it back.`,
      );
    }
    return {
      runtime,
      memoryMb: snapshot.memoryMb,
      temporaryMb: snapshot.ephemeralStorageMb,
      late: startsLate(snapshot, runtime) || (image?.extensions ?? externalExtensions(code)).length > 0,
      ...(this.#inspector?.wants(snapshot) && { inspect: true }),
      ...(image && { image: { ...image, root: this.images.rootOf(image.digest) } }),
    };
  }

  async #sandbox(host: SandboxHost, kind: SandboxKind, code: Code | undefined): Promise<Sandbox> {
    const fill = async (folder: string): Promise<void> => {
      if (!code) return;
      await this.#placement.place(code.task, join(folder, 'task'));
      if (code.layers) await this.#placement.place(code.layers, join(folder, 'opt'));
    };
    this.#eviction.makeRoom();
    const spare = this.#spares.take(kind);
    if (!spare) return this.#factory.boot(host, kind, fill);
    await fill(spare.folder);
    return spare;
  }

  #openLog(snapshot: FunctionSnapshot, initializationType: InitializationType): LogStream {
    const log = new LogStream(
      logStreamName(snapshot.version, Date.now(), randomIds.hex(32)),
      snapshot,
      this.#options.log,
    );
    new PlatformLog(snapshot, log).initStart(initializationType);
    // the console and LogResult show what initialisation said, without this line
    log.keepTail();
    return log;
  }

  /** What makes the next start of this function, or one like it, short. */
  async #ahead(kind: SandboxKind, code: Code | undefined): Promise<void> {
    try {
      this.#spares.want(await this.#machine.host(kind), kind);
      if (!code) return;
      await this.#placement.prepare(code.task);
      if (code.layers) await this.#placement.prepare(code.layers);
    } catch {
      // the invocation that needs it hears why
    }
  }

  /** What a function asks for and does not get here. */
  #warnOfLimits({ name, architecture }: FunctionSnapshot): void {
    const here = process.arch === 'arm64' ? 'arm64' : 'x86_64';
    if (architecture !== here) {
      this.#options.warn(`Function ${name} asks for ${architecture}; it runs on this machine's ${here}.`);
    }
  }
}

/** All others end with the launcher. */
async function endWithExtensions(sandbox: Sandbox): Promise<void> {
  if (!sandbox.hasExtensions) return;
  sandbox.kill();
  await sandbox.exited;
}

/** The files of /opt/extensions, which only layers bring. */
function externalExtensions(code: Code | undefined): string[] {
  if (!code?.layers) return [];
  try {
    const entries = readdirSync(join(code.layers, 'extensions'), { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

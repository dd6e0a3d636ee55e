// What lives in a sandbox beside its runtime: extensions, what starts them, and the HTTP at AWS_LAMBDA_RUNTIME_API that they,
// those who listen to telemetry and a runtime of the function's own speak.
import type { Socket } from 'node:net';
import { type Assignment, type LateStart, platformLogOf } from './assignment.ts';
import type { FunctionSnapshot } from './contract.ts';
import { Dialer } from './extensions/dialer.ts';
import { ExtensionHost, type ShutdownReason } from './extensions/extension-host.ts';
import type { FunctionFacts } from './extensions/extensions-api.ts';
import { enterForExtension } from './image-entry.ts';
import type { SandboxProcess } from './launcher-client.ts';
import type { Fault } from './outcome.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { refuse, transitionRefused } from './runtime-api-answers.ts';
import { RuntimeApiServer } from './runtime-api-server.ts';
import { Supervisor } from './supervisor.ts';

export interface CompanionEvents {
  /** what answers a runtime of the function's own, if there is one */
  runtimeApi: () => RuntimeApi | undefined;
  /** whether extensions may still register */
  isInitialising: () => boolean;
  /** an extension failed: nothing goes on here */
  fault: (fault: Fault) => void;
  /** the runtime alone has ended; status as a shell says it */
  runtimeEnded: (status: number) => void;
}

export class Companions {
  /** reaches what listens inside */
  readonly dialer: Dialer;
  #events: CompanionEvents;
  #server: RuntimeApiServer;
  /** made when the first one is started or registers */
  #extensions: ExtensionHost | undefined;
  #supervisor: Supervisor | undefined;
  #runtimeEnded = Promise.withResolvers<void>();
  #assignment: Assignment | undefined;

  constructor({ orders, extensions, openSockets }: SandboxProcess, events: CompanionEvents) {
    this.#events = events;
    this.#server = this.#openServer();
    this.dialer = new Dialer(openSockets);
    if (orders) this.#supervise(orders, extensions);
  }

  get extensions(): ExtensionHost | undefined {
    return this.#extensions;
  }

  assigned(assignment: Assignment): void {
    this.#assignment = assignment;
  }

  /** A connection that somebody inside made to AWS_LAMBDA_RUNTIME_API. */
  accept(socket: Socket): void {
    this.#server.accept(socket);
  }

  /** Sets the environment and starts the extensions; resolves when they all have registered. */
  async start({ environment, program }: Assignment, { extensions, folder }: LateStart): Promise<void> {
    const supervisor = this.#supervisor;
    if (!supervisor) throw new Error('a sandbox that is not supervised starts nothing late');
    if (program?.image?.environment === undefined) supervisor.setEnvironment(environment);
    if (extensions.length === 0) return;
    await this.#host().start(extensions, (name) => {
      const file = `${folder}/${name}`;
      if (!program?.image) return supervisor.startExtension(name, [file]);
      const left = program.image.environment && `${program.image.environment}-${name}`;
      if (left !== undefined) supervisor.leaveEnvironment(left, environment);
      supervisor.startExtension(name, enterForExtension(program.image, left, file));
    });
  }

  startRuntime(command: readonly string[]): void {
    this.#supervisor?.startRuntime(command);
  }

  /** Tells the extensions why it ends, if there are any; `ask` asks the runtime, else it gets a signal. */
  async shutDown(reason: ShutdownReason, ask: (() => void) | undefined): Promise<void> {
    const supervisor = this.#supervisor;
    await this.#extensions?.shutDown(reason, {
      ask: ask ?? (() => supervisor?.stopRuntime('TERM')),
      kill: () => supervisor?.stopRuntime('KILL'),
      ended: this.#runtimeEnded.promise,
    });
  }

  close(): void {
    this.dialer.close();
    this.#extensions?.telemetry.close();
  }

  #host(): ExtensionHost {
    if (this.#extensions) return this.#extensions;
    const log = this.#assignment?.log;
    this.#extensions = new ExtensionHost(
      {
        facts: () => factsOf(this.#assignment?.snapshot),
        log: platformLogOf(this.#assignment),
        early: log?.early ?? [],
        dial: (port) => this.dialer.dial(port),
      },
      this.#events.fault,
    );
    // asked for the first time, and too late to register
    if (!this.#events.isInitialising()) this.#extensions.initialised();
    if (log) log.telemetry = this.#extensions.telemetry;
    return this.#extensions;
  }

  #openServer(): RuntimeApiServer {
    return new RuntimeApiServer({
      '/2018-06-01/runtime': (request, response, path) => {
        const api = this.#events.runtimeApi();
        if (api) return api.handle(request, response, path);
        // the runtime of this function is ours, and at work
        refuse(request, response, 403, 'InvalidStateTransition', transitionRefused('Running', 'Ready', 'runtime'));
      },
      '/2020-01-01/extension': (request, response, path) => this.#host().api.handle(request, response, path),
      '/2022-07-01/telemetry': (request, response, path) =>
        this.#host().telemetry.handle('telemetry', request, response, path),
      '/2020-08-15/logs': (request, response, path) => this.#host().telemetry.handle('logs', request, response, path),
    });
  }

  #supervise(orders: Socket, output: Socket | undefined): void {
    this.#supervisor = new Supervisor(orders, {
      // what it said before is read in this turn of the event loop
      runtimeEnded: (status) =>
        void setImmediate(() => {
          this.#runtimeEnded.resolve();
          this.#events.runtimeEnded(status);
        }),
      extensionEnded: (name, status) => void setImmediate(() => this.#extensions?.extensions.ended(name, status)),
    });
    output?.on('error', () => {});
    output?.on('data', (bytes: Buffer) => this.#assignment?.log.extensionOutput(bytes));
  }
}

/** What an extension is told of its function. */
const factsOf = (snapshot: FunctionSnapshot | undefined): FunctionFacts => ({
  functionName: snapshot?.name ?? '',
  functionVersion: snapshot?.version ?? '',
  handler: snapshot?.handler ?? '',
  accountId: snapshot?.accountId ?? '',
});

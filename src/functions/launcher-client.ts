// The platform's side of the launcher: starts it, asks for sandboxes, receives their handles and their end.
import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Freezer } from './freezer.ts';
import type { CgroupLimits, FromLauncher, SandboxExit, ToLauncher } from './launcher-protocol.ts';
import { BOOT_MS_MAX } from './limits.ts';

export interface LaunchOptions {
  id: string;
  command: string[];
  environment: Record<string, string>;
  directory: string;
  cgroup?: CgroupLimits;
  group: boolean;
  supervised: boolean;
  /** listening sockets that the sandbox hands over, as node's raw handles */
  listener: (name: string, handle: unknown) => void;
}

/** A sandbox's process as the platform holds it. */
export interface SandboxProcess {
  channel: Socket;
  output: Socket;
  /** of a supervised sandbox: takes orders of process 1, and gives its reports */
  orders?: Socket;
  /** what its extensions write */
  extensions?: Socket;
  /** asks for sockets of its network namespace; absent where it has none */
  openSockets?: () => void;
  pid: number;
  /** file to read the group's memory from */
  memoryStat?: string;
  freezer: Freezer;
  exited: Promise<SandboxExit>;
  kill(): void;
}

/** handles that are no listening sockets */
const OWN_HANDLES: ReadonlySet<string> = new Set(['channel', 'output', 'orders', 'extensions']);

interface Pending {
  options: LaunchOptions;
  handles: Map<string, unknown>;
  started?: { pid: number; memoryStat?: string; freezable?: string };
  launched: PromiseWithResolvers<SandboxProcess>;
  exited: PromiseWithResolvers<SandboxExit>;
}

const GONE: SandboxExit = { code: null, signal: 'SIGKILL', outOfMemory: false, stderr: 'the launcher ended' };

export class LauncherClient {
  #process: ChildProcess | undefined;
  #sandboxes = new Map<string, Pending>();
  #stopped = false;
  #controllers = Promise.withResolvers<string[]>();
  #directory: string;
  #warn: (text: string) => void;

  /** `directory` is the launcher's own. */
  constructor(directory: string, warn: (text: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
  }

  /** Resolves when the channel is here; rejects when the sandbox could not be started. */
  launch(options: LaunchOptions): Promise<SandboxProcess> {
    if (this.#stopped) return Promise.reject(new Error('the function pool is stopped'));
    const launcher = this.start();
    const pending: Pending = {
      options,
      handles: new Map(),
      launched: Promise.withResolvers(),
      exited: Promise.withResolvers(),
    };
    this.#sandboxes.set(options.id, pending);
    const { listener: _, ...request } = options;
    this.#send(launcher, { type: 'launch', ...request });
    const timer = setTimeout(() => this.kill(options.id), BOOT_MS_MAX);
    timer.unref();
    void pending.launched.promise.finally(() => clearTimeout(timer)).catch(() => {});
    return pending.launched.promise;
  }

  /** What control groups limit here: 'memory', 'pids', 'cpu'. */
  get controllers(): Promise<string[]> {
    return this.#controllers.promise;
  }

  /** Starts the launcher ahead of the first sandbox. */
  start(): ChildProcess {
    if (this.#process) return this.#process;
    const launcher = fork(fileURLToPath(new URL('launcher.ts', import.meta.url)), [this.#directory], {
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', ...compileCache() },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'json',
      // the launcher ends when its standard input does, however this process goes
      stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
    });
    launcher.on('message', (message, handle) => this.#receive(message as FromLauncher, handle));
    launcher.on('error', (error) => this.#warn(`function launcher: ${error.message}`));
    launcher.on('exit', () => this.#lost(launcher));
    this.#process = launcher;
    return launcher;
  }

  kill(id: string): void {
    if (this.#process) this.#send(this.#process, { type: 'kill', id });
  }

  /** Kills every sandbox and waits until all are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const launcher = this.#process;
    if (!launcher || launcher.exitCode !== null) return;
    const gone = new Promise((resolve) => launcher.once('exit', resolve));
    launcher.stdin?.end();
    await gone;
  }

  #openSockets(id: string): void {
    if (this.#process) this.#send(this.#process, { type: 'sockets', id });
  }

  #send(launcher: ChildProcess, message: ToLauncher): void {
    if (launcher.connected) launcher.send(message, () => {});
  }

  #receive(message: FromLauncher, handle: unknown): void {
    if (message.type === 'ready') return this.#controllers.resolve(message.controllers);
    const pending = this.#sandboxes.get(message.id);
    if (!pending) return closeHandle(handle);
    if (message.type === 'started') pending.started = message;
    if (message.type === 'exit') return this.#exited(message.id, pending, message.exit);
    if (message.type === 'handle') {
      if (OWN_HANDLES.has(message.name)) pending.handles.set(message.name, handle);
      else pending.options.listener(message.name, handle);
    }
    this.#finish(message.id, pending);
  }

  #finish(id: string, pending: Pending): void {
    const { handles } = pending;
    const [channel, output, orders, extensions] = [...OWN_HANDLES].map((name) => handles.get(name));
    if (!channel || !output || !pending.started) return;
    if (pending.options.supervised && (!orders || !extensions)) return;
    handles.clear();
    const { pid, memoryStat, freezable } = pending.started;
    pending.launched.resolve({
      channel: toSocket(channel),
      output: toSocket(output),
      ...(orders !== undefined && { orders: toSocket(orders) }),
      ...(extensions !== undefined && { extensions: toSocket(extensions) }),
      pid,
      ...(memoryStat && { memoryStat }),
      freezer: new Freezer({ pid, group: freezable, namespaces: !pending.options.group }),
      ...(!pending.options.group && { openSockets: () => this.#openSockets(id) }),
      exited: pending.exited.promise,
      kill: () => this.kill(id),
    });
  }

  #exited(id: string, pending: Pending, exit: SandboxExit): void {
    this.#sandboxes.delete(id);
    for (const handle of pending.handles.values()) closeHandle(handle);
    pending.launched.reject(
      new Error(exit.stderr.trim() || `the sandbox ended with status ${exit.code ?? exit.signal}`),
    );
    pending.exited.resolve(exit);
  }

  /** A launcher that was killed takes its sandboxes with it; the next launch starts a new one. */
  #lost(launcher: ChildProcess): void {
    if (this.#process === launcher) this.#process = undefined;
    this.#controllers.resolve([]);
    if (!this.#stopped) this.#warn('The function launcher ended unexpectedly; its sandboxes are lost and start anew.');
    for (const [id, pending] of this.#sandboxes) this.#exited(id, pending, GONE);
  }
}

/** The launcher starts in half the time with the cache that this process uses. */
function compileCache(): Record<string, string> {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}

function toSocket(handle: unknown): Socket {
  if (handle instanceof Socket) return handle;
  return new Socket({ handle, readable: true, writable: true, allowHalfOpen: false } as never);
}

function closeHandle(handle: unknown): void {
  const closable = handle as { close?: () => void; destroy?: () => void } | undefined;
  if (closable?.destroy) closable.destroy();
  else closable?.close?.();
}

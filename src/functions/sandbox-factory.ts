// Boots sandboxes: folder, slot, command line, launcher, listeners.
import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SandboxPoolOptions } from './contract.ts';
import { Gate } from './gate.ts';
import type { LauncherClient } from './launcher-client.ts';
import { BOOT_MS_MAX, PROCESSES_MAX } from './limits.ts';
import { SandboxListeners } from './listeners.ts';
import { internet, type Outbound } from './outbound.ts';
import { Sandbox } from './sandbox.ts';
import { planSandbox, type SandboxHost, type SandboxKind } from './sandbox-command.ts';

const BYTES_PER_MB = 1024 * 1024;
/** memory per virtual CPU (docs: configuration-memory), and the share of one CPU in a v1 group */
const MB_PER_CPU = 1769;
const SHARES_PER_CPU = 1024;

export class SandboxFactory {
  readonly gate: Gate = new Gate(availableParallelism());
  readonly living: Set<Sandbox> = new Set();
  #directory: string;
  #launcher: LauncherClient;
  #connection: SandboxPoolOptions['connection'];
  #outbound: Outbound | undefined;
  #slots = new Set<number>();
  #work = new Set<Promise<unknown>>();
  #count = 0;

  constructor(
    directory: string,
    launcher: LauncherClient,
    { connection, outbound = internet }: Pick<SandboxPoolOptions, 'connection' | 'outbound'>,
  ) {
    this.#outbound = outbound || undefined;
    this.#directory = directory;
    this.#launcher = launcher;
    this.#connection = connection;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** A sandbox ahead of need: resolves when the runtime inside waits for its function. */
  bootSpare(host: SandboxHost, kind: SandboxKind): Promise<Sandbox> {
    return this.#track(this.gate.run(true, () => this.#boot(host, kind, async () => {})));
  }

  /** A sandbox for one function, whose code `fill` puts into its folder before anything runs. */
  boot(host: SandboxHost, kind: SandboxKind, fill: (folder: string) => Promise<void>): Promise<Sandbox> {
    return this.#track(this.gate.run(false, () => this.#boot(host, kind, fill)));
  }

  /** Resolves when nothing boots and no folder is being removed: for a stop, once the launcher takes no more. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const done = (): unknown => this.#work.delete(work);
    work.then(done, done);
    return work;
  }

  async #boot(host: SandboxHost, kind: SandboxKind, fill: (folder: string) => Promise<void>): Promise<Sandbox> {
    const id = `${process.pid}-${++this.#count}`;
    const folder = join(this.#directory, id);
    const slot = this.#takeSlot();
    let sandbox: Sandbox | undefined;
    try {
      await mkdir(join(folder, 'task'), { recursive: true });
      await mkdir(join(folder, 'opt'));
      await fill(folder);
      sandbox = await this.#launch(host, kind, id, folder, slot);
      await bootedInTime(sandbox);
      return sandbox;
    } catch (error) {
      sandbox?.kill();
      if (!sandbox) await this.#bury(folder, slot);
      throw error;
    }
  }

  async #launch(host: SandboxHost, kind: SandboxKind, id: string, folder: string, slot: number): Promise<Sandbox> {
    const plan = await planSandbox(host, kind, folder, slot);
    let sandbox: Sandbox | undefined;
    const listeners = new SandboxListeners(
      this.#connection,
      () => sandbox?.functionArn,
      this.#outbound,
      (socket) => sandbox?.acceptRuntime(socket),
      (socket) => sandbox?.inspection?.offer(socket),
    );
    const process = await this.#launcher.launch({
      id,
      command: plan.command,
      environment: plan.environment,
      directory: folder,
      group: host.mode === 'process',
      supervised: kind.late,
      cgroup: {
        // /tmp is memory too; what the function itself may take of it is watched (memory-watch.ts)
        memoryBytes: (kind.memoryMb + kind.temporaryMb) * BYTES_PER_MB,
        processes: PROCESSES_MAX,
        cpuShares: Math.round((kind.memoryMb / MB_PER_CPU) * SHARES_PER_CPU),
      },
      listener: (name, handle) => (name === 'dial' ? sandbox?.dialer.take(handle) : listeners.take(name, handle)),
    });
    sandbox = new Sandbox(id, kind, folder, process, plan.runtime);
    const born = sandbox;
    this.living.add(born);
    const buried = born.exited.then(() => {
      this.living.delete(born);
      listeners.close();
      born.inspection?.end();
      return this.#bury(folder, slot);
    });
    void this.#track(buried);
    return born;
  }

  async #bury(folder: string, slot: number): Promise<void> {
    this.#slots.delete(slot);
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }

  #takeSlot(): number {
    let slot = 0;
    while (this.#slots.has(slot)) slot += 1;
    this.#slots.add(slot);
    return slot;
  }
}

async function bootedInTime(sandbox: Sandbox): Promise<void> {
  const timer = setTimeout(() => sandbox.kill(), BOOT_MS_MAX);
  try {
    await sandbox.booted();
  } finally {
    clearTimeout(timer);
  }
}

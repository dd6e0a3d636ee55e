// What all sandboxes of this process share: how they are isolated, the template of their root, the interpreters.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomIds } from '#core/ids.ts';
import type { SandboxPool, SandboxPoolOptions } from './contract.ts';
import { chooseIsolation } from './isolation.ts';
import type { LauncherClient } from './launcher-client.ts';
import { findJava, type JavaMachine, javaRemedy } from './java.ts';
import { findPython, type PythonInterpreter } from './python.ts';
import { makeRootTemplate, type RootTemplate } from './root-template.ts';
import { JAVA_REMEDY } from './java-runtime.ts';
import { cannotRun, type Runtime } from './runtimes.ts';
import type { SandboxHost, SandboxKind } from './sandbox-command.ts';

export class Machine {
  /** resolves when the machine is probed and the template laid out */
  readonly ready: Promise<void>;
  /** filled in when the machine is probed */
  readonly isolation: SandboxPool['isolation'] = { mode: 'unknown', reasons: [] };
  #options: SandboxPoolOptions;
  #launcher: LauncherClient;
  #template: RootTemplate | undefined;
  #filterLoader: string[] | undefined;
  #javas = new Map<string, Promise<JavaMachine>>();
  #pythons = new Map<string, Promise<PythonInterpreter>>();

  constructor(options: SandboxPoolOptions, launcher: LauncherClient) {
    this.#options = options;
    this.#launcher = launcher;
    this.ready = this.#begin();
    this.ready.catch((error: Error) => {
      this.isolation.reasons = [error.message];
      options.warn(error.message);
    });
  }

  async host(kind: SandboxKind): Promise<SandboxHost> {
    await this.ready;
    const { mode } = this.isolation;
    if (!this.#template || mode === 'unknown') throw new Error('the function pool did not start');
    if (kind.image && mode === 'process') {
      const reasons = this.isolation.reasons.join('; ');
      throw cannotRun(
        `Functions of PackageType Image need namespaces, and functions are plain processes here: ${reasons}`,
      );
    }
    const python = kind.runtime.family === 'python' ? await this.#python(kind.runtime) : undefined;
    const java = kind.runtime.family === 'java' ? await this.#java(kind.runtime) : undefined;
    return {
      mode,
      template: this.#template,
      python,
      java,
      filterLoader: this.#filterLoader,
      root: process.getuid?.() === 0,
      cgroupMemory: (await this.#launcher.controllers).includes('memory'),
    };
  }

  async #begin(): Promise<void> {
    const { directory, caCertificate, isolation, warn } = this.#options;
    await discard(directory, ['sandboxes', 'trees', 'root', 'launcher']);
    this.#launcher.start();
    const [chosen, template] = await Promise.all([
      chooseIsolation(isolation),
      makeRootTemplate(join(directory, 'root'), caCertificate),
    ]);
    Object.assign(this.isolation, { mode: chosen.mode, reasons: chosen.reasons });
    this.#filterLoader = chosen.filterLoader;
    this.#template = template;
    if (chosen.mode !== 'process') return;
    const reasons = chosen.reasons.join('; ');
    warn(`Functions run as plain processes, NOT isolated from this machine or each other: ${reasons}`);
  }

  #java(runtime: Runtime): Promise<JavaMachine> {
    let found = this.#javas.get(runtime.version);
    if (!found) {
      found = this.#findJava(runtime);
      this.#javas.set(runtime.version, found);
      // whoever installs what is missing need not start anew
      found.catch(() => this.#javas.delete(runtime.version));
    }
    return found;
  }

  async #findJava({ name, version, brings }: Runtime): Promise<JavaMachine> {
    const machine = await findJava(version);
    if (!machine)
      throw cannotRun(`Functions of ${name} need a JVM of version ${version} or later: ${javaRemedy(version)}`);
    if (brings === undefined)
      throw cannotRun(`Functions of ${name} need AWS's runtime interface client: ${JAVA_REMEDY}`);
    if (machine.version !== version)
      this.#options.warn(`Functions of ${name} run on this machine's Java ${machine.version}.`);
    return machine;
  }

  #python(runtime: Runtime): Promise<PythonInterpreter> {
    let found = this.#pythons.get(runtime.version);
    if (!found) {
      found = this.#findPython(runtime);
      this.#pythons.set(runtime.version, found);
    }
    return found;
  }

  async #findPython({ name, version }: Runtime): Promise<PythonInterpreter> {
    const interpreter = await findPython(version);
    if (!interpreter) {
      throw cannotRun(`Functions of ${name} need Python 3 on this machine, and there is none.`);
    }
    if (interpreter.version !== version) {
      this.#options.warn(`Functions of ${name} run on this machine's Python ${interpreter.version}.`);
    }
    return interpreter;
  }
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

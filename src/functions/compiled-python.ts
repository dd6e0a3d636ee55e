// Python code with its bytecode beside it: sandboxes see their code read-only and could keep none (boto3's import takes twice
// as long without, runtime.md 1b). Made once per package and interpreter, in the background, by the interpreter itself,
// which reads the sources and runs nothing of them, within limits: a package may hold a source that no compiler carries.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { randomIds } from '#core/ids.ts';
import { linkTree } from './code-store.ts';
import { COMPILE_BYTES_MAX, COMPILE_MS_MAX } from './limits.ts';
import type { PythonInterpreter } from './python.ts';

/** Bytecode that is taken without a look at the source's time, which a package need not keep. */
const COMPILE = ['-I', '-S', '-m', 'compileall', '-qq', '--invalidation-mode', 'unchecked-hash'];
const LIMITED = process.platform === 'linux' ? ['prlimit', `--as=${COMPILE_BYTES_MAX}`, '--core=0'] : [];

export class CompiledPython {
  #making = new Map<string, Promise<void>>();

  /** The tree with bytecode, once there is one; the tree as it is until then. */
  of(tree: string, interpreter: PythonInterpreter): string {
    const compiled = `${tree}-py${interpreter.version}`;
    if (existsSync(compiled)) return compiled;
    if (!this.#making.has(compiled)) this.#making.set(compiled, make(tree, compiled, interpreter));
    return tree;
  }

  /** Resolves when nothing is being compiled. */
  async settled(): Promise<void> {
    await Promise.all(this.#making.values());
  }
}

async function make(tree: string, compiled: string, { host }: PythonInterpreter): Promise<void> {
  const temporary = `${compiled}.${randomIds.lower(8)}`;
  try {
    // files are the same ones; bytecode is written as new files
    await linkTree(tree, temporary);
    await run([...LIMITED, 'nice', '-n', '10', host, ...COMPILE, temporary]);
    await rename(temporary, compiled);
  } catch {
    // it runs as well without
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}

/** A file with an error of syntax leaves the others compiled: the status says no more than that. */
const run = ([command = '', ...args]: string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { timeout: COMPILE_MS_MAX, killSignal: 'SIGKILL', env: { PATH: process.env['PATH'] } } as const;
    execFile(command, args, options, (error) =>
      error?.killed || error?.code === 'ENOENT' ? reject(error) : resolve(),
    );
  });

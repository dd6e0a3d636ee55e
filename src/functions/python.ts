// The machine's own Python: which interpreter, where it lies, which version.
import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface PythonInterpreter {
  /** path on the host */
  host: string;
  /** path inside a sandbox */
  executable: string;
  /** '3.11' */
  version: string;
  /** folder to bind at /var/lang/python when the interpreter is not the system's */
  prefix?: string;
}

const INSIDE = '/var/lang/python';
const FACTS = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.base_prefix); print(sys.executable)';

/** The boto3 that python runtimes bring loads on this and later (its 1.44, 2026). */
const FIRST_OF_SDK = 10;

/** The interpreter of this version if there is one that boto3 loads on, else the machine's python3. */
export async function findPython(wanted: string): Promise<PythonInterpreter | undefined> {
  const version = `3.${Math.max(FIRST_OF_SDK, Number(wanted.slice('3.'.length)))}`;
  const managed = await managedPythons(version);
  for (const command of [`/usr/bin/python${version}`, `python${version}`, ...managed, '/usr/bin/python3', 'python3']) {
    const found = await describe(command);
    if (found) return found;
  }
  return undefined;
}

/**
 * Where pyenv and uv keep what they installed, whether or not it is on the PATH: native wheels (numpy, pydantic, cryptography)
 * load on their own version only.
 */
export async function managedPythons(version: string, env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const home = env['HOME'] ?? homedir();
  const folders = [
    join(env['PYENV_ROOT'] ?? join(home, '.pyenv'), 'versions'),
    env['UV_PYTHON_INSTALL_DIR'] ?? join(env['XDG_DATA_HOME'] ?? join(home, '.local/share'), 'uv/python'),
  ];
  const found = await Promise.all(folders.map((folder) => installed(folder, version)));
  return found.flat();
}

/** 3.13.0 (pyenv) or cpython-3.13.0-linux-x86_64-gnu (uv), the latest first. */
async function installed(folder: string, version: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.replace(/^cpython-/, '').startsWith(`${version}.`))
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(folder, name, 'bin', `python${version}`));
}

async function describe(command: string): Promise<PythonInterpreter | undefined> {
  const output = await run(command);
  const [version, prefix, executable] = output?.trim().split('\n') ?? [];
  if (!version || !prefix || !executable) return undefined;
  const host = await realpath(executable);
  if (prefix === '/usr') return { host, executable: host, version };
  const real = await realpath(prefix);
  if (!host.startsWith(`${real}/`)) return undefined;
  return { host, executable: INSIDE + host.slice(real.length), version, prefix: real };
}

function run(command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, ['-I', '-c', FACTS], { timeout: 10_000 }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}

// The machine's own Python: which interpreter, where it lies, which version.
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';

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

/** The interpreter of exactly this version if there is one, else the machine's python3. */
export async function findPython(version: string): Promise<PythonInterpreter | undefined> {
  for (const command of [`/usr/bin/python${version}`, `python${version}`, '/usr/bin/python3', 'python3']) {
    const found = await describe(command);
    if (found) return found;
  }
  return undefined;
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

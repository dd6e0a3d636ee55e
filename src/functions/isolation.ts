// Chooses how functions are kept apart on this machine: tries each way for real, best first.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { IsolationMode, SandboxPoolOptions } from './contract.ts';
import { runtimeSupportFolder } from './runtimes.ts';
import { compileFilter } from './seccomp.ts';

export interface Isolation {
  mode: IsolationMode;
  reasons: string[];
  /** the program that loads the system call filter, in 'strict' mode */
  filterLoader?: string[];
}

/** The steps of setup.sh in small: namespaces, a mount, a proc file system, no privileges. */
const TRIAL =
  'mount -t tmpfs tmpfs /tmp && mount -t proc proc /proc && exec setpriv --inh-caps=-all --no-new-privs ' +
  'unshare --user --map-user=993 --map-group=990 --keep-caps sh -c "echo 0 > /proc/sys/user/max_user_namespaces"';
const TRIAL_MS_MAX = 5000;
/** Either can load a filter; where Debian's perl-base is, so is the first. Paths as inside a sandbox. */
const LOADERS = [
  ['/usr/bin/perl', 'filter.pl'],
  ['/usr/bin/python3', 'filter.py'],
] as const;

/** Throws where 'required' or a certain mode was asked for and the machine does not offer it. */
export async function chooseIsolation(asked: SandboxPoolOptions['isolation'] = 'best'): Promise<Isolation> {
  if (asked === 'process') return { mode: 'process', reasons: ['plain processes were asked for'] };
  const [failure, loader] = await Promise.all([tryNamespaces(), findFilterLoader()]);
  if (failure !== undefined) {
    if (asked === 'best') return { mode: 'process', reasons: [failure] };
    throw new Error(`Functions cannot be isolated on this machine: ${failure}`);
  }
  if (asked === 'namespaces') return { mode: 'namespaces', reasons: ['no system call filter was asked for'] };
  if (loader) return { mode: 'strict', reasons: [], filterLoader: loader };
  if (asked === 'strict') throw new Error(`Functions cannot have a system call filter on this machine: ${NO_LOADER}`);
  return { mode: 'namespaces', reasons: [NO_LOADER] };
}

export const NO_LOADER = 'neither /usr/bin/perl nor /usr/bin/python3 can load a system call filter';

/** Why sandboxes cannot be built of namespaces here; undefined when they can. */
export async function tryNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `namespaces are a feature of Linux, this is ${process.platform}`;
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts', '--cgroup'];
  const { error, stderr } = await run('unshare', [...user, ...namespaces, 'sh', '-c', TRIAL]);
  if (!error) return undefined;
  return `unshare (util-linux) failed: ${stderr.trim().split('\n').at(-1) || error.message}`;
}

/** The command that loads the filter inside a sandbox, if one of the programs that can is here. */
export async function findFilterLoader(): Promise<string[] | undefined> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined;
  const filter = compileFilter(process.arch);
  for (const [program, script] of LOADERS) {
    // node's own pipes are sockets, which cannot be opened by name
    const trial = `cat | setpriv --no-new-privs ${program} '${join(runtimeSupportFolder(), script)}' /dev/stdin true`;
    const { error } = await run('sh', ['-c', trial], filter);
    if (!error) return [program, `/var/rapid/${script}`, '/var/lang/filter'];
  }
  return undefined;
}

function run(command: string, args: string[], input?: Buffer): Promise<{ error: Error | null; stderr: string }> {
  return new Promise((resolve) => {
    const options = { timeout: TRIAL_MS_MAX, killSignal: 'SIGKILL' } as const;
    const child = execFile(command, args, options, (error, _stdout, stderr) => resolve({ error, stderr }));
    child.stdin?.on('error', () => {}).end(input);
  });
}

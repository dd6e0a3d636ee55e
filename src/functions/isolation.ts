// Chooses how functions are kept apart on this machine: tries each way for real, best first.
import { execFile } from 'node:child_process';
import type { IsolationMode, SandboxPoolOptions } from './contract.ts';

export interface Isolation {
  mode: IsolationMode;
  reasons: string[];
}

/** The steps of setup.sh in small: namespaces, a mount, a proc file system, no privileges. */
const TRIAL =
  'mount -t tmpfs tmpfs /tmp && mount -t proc proc /proc && exec setpriv --inh-caps=-all --no-new-privs ' +
  'unshare --user --map-user=993 --map-group=990 --keep-caps sh -c "echo 0 > /proc/sys/user/max_user_namespaces"';
const TRIAL_MS_MAX = 5000;

export async function chooseIsolation(asked: SandboxPoolOptions['isolation'] = 'best'): Promise<Isolation> {
  if (asked === 'process') return { mode: 'process', reasons: ['plain processes were asked for'] };
  const reasons: string[] = [];
  const failure = await tryNamespaces();
  if (failure === undefined) {
    return { mode: 'namespaces', reasons: ['bubblewrap is not used: no system call filter'] };
  }
  reasons.push(failure);
  if (asked === 'best') return { mode: 'process', reasons };
  throw new Error(`Functions cannot be isolated on this machine: ${reasons.join('; ')}`);
}

/** Why sandboxes cannot be built of namespaces here; undefined when they can. */
export async function tryNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `namespaces are a feature of Linux, this is ${process.platform}`;
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts', '--cgroup'];
  const { error, stderr } = await run('unshare', [...user, ...namespaces, 'sh', '-c', TRIAL]);
  if (!error) return undefined;
  return `unshare (util-linux) failed: ${stderr.trim().split('\n').at(-1) || error.message}`;
}

function run(command: string, args: string[]): Promise<{ error: Error | null; stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: TRIAL_MS_MAX, killSignal: 'SIGKILL' }, (error, _stdout, stderr) =>
      resolve({ error, stderr }),
    );
  });
}

// What this machine offers for running functions, for `gatehouse doctor`: each check with the remedy for its lack.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { closeCgroups, openCgroups } from './cgroup.ts';
import { findFilterLoader, NO_LOADER, tryNamespaces } from './isolation.ts';
import { nodeBinary, requireRuntime } from './runtimes.ts';

export interface Check {
  check: string;
  ok: boolean;
  /** what was found */
  detail: string;
  /** what to do about it; absent when it is fine */
  remedy?: string;
}

export async function probeFunctions(): Promise<Check[]> {
  const [namespaces, loader] = await Promise.all([tryNamespaces(), findFilterLoader()]);
  return [
    {
      check: 'function sandbox (user namespaces or root, util-linux)',
      ok: namespaces === undefined,
      detail: namespaces ?? 'namespaces of unshare work',
      ...(namespaces !== undefined && { remedy: namespaceRemedy(namespaces) }),
    },
    {
      check: 'system call filter (seccomp)',
      ok: loader !== undefined,
      detail: loader ? `loaded by ${loader[0]}` : NO_LOADER,
      ...(!loader && { remedy: 'Install perl-base or python3; functions are isolated without it, but less strictly.' }),
    },
    checkCgroups(),
    checkNode(),
    await checkLoopback(),
    ...['nodejs16.x', 'nodejs22.x', 'python3.12'].map(checkBrings),
  ];
}

function namespaceRemedy(failure: string): string {
  if (process.platform !== 'linux')
    return 'Functions run as plain processes here, not isolated; run Linux for isolation.';
  if (/not found|ENOENT/.test(failure)) return 'Install util-linux (unshare, setpriv, mount).';
  if (readSysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor restricts user namespaces (Ubuntu 23.10 and later): sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root.';
  }
  if (readSysctl('user/max_user_namespaces') === '0')
    return 'sudo sysctl user.max_user_namespaces=15000, or run as root.';
  if (existsSync('/.dockerenv'))
    return 'In Docker, start the container with --security-opt seccomp=unconfined --cap-add SYS_ADMIN.';
  return 'Run as root, or allow unprivileged user namespaces.';
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function checkCgroups(): Check {
  const check = 'limits by control groups';
  const hierarchies = openCgroups();
  const controllers = hierarchies.flatMap((hierarchy) => hierarchy.controllers);
  closeCgroups(hierarchies);
  if (controllers.includes('memory')) return { check, ok: true, detail: controllers.join(', ') };
  return {
    check,
    ok: false,
    detail: 'no memory controller that we may use',
    remedy:
      'Memory is limited per process and by watching instead. For exact limits run as root, or as a systemd service with Delegate=yes.',
  };
}

function checkNode(): Check {
  const shipped = nodeBinary();
  const ok = shipped !== process.execPath || shipped.includes('node_modules/node');
  return {
    check: 'Node of this repository for nodejs*.x functions',
    ok,
    detail: shipped,
    ...(!ok && { remedy: 'npm install (the package `node` brings it)' }),
  };
}

async function checkLoopback(): Promise<Check> {
  const found = await Promise.all(['ip', 'perl', 'python3'].map(isCommand));
  const ok = found.some(Boolean);
  return {
    check: 'loopback inside sandboxes (ip, perl or python3)',
    ok,
    detail: ok ? 'can be brought up' : 'none of ip, perl and python3 is here',
    ...(!ok && { remedy: 'Install iproute2.' }),
  };
}

const isCommand = (name: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('sh', ['-c', `command -v ${name}`], (error) => resolve(!error));
  });

function checkBrings(name: string): Check {
  const { brings } = requireRuntime(name);
  return {
    check: `what ${name} brings (AWS SDK)`,
    ok: brings !== undefined,
    detail: brings ?? 'not installed',
    ...(brings === undefined && { remedy: 'npm start installs it.' }),
  };
}

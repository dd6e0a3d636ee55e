// Memory, process and CPU limits by control groups, where this user may make them: version 2 below a delegated group,
// else the version 1 hierarchies. Runs in the launcher.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CgroupLimits } from './launcher-protocol.ts';

interface Hierarchy {
  version: 1 | 2;
  controllers: string[];
  /** the group that holds one group per sandbox */
  base: string;
}

export interface Cgroup {
  /** files that a process writes its id to, to join */
  procs: string[];
  memoryStat?: string;
  /** of version 2: it can be frozen, and its frozen processes killed */
  freezable?: string;
  outOfMemory(): boolean;
  /** Kills whoever is left in it. */
  kill(): void;
  /** false while the kernel still holds it */
  remove(): boolean;
}

const NAME = 'gatehouse-';
const KILL_ROUNDS_MAX = 100;
const V1_CONTROLLERS = ['memory', 'pids', 'cpu'];

/** Makes the group that will hold all sandboxes in every hierarchy that lets us. */
export function openCgroups(): Hierarchy[] {
  const name = `${NAME}${process.pid}`;
  let mounts: string;
  let own: string;
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8');
    own = readFileSync('/proc/self/cgroup', 'utf8');
  } catch {
    return [];
  }
  const found: Hierarchy[] = [];
  for (const line of mounts.split('\n')) {
    const [, mountPoint, kind, options = ''] = line.split(' ');
    if (!mountPoint) continue;
    if (kind === 'cgroup2') found.push(...openV2(mountPoint, ownPath(own, ''), name));
    const controllers = options.split(',').filter((option) => V1_CONTROLLERS.includes(option));
    if (kind === 'cgroup' && controllers[0])
      found.push(...openV1(mountPoint, ownPath(own, controllers[0]), name, controllers));
  }
  return found;
}

/** /proc/self/cgroup: `id:controllers:path` */
function ownPath(text: string, controller: string): string {
  for (const line of text.split('\n')) {
    const [, controllers = '', ...path] = line.split(':');
    if (controllers.split(',').includes(controller)) return path.join(':');
  }
  return '/';
}

function openV1(mountPoint: string, own: string, name: string, controllers: string[]): Hierarchy[] {
  // in a container the path of the host is not below the mount
  const parent = existsSync(join(mountPoint, own)) ? join(mountPoint, own) : mountPoint;
  const base = join(parent, name);
  try {
    sweep(parent);
    mkdirSync(base);
    return [{ version: 1, controllers, base }];
  } catch {
    return [];
  }
}

function openV2(mountPoint: string, own: string, name: string): Hierarchy[] {
  for (const parent of new Set([mountPoint, dirname(join(mountPoint, own)), join(mountPoint, own)])) {
    if (!parent.startsWith(mountPoint)) continue;
    const base = join(parent, name);
    try {
      sweep(parent);
      mkdirSync(base);
    } catch {
      continue;
    }
    const offered = readFileSync(join(base, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const controllers = ['memory', 'pids', 'cpu'].filter((controller) => offered.includes(controller));
    if (controllers.includes('memory') && enable(base, controllers)) return [{ version: 2, controllers, base }];
    // no limits, but groups that freeze
    return [{ version: 2, controllers: [], base }];
  }
  return [];
}

function enable(base: string, controllers: string[]): boolean {
  try {
    writeFileSync(join(base, 'cgroup.subtree_control'), controllers.map((controller) => `+${controller}`).join(' '));
    return true;
  } catch {
    return false;
  }
}

/** One sandbox's groups, with its limits set, waiting for its first process. */
export function createCgroup(hierarchies: Hierarchy[], id: string, limits: CgroupLimits): Cgroup {
  const groups = hierarchies.map((hierarchy) => ({ ...hierarchy, path: join(hierarchy.base, id) }));
  for (const group of groups) {
    mkdirSync(group.path);
    for (const [file, value] of settings(group, limits)) writeQuietly(join(group.path, file), value);
  }
  const memory = groups.find((group) => group.controllers.includes('memory'));
  const freezable = groups.find((group) => group.version === 2 && existsSync(join(group.path, 'cgroup.freeze')));
  return {
    procs: groups.map((group) => join(group.path, 'cgroup.procs')),
    ...(memory && { memoryStat: join(memory.path, 'memory.stat') }),
    ...(freezable && { freezable: freezable.path }),
    outOfMemory: () => memory !== undefined && oomKills(memory.path, memory.version) > 0,
    kill: () => groups[0] && killAll(join(groups[0].path, 'cgroup.procs')),
    remove: () => groups.map((group) => removeQuietly(group.path)).every(Boolean),
  };
}

/** A process may fork while the list is read: asks again until nobody is left. */
function killAll(procs: string): void {
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    const pids = readFileSync(procs, 'latin1').split('\n').filter(Boolean).map(Number);
    if (pids.length === 0) return;
    for (const pid of pids) signalQuietly(pid);
  }
}

function signalQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

/** Removes all groups, of which the sandboxes are gone; false while the kernel still holds one. */
export function closeCgroups(hierarchies: Hierarchy[]): boolean {
  return hierarchies.map(({ base }) => removeTree(base)).every(Boolean);
}

function removeTree(base: string): boolean {
  try {
    for (const entry of readdirSync(base, { withFileTypes: true })) {
      if (entry.isDirectory()) removeQuietly(join(base, entry.name));
    }
  } catch {
    return true;
  }
  return removeQuietly(base);
}

/** Groups of launchers that were killed: named by a process that is no more. */
function sweep(parent: string): void {
  for (const entry of readdirSync(parent)) {
    const pid = new RegExp(`^${NAME}(\\d+)$`).exec(entry)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(parent, entry));
  }
}

function settings({ version, controllers }: Hierarchy, limits: CgroupLimits): [string, string][] {
  const all: Record<string, [string, string][]> =
    version === 2
      ? {
          memory: [
            ['memory.max', String(limits.memoryBytes)],
            ['memory.swap.max', '0'],
            ['memory.oom.group', '1'],
          ],
          pids: [['pids.max', String(limits.processes)]],
          cpu: [['cpu.weight', String(Math.min(10_000, Math.max(1, Math.round(limits.cpuShares / 10.24))))]],
        }
      : {
          memory: [
            ['memory.limit_in_bytes', String(limits.memoryBytes)],
            ['memory.memsw.limit_in_bytes', String(limits.memoryBytes)],
          ],
          pids: [['pids.max', String(limits.processes)]],
          cpu: [['cpu.shares', String(Math.max(2, limits.cpuShares))]],
        };
  return controllers.flatMap((controller) => all[controller] ?? []);
}

function oomKills(path: string, version: 1 | 2): number {
  try {
    const text = readFileSync(join(path, version === 2 ? 'memory.events' : 'memory.oom_control'), 'utf8');
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Files that this kernel does not have (swap accounting) are no reason to refuse. */
function writeQuietly(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch {
    // the limit is not offered here
  }
}

function removeQuietly(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    // EBUSY: still populated
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

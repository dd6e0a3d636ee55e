// Stops what goes on in a sandbox between invocations (docs: lambda-runtime-environment: Lambda freezes it). Our runtimes
// stop by themselves; what else may run there is looked for only when a sandbox has been idle for a moment, so that an
// invocation that follows at once pays nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { processTree, threadStates } from './process-tree.ts';

const STOP_ROUNDS_MAX = 10;
/** By family, the fewest of all boots: one that is just ending may be there at some. */
const threadsAtBoot = new Map<string, number>();

export interface FreezerParts {
  /** of the sandbox as it was launched */
  pid: number;
  /** a version 2 control group that holds it */
  group: string | undefined;
  /** whether `pid` and process 1 only build and reap */
  namespaces: boolean;
}

export class Freezer {
  #parts: FreezerParts;
  #frozen = false;
  #stopped: number[] = [];
  #family = '';

  constructor(parts: FreezerParts) {
    this.#parts = parts;
  }

  /** A runtime of this family has booted and runs nothing of a function yet. */
  booted(family: string): void {
    this.#family = family;
    const threads = threadStates(this.#processes().at(-1) ?? 0).length;
    if (threads > 0) threadsAtBoot.set(family, Math.min(threads, threadsAtBoot.get(family) ?? threads));
  }

  /** Whether only a runtime of ours is there, which waits. Names of threads say nothing: a function may choose them. */
  isQuiet(): boolean {
    const processes = this.#processes();
    if (processes.length > (this.#parts.namespaces ? 2 : 1)) return false;
    const threads = threadStates(processes.at(-1) ?? 0);
    return threads.length <= (threadsAtBoot.get(this.#family) ?? 1) && !threads.includes('R');
  }

  freeze(): void {
    if (this.#frozen) return;
    this.#frozen = true;
    if (!this.#setGroup('1')) this.#stop();
  }

  /** Lets it go on. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    if (this.#stopped.length === 0) this.#setGroup('0');
    for (const pid of this.#stopped) signal(pid, 'SIGCONT');
    this.#stopped = [];
  }

  /** Without what only built the sandbox. */
  #processes(): number[] {
    const { pid, group, namespaces } = this.#parts;
    if (group !== undefined) {
      try {
        return readFileSync(`${group}/cgroup.procs`, 'latin1').split('\n').filter(Boolean).map(Number);
      } catch {
        // the group is gone with its sandbox
      }
    }
    const tree = processTree(pid);
    return namespaces ? tree.slice(1) : tree;
  }

  #setGroup(value: '0' | '1'): boolean {
    if (this.#parts.group === undefined) return false;
    try {
      writeFileSync(`${this.#parts.group}/cgroup.freeze`, value);
      return true;
    } catch {
      return false;
    }
  }

  /** A process may fork while the tree is read: looks again until nobody is new. */
  #stop(): void {
    const stopped = new Set<number>();
    for (let round = 0; round < STOP_ROUNDS_MAX; round++) {
      const running = this.#processes().filter((pid) => !stopped.has(pid));
      if (running.length === 0) break;
      for (const pid of running) {
        stopped.add(pid);
        signal(pid, 'SIGSTOP');
      }
    }
    // parents last, so that none sees a child that does not move
    this.#stopped = [...stopped].reverse();
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}

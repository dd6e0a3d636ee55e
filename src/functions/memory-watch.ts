// Looks at sandboxes now and then. Ends those whose processes take more memory than their function has: the control group
// also counts /tmp, so its hard limit is higher; without a group the resident sizes of the processes are added up. Lets
// those rest that have been idle for a moment.
import { readFileSync } from 'node:fs';
import { MEMORY_WATCH_MS, REST_MS } from './limits.ts';
import { processTree } from './process-tree.ts';
import type { Sandbox } from './sandbox.ts';

const BYTES_PER_KB = 1024;
/** what a sandbox's own processes (sh, unshare) and the allocator's rounding may take on top */
const SLACK_KB = 8 * 1024;

export class MemoryWatch {
  #sandboxes: ReadonlySet<Sandbox>;
  #timer: NodeJS.Timeout | undefined;

  constructor(sandboxes: ReadonlySet<Sandbox>) {
    this.#sandboxes = sandboxes;
  }

  /** Looks at every busy sandbox at intervals, for as long as there is one. */
  watch(): void {
    this.#timer ??= setInterval(() => this.#look(), MEMORY_WATCH_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    let awake = 0;
    const restMs = Date.now() - REST_MS;
    for (const sandbox of this.#sandboxes) {
      if (sandbox.state === 'idle' && !sandbox.rests) {
        if (sandbox.idleSinceMs < restMs) sandbox.rest();
        else awake += 1;
      }
      if (sandbox.state !== 'busy' && sandbox.state !== 'initialising') continue;
      awake += 1;
      const kb = residentKb(sandbox);
      sandbox.memoryKbMax = Math.max(sandbox.memoryKbMax, Math.min(kb, sandbox.kind.memoryMb * BYTES_PER_KB));
      if (kb > sandbox.kind.memoryMb * BYTES_PER_KB + SLACK_KB) sandbox.killForMemory();
    }
    if (awake === 0) this.stop();
  }
}

/** What a sandbox's processes take now. */
export const residentKb = ({ memoryStat, pid }: Pick<Sandbox, 'memoryStat' | 'pid'>): number =>
  memoryStat ? groupKb(memoryStat) : treeKb(pid);

/** Anonymous memory of the group: `total_rss` in version 1, `anon` in version 2. */
function groupKb(file: string): number {
  try {
    const text = readFileSync(file, 'latin1');
    return Number(/^(?:total_rss|anon) (\d+)$/m.exec(text)?.[1] ?? 0) / BYTES_PER_KB;
  } catch {
    return 0;
  }
}

/** Memory of a process and all below it that no file stands for, their own and shared. */
function treeKb(pid: number): number {
  let kb = 0;
  for (const each of processTree(pid)) {
    try {
      const status = readFileSync(`/proc/${each}/status`, 'latin1');
      const sharedKb = fieldOf(status, 'RssShmem');
      kb += fieldOf(status, 'RssAnon') + (sharedKb > 0 ? shareKb(each, sharedKb) : 0);
    } catch {
      // it has ended
    }
  }
  return kb;
}

/** What a mapping of shared memory is called that no file stands for; files of /tmp have a limit of their own. */
const UNNAMED = /^\/(?:dev\/zero|memfd:|SYSV)/;
const MAPPING = /^[\da-f]+-[\da-f]+ (?:\S+ ){3}\d+ *(.*)$/;

/** A process's part of such memory, so that it counts once. */
function shareKb(pid: number, wholeKb: number): number {
  let kb = 0;
  let counts = false;
  try {
    for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
      const mapping = MAPPING.exec(line);
      if (mapping) counts = UNNAMED.test(mapping[1] ?? '');
      else if (counts && line.startsWith('Pss:')) kb += fieldOf(line, 'Pss');
    }
    return kb;
  } catch {
    // the kernel does not show it to us
    return wholeKb;
  }
}

const fieldOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

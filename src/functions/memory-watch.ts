// Looks at sandboxes now and then. Ends those whose processes take more memory than their function has: the control group
// also counts /tmp, so its hard limit is higher; without a group the resident sizes of the processes are added up. Lets
// those rest that have been idle for a moment.
import { readFileSync } from 'node:fs';
import { MEMORY_WATCH_MS, REST_MS } from './limits.ts';
import { processTree } from './process-tree.ts';
import type { Sandbox } from './sandbox.ts';

const BYTES_PER_KB = 1024;
const PAGE_KB = 4;
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

/** Private resident memory of a process and all below it. */
function treeKb(pid: number): number {
  let kb = 0;
  for (const each of processTree(pid)) {
    try {
      const [, resident = 0, shared = 0] = readFileSync(`/proc/${each}/statm`, 'latin1').split(' ').map(Number);
      kb += (resident - shared) * PAGE_KB;
    } catch {
      // it has ended
    }
  }
  return kb;
}

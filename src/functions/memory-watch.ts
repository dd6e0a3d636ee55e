// Ends sandboxes whose processes take more memory than their function has. The control group also counts /tmp, so its hard
// limit is higher; without a group the resident sizes of the processes are added up.
import { readFileSync } from 'node:fs';
import { MEMORY_WATCH_MS } from './limits.ts';
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
    let busy = 0;
    for (const sandbox of this.#sandboxes) {
      if (sandbox.state !== 'busy' && sandbox.state !== 'initialising') continue;
      busy += 1;
      const kb = residentKb(sandbox);
      sandbox.memoryKbMax = Math.max(sandbox.memoryKbMax, Math.min(kb, sandbox.kind.memoryMb * BYTES_PER_KB));
      if (kb > sandbox.kind.memoryMb * BYTES_PER_KB + SLACK_KB) sandbox.killForMemory();
    }
    if (busy === 0) this.stop();
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
  const left = [pid];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    try {
      const [, resident = 0, shared = 0] = readFileSync(`/proc/${next}/statm`, 'latin1').split(' ').map(Number);
      kb += (resident - shared) * PAGE_KB;
      left.push(...childrenOf(next));
    } catch {
      // it has ended
    }
  }
  return kb;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

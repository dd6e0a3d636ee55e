// A process and all below it, as /proc shows them: which they are, what they take of processor and memory.
import { readdirSync, readFileSync } from 'node:fs';

const CLOCK_TICK_MICROS = 10_000;

/** Children of every thread: of a forked process, the thread that forked it is the parent. */
export function treeOf(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(treeOf)];
  } catch {
    // it has ended
    return [];
  }
}

export const memoryKb = (pid: number, field: 'Rss' | 'Pss'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);

export const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');

/** Microseconds of this process and all below it: launcher and sandboxes. */
export function treeCpu(): number {
  let sum = 0;
  for (const pid of treeOf(process.pid)) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      sum += (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MICROS;
    } catch {
      // it has ended
    }
  }
  return sum;
}

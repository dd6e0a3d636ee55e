// Processes and threads as /proc shows them.
import { readdirSync, readFileSync } from 'node:fs';

/** A process and all below it, parents first; those that have ended meanwhile are not among them. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (let at = 0; at < found.length; at++) found.push(...childrenOf(found[at] ?? 0));
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** What a process's threads do: R, S, T… of proc_pid_stat(5); X for one that has just ended. */
export function threadStates(pid: number): string[] {
  return threadsOf(pid).map((thread) => {
    try {
      return /\) (\S)[^)]*$/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1'))?.[1] ?? 'X';
    } catch {
      return 'X';
    }
  });
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

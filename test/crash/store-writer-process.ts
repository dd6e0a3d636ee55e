// Starts the writer and listens to what it acknowledges.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Acknowledged } from './store-check.ts';

export interface RunningWriter {
  child: ChildProcess;
  /** its store is open */
  ready: Promise<void>;
  /** the signal that ended it, or null */
  closed: Promise<string | null>;
}

/** Adds what the writer acknowledges to `acknowledged`, until it is closed. */
export function startWriter(directory: string, acknowledged: Acknowledged): RunningWriter {
  const file = path.join(import.meta.dirname, 'store-writer.ts');
  const child = spawn(process.execPath, [file, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<string | null>((resolve) => child.on('close', (_code, signal) => resolve(signal)));
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'ready') isReady();
      else {
        const [writer, n] = line.split(' ').map(Number);
        acknowledged.last[writer!] = n!;
        acknowledged.total++;
      }
    }
  });
  return { child, ready, closed };
}

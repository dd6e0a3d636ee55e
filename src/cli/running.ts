// How a command finds the server that runs on a data folder: a small file beside the data.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError, userPath } from './command.ts';
import { findTemplate } from './template-file.ts';

export interface Running {
  pid: number;
  endpoint: string;
  /** the credentials file of serve mode */
  credentialsFile?: string;
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'running.json');

export function announce(dataDir: string, running: Running): () => void {
  writeFileSync(fileIn(dataDir), JSON.stringify(running), { mode: 0o600 });
  return () => rmSync(fileIn(dataDir), { force: true });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

export function findRunning(dataDir: string): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Running;
    return isAlive(running.pid) ? running : undefined;
  } catch {
    return undefined;
  }
}

/** The server that --data, or else the template here, points to. */
export function requireRunning(options: { data?: string }): Running {
  const dataDir = options.data
    ? userPath(options.data)
    : path.join(path.dirname(findTemplate(undefined)), '.gatehouse');
  const running = findRunning(dataDir);
  if (!running) {
    throw new CommandError(
      `nothing runs on ${dataDir}: start it with "gatehouse start", or name its folder with --data`,
    );
  }
  return running;
}

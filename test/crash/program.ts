import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

export interface Sdk {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  forcePathStyle: boolean;
  maxAttempts: number;
}
export interface Program {
  sdk: Sdk;
  pid: number;
  /** SIGKILL to the platform alone; answers when it is gone. */
  kill(): Promise<void>;
}

const MAIN = path.resolve(import.meta.dirname, '../../bin/gatehouse.js');
const START_MS_MAX = 30_000;

/** `gatehouse start --empty` as a process of its own. Answers when it serves. */
export async function startProgram(dataDir: string, more: readonly string[] = []): Promise<Program> {
  const announced = path.join(dataDir, 'running.json');
  rmSync(announced, { force: true });
  const child: ChildProcess = spawn(
    process.execPath,
    [MAIN, 'start', '--empty', '--port', '0', '--data', dataDir, ...more],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = Date.now() + START_MS_MAX;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${errors}`);
    if (Date.now() > end) throw new Error(`the program does not serve:\n${errors}`);
    const endpoint = readEndpoint(announced);
    if (endpoint !== undefined && (await answers(endpoint))) {
      return {
        pid: child.pid ?? 0,
        sdk: {
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
          forcePathStyle: true,
          maxAttempts: 1,
        },
        async kill() {
          child.kill('SIGKILL');
          await gone;
        },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function readEndpoint(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { endpoint: string }).endpoint;
  } catch {
    return undefined;
  }
}

const answers = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/_gatehouse/health`).then(
    (response) => response.ok,
    () => false,
  );

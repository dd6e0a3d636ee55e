// From the command to the first answer, and the memory of a server that waits. Reference in the same run: `node -e 0`.
// node benchmarks/start.ts [rounds]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.ts');
const PORT = 4591;
const IDLE_MS = 1500;
const rounds = Number(process.argv[2] ?? 9);

const answers = (): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get(
      { port: PORT, host: '127.0.0.1', path: '/_gatehouse/health', agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('error', () => resolve(false));
  });

const memoryMb = (pid: number, field: string): number => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
};

async function start(dataDir: string): Promise<{ ms: number; rss: number; pss: number; cpuMs: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, 'start', '--empty', '--port', String(PORT), '--data', dataDir], {
    stdio: 'ignore',
  });
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 2));
  const ms = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const pid = child.pid ?? 0;
  const [, , , , , , , , , , , , , user = '0', system = '0'] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/\(.*\)/, 'x')
    .split(' ');
  const found = {
    ms,
    rss: memoryMb(pid, 'Rss'),
    pss: memoryMb(pid, 'Pss'),
    cpuMs: (Number(user) + Number(system)) * 10,
  };
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return found;
}

function bareNode(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-start-'));
await start(dataDir); // fills the compile cache and makes the data folder
const runs = [];
const bare = [];
for (let i = 0; i < rounds; i++) {
  bare.push(bareNode());
  runs.push(await start(dataDir));
}
rmSync(dataDir, { recursive: true });
const ms = median(runs.map((run) => run.ms));
console.log(`${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds, medians`);
console.log(
  `start to first answer   ${ms.toFixed(0)} ms   (node -e 0: ${median(bare).toFixed(0)} ms, ratio ${(ms / median(bare)).toFixed(1)}; goal 100 ms, to reach 300 ms)`,
);
console.log(`CPU of the start        ${median(runs.map((run) => run.cpuMs)).toFixed(0)} ms`);
console.log(
  `memory at idle          ${median(runs.map((run) => run.rss)).toFixed(0)} MB RSS, ${median(runs.map((run) => run.pss)).toFixed(0)} MB PSS   (goal 80 MB, to reach 120 MB)`,
);

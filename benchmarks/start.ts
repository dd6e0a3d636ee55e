// From the command to the first answer, and the memory of a server that waits: with nothing to serve, at the first start of
// a template (which deploys it), and at the next one on the same data. Reference in the same run: `node -e 0`.
// node benchmarks/start.ts [rounds] [idle seconds]
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { memoryKb, treeOf } from './process-tree.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const MAIN = path.join(ROOT, 'bin/gatehouse.js');
const TEMPLATE = path.join(ROOT, 'examples/contact-us/template.yaml');
const PORT = 4591;
const rounds = Number(process.argv[2] ?? 5);
const idleMs = 1000 * Number(process.argv[3] ?? 3);

interface Run {
  answerMs: number;
  /** until the banner: the template is served */
  servedMs: number;
  cpuMs: number;
  rss: number;
  pss: number;
  /** of the server and all its descendants: the launcher, the spares */
  treePss: number;
  processes: number;
}

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

const memoryMb = (pid: number, field: 'Rss' | 'Pss'): number => memoryKb(pid, field) / 1024;

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/\(.*\)/, 'x')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

const bannerOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout!.on('data', (text: Buffer) => text.includes('Ctrl-C') && resolve());
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });

async function start(dataDir: string, what: string): Promise<Run> {
  const began = performance.now();
  const args = [MAIN, 'start', what, '--port', String(PORT), '--data', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const served = bannerOf(child).then(() => performance.now() - began);
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 2));
  const answerMs = performance.now() - began;
  const servedMs = await served;
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const pid = child.pid!;
  const tree = treeOf(pid);
  const run = {
    answerMs,
    servedMs,
    cpuMs: cpuMsOf(pid),
    rss: memoryMb(pid, 'Rss'),
    pss: memoryMb(pid, 'Pss'),
    treePss: tree.reduce((sum, each) => sum + memoryMb(each, 'Pss'), 0),
    processes: tree.length,
  };
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return run;
}

function bareNode(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const directory = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-start-'));
const cases: Record<string, { what: string; runs: Run[]; fresh: boolean }> = {
  empty: { what: '--empty', runs: [], fresh: false },
  'first start': { what: TEMPLATE, runs: [], fresh: true },
  'next start': { what: TEMPLATE, runs: [], fresh: false },
};
const bare: number[] = [];
await start(path.join(directory, 'compiled'), TEMPLATE); // fills the compile cache
await start(path.join(directory, 'empty'), '--empty');
for (let round = 0; round < rounds; round++) {
  bare.push(bareNode());
  for (const { what, runs, fresh } of Object.values(cases)) {
    if (fresh) rmSync(path.join(directory, 'template'), { recursive: true, force: true });
    runs.push(await start(path.join(directory, what === TEMPLATE ? 'template' : 'empty'), what));
  }
}
rmSync(directory, { recursive: true });

console.log(
  `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}, ${rounds} rounds, medians; memory ${idleMs / 1000} s after the banner\n`,
);
console.log('              first answer  template served   CPU   RSS   PSS  PSS of the tree (processes)');
for (const [name, { runs }] of Object.entries(cases)) {
  const column = (key: keyof Run): string => median(runs.map((run) => run[key])).toFixed(0);
  console.log(
    `${name.padEnd(12)} ${column('answerMs').padStart(10)} ms ${column('servedMs').padStart(13)} ms ${column('cpuMs').padStart(4)} ms ${column('rss').padStart(3)} MB ${column('pss').padStart(3)} MB ${column('treePss').padStart(7)} MB (${column('processes')})`,
  );
}
console.log(`\nnode -e 0: ${median(bare).toFixed(0)} ms`);
console.log('to reach: first answer 300 ms, 120 MB at idle; goal: 100 ms, 80 MB');

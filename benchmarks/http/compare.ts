// Runs variants of a server in turn, several rounds, and prints each against the first: requests a second and processor time.
import { spawn, type ChildProcess } from 'node:child_process';
import os from 'node:os';
import { load } from './load.ts';

export interface Variant {
  name: string;
  /** arguments of the child process: module and its arguments */
  args: string[];
  request: (port: number, paths: Record<string, string>) => string;
  /** the status of every answer; 200 unless told otherwise */
  status?: string;
}

interface Round {
  requestsPerSecond: number;
  cpuMicros: number;
}

const WARM_MS = 1500;

export async function compareServers(title: string, variants: Variant[]): Promise<void> {
  const rounds = Number(process.env['ROUNDS'] ?? 5);
  const ms = Number(process.env['MS'] ?? 2000);
  const connections = Number(process.env['CONNECTIONS'] ?? 64);
  process.stdout.write(`${title}: node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, `);
  process.stdout.write(`${connections} connections, ${rounds} rounds of ${ms} ms\n`);
  const servers = await Promise.all(variants.map((variant) => start(variant)));
  const results = variants.map((): Round[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const { port, paths, child } = servers[i]!;
      const request = variant.request(port, paths);
      const options = { port, request, connections, ...(variant.status !== undefined && { status: variant.status }) };
      if (round === 0) await load({ ...options, ms: WARM_MS });
      const before = await cpuOf(child);
      const { requestsPerSecond, others } = await load({ ...options, ms });
      const cpu = (await cpuOf(child)) - before;
      if (Object.keys(others).length) throw new Error(`${variant.name}: ${JSON.stringify(others)}`);
      results[i]!.push({ requestsPerSecond, cpuMicros: cpu / ((requestsPerSecond * ms) / 1000) });
    }
  }
  for (const { child } of servers) child.kill();
  report(variants, results);
}

interface Started {
  port: number;
  paths: Record<string, string>;
  child: ChildProcess;
}

async function start({ args }: Variant): Promise<Started> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const { port, paths = {} } = await message<{ port: number; paths?: Record<string, string> }>(child);
  return { port, paths, child };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  return (await message<{ cpu: number }>(child)).cpu;
}

/** The child's next message. */
export const message = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`server ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (value) => {
      child.off('exit', ended);
      resolve(value as T);
    });
  });

function report(variants: Variant[], results: Round[][]): void {
  const [reference = []] = results;
  for (const [i, variant] of variants.entries()) {
    const rounds = results[i]!;
    const ratio = median(rounds.map((round, n) => round.requestsPerSecond / reference[n]!.requestsPerSecond));
    const cpuRatio = median(rounds.map((round, n) => reference[n]!.cpuMicros / round.cpuMicros));
    const rate = Math.round(median(rounds.map((round) => round.requestsPerSecond)));
    const cpu = median(rounds.map((round) => round.cpuMicros));
    process.stdout.write(
      `${variant.name.padEnd(44)} ${String(rate).padStart(7)}/s  ratio ${ratio.toFixed(2)}  ` +
        `cpu ${cpu.toFixed(1).padStart(5)} us  by cpu ${cpuRatio.toFixed(2)}\n`,
    );
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** In the child: says the port and, when asked, the processor time used so far (microseconds). */
export function serveBenchmark(
  port: number,
  options: { paths?: Record<string, string>; cpu?: () => number } = {},
): void {
  const { paths, cpu = ownCpu } = options;
  process.on('message', () => process.send!({ cpu: cpu() }));
  process.on('disconnect', () => process.exit());
  process.send!({ port, paths });
}

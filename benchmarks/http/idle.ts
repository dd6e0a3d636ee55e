// Connections that are open and say nothing: what each costs in memory, and whether requests of others cost more.
//   node benchmarks/http/idle.ts        IDLE=10000 ROUNDS=3 MS=2000 CONNECTIONS=32: half a minute
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { message } from './compare.ts';
import { load } from './load.ts';

const setting = (name: string, standard: number): number => Number(process.env[name] ?? standard);
const idle = setting('IDLE', 10_000);
const ms = setting('MS', 2000);
const connections = setting('CONNECTIONS', 32);
const AT_ONCE = 250;

const server = fileURLToPath(new URL('gateway-process.ts', import.meta.url));
const child = spawn(process.execPath, [server], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
const { port } = await message<{ port: number }>(child);
const request =
  `GET /proxy/1 HTTP/1.1\r\nHost: httpapi001.execute-api.us-east-1.localhost:${port}\r\n` +
  'User-Agent: bench/1\r\nAccept: */*\r\n\r\n';

const connect = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
const residentBytes = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;

async function cpuPerRequest(): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < setting('ROUNDS', 3); round++) {
    child.send('cpu');
    const { cpu: before } = await message<{ cpu: number }>(child);
    const { requestsPerSecond, others } = await load({ port, request, connections, ms });
    child.send('cpu');
    const { cpu } = await message<{ cpu: number }>(child);
    if (Object.keys(others).length) throw new Error(JSON.stringify(others));
    costs.push((cpu - before) / ((requestsPerSecond * ms) / 1000));
  }
  return costs.toSorted((a, b) => a - b)[costs.length >> 1]!;
}

await load({ port, request, connections, ms });
const [cpuBefore, bytesBefore] = [await cpuPerRequest(), residentBytes()];
const sockets: Socket[] = [];
while (sockets.length < idle) {
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, idle - sockets.length) }, connect))));
}
const bytes = residentBytes() - bytesBefore;
const cpuAfter = await cpuPerRequest();
const lost = sockets.filter((socket) => socket.destroyed).length;
process.stdout.write(
  `${idle} idle connections, ${lost} of them lost: ${(bytes / idle / 1024).toFixed(1)} KB each; a request of others takes ` +
    `${cpuBefore.toFixed(1)} us of processor without them, ${cpuAfter.toFixed(1)} us with them\n`,
);
for (const socket of sockets) socket.destroy();
child.kill();

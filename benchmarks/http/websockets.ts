// 10,000 open WebSocket connections: memory and processor time of an idle one, and a broadcast by callbacks to all, against a bare
// `ws` server that is told by unsigned posts.
//   node benchmarks/http/websockets.ts            CONNECTIONS=10000 IDLE_MS=10000
import { spawn, type ChildProcess } from 'node:child_process';
import http from 'node:http';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { message } from './compare.ts';
import type { Cost } from './websockets-report.ts';

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 10_000);
const IDLE_MS = Number(process.env['IDLE_MS'] ?? 10_000);
const OPENING_AT_ONCE = 100;
const POSTS_AT_ONCE = 64;
const BODY = JSON.stringify({ kind: 'news', text: 'x'.repeat(100) });

interface Variant {
  name: string;
  process: string;
  url(port: number): string;
  /** the post that reaches one connection */
  post(port: number, id: string): http.RequestOptions;
}

const variants: Variant[] = [
  {
    name: 'bare ws',
    process: 'websockets-reference-process.ts',
    url: (port) => `ws://127.0.0.1:${port}/`,
    post: (_port, id) => ({ path: `/${id}` }),
  },
  {
    name: 'WebSocket API',
    process: 'websockets-process.ts',
    url: (port) => `ws://127.0.0.1:${port}/_aws/execute-api/sockets001/live`,
    post: (port, id) => {
      const target = `/_aws/execute-api/sockets001/live/%40connections/${encodeURIComponent(id)}`;
      const request = { method: 'POST', target, headers: { host: `127.0.0.1:${port}` }, body: BODY };
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const signing = { credentials, region: 'us-east-1', service: 'execute-api', now: Date.now() };
      return { path: target, headers: signRequest(request, signing) };
    },
  },
];

/** Two of this machine's, so that ports suffice; others each time, since the ports of the last run wait for a minute. */
function sourceAddresses(): string[] {
  const net = `127.${1 + Math.floor(Math.random() * 254)}.${Math.floor(Math.random() * 255)}`;
  return [`${net}.1`, `${net}.2`];
}

interface Result {
  openMs: number;
  rssBytes: number;
  heapBytes: number;
  idleCpuMicros: number;
  broadcastMs: number;
  broadcastCpuMicros: number;
}

async function measure(variant: Variant): Promise<Result> {
  const file = fileURLToPath(new URL(variant.process, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const addresses = sourceAddresses();
  try {
    const { port } = await message<{ port: number }>(child);
    const warm = await Promise.all(Array.from({ length: 50 }, () => open(variant.url(port))));
    for (const { socket } of warm) socket.terminate();
    const before = await costOf(child);
    const began = performance.now();
    const clients = await inTurns(CONNECTIONS, OPENING_AT_ONCE, (n) =>
      open(variant.url(port), addresses[n % addresses.length]),
    );
    const openMs = performance.now() - began;
    const opened = await costOf(child);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idle = await costOf(child);
    const posts = clients.map(({ id }) => variant.post(port, id));
    const told = Promise.all(clients.map(({ socket }) => new Promise((resolve) => socket.once('message', resolve))));
    const agent = new http.Agent({ keepAlive: true, maxSockets: POSTS_AT_ONCE });
    const start = performance.now();
    await inTurns(posts.length, POSTS_AT_ONCE, (n) => send({ ...posts[n], port, agent }));
    await told;
    const broadcastMs = performance.now() - start;
    const after = await costOf(child);
    agent.destroy();
    for (const { socket } of clients) socket.terminate();
    return {
      openMs,
      rssBytes: (opened.rssBytes - before.rssBytes) / CONNECTIONS,
      heapBytes: (opened.heapBytes - before.heapBytes) / CONNECTIONS,
      idleCpuMicros: (idle.cpuMicros - opened.cpuAfterMicros) / CONNECTIONS / (IDLE_MS / 1000),
      broadcastMs,
      broadcastCpuMicros: (after.cpuMicros - idle.cpuAfterMicros) / CONNECTIONS,
    };
  } finally {
    child.kill();
  }
}

/** `work` for 0 to `count`, so many at once. */
async function inTurns<T>(count: number, atOnce: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let turn = 0;
  const run = async (): Promise<void> => {
    for (let n = turn++; n < count; n = turn++) results[n] = await work(n);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return results;
}

/** Connects and asks for its id. */
const open = (url: string, localAddress?: string): Promise<{ id: string; socket: WebSocket }> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, ...(localAddress && { localAddress }) });
    socket.on('error', reject);
    socket.once('open', () => socket.send('{}'));
    socket.once('message', (data: Buffer) => resolve({ id: data.toString(), socket }));
  });

const send = (options: http.RequestOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', method: 'POST', ...options }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    request.on('error', reject);
    request.end(BODY);
  });

function costOf(child: ChildProcess): Promise<Cost> {
  child.send('cost');
  return message<Cost>(child);
}

const cpu = os.cpus();
process.stdout.write(`${CONNECTIONS} connections: node ${process.version}, ${cpu.length} × ${cpu[0]?.model.trim()}\n`);
let reference: Result | undefined;
for (const variant of variants) {
  const result = await measure(variant);
  reference ??= result;
  const line = (what: string, name: keyof Result, scale: number, unit: string): string =>
    `  ${what.padEnd(34)} ${(result[name] / scale).toFixed(2).padStart(9)} ${unit.padEnd(3)} ratio ${(result[name] / reference![name]).toFixed(2)}\n`;
  process.stdout.write(
    `${variant.name}\n` +
      line('opening all', 'openMs', 1, 'ms') +
      line('memory of one, resident', 'rssBytes', 1024, 'KB') +
      line('memory of one, JavaScript heap', 'heapBytes', 1024, 'KB') +
      line('processor time of one idle, a second', 'idleCpuMicros', 1, 'us') +
      line('broadcast to all', 'broadcastMs', 1, 'ms') +
      line('processor time of one callback', 'broadcastCpuMicros', 1, 'us'),
  );
}

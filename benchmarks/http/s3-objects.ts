// What do PutObject and GetObject cost over a bare node:http server that does the same with files?
//   node benchmarks/http/s3-objects.ts [rounds]
// Both servers run in processes of their own, on disk, asked by the same client with the same bodies; the reference
// writes, syncs and reads files and knows neither signatures nor buckets.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const ROUNDS = Number(process.argv[2] ?? 3);
const ROUND_MS = 1500;
const CALLERS = 16;
const KEYS = 50;
const SIZES = [1024, 16 * 1024, 1024 * 1024];

const directory = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bench-'));
const agent = new http.Agent({ keepAlive: true, maxSockets: CALLERS });

interface Target {
  name: string;
  url: (method: 'PUT' | 'GET', key: number) => string;
  stop: () => void;
}

/** Starts a server in a process of its own; it tells its port. */
async function start(module: string, folder: string): Promise<{ port: number; stop: () => void }> {
  const child = fork(new URL(module, import.meta.url), [path.join(directory, folder)]);
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)));
  return { port, stop: () => void child.kill() };
}

async function bare(): Promise<Target> {
  const { port, stop } = await start('s3-reference-process.ts', 'bare');
  return { name: 'node:http', url: (_, key) => `http://127.0.0.1:${port}/${key}`, stop };
}

async function gatehouse(): Promise<Target> {
  const { port, stop } = await start('s3-server-process.ts', 'gatehouse');
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const Bucket = 'bench-bucket';
  await client.send(new CreateBucketCommand({ Bucket }));
  const urls = new Map<string, string>();
  for (let i = 0; i < KEYS; i++) {
    urls.set(`PUT ${i}`, await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: String(i) })));
    urls.set(`GET ${i}`, await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: String(i) })));
  }
  return { name: 'gatehouse', url: (method, key) => urls.get(`${method} ${key}`) ?? '', stop };
}

function request(url: string, method: string, body?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      url,
      { agent, method, ...(body && { headers: { 'content-length': body.length } }) },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`${method} ${url} answered ${response.statusCode}`));
        response.resume().on('end', resolve);
      },
    );
    sent.on('error', reject).end(body);
  });
}

async function round(target: Target, method: 'PUT' | 'GET', body: Buffer): Promise<number> {
  const end = performance.now() + ROUND_MS;
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await request(target.url(method, done++ % KEYS), method, method === 'PUT' ? body : undefined);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (done * 1000) / ROUND_MS;
}

const targets = [await bare(), await gatehouse()];
console.log(
  `${os.cpus().length} x ${os.cpus()[0]?.model}, Node ${process.version}, ${CALLERS} callers, best of ${ROUNDS} rounds`,
);
try {
  for (const size of SIZES) {
    const body = randomBytes(size);
    for (const method of ['PUT', 'GET'] as const) {
      const best = targets.map(() => 0);
      for (const target of targets) for (let i = 0; i < KEYS; i++) await request(target.url('PUT', i), 'PUT', body);
      for (let i = 0; i < ROUNDS; i++) {
        for (const [index, target] of targets.entries())
          best[index] = Math.max(best[index] ?? 0, await round(target, method, body));
      }
      const [reference = 0, ours = 0] = best;
      const rates = targets.map(({ name }, index) => `${name} ${Math.round(best[index] ?? 0)}/s`).join(', ');
      console.log(`${method} ${size / 1024} KB: ${rates}, ratio ${(ours / reference).toFixed(2)}`);
    }
  }
} finally {
  for (const target of targets) target.stop();
  agent.destroy();
  rmSync(directory, { recursive: true, force: true });
}

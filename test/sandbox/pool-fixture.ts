// A pool with functions made of source text, for tests and benchmarks of the Lambda data plane.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import { randomIds } from '#core/ids.ts';
import {
  createSandboxPool,
  type FunctionSnapshot,
  type Invocation,
  type InvocationResult,
  type SandboxPool,
  type SandboxPoolOptions,
} from '#functions/index.ts';

export interface PoolFixture {
  pool: SandboxPool;
  directory: string;
  /** every log message so far, per function name */
  logs: Map<string, string[]>;
  warnings: string[];
  connections: { socket: Socket; functionArn: string; tls: boolean }[];
  stop(): Promise<void>;
}

export async function startPool(options: Partial<SandboxPoolOptions> = {}): Promise<PoolFixture> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'gatehouse-pool-')));
  const logs = new Map<string, string[]>();
  const warnings: string[] = [];
  const connections: PoolFixture['connections'] = [];
  const pool = await createSandboxPool({
    directory,
    log: ({ name }, _stream, lines) => {
      const known = logs.get(name) ?? [];
      logs.set(name, [...known, ...lines.map((line) => line.message)]);
    },
    credentials: async () => ({
      accessKeyId: 'ASIATEST',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiresAt: Date.now() + 3_600_000,
    }),
    connection: (socket, facts) => connections.push({ socket, ...facts }),
    caCertificate: '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
    warn: (text) => warnings.push(text),
    ...options,
  });
  return {
    pool,
    directory,
    logs,
    warnings,
    connections,
    stop: async () => {
      await pool.stop();
      if (!options.directory) await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function zip(files: Record<string, string>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, text] of Object.entries(files)) {
    // scripts need their execute bit
    archive.addBuffer(Buffer.from(text), name, { mode: text.startsWith('#!') ? 0o100755 : 0o100644 });
  }
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A function of these files; nodejs22.x, `index.handler`, 128 MB, 10 s unless told otherwise. */
export async function defineFunction(
  files: Record<string, string>,
  settings: Partial<FunctionSnapshot> = {},
): Promise<FunctionSnapshot> {
  return snapshotOf(await zip(files), settings);
}

export function snapshotOf(code: Buffer, settings: Partial<FunctionSnapshot> = {}): FunctionSnapshot {
  const name = settings.name ?? `f-${randomIds.lower(8)}`;
  return {
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    accountId: '000000000000',
    region: 'us-east-1',
    name,
    version: '$LATEST',
    revisionId: randomIds.uuid(),
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    codeSha256: createHash('sha256').update(code).digest('base64'),
    readCode: async function* () {
      yield code;
    },
    layers: [],
    memoryMb: 128,
    timeoutSeconds: 10,
    ephemeralStorageMb: 512,
    environment: {},
    roleArn: 'arn:aws:iam::000000000000:role/test',
    architecture: 'x86_64',
    tracing: 'PassThrough',
    logging: { group: `/aws/lambda/${name}`, format: 'Text' },
    ...settings,
  };
}

/** Invokes with a fresh request id; the event is any JSON value. */
export function invoke(
  { pool }: PoolFixture,
  snapshot: FunctionSnapshot,
  event: unknown = {},
  settings: Partial<Invocation> = {},
): Promise<InvocationResult> {
  return pool.invoke(snapshot, {
    requestId: randomIds.uuid(),
    payload: JSON.stringify(event),
    invokedFunctionArn: snapshot.arn,
    ...settings,
  });
}

export const answerOf = (result: InvocationResult): any => JSON.parse(result.payload.toString());

// kill -9 while a stream is followed: every record is handled, each key in order, and checkpoints save doing it all again.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createFunction } from '../conformance/lambda/fixture.ts';
import { eventually } from '../eventually.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const PER_ROUND = 60;
const BATCH = 5;
const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/kept';
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-crash-streams-'));
let child: ChildProcess | undefined;
after(() => {
  child?.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts the server; `put` collects what it says to have put. */
async function start(count: number, put: string[]): Promise<{ endpoint: string; kill(): Promise<void> }> {
  const process = path.join(import.meta.dirname, 'event-source-process.ts');
  const started = spawn(globalThis.process.execPath, [process, dataDir, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = started;
  const gone = new Promise<void>((resolve) => started.once('exit', () => resolve()));
  const endpoint = new Promise<string>((resolve, reject) => {
    createInterface({ input: started.stdout }).on('line', (line) => {
      const [word, rest = ''] = line.split(' ');
      if (word === 'serves') resolve(rest);
      if (word === 'put') put.push(rest);
    });
    started.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
  return {
    endpoint: await endpoint,
    async kill() {
      started.kill('SIGKILL');
      await gone;
    },
  };
}

const sdkOf = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});

const WORKER = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
exports.handler = async ({ Records }) => {
  const MessageBody = JSON.stringify(Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()));
  await sqs.send(new SendMessageCommand({ QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/done', MessageBody }));
};`;

async function createAll(endpoint: string): Promise<void> {
  const sdk = sdkOf(endpoint);
  const AssumeRolePolicyDocument =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}';
  await new IAMClient(sdk).send(new CreateRoleCommand({ RoleName: 'test', AssumeRolePolicyDocument }));
  await new SQSClient(sdk).send(new CreateQueueCommand({ QueueName: 'done' }));
  const lambda = new LambdaClient(sdk);
  await createFunction(lambda, 'worker', WORKER);
  const input = {
    FunctionName: 'worker',
    EventSourceArn: STREAM,
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: BATCH,
  } as const;
  await lambda.send(new CreateEventSourceMappingCommand({ ...input, ParallelizationFactor: 2 }));
}

/** Batches as they were handled, in the order of their messages. */
async function handled(endpoint: string, all: { at: number; texts: string[] }[]): Promise<void> {
  const sqs = new SQSClient(sdkOf(endpoint));
  const QueueUrl = `${endpoint}/000000000000/done`;
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['SentTimestamp'] }),
  );
  for (const { Body = '', Attributes } of Messages)
    all.push({ at: Number(Attributes?.SentTimestamp), texts: JSON.parse(Body) });
  const Entries = Messages.map(({ ReceiptHandle }, id) => ({ Id: `${id}`, ReceiptHandle }));
  if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  sqs.destroy();
}

test(`a stream is followed through ${ROUNDS} kills`, { timeout: 60_000 + ROUNDS * 20_000 }, async (t) => {
  const put: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = put.length;
    const server = await start(PER_ROUND, put);
    if (round === 0) await createAll(server.endpoint);
    await eventually(() => put.length > before, 20_000);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500));
    await server.kill();
  }
  const server = await start(0, put);
  const batches: { at: number; texts: string[] }[] = [];
  await eventually(async () => {
    await handled(server.endpoint, batches);
    const seen = new Set(batches.flatMap(({ texts }) => texts));
    return put.every((text) => seen.has(text));
  }, 60_000);
  const texts = batches.toSorted((a, b) => a.at - b.at).flatMap((batch) => batch.texts);
  const firsts = [...new Set(texts)];
  for (const key of ['0', '1', '2', '3', '4']) {
    const of = (all: string[]): string[] => all.filter((text) => text.startsWith(`${key}-`));
    const known = new Set(put);
    // a record whose acknowledgement the kill cut off may be there too
    assert.deepEqual(
      of(firsts).filter((text) => known.has(text)),
      of(put),
    );
  }
  const again = texts.length - firsts.length;
  t.diagnostic(`${put.length} put, ${texts.length} handled, ${again} of them again`);
  // at most the batches that ran when a kill came: two shards of two lanes
  assert.ok(again <= ROUNDS * 4 * BATCH, `${again} were handled again`);
  await server.kill();
});

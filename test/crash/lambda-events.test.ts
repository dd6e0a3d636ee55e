// kill -9 while accepted events wait and run: each is handled at least once, or dead-lettered. EVENTS=10000 KILLS=20 for the long run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { zip } from '../conformance/lambda/fixture.ts';
import { startProgram, type Program } from './program.ts';

const EVENTS = Number(process.env['EVENTS'] ?? 200);
const KILLS = Number(process.env['KILLS'] ?? 3);
const SENDERS = 4;
const FAILS_EVERY = 5;
/** these kill their sandbox from within */
const KILLS_EVERY = 11;
const SETTLE_MS_MAX = 60_000 + EVENTS * 50;

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-events-'));
let program: Program | undefined;
after(async () => {
  await program?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

async function prepare({ sdk }: Program): Promise<void> {
  const sqs = new SQSClient(sdk);
  for (const QueueName of ['handled', 'failed']) await sqs.send(new CreateQueueCommand({ QueueName }));
  const lambda = new LambdaClient(sdk);
  const source = `exports.handler = async ({ n }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (n % ${FAILS_EVERY} === 0) throw new Error('as asked');
    if (n % ${KILLS_EVERY} === 0) process.kill(process.pid, 'SIGKILL');
    return n;
  };`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'events',
      Role: 'arn:aws:iam::000000000000:role/events',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': source }) },
    }),
  );
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'events',
      MaximumRetryAttempts: 0,
      DestinationConfig: {
        OnSuccess: { Destination: queueArn('handled') },
        OnFailure: { Destination: queueArn('failed') },
      },
    }),
  );
}

/** Sends what was not accepted yet until all are, or the program is gone. */
async function send({ sdk }: Program, waiting: Set<number>, accepted: Set<number>): Promise<void> {
  const lambda = new LambdaClient(sdk);
  const sender = async (): Promise<void> => {
    for (const n of waiting) {
      waiting.delete(n);
      const Payload = JSON.stringify({ n });
      const answer = await lambda
        .send(new InvokeCommand({ FunctionName: 'events', InvocationType: 'Event', Payload }))
        .catch(() => undefined);
      if (answer?.StatusCode === 202) accepted.add(n);
      else return void waiting.add(n); // cut off: it may have been accepted or not
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** What has arrived in a queue, by the number in its record's event. */
async function drain({ sdk }: Program, name: string, seen: Set<number>): Promise<void> {
  const sqs = new SQSClient(sdk);
  const QueueUrl = `${sdk.endpoint}/000000000000/${name}`;
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return;
    for (const { Body = '' } of Messages)
      seen.add((JSON.parse(Body) as { requestPayload: { n: number } }).requestPayload.n);
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

test(
  `${EVENTS} accepted events survive ${KILLS} kills`,
  { timeout: 60_000 + SETTLE_MS_MAX + KILLS * 30_000 },
  async (t) => {
    program = await startProgram(dataDir);
    await prepare(program);
    const waiting = new Set(Array.from({ length: EVENTS }, (_, n) => n));
    const accepted = new Set<number>();
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = accepted.size;
      const sending = send(program, waiting, accepted);
      // in the middle of the load: when a share of the events has been accepted
      while (accepted.size < before + EVENTS / (KILLS + 1)) await new Promise((resolve) => setTimeout(resolve, 5));
      await program.kill();
      await sending;
      program = await startProgram(dataDir);
    }
    await send(program, waiting, accepted);
    assert.equal(accepted.size, EVENTS);

    const handled = new Set<number>();
    const failed = new Set<number>();
    const end = Date.now() + SETTLE_MS_MAX;
    while (handled.size + failed.size < EVENTS && Date.now() < end) {
      await drain(program, 'handled', handled);
      await drain(program, 'failed', failed);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const lost = [...accepted].filter((n) => !handled.has(n) && !failed.has(n));
    assert.deepEqual(lost, [], 'accepted, and neither handled nor dead-lettered');
    const failing = [...accepted].filter((n) => n % FAILS_EVERY === 0 || n % KILLS_EVERY === 0);
    assert.deepEqual(
      [...failed].toSorted((a, b) => a - b),
      failing.toSorted((a, b) => a - b),
    );
    t.diagnostic(`${handled.size} handled, ${failed.size} dead-lettered`);
  },
);

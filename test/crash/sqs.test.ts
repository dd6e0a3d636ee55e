// kill -9 under senders, receivers and a worker function: what was acknowledged is still there, what was in flight comes back.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createFunction } from '../conformance/lambda/fixture.ts';
import { eventually } from '../harness.ts';
import { startProgram, type Program } from './program.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 2);
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-crash-sqs-'));
let program: Program | undefined;
after(async () => {
  await program?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

const ACCOUNT = '000000000000';
async function createQueue(
  sqs: SQSClient,
  QueueName: string,
  Attributes: Record<string, string> = {},
): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}

test(
  `no acknowledged message is lost in ${ROUNDS} kills, none that was deleted comes back`,
  { timeout: 120_000 },
  async (t) => {
    const sent = new Set<string>();
    const deleted = new Set<string>();
    /** asked for deletion when the kill came: may be there or not */
    const unsure = new Set<string>();
    for (let round = 1; round <= ROUNDS; round++) {
      program = await startProgram(dataDir);
      const sqs = new SQSClient(program.sdk);
      const QueueUrl = await createQueue(sqs, 'kept', { VisibilityTimeout: '1' });
      let stop = false;
      const senders = Array.from({ length: 8 }, async (_none, sender) => {
        for (let n = 0; !stop; n++) {
          const body = `r${round}s${sender}n${n}`;
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body })).then(
            () => sent.add(body),
            () => undefined,
          );
        }
      });
      const receivers = Array.from({ length: 2 }, async () => {
        while (!stop) {
          const { Messages = [] } = await sqs
            .send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 3 }))
            .catch(() => ({ Messages: [] }));
          // every third is left in flight
          for (const { Body = '', ReceiptHandle } of Messages.slice(0, 2)) {
            unsure.add(Body);
            await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })).then(
              () => deleted.add(Body),
              () => undefined,
            );
          }
        }
      });
      await eventually(() => sent.size > 40 * round && deleted.size > 4 * round, 30_000);
      await program.kill();
      stop = true;
      await Promise.all([...senders, ...receivers]);
      sqs.destroy();
    }
    program = await startProgram(dataDir);
    const sqs = new SQSClient(program.sdk);
    const QueueUrl = await createQueue(sqs, 'kept');
    const found = new Set<string>();
    const expected = [...sent].filter((body) => !unsure.has(body));
    await eventually(async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
      );
      for (const { Body = '' } of Messages) found.add(Body);
      return Messages.length === 0 && expected.every((body) => found.has(body));
    }, 30_000);
    for (const body of deleted) assert.ok(!found.has(body), `${body} was deleted and came back`);
    t.diagnostic(`${sent.size} sent, ${deleted.size} deleted, ${found.size} found afterwards`);
    sqs.destroy();
    await program.kill();
  },
);

const WORKER = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
exports.handler = async ({ Records }) => {
  for (const { body } of Records) await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: body }));
};`;

test('a mapping goes on after a kill, and every message is handled at least once', { timeout: 120_000 }, async () => {
  program = await startProgram(dataDir);
  let sqs = new SQSClient(program.sdk);
  const lambda = new LambdaClient(program.sdk);
  const AssumeRolePolicyDocument =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}';
  await new IAMClient(program.sdk).send(new CreateRoleCommand({ RoleName: 'test', AssumeRolePolicyDocument }));
  const source = await createQueue(sqs, 'source', { VisibilityTimeout: '3' });
  await createQueue(sqs, 'done');
  const OUT = `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/done`;
  await createFunction(lambda, 'worker', WORKER, { Environment: { Variables: { OUT } } });
  const EventSourceArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:source`;
  await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: 'worker', EventSourceArn, BatchSize: 2 }));
  lambda.destroy();
  const bodies = Array.from({ length: 40 }, (_none, n) => `m${n}`);
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody }));
  sqs.destroy();
  await program.kill();

  program = await startProgram(dataDir);
  sqs = new SQSClient(program.sdk);
  const QueueUrl = `${program.sdk.endpoint}/${ACCOUNT}/done`;
  const handled = new Set<string>();
  await eventually(async () => {
    const input = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 600 };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input));
    for (const { Body = '' } of Messages) handled.add(Body);
    return bodies.every((body) => handled.has(body));
  }, 60_000);
  await eventually(async () => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${program?.sdk.endpoint}/${ACCOUNT}/source`,
        AttributeNames: ['All'],
      }),
    );
    return (
      Attributes['ApproximateNumberOfMessages'] === '0' && Attributes['ApproximateNumberOfMessagesNotVisible'] === '0'
    );
  }, 20_000);
  sqs.destroy();
});

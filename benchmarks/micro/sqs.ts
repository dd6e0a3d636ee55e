// How many messages a second go through a queue, in process and on disk: send, then receive and delete.
// node benchmarks/micro/sqs.ts [seconds] — each figure beside bare puts of the same store, as a ratio.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rootPrincipal } from '#core/principal.ts';
import { createPlatform } from '#server/create-platform.ts';
import { sqs } from '#services/sqs/index.ts';

const SECONDS = Number(process.argv[2] ?? 2);
const CALLERS = 64;
const BODY = 'x'.repeat(1000);
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bench-sqs-'));
const { platform, stop } = await createPlatform({ services: [sqs], config: { dataDir } });
const at = { as: rootPrincipal('000000000000'), accountId: '000000000000', region: 'us-east-1' };
const call = (operation: string, input: object): Promise<any> =>
  platform.call('sqs', operation as never, input as never, at);

/** Units a second that `work` does in so many callers at once. */
async function rate(work: (caller: number, n: number) => Promise<number>, callers = CALLERS): Promise<number> {
  const end = performance.now() + SECONDS * 1000;
  const start = performance.now();
  const done = await Promise.all(
    Array.from({ length: callers }, async (_none, caller) => {
      let units = 0;
      for (let n = 0; performance.now() < end; n++) units += await work(caller, n);
      return units;
    }),
  );
  return (done.reduce((sum, units) => sum + units, 0) / (performance.now() - start)) * 1000;
}

async function drain(QueueUrl: string, waitSeconds: number): Promise<number> {
  const { Messages = [] } = await call('ReceiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: waitSeconds,
  });
  if (Messages.length === 0) return 0;
  const Entries = Messages.map(({ ReceiptHandle }: { ReceiptHandle: string }, n: number) => ({
    Id: `${n}`,
    ReceiptHandle,
  }));
  await call('DeleteMessageBatch', { QueueUrl, Entries });
  return Messages.length;
}

const bare = await rate(async (caller, n) => {
  await platform.store.transact((tx) => tx.set(['bench', caller, n], { body: BODY }));
  return 1;
});
const { QueueUrl } = await call('CreateQueue', { QueueName: 'bench' });
const send = await rate(async () => {
  await call('SendMessage', { QueueUrl, MessageBody: BODY });
  return 1;
});
const receive = await rate(() => drain(QueueUrl, 0), 16);
const { QueueUrl: fifo } = await call('CreateQueue', { QueueName: 'bench.fifo', Attributes: { FifoQueue: 'true' } });
const sendFifo = await rate(async (caller, n) => {
  await call('SendMessage', {
    QueueUrl: fifo,
    MessageBody: BODY,
    MessageGroupId: `g${caller}`,
    MessageDeduplicationId: `${caller}-${n}`,
  });
  return 1;
});
const receiveFifo = await rate(() => drain(fifo, 0), 16);
const { QueueUrl: through } = await call('CreateQueue', { QueueName: 'through' });
// timers of the platform do not keep a process alive
const alive = setInterval(() => undefined, 1000);
const sender = rate(async () => {
  await call('SendMessage', { QueueUrl: through, MessageBody: BODY });
  return 1;
}, 32);
const throughput = await rate(() => drain(through, 1), 8);
await sender;
clearInterval(alive);

const line = (name: string, value: number): string =>
  `${name.padEnd(44)}${Math.round(value).toString().padStart(8)}/s${(value / bare).toFixed(2).padStart(8)} of bare puts`;
console.log(`node ${process.version}, ${os.cpus().length} cores, 1 KB messages, ${CALLERS} callers`);
console.log(line('bare put of the store', bare));
console.log(line('SendMessage', send));
console.log(line('ReceiveMessage + DeleteMessageBatch of 10', receive));
console.log(line('SendMessage, FIFO, 64 groups', sendFifo));
console.log(line('ReceiveMessage + DeleteMessageBatch, FIFO', receiveFifo));
console.log(line('send, long poll and delete at once', throughput));
await stop();
rmSync(dataDir, { recursive: true, force: true });

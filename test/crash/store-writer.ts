// Writes until it is killed, one line for each acknowledged transaction: node store-writer.ts DIRECTORY
import { writeSync } from 'node:fs';
import { openStore } from '#store/index.ts';
import type { Transaction, Writer } from '#store/contract.ts';
import {
  BLOB_BYTES,
  createTestWork,
  DOOMED_EVERY,
  enqueues,
  isHot,
  isLazy,
  namesBlobs,
  WINDOW,
  WRITERS,
  type Job,
} from './store-load.ts';

const { store, blobs } = await openStore(process.argv[2], Date.now);
const work = createTestWork(store);
work.start();
say('ready');

const pad = 'x'.repeat(600);
const blobBytes = Buffer.alloc(BLOB_BYTES, 7);

function say(line: string): void {
  for (;;) {
    try {
      return void writeSync(1, `${line}\n`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** What every transaction writes together: seen in part, it was torn. */
function writeTogether(tx: Writer, writer: number, n: number): void {
  tx.set(['counter', writer], { n, pad });
  tx.set(['mirror', writer], n);
  tx.set(['log', writer, n], { n, pad });
}

async function writeHot(writer: number, n: number): Promise<void> {
  await store.mutate([['sum']], ([sum = 0]: (number | undefined)[], tx) => {
    writeTogether(tx, writer, n);
    tx.set(['sum'], sum + 1);
  });
}

async function writeOne(tx: Transaction, writer: number, n: number, blob: string | undefined): Promise<void> {
  const before = (await tx.get<{ n: number }>(['counter', writer]))?.value.n ?? 0;
  if (before !== n - 1) throw new Error(`writer ${writer} read ${before} before ${n}`);
  writeTogether(tx, writer, n);
  tx.append(['tail', writer], n);
  tx.set(['window', writer, n], pad.slice(0, (n * 37) % 500));
  if (n > WINDOW) tx.delete(['window', writer, n - WINDOW]);
  if (n % 7 === 0) tx.set(['expires', writer, n], 1, { expires: Date.now() + 50 });
  if (enqueues(writer)) {
    const job: Job = { writer, n };
    const at = n % 4 === 0 ? Date.now() + 30 : undefined;
    work.enqueue(tx, n % DOOMED_EVERY === 0 ? 'doomed' : 'note', job, at === undefined ? {} : { at });
  }
  if (blob) {
    tx.set(['blob', writer], blob);
    blobs.claim(tx, blob);
  }
}

async function write(writer: number, n: number): Promise<void> {
  if (isHot(writer)) return writeHot(writer, n);
  const blob = namesBlobs(writer) && n % 5 === 0 ? (await blobs.put(blobBytes)).id : undefined;
  const dropped = await store.transact(
    async (tx) => {
      const old = blob && (await tx.get<string>(['blob', writer]))?.value;
      if (old) blobs.unclaim(tx, old);
      await writeOne(tx, writer, n, blob);
      return old;
    },
    { durability: isLazy(writer) ? 'lazy' : 'strict' },
  );
  if (dropped) await blobs.remove(dropped);
}

await Promise.all(
  Array.from({ length: WRITERS }, async (_, writer) => {
    let n = (await store.get<{ n: number }>(['counter', writer]))?.value.n ?? 0;
    for (;;) {
      n++;
      await write(writer, n);
      say(`${writer} ${n}`);
    }
  }),
);

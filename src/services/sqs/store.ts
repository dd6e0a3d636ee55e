// Keys and transactions of queues and messages.
//   [account, region, 'sqs', 'queue', name]            the queue
//   [account, region, 'sqs', 'deleted', name]          for the minute in which the name cannot be used again
//   [account, region, 'sqs', 'fifo', id, …]            last sequence number; deduplication ids, which expire
//   [account, region, 'sqs', 'at', epoch, 'm', seq]    a message; seq ascends with the time of sending
//   [account, region, 'sqs', 'at', epoch, 'c', seq, n] a piece of a large content
//   [account, region, 'sqs', 'at', epoch, 'v', ms, seq] the same messages by the moment from which they are visible
//   [account, region, 'sqs', 'at', epoch, 'f', seq]    FIFO: the same messages in order, with their groups
import type { Entry, Key, Reader, Transaction, Writer } from '#store/contract.ts';
import type { Content, IndexEntry, Message, Place, Queue } from './records.ts';

/** Contents above this lie in entries of their own, so that a receive does not write them again. */
const INLINE_BYTES_MAX = 16 * 1024;
const PIECE_BYTES = 512 * 1024;

const PLACES: Key = ['global', 'sqs', 'place'];
const root = ({ accountId, region }: Place): Key => [accountId, region, 'sqs'];
const queueKey = (at: Place, name: string): Key => [...root(at), 'queue', name];
const deletedKey = (at: Place, name: string): Key => [...root(at), 'deleted', name];

/** Everything whose change makes a cached queue stale. */
export const queuesPrefix = (at: Place): Key => [...root(at), 'queue'];
export const epochPrefix = (at: Place, epoch: string): Key => [...root(at), 'at', epoch];
export const fifoPrefix = (at: Place, id: string): Key => [...root(at), 'fifo', id];

const inQueue = (queue: Queue, ...rest: (string | number)[]): Key => [...root(queue), 'at', queue.epoch, ...rest];
export const messageKey = (queue: Queue, seq: string): Key => inQueue(queue, 'm', seq);
const indexKey = (queue: Queue, visibleAt: number, seq: string): Key => inQueue(queue, 'v', visibleAt, seq);
const orderKey = (queue: Queue, seq: string): Key => inQueue(queue, 'f', seq);
export const visibilityPrefix = (queue: Queue): Key => inQueue(queue, 'v');
export const counterKey = (queue: Queue): Key => [...root(queue), 'fifo', queue.id, 'counter'];
export const deduplicationKey = (queue: Queue, scope: string, id: string): Key => [
  ...root(queue),
  'fifo',
  queue.id,
  'd',
  scope,
  id,
];

// Queues

export const findQueue = async (reader: Reader, at: Place, name: string): Promise<Queue | undefined> =>
  (await reader.get<Queue>(queueKey(at, name)))?.value;

export const putQueue = (tx: Writer, queue: Queue): void => tx.set(queueKey(queue, queue.name), queue);

export function removeQueue(tx: Writer, queue: Queue, deletedUntil: number): void {
  tx.delete(queueKey(queue, queue.name));
  tx.set(deletedKey(queue, queue.name), true, { expires: deletedUntil });
}

export const wasDeletedRecently = async (tx: Transaction, at: Place, name: string): Promise<boolean> =>
  (await tx.get(deletedKey(at, name))) !== undefined;

/** In the order of their names. */
export async function listQueues(
  reader: Reader,
  at: Place,
  after: string | undefined,
  limit: number,
): Promise<Queue[]> {
  const options = { limit, ...(after !== undefined && { after: queueKey(at, after) }) };
  return (await reader.list<Queue>({ prefix: queuesPrefix(at) }, options)).map((entry) => entry.value);
}

const PAGE = 1000;

export async function* everyQueue(reader: Reader, at: Place): AsyncGenerator<Queue> {
  for (let after: string | undefined; ;) {
    const page = await listQueues(reader, at, after, PAGE);
    yield* page;
    after = page.at(-1)?.name;
    if (page.length < PAGE) return;
  }
}

/** Where upkeep has to look; written with the first queue of an account in a region. */
export const notePlace = (tx: Writer, { accountId, region }: Place): void =>
  tx.set([...PLACES, accountId, region], true);
export async function listPlaces(reader: Reader): Promise<Place[]> {
  const entries = await reader.list({ prefix: PLACES });
  return entries.map(({ key }) => ({ accountId: key.at(-2) as string, region: key.at(-1) as string }));
}

// Messages

/** Writes a new message, or one that comes from another queue. */
export function addMessage(tx: Writer, queue: Queue, seq: string, message: Message, content: Content): void {
  const bytes = content.body.length > INLINE_BYTES_MAX || content.attributes ? encode(content) : undefined;
  const { content: _dropped, pieces: _none, ...rest } = message;
  if (bytes && bytes.length > INLINE_BYTES_MAX) {
    const pieces = Math.ceil(bytes.length / PIECE_BYTES);
    for (let n = 0; n < pieces; n++) {
      tx.set(inQueue(queue, 'c', seq, n), bytes.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES));
    }
    tx.set(messageKey(queue, seq), { ...rest, pieces } satisfies Message);
  } else {
    tx.set(messageKey(queue, seq), { ...rest, content } satisfies Message);
  }
  tx.set(indexKey(queue, message.visibleAt, seq), indexEntry(message));
  if (queue.isFifo) tx.set(orderKey(queue, seq), indexEntry(message));
}

const encode = (content: Content): Buffer => Buffer.from(JSON.stringify(content));

const indexEntry = ({ receives, group }: Message): IndexEntry => ({
  received: receives > 0,
  ...(group !== undefined && { group }),
});

/** The same message as `after`, with everything but its content changed. */
export function changeMessage(tx: Writer, queue: Queue, seq: string, before: Message, after: Message): void {
  tx.set(messageKey(queue, seq), after);
  if (before.visibleAt !== after.visibleAt) tx.delete(indexKey(queue, before.visibleAt, seq));
  tx.set(indexKey(queue, after.visibleAt, seq), indexEntry(after));
}

export function removeMessage(tx: Writer, queue: Queue, seq: string, message: Message): void {
  tx.delete(messageKey(queue, seq));
  tx.delete(indexKey(queue, message.visibleAt, seq));
  if (queue.isFifo) tx.delete(orderKey(queue, seq));
  for (let n = 0; n < (message.pieces ?? 0); n++) tx.delete(inQueue(queue, 'c', seq, n));
}

const pieceKeys = (queue: Queue, seq: string, { pieces = 0 }: Message): Key[] =>
  Array.from({ length: pieces }, (_none, n) => inQueue(queue, 'c', seq, n));

/** Undefined when the message was deleted meanwhile. */
export async function readContent(
  reader: Reader,
  queue: Queue,
  seq: string,
  message: Message,
): Promise<Content | undefined> {
  if (message.content) return message.content;
  const pieces = await reader.getMany<Uint8Array>(pieceKeys(queue, seq, message));
  if (pieces.some((piece) => !piece)) return undefined;
  return JSON.parse(Buffer.concat(pieces.map((piece) => piece?.value ?? Buffer.alloc(0))).toString()) as Content;
}

export interface Due {
  seq: string;
  visibleAt: number;
  entry: IndexEntry;
}

const toDue = ({ key, value }: Entry<IndexEntry>): Due => ({
  visibleAt: key.at(-2) as number,
  seq: key.at(-1) as string,
  entry: value,
});

/** Messages by visibility, from `fromMs` inclusive to `toMs` exclusive. */
export async function listDue(
  reader: Reader,
  queue: Queue,
  range: { fromMs?: number; toMs?: number; after?: Due },
  limit: number,
): Promise<Due[]> {
  const { fromMs, toMs, after } = range;
  const entries = await reader.list<IndexEntry>(
    {
      prefix: visibilityPrefix(queue),
      ...(fromMs !== undefined && { from: inQueue(queue, 'v', fromMs) }),
      ...(toMs !== undefined && { to: inQueue(queue, 'v', toMs) }),
    },
    { limit, ...(after && { after: indexKey(queue, after.visibleAt, after.seq) }) },
  );
  return entries.map(toDue);
}

export async function listOrder(
  reader: Reader,
  queue: Queue,
  after: string | undefined,
  limit: number,
): Promise<{ seq: string; group: string }[]> {
  const options = { limit, ...(after !== undefined && { after: orderKey(queue, after) }) };
  const entries = await reader.list<IndexEntry>({ prefix: inQueue(queue, 'f') }, options);
  return entries.map(({ key, value }) => ({ seq: key.at(-1) as string, group: value.group ?? '' }));
}

/** The oldest messages first. */
export async function listOldest(
  reader: Reader,
  queue: Queue,
  limit: number,
  after?: string,
): Promise<{ seq: string; message: Message }[]> {
  const options = { limit, ...(after !== undefined && { after: messageKey(queue, after) }) };
  const entries = await reader.list<Message>({ prefix: inQueue(queue, 'm') }, options);
  return entries.map(({ key, value }) => ({ seq: key.at(-1) as string, message: value }));
}

// Redrives

export interface MoveTask {
  id: string;
  sourceArn: string;
  destinationArn?: string;
  /** messages a second */
  rate?: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  moved: number;
  toMove: number;
  failure?: string;
  startedAt: number;
}

const moveTaskKey = (at: Place, ...rest: string[]): Key => [...root(at), 'move', ...rest];

export const putMoveTask = (tx: Writer, at: Place, task: MoveTask): void =>
  tx.set(moveTaskKey(at, task.sourceArn, task.id), task);
export const findMoveTask = async (
  reader: Reader,
  at: Place,
  sourceArn: string,
  id: string,
): Promise<MoveTask | undefined> => (await reader.get<MoveTask>(moveTaskKey(at, sourceArn, id)))?.value;
export const listMoveTasks = async (reader: Reader, at: Place, sourceArn: string): Promise<MoveTask[]> =>
  (await reader.list<MoveTask>({ prefix: moveTaskKey(at, sourceArn) })).map((entry) => entry.value);

// [account, region, 'lambda', 'event-source', uuid]                               the mapping
// [account, region, 'lambda-progress', uuid, 'result']             what became of its last batch
// [account, region, 'lambda-progress', uuid, 'shard', shard, lane]  how far a stream has been handled
// [account, region, 'lambda-progress', uuid, 'window', shard, lane] the state of its open tumbling window
// ['global', 'lambda', 'event-source', uuid]                                      where it is, for the pollers of this node
import type { Key, Reader, Store, Transaction, Writer } from '#store/contract.ts';
import { root, type Place } from '../store.ts';

/** What only mappings of streams have. */
export interface StreamSettings {
  startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** ms since the epoch, of AT_TIMESTAMP */
  startingTimestamp?: number;
  parallelizationFactor: number;
  bisectBatch: boolean;
  /** seconds; -1 = as long as the stream keeps them */
  recordAgeMax: number;
  /** -1 = no limit */
  retriesMax: number;
  tumblingWindowSeconds: number;
  /** ARN of a queue, topic or bucket */
  onFailure?: string;
}

/** A change that is not in effect yet. */
export type Transition = 'Creating' | 'Enabling' | 'Updating' | 'Disabling' | 'Deleting';

export interface EventSourceMapping extends Place {
  uuid: string;
  /** changes with every update: pollers begin anew */
  revision: string;
  eventSourceArn: string;
  /** with qualifier, as given */
  functionArn: string;
  enabled: boolean;
  transition?: Transition;
  batchSize: number;
  windowSeconds: number;
  responseTypes: string[];
  /** of queues */
  maximumConcurrency?: number;
  /** of queues: provisioned mode */
  pollers?: { minimum: number; maximum: number };
  /** of streams */
  stream?: StreamSettings;
  /** JSON texts */
  filters: string[];
  tags: Record<string, string>;
  lastModified: number;
}

interface Pointer extends Place {
  revision: string;
}
type Named = Place & { uuid: string };

const mappingKey = (at: Place, uuid: string): Key => [...root(at), 'event-source', uuid];
/** Not below Lambda's own prefix: whatever changes there makes every function's snapshot be read again. */
const progressKey = (at: Named, ...rest: (string | number)[]): Key => [
  at.accountId,
  at.region,
  'lambda-progress',
  at.uuid,
  ...rest,
];
export const POINTERS: Key = ['global', 'lambda', 'event-source'];

export const findMapping = async (reader: Reader, at: Place, uuid: string): Promise<EventSourceMapping | undefined> =>
  (await reader.get<EventSourceMapping>(mappingKey(at, uuid)))?.value;

export function putMapping(tx: Writer, mapping: EventSourceMapping): void {
  const { accountId, region, uuid, revision } = mapping;
  tx.set(mappingKey(mapping, uuid), mapping);
  tx.set([...POINTERS, uuid], { accountId, region, revision } satisfies Pointer);
}

/** The change with this revision is in effect. A mapping that was to go is gone. */
export function settleMapping(store: Store, { uuid, revision, ...at }: EventSourceMapping): Promise<void> {
  return store.transact(async (tx) => {
    const mapping = await findMapping(tx, at, uuid);
    if (mapping?.revision !== revision || mapping.transition === undefined) return;
    const { transition, ...settled } = mapping;
    if (transition === 'Deleting') await removeMapping(tx, mapping);
    else tx.set(mappingKey(at, uuid), settled);
  });
}

async function removeMapping(tx: Transaction, mapping: EventSourceMapping): Promise<void> {
  const { uuid } = mapping;
  tx.delete(mappingKey(mapping, uuid));
  tx.delete([...POINTERS, uuid]);
  for await (const { key } of entries(tx, progressKey(mapping))) tx.delete(key);
}

export async function listMappings(
  reader: Reader,
  at: Place,
  after: string | undefined,
  limit: number,
): Promise<EventSourceMapping[]> {
  const prefix = [...root(at), 'event-source'];
  const options = { limit, ...(after !== undefined && { after: mappingKey(at, after) }) };
  return (await reader.list<EventSourceMapping>({ prefix }, options)).map((entry) => entry.value);
}

const PAGE = 1000;

async function* entries<V>(reader: Reader, prefix: Key): AsyncGenerator<{ key: Key; value: V }> {
  for (let after: Key | undefined; ;) {
    const page = await reader.list<V>({ prefix }, { limit: PAGE, ...(after && { after }) });
    yield* page;
    after = page.at(-1)?.key;
    if (page.length < PAGE) return;
  }
}

/** Every mapping of every account. */
export async function listPointers(reader: Reader): Promise<(Pointer & { uuid: string })[]> {
  const all: (Pointer & { uuid: string })[] = [];
  for await (const { key, value } of entries<Pointer>(reader, POINTERS))
    all.push({ ...value, uuid: String(key.at(-1)) });
  return all;
}

/** How far one lane of a shard has come. */
export interface Checkpoint {
  /** absent: the shard has been read to its end */
  cursor?: string;
  /** the last record before the cursor; absent where none has been read */
  sequenceNumber?: string;
  /** of how many lanes this is one */
  lanes: number;
}
export interface LaneCheckpoint extends Checkpoint {
  shardId: string;
  lane: number;
}
/** The open tumbling window of a lane. */
export interface OpenWindow {
  /** ms since the epoch */
  start: number;
  state: unknown;
}

export async function listCheckpoints(reader: Reader, mapping: Named): Promise<LaneCheckpoint[]> {
  const all: LaneCheckpoint[] = [];
  const prefix = progressKey(mapping, 'shard');
  for await (const { key, value } of entries<Checkpoint>(reader, prefix))
    all.push({ ...value, shardId: String(key.at(-2)), lane: Number(key.at(-1)) });
  return all;
}

export function putCheckpoint(tx: Writer, mapping: Named, { shardId, lane, ...checkpoint }: LaneCheckpoint): void {
  tx.set(progressKey(mapping, 'shard', shardId, lane), checkpoint);
}

export function deleteCheckpoint(tx: Writer, mapping: Named, shardId: string, lane: number): void {
  tx.delete(progressKey(mapping, 'shard', shardId, lane));
  tx.delete(progressKey(mapping, 'window', shardId, lane));
}

export const findWindow = async (
  reader: Reader,
  mapping: Named,
  shardId: string,
  lane: number,
): Promise<OpenWindow | undefined> =>
  (await reader.get<OpenWindow>(progressKey(mapping, 'window', shardId, lane)))?.value;

export function putWindow(
  tx: Writer,
  mapping: Named,
  shardId: string,
  lane: number,
  window: OpenWindow | undefined,
): void {
  const key = progressKey(mapping, 'window', shardId, lane);
  if (window) tx.set(key, window);
  else tx.delete(key);
}

export const findResult = async (reader: Reader, mapping: Named): Promise<string | undefined> =>
  (await reader.get<string>(progressKey(mapping, 'result')))?.value;
export const putResult = (tx: Writer, mapping: Named, result: string): void =>
  tx.set(progressKey(mapping, 'result'), result);

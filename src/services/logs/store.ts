import type {
  Distribution,
  LogGroupClass,
  QueryStatistics,
  QueryStatus,
  ResultField,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '#kernel/context.ts';
import type { Key, Reader, Store, Transaction } from '#store/contract.ts';

export interface LogGroup {
  name: string;
  createdAt: number;
  retentionInDays?: number;
  tags: Record<string, string>;
  class: LogGroupClass;
  deletionProtection?: boolean;
  subscriptions?: Record<string, SubscriptionFilter>;
}
export interface SubscriptionFilter {
  name: string;
  pattern: string;
  destinationArn: string;
  distribution: Distribution;
  createdAt: number;
}
export interface ResourcePolicy {
  name: string;
  document: string;
  updatedAt: number;
}
export interface LogStream {
  name: string;
  createdAt: number;
  firstEventAt?: number;
  lastEventAt?: number;
  lastIngestionAt?: number;
  /** grows by one per event: part of the event ids */
  sequence: number;
  /** the time between first and last event of the longest batch: how far a read by time looks back */
  spanMs?: number;
}
/** One PutLogEvents call. */
export interface Batch {
  ingestedAt: number;
  firstSequence: number;
  events: [timestamp: number, message: string][];
}
export interface StoredEvent {
  timestamp: number;
  ingestionTime: number;
  sequence: number;
  message: string;
}
export interface Place {
  accountId: string;
  region: string;
}

/** Events of one batch lie within 24 hours (PutLogEvents), so a search by time looks this much further back. */
export const BATCH_SPAN_MS = 24 * 3600 * 1000;

const root = (at: Place): Key => [at.accountId, at.region, 'logs'];
const groupKey = (at: Place, name: string): Key => [...root(at), 'group', name];
const streamKey = (at: Place, group: string, name: string): Key => [...root(at), 'stream', group, name];
const batches = (at: Place, group: string, stream: string): Key => [...root(at), 'batch', group, stream];

export const findGroup = async (reader: Reader, at: Place, name: string): Promise<LogGroup | undefined> =>
  (await reader.get<LogGroup>(groupKey(at, name)))?.value;

export const findStream = async (
  reader: Reader,
  at: Place,
  group: string,
  name: string,
): Promise<LogStream | undefined> => (await reader.get<LogStream>(streamKey(at, group, name)))?.value;

export const putGroup = (tx: Transaction, at: Place, group: LogGroup): void => tx.set(groupKey(at, group.name), group);

export const putStream = (tx: Transaction, at: Place, group: string, stream: LogStream): void =>
  tx.set(streamKey(at, group, stream.name), stream);

/** Names in order, from the first that begins with `prefix` (after `after`, when given). */
export async function listGroups(
  reader: Reader,
  at: Place,
  prefix: string,
  after: string | undefined,
  limit: number,
): Promise<LogGroup[]> {
  const range = { prefix: [...root(at), 'group'], from: groupKey(at, prefix) };
  const entries = await reader.list<LogGroup>(range, {
    limit,
    ...(after !== undefined && { after: groupKey(at, after) }),
  });
  return entries.map((entry) => entry.value).filter((group) => group.name.startsWith(prefix));
}

export async function listStreams(
  reader: Reader,
  at: Place,
  group: string,
  options: { prefix?: string; after?: string | undefined; limit: number; reverse?: boolean },
): Promise<LogStream[]> {
  const { prefix = '', after, limit, reverse } = options;
  const all: Key = [...root(at), 'stream', group];
  const range =
    prefix === ''
      ? { prefix: all }
      : { prefix: all, from: streamKey(at, group, prefix), to: streamKey(at, group, `${prefix}\u{10ffff}`) };
  const entries = await reader.list<LogStream>(range, {
    limit,
    ...(reverse && { reverse }),
    ...(after !== undefined && { after: streamKey(at, group, after) }),
  });
  return entries.map((entry) => entry.value);
}

export function putBatch(
  tx: Transaction,
  at: Place,
  group: string,
  stream: string,
  batch: Batch,
  expires: number | undefined,
): void {
  const first = batch.events[0];
  if (!first) return;
  tx.set(
    [...batches(at, group, stream), first[0], batch.firstSequence],
    batch,
    expires === undefined ? {} : { expires },
  );
}

export const findBatch = async (
  reader: Reader,
  at: Place,
  group: string,
  stream: string,
  id: readonly [firstMs: number, firstSequence: number],
): Promise<Batch | undefined> => (await reader.get<Batch>([...batches(at, group, stream), ...id]))?.value;

const BATCHES_PER_READ = { first: 8, most: 128 };

/** Batches that may hold events of the span, by their first events; `lookBackMs` is the length of the longest. */
export async function* readBatches(
  reader: Reader,
  at: Place,
  group: string,
  stream: string,
  span: { fromMs: number; toMs: number },
  lookBackMs: number,
  reverse: boolean,
): AsyncGenerator<Batch> {
  const prefix = batches(at, group, stream);
  const from: Key = [...prefix, Math.max(0, span.fromMs - lookBackMs)];
  const range = { prefix, from, ...(Number.isFinite(span.toMs) && { to: [...prefix, span.toMs] }) };
  let limit = BATCHES_PER_READ.first;
  let after: Key | undefined;
  for (;;) {
    const entries = await reader.list<Batch>(range, { limit, reverse, ...(after && { after }) });
    for (const entry of entries) yield entry.value;
    if (entries.length < limit) return;
    after = entries.at(-1)?.key;
    limit = Math.min(limit * 2, BATCHES_PER_READ.most);
  }
}

/** Removes what ended before `beforeMs`; one bounded step, answers whether there may be more. */
export async function removeBatches(store: Store, at: Place, group: string, beforeMs: number): Promise<boolean> {
  return store.transact(async (tx) => {
    let removed = 0;
    for (const stream of await listStreams(tx, at, group, { limit: 1000 })) {
      const prefix = batches(at, group, stream.name);
      const old = await tx.list<Batch>({ prefix, to: [...prefix, beforeMs] }, { limit: 200 });
      for (const entry of old) {
        if ((entry.value.events.at(-1)?.[0] ?? 0) >= beforeMs) continue;
        tx.delete(entry.key);
        if (++removed === 200) return true;
      }
    }
    return false;
  });
}

export async function clearStream(store: Store, at: Place, group: string, stream: string): Promise<void> {
  await store.clear(batches(at, group, stream));
}

export const deleteStreamEntry = (tx: Transaction, at: Place, group: string, stream: string): void =>
  tx.delete(streamKey(at, group, stream));
export const deleteGroupEntry = (tx: Transaction, at: Place, group: string): void => tx.delete(groupKey(at, group));

export async function clearGroup(store: Store, at: Place, group: string): Promise<void> {
  await store.clear([...root(at), 'stream', group]);
  await store.clear([...root(at), 'batch', group]);
}

export const placeOf = (context: Context): Place => ({ accountId: context.accountId, region: context.region });

const policyKey = (at: Place, name: string): Key => [...root(at), 'resource-policy', name];
/** "An account can have up to 10 resource policies per AWS Region." */
export const RESOURCE_POLICIES_MAX = 10;

export const listResourcePolicies = async (reader: Reader, at: Place): Promise<ResourcePolicy[]> =>
  (await reader.list<ResourcePolicy>({ prefix: [...root(at), 'resource-policy'] })).map((entry) => entry.value);
export const putResourcePolicyEntry = (tx: Transaction, at: Place, policy: ResourcePolicy): void =>
  tx.set(policyKey(at, policy.name), policy);
export const deleteResourcePolicyEntry = (tx: Transaction, at: Place, name: string): void =>
  tx.delete(policyKey(at, name));

export interface QueryRecord {
  id: string;
  groups: string[];
  text: string;
  startMs: number;
  endMs: number;
  limit: number;
  status: QueryStatus;
  createdAt: number;
  statistics?: QueryStatistics;
  /** entries that hold the rows */
  chunks: number;
}
export interface QueryDefinition {
  id: string;
  name: string;
  queryString: string;
  logGroupNames: string[];
  modifiedAt: number;
}
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: 1,000 of an account */
export const QUERY_DEFINITIONS_MAX = 1000;
const definitionKey = (at: Place, id: string): Key => [...root(at), 'query-definition', id];
export const findQueryDefinition = async (
  reader: Reader,
  at: Place,
  id: string,
): Promise<QueryDefinition | undefined> => (await reader.get<QueryDefinition>(definitionKey(at, id)))?.value;
export const putQueryDefinitionEntry = (tx: Transaction, at: Place, definition: QueryDefinition): void =>
  tx.set(definitionKey(at, definition.id), definition);
export const deleteQueryDefinitionEntry = (tx: Transaction, at: Place, id: string): void =>
  tx.delete(definitionKey(at, id));
/** In order of ids. */
export const listQueryDefinitions = async (reader: Reader, at: Place): Promise<QueryDefinition[]> =>
  (
    await reader.list<QueryDefinition>({ prefix: [...root(at), 'query-definition'] }, { limit: QUERY_DEFINITIONS_MAX })
  ).map((entry) => entry.value);

/** "Query results are available for seven days." */
const QUERY_MS = 7 * 86_400_000;
const CHUNK_LENGTH_MAX = 200_000;
const ROWS_LENGTH_MAX = 3_500_000;
const queryKey = (at: Place, id: string): Key => [...root(at), 'query', id];
const chunkKey = (at: Place, id: string, n: number): Key => [...root(at), 'query-rows', id, n];

export const findQuery = async (reader: Reader, at: Place, id: string): Promise<QueryRecord | undefined> =>
  (await reader.get<QueryRecord>(queryKey(at, id)))?.value;
export const putQuery = (tx: Transaction, at: Place, query: QueryRecord): void =>
  tx.set(queryKey(at, query.id), query, { expires: query.createdAt + QUERY_MS });
export const listQueries = async (reader: Reader, at: Place): Promise<QueryRecord[]> =>
  (await reader.list<QueryRecord>({ prefix: [...root(at), 'query'] })).map((entry) => entry.value);

/** Rows in entries of bounded size; answers how many. A commit holds 16 MB, a character up to 4: what is beyond is cut off. */
export function putQueryRows(tx: Transaction, at: Place, query: QueryRecord, rows: ResultField[][]): number {
  const expires = query.createdAt + QUERY_MS;
  let chunk: ResultField[][] = [];
  let length = 0;
  let total = 0;
  let chunks = 0;
  const flush = (): void => {
    if (chunk.length > 0) tx.set(chunkKey(at, query.id, chunks++), chunk, { expires });
    chunk = [];
    length = 0;
  };
  for (const row of rows) {
    const size = JSON.stringify(row).length;
    total += size;
    if (total > ROWS_LENGTH_MAX) break;
    if (length + size > CHUNK_LENGTH_MAX) flush();
    chunk.push(row);
    length += size;
  }
  flush();
  return chunks;
}
export async function queryRows(reader: Reader, at: Place, query: QueryRecord): Promise<ResultField[][]> {
  const keys = Array.from({ length: query.chunks }, (_, n) => chunkKey(at, query.id, n));
  const entries = await reader.getMany<ResultField[][]>(keys);
  return entries.flatMap((entry) => entry?.value ?? []);
}

// Streams for tests of what follows streams: kept in the store, registered as a service would register its own.
import type { Clock } from '#core/clock.ts';
import type { Platform } from '#kernel/platform.ts';
import { defineService, type Service } from '#kernel/service.ts';
import type {
  KinesisRecord,
  ReadLimits,
  Shard,
  StreamPage,
  StreamPosition,
  StreamRecord,
  StreamSource,
  TableRecord,
} from '#kernel/stream.ts';
import type { Key, Store } from '#store/contract.ts';

const RETENTION_MS = 24 * 3600 * 1000;

interface ShardEntry {
  id: string;
  parentIds: string[];
  /** number of the newest record */
  newest: number;
  closed: boolean;
}

type Content<R extends StreamRecord> = Omit<R, 'sequenceNumber' | 'arrivedAt'>;

/** Sequence numbers count from 1 in each shard; a cursor is the number that is read next. */
export class TestStreams<R extends StreamRecord> implements StreamSource<R> {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #root: string;
  readonly #revive: (stored: any) => R;

  constructor(store: Store, clock: Clock, root: string, revive: (stored: any) => R) {
    this.#store = store;
    this.#clock = clock;
    this.#root = root;
    this.#revive = revive;
  }

  #key(arn: string, ...rest: (string | number)[]): Key {
    return ['test-streams', this.#root, arn, ...rest];
  }

  create(arn: string, shardIds: readonly string[]): Promise<void> {
    return this.#store.transact((tx) => {
      tx.set(this.#key(arn), { retentionMs: RETENTION_MS });
      for (const id of shardIds)
        tx.set(this.#key(arn, 'shard', id), { id, parentIds: [], newest: 0, closed: false } satisfies ShardEntry);
    });
  }

  put(arn: string, shardId: string, content: Content<R>, arrivedAt = this.#clock.now()): Promise<string> {
    const key = this.#key(arn, 'shard', shardId);
    return this.#store.mutate([key], ([shard]: ShardEntry[], tx) => {
      if (!shard || shard.closed) throw new Error(`${shardId} takes no records`);
      const newest = shard.newest + 1;
      tx.set(key, { ...shard, newest });
      tx.set(this.#key(arn, 'record', shardId, newest), { ...content, sequenceNumber: String(newest), arrivedAt });
      return String(newest);
    });
  }

  /** Closes the parent; the children go on. */
  split(arn: string, parentId: string, childIds: readonly string[]): Promise<void> {
    const key = this.#key(arn, 'shard', parentId);
    return this.#store.mutate([key], ([parent]: ShardEntry[], tx) => {
      tx.set(key, { ...parent, closed: true });
      for (const id of childIds)
        tx.set(this.#key(arn, 'shard', id), { id, parentIds: [parentId], newest: 0, closed: false });
    });
  }

  async find(arn: string): Promise<{ retentionMs: number } | undefined> {
    return (await this.#store.get<{ retentionMs: number }>(this.#key(arn)))?.value;
  }

  async shards(arn: string): Promise<readonly Shard[]> {
    const found = await this.#store.list<ShardEntry>({ prefix: this.#key(arn, 'shard') });
    return found.map(({ value: { id, parentIds } }) => ({ id, parentIds }));
  }

  async cursor(arn: string, shardId: string, position: StreamPosition): Promise<string> {
    const shard = (await this.#store.get<ShardEntry>(this.#key(arn, 'shard', shardId)))?.value;
    switch (position.type) {
      case 'TRIM_HORIZON':
        return '1';
      case 'LATEST':
        return String((shard?.newest ?? 0) + 1);
      case 'AT_SEQUENCE_NUMBER':
        return position.sequenceNumber;
      case 'AFTER_SEQUENCE_NUMBER':
        return String(Number(position.sequenceNumber) + 1);
      case 'AT_TIMESTAMP': {
        const records = await this.#store.list<R>({ prefix: this.#key(arn, 'record', shardId) });
        const first = records.find(({ value }) => value.arrivedAt >= position.at);
        return first?.value.sequenceNumber ?? String((shard?.newest ?? 0) + 1);
      }
    }
  }

  async read(arn: string, shardId: string, cursor: string, limits: ReadLimits): Promise<StreamPage<R>> {
    const shard = (await this.#store.get<ShardEntry>(this.#key(arn, 'shard', shardId)))?.value;
    if (!shard) throw new Error(`no shard ${shardId}`);
    const range = {
      prefix: this.#key(arn, 'record', shardId),
      from: this.#key(arn, 'record', shardId, Number(cursor)),
    };
    const found = await this.#store.list(range, { limit: Math.min(limits.records, 1000) });
    const records = found.map(({ value }) => this.#revive(value));
    const next = records.length === 0 ? Number(cursor) : Number(records.at(-1)?.sequenceNumber) + 1;
    return { records, ...(!(shard.closed && next > shard.newest) && { next: String(next) }) };
  }

  watch(arn: string, listener: () => void): () => void {
    return this.#store.watch(this.#key(arn), listener);
  }
}

type StoredKinesis = Omit<KinesisRecord, 'data'> & { data: string };

/** `data` is put as base64: the store keeps JSON. */
export class TestKinesis extends TestStreams<KinesisRecord> {
  constructor(platform: Pick<Platform, 'store' | 'clock'>) {
    super(platform.store, platform.clock, 'kinesis', ({ data, ...rest }: StoredKinesis) => ({
      ...rest,
      data: Buffer.from(data, 'base64'),
    }));
  }

  putText(arn: string, shardId: string, partitionKey: string, text: string, arrivedAt?: number): Promise<string> {
    const data = Buffer.from(text).toString('base64') as unknown as Uint8Array;
    return this.put(arn, shardId, { partitionKey, data }, arrivedAt);
  }
}

export class TestTables extends TestStreams<TableRecord> {
  constructor(platform: Pick<Platform, 'store' | 'clock'>) {
    super(platform.store, platform.clock, 'dynamodb', (record: TableRecord) => record);
  }
}

/** To be started before Lambda. */
export const streamsService: Service<any> = defineService<any>({
  id: 'kinesis' as never,
  operations: {},
  start(platform) {
    platform.streams.kinesis = new TestKinesis(platform);
    platform.streams.dynamodb = new TestTables(platform);
  },
});

// What a stream is to those who follow it: Kinesis and DynamoDB Streams each provide one kind, event source mappings read them.

/** One ordered sequence of records. A split or merge closes it; its children go on. */
export interface Shard {
  id: string;
  /** Read before this one, where they are still kept. */
  parentIds: readonly string[];
}

export type StreamPosition =
  | { type: 'TRIM_HORIZON' }
  | { type: 'LATEST' }
  /** the first record that arrived at or after this time, ms since the epoch */
  | { type: 'AT_TIMESTAMP'; at: number }
  | { type: 'AT_SEQUENCE_NUMBER'; sequenceNumber: string }
  | { type: 'AFTER_SEQUENCE_NUMBER'; sequenceNumber: string };

export interface StreamRecord {
  /** decimal; ascends within a shard */
  sequenceNumber: string;
  /** Records of one key stay in order; a table's record has its item's keys, as a text. */
  partitionKey: string;
  /** ms since the epoch; does not descend within a shard */
  arrivedAt: number;
}

export interface KinesisRecord extends StreamRecord {
  data: Uint8Array;
}

/** An item in DynamoDB's form: attribute name to `{ S: '…' }`, `{ B: Uint8Array }`… */
export type StreamItem = Readonly<Record<string, unknown>>;

export interface TableRecord extends StreamRecord {
  eventId: string;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  keys: StreamItem;
  newImage?: StreamItem;
  oldImage?: StreamItem;
  sizeBytes: number;
  viewType: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
  /** who deleted the item when no user did: TTL */
  userIdentity?: { type: string; principalId: string };
}

export interface ReadLimits {
  records: number;
  /** Of the records' content. One record is answered even when it alone is larger. */
  bytes: number;
}

export interface StreamPage<R extends StreamRecord> {
  records: readonly R[];
  /** where to go on; absent when the shard is closed and this was its end */
  next?: string;
}

/** One service's streams. Permissions are the reader's to check. */
export interface StreamSource<R extends StreamRecord> {
  /** By the ARN of a stream, or of a consumer of one. */
  find(streamArn: string): Promise<{ retentionMs: number } | undefined>;
  /** Every shard that has records or may get some, closed ones too until their last record is trimmed. */
  shards(streamArn: string): Promise<readonly Shard[]>;
  /**
   * A place in a shard, as an opaque text that stays good for as long as the shard, over restarts too. LATEST is what it is at
   * this moment. A position before the oldest record is the oldest record.
   */
  cursor(streamArn: string, shardId: string, position: StreamPosition): Promise<string>;
  /** What comes after the cursor; nothing is an answer. */
  read(streamArn: string, shardId: string, cursor: string, limits: ReadLimits): Promise<StreamPage<R>>;
  /** There may be new records or shards. Answers the unsubscriber. Not a promise: readers look from time to time as well. */
  watch(streamArn: string, listener: () => void): () => void;
}

/** Each service adds its own in its `start`. */
export interface Streams {
  kinesis?: StreamSource<KinesisRecord>;
  dynamodb?: StreamSource<TableRecord>;
}

// The events that functions get for records of streams, and which of them they are to get.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, .../with-ddb.html, .../with-kinesis-filtering.html
import type { KinesisRecord, StreamRecord, TableRecord } from '#kernel/stream.ts';
import { compilePattern } from './event-pattern.ts';

interface Origin {
  shardId: string;
  eventSourceArn: string;
  /** of the function */
  roleArn: string;
}

/** What distinguishes the two kinds of streams. */
export interface StreamKind<R extends StreamRecord> {
  service: 'kinesis' | 'dynamodb';
  /** the member of a failure record that tells of the batch */
  batchInfo: 'KinesisBatchInfo' | 'DDBStreamBatchInfo';
  /** ms since the epoch, as exact as the service says it */
  arrivalOf(arrivedAt: number): number;
  toEvent(record: R, origin: Origin): object;
  /** What patterns look into. */
  compileFilters(patterns: readonly string[]): (record: R, event: object) => boolean;
}

const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

export const kinesisKind: StreamKind<KinesisRecord> = {
  service: 'kinesis',
  batchInfo: 'KinesisBatchInfo',
  arrivalOf: (arrivedAt) => arrivedAt,
  toEvent: ({ partitionKey, sequenceNumber, data, arrivedAt }, { shardId, eventSourceArn, roleArn }) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivedAt / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: roleArn,
    awsRegion: regionOf(eventSourceArn),
    eventSourceARN: eventSourceArn,
  }),
  /** `data` is looked into when it is JSON; a pattern for it drops what is not. */
  compileFilters(patterns) {
    const compiled = patterns.map(compilePattern);
    return ({ data }, event) => {
      const parsed = parseJson(data);
      const { kinesis } = event as { kinesis: object };
      const seen = { ...event, ...kinesis, data: parsed };
      return compiled.some(({ matches, pattern }) =>
        pattern['data'] !== undefined && parsed === undefined ? false : matches(seen),
      );
    };
  },
};

function parseJson(data: Uint8Array): object | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(data).toString());
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

export const tableKind: StreamKind<TableRecord> = {
  service: 'dynamodb',
  batchInfo: 'DDBStreamBatchInfo',
  /** whole seconds */
  arrivalOf: (arrivedAt) => Math.floor(arrivedAt / 1000) * 1000,
  toEvent: (record, { eventSourceArn }) => ({
    eventID: record.eventId,
    eventName: record.eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: regionOf(eventSourceArn),
    dynamodb: {
      ApproximateCreationDateTime: tableKind.arrivalOf(record.arrivedAt) / 1000,
      Keys: toJson(record.keys),
      ...(record.newImage && { NewImage: toJson(record.newImage) }),
      ...(record.oldImage && { OldImage: toJson(record.oldImage) }),
      SequenceNumber: record.sequenceNumber,
      SizeBytes: record.sizeBytes,
      StreamViewType: record.viewType,
    },
    ...(record.userIdentity && { userIdentity: record.userIdentity }),
    eventSourceARN: eventSourceArn,
  }),
  compileFilters(patterns) {
    const compiled = patterns.map(compilePattern);
    return (_record, event) => compiled.some(({ matches }) => matches(event));
  },
};

/** An item with its binary values as base64. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]));
}

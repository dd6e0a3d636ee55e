// Records that were given up: what is told about them, and to whom.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, .../services-dynamodb-errors.html
import type { Platform } from '#kernel/platform.ts';
import type { StreamRecord } from '#kernel/stream.ts';
import type { WorkItem, WorkKind } from '#kernel/work.ts';
import type { Writer } from '#store/contract.ts';
import { deliver, destinationRetry, type Destination } from '../destinations.ts';
import type { Discard } from './batch-delivery.ts';
import { parseFunctionName } from '../names.ts';
import type { EventSourceMapping } from './store.ts';
import type { StreamKind } from './stream-event.ts';
import { instant } from './tumbling-window.ts';

/** a store entry holds less: bigger bodies go into a blob */
const INLINE_BYTES_MAX = 128 * 1024;

export interface DiscardedBatch<R extends StreamRecord> {
  mapping: EventSourceMapping;
  kind: StreamKind<R>;
  shardId: string;
  records: readonly R[];
  /** The event that the function got or would have got; buckets get it too. */
  payload: string;
  why: Discard;
}

const WORK = 'lambda:discarded-batch';

interface Delivery extends Omit<Destination, 'body'> {
  body?: string;
  /** holds the body instead */
  blob?: string;
}

/** Gets ready what the transaction that passes over the records has to write. */
export async function prepareDiscard<R extends StreamRecord>(
  platform: Platform,
  batch: DiscardedBatch<R>,
  destination: string,
): Promise<(tx: Writer) => void> {
  const { mapping, shardId } = batch;
  const isBucket = destination.split(':')[2] === 's3';
  const now = platform.clock.now();
  const record = recordOf(batch, now, batch.why.outcome?.requestId ?? platform.ids.uuid());
  const body = Buffer.from(JSON.stringify(isBucket ? { ...record, payload: batch.payload } : record));
  const blob = body.length > INLINE_BYTES_MAX ? (await platform.blobs.put(body)).id : undefined;
  const delivery: Delivery = {
    at: { accountId: mapping.accountId, region: mapping.region },
    source: parseFunctionName(mapping.functionArn, mapping).name,
    arn: destination,
    kind: 'record',
    success: false,
    ...(blob === undefined ? { body: body.toString() } : { blob }),
    ...(isBucket && { objectKey: objectKey(mapping.uuid, shardId, now, platform.ids.uuid()) }),
  };
  return (tx) => {
    if (blob !== undefined) platform.blobs.claim(tx, blob);
    platform.work.enqueue(tx, WORK, delivery);
  };
}

/** aws/lambda/ESM-UUID/shardID/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-RandomUUID */
function objectKey(uuid: string, shardId: string, now: number, random: string): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(':', '.');
  return `aws/lambda/${uuid}/${shardId}/${time.slice(0, 10).replaceAll('-', '/')}/${time}-${random}`;
}

function recordOf<R extends StreamRecord>(
  { mapping, kind, shardId, records, why }: DiscardedBatch<R>,
  now: number,
  requestId: string,
): object {
  const first = records[0];
  const last = records.at(-1);
  return {
    requestContext: {
      requestId,
      functionArn: mapping.functionArn,
      condition: why.condition,
      approximateInvokeCount: why.invokeCount,
    },
    ...(why.outcome && {
      responseContext: {
        statusCode: 200,
        executedVersion: why.outcome.executedVersion,
        functionError: why.outcome.functionError ?? null,
      },
    }),
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    [kind.batchInfo]: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: instant(kind.arrivalOf(first?.arrivedAt ?? now)),
      approximateArrivalOfLastRecord: instant(kind.arrivalOf(last?.arrivedAt ?? now)),
      batchSize: records.length,
      streamArn: mapping.eventSourceArn,
    },
  };
}

async function run({ payload, id }: WorkItem<Delivery>, platform: Platform): Promise<void> {
  const { blob, ...delivery } = payload;
  if (blob === undefined) return deliver(platform, { ...delivery, body: payload.body ?? '' }, id);
  const body = Buffer.concat(await Array.fromAsync(platform.blobs.read(blob))).toString();
  await deliver(platform, { ...delivery, body }, id);
  await dropBlob(platform, blob);
}

const dropBlob = (platform: Platform, blob: string): Promise<void> =>
  platform.store.transact((tx) => {
    platform.blobs.unclaim(tx, blob);
    platform.work.enqueue(tx, 'lambda:remove-blob', { blob }, { id: blob });
  });

export const discardedBatchWork: WorkKind<Delivery> = {
  run,
  retry: destinationRetry,
  dead: async ({ payload }, error, platform) => {
    if (payload.blob !== undefined) await dropBlob(platform, payload.blob);
    platform.warn(`${payload.source} could not deliver to ${payload.arn}: ${error.message}`);
  },
};

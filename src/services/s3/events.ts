// Event notifications: what happened to an object, sent to functions and queues.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
import type { Context } from '#kernel/context.ts';
import { servicePrincipal, type Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { WorkKind } from '#kernel/work.ts';
import type { Transaction } from '#store/contract.ts';
import { canonicalId } from './grants.ts';
import type { Bucket, StoredObject } from './records.ts';
import { findDocument } from './store.ts';
import { hostIdOf } from './wire.ts';

export interface Notification {
  id: string;
  /** ARN of a function or queue */
  target: string;
  /** `s3:ObjectCreated:*` */
  events: string[];
  prefix: string;
  suffix: string;
}

type CreatedBy = 'Put' | 'Post' | 'Copy' | 'CompleteMultipartUpload';
type RemovedBy = 'Delete' | 'DeleteMarkerCreated';

export const objectCreated = (
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  object: StoredObject,
  by: CreatedBy,
): Promise<void> => notify(tx, context, bucket, object, `ObjectCreated:${by}`);

export const objectRemoved = (
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  object: StoredObject,
  by: RemovedBy,
): Promise<void> => notify(tx, context, bucket, object, `ObjectRemoved:${by}`);

/** In the transaction that changes the object: the event is as durable as the change. */
export async function notify(
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  object: StoredObject,
  event: string,
): Promise<void> {
  if (!bucket.notifies) return;
  const notifications = (await findDocument<Notification[]>(tx, bucket, 'notifications')) ?? [];
  for (const notification of notifications) {
    if (!isWanted(notification, event, object.key)) continue;
    const record = eventRecord(context, bucket, object, event, notification.id);
    context.platform.work.enqueue(tx, 's3:notify', {
      target: notification.target,
      bucket: bucket.name,
      accountId: bucket.accountId,
      record,
    } satisfies Delivery);
  }
}

function isWanted({ events, prefix, suffix }: Notification, event: string, key: string): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix) && events.some((wanted) => matchesEvent(wanted, event));
}

/** `s3:ObjectCreated:*` covers `ObjectCreated:Put`. */
export function matchesEvent(wanted: string, event: string): boolean {
  const name = wanted.replace(/^s3:/, '');
  return name.endsWith(':*') ? event.startsWith(name.slice(0, -1)) : name === event;
}

function eventRecord(
  context: Context,
  bucket: Bucket,
  object: StoredObject,
  event: string,
  configurationId: string,
): object {
  const { principal, requestId, http, clock } = context;
  const isRemoved = event === 'ObjectRemoved:Delete';
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: new Date(clock.now()).toISOString(),
    eventName: event,
    userIdentity: { principalId: 'userId' in principal ? `AWS:${principal.userId}` : 'Anonymous' },
    requestParameters: { sourceIPAddress: http?.sourceIp ?? '127.0.0.1' },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': hostIdOf(requestId) },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: canonicalId(bucket.accountId) },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: encodeKey(object.key),
        ...(!isRemoved && { size: object.size, eTag: object.etag }),
        ...(object.versionId !== 'null' && { versionId: object.versionId }),
        sequencer: sequencerOf(object),
      },
    },
  };
}

/** As a form encodes: spaces are plus signs, brackets and the like are escaped; slashes stay. */
const encodeKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');

/** Hexadecimal and ascending for the events of one key; the order of versions descends. */
const sequencerOf = ({ order }: StoredObject): string =>
  Buffer.from(order.slice(0, 8), 'latin1').reduce((text, byte) => text + (255 - byte).toString(16).toUpperCase(), '');

interface Delivery {
  target: string;
  bucket: string;
  accountId: string;
  record: object;
}

export const deliverEvent: WorkKind<Delivery> = {
  retry: { attempts: 12, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 900_000) },
  async run({ payload }, platform) {
    await send(platform, payload.target, actingFor(payload.bucket, payload.accountId), { Records: [payload.record] });
  },
};

/** S3 acting for a bucket. */
export const actingFor = (bucket: string, accountId: string): Principal =>
  servicePrincipal('s3.amazonaws.com', `arn:aws:s3:::${bucket}`, accountId);

/** Sends a document to a notification's target. */
export async function send(platform: Platform, target: string, as: Principal, document: object): Promise<void> {
  const [, , service, region = '', accountId = '', name = ''] = target.split(':');
  const payload = JSON.stringify(document);
  if (service === 'lambda') {
    await platform.functions.invoke({ functionArn: target, payload, as, invocationType: 'Event' });
    return;
  }
  const at = { as, region, accountId };
  const { QueueUrl } = await platform.call('sqs', 'GetQueueUrl', { QueueName: name }, { ...at, trusted: true });
  await platform.call('sqs', 'SendMessage', { QueueUrl: QueueUrl ?? '', MessageBody: payload }, at);
}

// Where outcomes of asynchronous invocations go: as the function's role, over the target's own API.
import { parseArn } from '#core/arn.ts';
import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { RetryPolicy, WorkItem, WorkKind } from '#kernel/work.ts';
import { rolePrincipal } from './role.ts';
import { findFunction, type Place } from './store.ts';

export interface Destination {
  at: Place;
  /** the function whose role delivers */
  source: string;
  arn: string;
  kind: 'record' | 'dead-letter';
  success: boolean;
  body: string;
  requestId?: string;
  errorMessage?: string;
  /** name of the object, where the destination is a bucket; default by time */
  objectKey?: string;
}

const queueUrl = (platform: Platform, accountId: string, name: string): string =>
  `http://${platform.config.host}:${platform.config.port}/${accountId}/${name}`;

/** Attributes of a dead letter; a destination's record says it all in its body. */
const attributesOf = ({
  kind,
  requestId,
  errorMessage,
}: Destination): Record<string, { DataType: string; StringValue: string }> | undefined =>
  kind === 'record'
    ? undefined
    : {
        RequestID: { DataType: 'String', StringValue: requestId ?? '' },
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: { DataType: 'String', StringValue: (errorMessage ?? '').slice(0, 1024) },
      };

const run = (item: WorkItem<Destination>, platform: Platform): Promise<void> =>
  deliver(platform, item.payload, item.id);

/** `id` stays the same when the delivery is tried again. */
export async function deliver(platform: Platform, delivery: Destination, id: string): Promise<void> {
  const target = parseArn(delivery.arn);
  if (!target) return;
  const record = await findFunction(platform.store, delivery.at, delivery.source);
  if (!record) return;
  const as: Principal = rolePrincipal(record.latest.role, delivery.source);
  const options = {
    as,
    accountId: target.accountId || delivery.at.accountId,
    region: target.region || delivery.at.region,
  };
  // Not every one of these services is in every build: a missing one answers NotImplemented and is tried again.
  const call = platform.call as unknown as (
    service: string,
    operation: string,
    input: unknown,
    options: unknown,
  ) => Promise<unknown>;
  const MessageAttributes = attributesOf(delivery);
  switch (target.service) {
    case 'sqs':
      await call(
        'sqs',
        'SendMessage',
        {
          QueueUrl: queueUrl(platform, target.accountId, target.resource),
          MessageBody: delivery.body,
          ...(MessageAttributes && { MessageAttributes }),
        },
        options,
      );
      return;
    case 'sns':
      await call(
        'sns',
        'Publish',
        { TopicArn: delivery.arn, Message: delivery.body, ...(MessageAttributes && { MessageAttributes }) },
        options,
      );
      return;
    case 'lambda':
      await platform.functions.invoke({
        functionArn: delivery.arn,
        payload: delivery.body,
        as,
        invocationType: 'Event',
      });
      return;
    case 'events':
      await call('events', 'PutEvents', { Entries: [entryOf(delivery, record.name)] }, options);
      return;
    case 's3':
      await call('s3', 'PutObject', objectOf(delivery, target.resource, id), options);
      return;
    default:
      platform.warn(`${delivery.source} sends its outcomes to ${delivery.arn}, which is no destination`);
  }
}

const entryOf = (delivery: Destination, name: string): object => ({
  Source: 'lambda',
  DetailType: `Lambda Function Invocation Result - ${delivery.success ? 'Success' : 'Failure'}`,
  Resources: [`arn:aws:lambda:${delivery.at.region}:${delivery.at.accountId}:function:${name}`],
  Detail: delivery.body,
  EventBusName: delivery.arn,
});

function objectOf(delivery: Destination, bucket: string, id: string): object {
  const record = JSON.parse(delivery.body) as { timestamp: string };
  const time = record.timestamp.slice(0, 19).replaceAll(':', '.');
  const body = Buffer.from(delivery.body);
  return {
    Bucket: bucket,
    Key:
      delivery.objectKey ??
      `aws/lambda/async/${delivery.source}/${time.slice(0, 10).replaceAll('-', '/')}/${time}-${id}`,
    ContentType: 'application/json',
    ContentLength: body.length,
    Body: (async function* () {
      yield body;
    })(),
  };
}

export const destinationRetry: RetryPolicy = {
  attempts: 8,
  backoffMs: (failures) => Math.min(1000 * 2 ** failures, 300_000),
};

export const destinationWork: WorkKind<Destination> = {
  run,
  retry: destinationRetry,
  dead: async (item, error, platform) => {
    platform.warn(`${item.payload.source} could not deliver to ${item.payload.arn}: ${error.message}`);
  },
};

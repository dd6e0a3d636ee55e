// Get/PutBucketNotificationConfiguration.
import type { Event } from '@aws-sdk/client-s3';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidArgument, malformedXml, notImplemented } from './errors.ts';
import { actingFor, matchesEvent, send, type Notification } from './events.ts';
import { requireBucket } from './lookups.ts';
import type { Bucket } from './records.ts';
import { dropDocument, findDocument, setBucket, setDocument } from './store.ts';
import { currentBucket } from './versions.ts';

const CONFIGURATIONS_MAX = 100;
/** Kinds of event with their members; those of features that are not built never happen. */
const EVENTS: Record<string, readonly string[]> = {
  ObjectCreated: ['*', 'Put', 'Post', 'Copy', 'CompleteMultipartUpload'],
  ObjectRemoved: ['*', 'Delete', 'DeleteMarkerCreated'],
};

interface Configured {
  Id?: string;
  Events?: string[];
  Filter?: { Key?: { FilterRules?: { Name?: string; Value?: string }[] } };
}

export const putBucketNotificationConfiguration: Operation<'s3', 'PutBucketNotificationConfiguration'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  const { LambdaFunctionConfigurations: functions = [], QueueConfigurations: queues = [] } =
    input.NotificationConfiguration;
  if (input.NotificationConfiguration.TopicConfigurations?.length) throw notImplemented('notifications to SNS topics');
  if (input.NotificationConfiguration.EventBridgeConfiguration) throw notImplemented('notifications to EventBridge');
  const notifications = [
    ...functions.map((each) => parseNotification(each, each.LambdaFunctionArn, context)),
    ...queues.map((each) => parseNotification(each, each.QueueArn, context)),
  ];
  if (notifications.length > CONFIGURATIONS_MAX) throw malformedXml();
  refuseOverlap(notifications);
  if (!input.SkipDestinationValidation)
    await Promise.all(notifications.map((each) => checkTarget(each, bucket, context)));
  await context.store.transact(async (tx) => {
    const { notifies: _before, ...now } = await currentBucket(tx, bucket);
    setBucket(tx, notifications.length > 0 ? { ...now, notifies: true } : now);
    if (notifications.length > 0) setDocument(tx, now, 'notifications', notifications);
    else dropDocument(tx, now, 'notifications');
  });
  return {};
};

function parseNotification(configured: Configured, target: string | undefined, context: Context): Notification {
  const events = configured.Events ?? [];
  if (target === undefined || events.length === 0) throw malformedXml();
  if (!/^arn:aws[a-z-]*:(lambda|sqs):[a-z0-9-]+:\d{12}:.+/.test(target)) {
    throw invalidArgument('The ARN could not be parsed', 'Arn', target);
  }
  for (const event of events) checkEvent(event);
  const rules = configured.Filter?.Key?.FilterRules ?? [];
  const valueOf = (name: string): string => rules.find((rule) => rule.Name?.toLowerCase() === name)?.Value ?? '';
  for (const { Name: name } of rules) {
    if (!/^(prefix|suffix)$/i.test(name ?? ''))
      throw invalidArgument('filter rule name must be either prefix or suffix', 'FilterRule.Name', name);
  }
  return {
    id: configured.Id ?? context.ids.uuid(),
    target,
    events,
    prefix: valueOf('prefix'),
    suffix: valueOf('suffix'),
  };
}

function checkEvent(event: string): void {
  const [source, kind = '', detail = ''] = event.split(':');
  if (source === 's3' && EVENTS[kind]?.includes(detail)) return;
  if (
    source === 's3' &&
    /^(ObjectRestore|Replication|LifecycleExpiration|LifecycleTransition|IntelligentTiering|ObjectTagging|ObjectAcl|ObjectAnnotation|ReducedRedundancyLostObject)$/.test(
      kind,
    )
  ) {
    throw notImplemented(`notifications of ${event}`);
  }
  throw invalidArgument('A specified event is not supported for notifications.', 'Event', event);
}

/** One event of one key goes to one target of a configuration only. */
function refuseOverlap(notifications: readonly Notification[]): void {
  notifications.forEach((a, index) => {
    for (const b of notifications.slice(index + 1)) {
      const sameEvent = a.events.some((event) =>
        b.events.some((other) => matchesEvent(event, other.slice(3)) || matchesEvent(other, event.slice(3))),
      );
      const samePrefix = a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix);
      const sameSuffix = a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix);
      if (sameEvent && samePrefix && sameSuffix) {
        throw invalidArgument(
          'Configurations overlap. Configurations on the same bucket cannot share a common event type.',
          'Event',
          a.events[0],
        );
      }
    }
  });
}

/** S3 takes no target that it cannot reach: functions are asked without running, queues get a test message. */
async function checkTarget({ target }: Notification, bucket: Bucket, context: Context): Promise<void> {
  const { platform, clock, requestId } = context;
  const as = actingFor(bucket.name, bucket.accountId);
  try {
    if (target.includes(':lambda:')) {
      await platform.functions.invoke({ functionArn: target, payload: '{}', as, invocationType: 'DryRun' });
      return;
    }
    await send(platform, target, as, {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: new Date(clock.now()).toISOString(),
      Bucket: bucket.name,
      RequestId: requestId,
      HostId: requestId,
    });
  } catch (error) {
    throw invalidArgument(
      'Unable to validate the following destination configurations',
      target,
      unreachable(target, error),
    );
  }
}

/** S3's words for why a target cannot be reached. */
function unreachable(target: string, error: unknown): string {
  const code = error instanceof ServiceError ? error.code : '';
  const [kind, what] = target.includes(':lambda:') ? ['lambda', 'Lambda'] : ['queue', 'queue'];
  if (/^(ResourceNotFoundException|QueueDoesNotExist)$/.test(code)) return `The destination ${what} does not exist`;
  if (!/AccessDenied/.test(code)) return error instanceof Error ? error.message : String(error);
  return kind === 'lambda'
    ? `Not authorized to invoke function [${target}]`
    : 'Permissions on the destination queue do not allow S3 to publish notifications from this bucket';
}

export const getBucketNotificationConfiguration: Operation<'s3', 'GetBucketNotificationConfiguration'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  const notifications = (await findDocument<Notification[]>(context.store, bucket, 'notifications')) ?? [];
  const members = (each: Notification): { Id: string; Events: Event[]; Filter?: object } => {
    const rules = [
      ...(each.prefix === '' ? [] : [{ Name: 'Prefix', Value: each.prefix }]),
      ...(each.suffix === '' ? [] : [{ Name: 'Suffix', Value: each.suffix }]),
    ];
    return {
      Id: each.id,
      Events: each.events as Event[],
      ...(rules.length > 0 && { Filter: { Key: { FilterRules: rules } } }),
    };
  };
  const of = (service: string): Notification[] => notifications.filter(({ target }) => target.includes(`:${service}:`));
  const functions = of('lambda').map((each) => ({ ...members(each), LambdaFunctionArn: each.target }));
  const queues = of('sqs').map((each) => ({ ...members(each), QueueArn: each.target }));
  return {
    ...(functions.length > 0 && { LambdaFunctionConfigurations: functions }),
    ...(queues.length > 0 && { QueueConfigurations: queues }),
  };
};

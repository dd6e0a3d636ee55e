import type { CfnResource } from '../cfn-resource.ts';
import { findResource } from '../context.ts';
import { InvalidEvent, InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { ref, whenCondition } from '../intrinsics.ts';
import { compact, isList, isMap, sameJson } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { optional, passedOn, required } from '../properties.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';

/** The bucket keeps its notifications itself: the event changes the bucket of the template. */
export const s3: EventSource = {
  properties: { ...passedOn('Bucket'), Events: required('string', 'list'), Filter: optional('map') },
  build(event) {
    const [bucketId, bucket] = bucketOf(event);
    const permission = lambdaPermission(
      `${event.logicalId}Permission`,
      {
        functionName: event.target.name,
        principal: 's3.amazonaws.com',
        // The bucket's ARN would make a circle: bucket → notification → permission → bucket.
        sourceAccount: ref('AWS::AccountId'),
      },
      event.passedOn,
    );
    if (event.passedOn['Condition'] === undefined) dependOn(bucket, permission, event);
    else dependConditionally(bucketId, bucket, permission, event);
    addNotifications(bucketId, bucket, event);
    return [permission];
  },
};

function bucketOf(event: FunctionEvent): [string, JsonMap] {
  const bucket = event.properties['Bucket'];
  const bucketId = isMap(bucket) ? bucket['Ref'] : undefined;
  const resource = typeof bucketId === 'string' ? findResource(event.context.resources, bucketId) : undefined;
  if (typeof bucketId !== 'string' || resource?.['Type'] !== 'AWS::S3::Bucket') {
    throw new InvalidEvent(event.eventId, 'S3 events must reference an S3 bucket in the same template.');
  }
  return [bucketId, resource];
}

function dependOn(bucket: JsonMap, permission: CfnResource, event: FunctionEvent): void {
  const present = bucket['DependsOn'] ?? ('DependsOn' in bucket ? null : []);
  const list = typeof present === 'string' ? [present] : present;
  if (!isList(list) || !list.every((item) => typeof item === 'string')) {
    throw new InvalidResource(
      event.logicalId,
      "Invalid type for field 'DependsOn'. Expected a string or list of strings.",
    );
  }
  bucket['DependsOn'] = [...new Set([...list, permission.logicalId])];
}

/** DependsOn cannot be conditional, so AWS makes the bucket depend by a tag whose value refers to the permission. */
function dependConditionally(bucketId: string, bucket: JsonMap, permission: CfnResource, event: FunctionEvent): void {
  const properties = propertiesOf(bucketId, bucket);
  const tags = properties['Tags'] === undefined ? [] : expectOf(bucketId).list(properties['Tags'], 'Tags');
  const value = whenCondition(event.passedOn['Condition'], ref(permission.logicalId), 'no dependency');
  properties['Tags'] = [...tags, { Key: `sam:ConditionalDependsOn:${permission.logicalId}`, Value: value }];
}

function addNotifications(bucketId: string, bucket: JsonMap, event: FunctionEvent): void {
  const properties = propertiesOf(bucketId, bucket);
  const expect = expectOf(bucketId);
  const given = properties['NotificationConfiguration'] ?? {};
  const notifications = { ...expect.map(given, 'NotificationConfiguration') };
  const present = expect.list(
    notifications['LambdaConfigurations'] ?? [],
    'NotificationConfiguration.LambdaConfigurations',
  );
  const added = eventNames(event).map((name) =>
    whenCondition(
      event.passedOn['Condition'],
      compact({ Function: event.target.arn, Event: name, Filter: event.properties['Filter'] }),
    ),
  );
  const fresh = added.filter((item) => !present.some((other) => sameJson(item, other)));
  notifications['LambdaConfigurations'] = [...present, ...fresh];
  properties['NotificationConfiguration'] = notifications;
}

function eventNames(event: FunctionEvent): Json[] {
  const events = event.properties['Events'] ?? null;
  return isList(events) ? events : [events];
}

function propertiesOf(bucketId: string, bucket: JsonMap): JsonMap {
  const properties = bucket['Properties'] ?? {};
  if (!isMap(properties)) throw new InvalidResource(bucketId, 'Properties should be a map.');
  bucket['Properties'] = properties;
  return properties;
}

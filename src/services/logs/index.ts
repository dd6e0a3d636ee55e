import type { Context } from '#kernel/context.ts';
import { defineService, type Authorization } from '#kernel/service.ts';
import { deliver } from './delivery.ts';
import { getLogEvents, putLogEvents } from './events.ts';
import * as groups from './groups.ts';
import { groupArn, groupNameOf } from './groups.ts';
import { testMetricFilter } from './metric-filters.ts';
import * as policies from './resource-policies.ts';
import { filterLogEvents } from './search.ts';
import { createLogStream, deleteLogStream, describeLogStreams } from './streams.ts';
import { placeOf } from './store.ts';
import * as subscriptions from './subscriptions.ts';
import { clearOldGroup, removeExpired } from './upkeep.ts';

type Input = { logGroupName?: string; logGroupIdentifier?: string; resourceArn?: string; logStreamName?: string };

const nameOf = (input: Input): string =>
  groupNameOf(input.logGroupName ?? input.logGroupIdentifier ?? input.resourceArn ?? '*');
const onGroup =
  (action: string) =>
  async (input: Input, context: Context): Promise<Authorization[]> => [
    {
      action: `logs:${action}`,
      resource: `${groupArn(placeOf(context), nameOf(input))}:*`,
      ...(await resourcePolicy(context)),
    },
  ];
const onStream =
  (action: string) =>
  async (input: Input, context: Context): Promise<Authorization[]> => [
    {
      action: `logs:${action}`,
      resource: `${groupArn(placeOf(context), nameOf(input))}:log-stream:${input.logStreamName ?? '*'}`,
      ...(await resourcePolicy(context)),
    },
  ];
const resourcePolicy = async (context: Context): Promise<{ resourcePolicy?: string }> => {
  const policy = await policies.policyOf(context);
  return policy === undefined ? {} : { resourcePolicy: policy };
};

export const logs = defineService({
  id: 'logs',
  operations: {
    CreateLogGroup: groups.createLogGroup,
    CreateLogStream: createLogStream,
    DeleteLogGroup: groups.deleteLogGroup,
    DeleteLogStream: deleteLogStream,
    DeleteResourcePolicy: policies.deleteResourcePolicy,
    DeleteRetentionPolicy: groups.deleteRetentionPolicy,
    DeleteSubscriptionFilter: subscriptions.deleteSubscriptionFilter,
    DescribeLogGroups: groups.describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    DescribeResourcePolicies: policies.describeResourcePolicies,
    DescribeSubscriptionFilters: subscriptions.describeSubscriptionFilters,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
    ListLogGroups: groups.listLogGroups,
    ListTagsForResource: groups.listTagsForResource,
    ListTagsLogGroup: groups.listTagsLogGroup,
    PutLogEvents: putLogEvents,
    PutLogGroupDeletionProtection: groups.putLogGroupDeletionProtection,
    PutResourcePolicy: policies.putResourcePolicy,
    PutRetentionPolicy: groups.putRetentionPolicy,
    PutSubscriptionFilter: subscriptions.putSubscriptionFilter,
    TagLogGroup: groups.tagLogGroup,
    TagResource: groups.tagResource,
    TestMetricFilter: testMetricFilter,
    UntagLogGroup: groups.untagLogGroup,
    UntagResource: groups.untagResource,
  },
  validate: 'all',
  // Service authorization reference, "Actions defined by Amazon CloudWatch Logs"
  authorize: {
    CreateLogGroup: onGroup('CreateLogGroup'),
    CreateLogStream: onGroup('CreateLogStream'),
    DeleteLogGroup: onGroup('DeleteLogGroup'),
    DeleteLogStream: onStream('DeleteLogStream'),
    DeleteRetentionPolicy: onGroup('DeleteRetentionPolicy'),
    DeleteSubscriptionFilter: onGroup('DeleteSubscriptionFilter'),
    DescribeLogStreams: onGroup('DescribeLogStreams'),
    DescribeSubscriptionFilters: onGroup('DescribeSubscriptionFilters'),
    FilterLogEvents: onGroup('FilterLogEvents'),
    GetLogEvents: onStream('GetLogEvents'),
    ListTagsForResource: onGroup('ListTagsForResource'),
    ListTagsLogGroup: onGroup('ListTagsLogGroup'),
    PutLogEvents: onStream('PutLogEvents'),
    PutLogGroupDeletionProtection: onGroup('PutLogGroupDeletionProtection'),
    PutRetentionPolicy: onGroup('PutRetentionPolicy'),
    PutSubscriptionFilter: onGroup('PutSubscriptionFilter'),
    TagLogGroup: onGroup('TagLogGroup'),
    TagResource: onGroup('TagResource'),
    UntagLogGroup: onGroup('UntagLogGroup'),
    UntagResource: onGroup('UntagResource'),
  },
  work: {
    'logs:clear-group': { run: clearOldGroup, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
    'logs:deliver': deliver,
    'logs:retention': { run: removeExpired, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
  },
});

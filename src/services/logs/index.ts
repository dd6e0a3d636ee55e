import type { Context } from '#kernel/context.ts';
import { defineService, type Authorization } from '#kernel/service.ts';
import { deliver } from './delivery.ts';
import { getLogEvents, putLogEvents } from './events.ts';
import * as groups from './groups.ts';
import { groupArn, groupNameOf } from './groups.ts';
import { testMetricFilter } from './metric-filters.ts';
import * as definitions from './query-definitions.ts';
import * as queries from './queries.ts';
import { startLiveTail } from './live-tail.ts';
import * as policies from './resource-policies.ts';
import { filterLogEvents } from './search.ts';
import { createLogStream, deleteLogStream, describeLogStreams } from './streams.ts';
import { placeOf } from './store.ts';
import * as subscriptions from './subscriptions.ts';
import * as tags from './tags.ts';
import * as unconfigured from './unconfigured.ts';
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
const onGroups =
  (action: string) =>
  (
    input: { logGroupName?: string; logGroupNames?: string[]; logGroupIdentifiers?: string[] },
    context: Context,
  ): Authorization[] =>
    [input.logGroupName ?? [], input.logGroupNames ?? [], input.logGroupIdentifiers ?? []].flat().map((name) => ({
      action: `logs:${action}`,
      resource: `${groupArn(placeOf(context), groupNameOf(name))}:*`,
    }));
const resourcePolicy = async (context: Context): Promise<{ resourcePolicy?: string }> => {
  const policy = await policies.policyOf(context);
  return policy === undefined ? {} : { resourcePolicy: policy };
};

export const logs = defineService({
  id: 'logs',
  operations: {
    CreateLogGroup: groups.createLogGroup,
    CreateLogStream: createLogStream,
    DeleteDestination: unconfigured.deleteDestination,
    DeleteLogGroup: groups.deleteLogGroup,
    DeleteLogStream: deleteLogStream,
    DeleteMetricFilter: unconfigured.deleteMetricFilter,
    DeleteQueryDefinition: definitions.deleteQueryDefinition,
    DeleteResourcePolicy: policies.deleteResourcePolicy,
    DeleteRetentionPolicy: groups.deleteRetentionPolicy,
    DeleteSubscriptionFilter: subscriptions.deleteSubscriptionFilter,
    DescribeDestinations: unconfigured.describeDestinations,
    DescribeExportTasks: unconfigured.describeExportTasks,
    DescribeLogGroups: groups.describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    DescribeMetricFilters: unconfigured.describeMetricFilters,
    DescribeQueries: queries.describeQueries,
    DescribeQueryDefinitions: definitions.describeQueryDefinitions,
    DescribeResourcePolicies: policies.describeResourcePolicies,
    DescribeSubscriptionFilters: subscriptions.describeSubscriptionFilters,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
    GetLogRecord: queries.getLogRecord,
    GetQueryResults: queries.getQueryResults,
    ListLogGroups: groups.listLogGroups,
    ListTagsForResource: tags.listTagsForResource,
    ListTagsLogGroup: tags.listTagsLogGroup,
    PutLogEvents: putLogEvents,
    PutLogGroupDeletionProtection: groups.putLogGroupDeletionProtection,
    PutQueryDefinition: definitions.putQueryDefinition,
    PutResourcePolicy: policies.putResourcePolicy,
    PutRetentionPolicy: groups.putRetentionPolicy,
    PutSubscriptionFilter: subscriptions.putSubscriptionFilter,
    StartLiveTail: startLiveTail,
    StartQuery: queries.startQuery,
    StopQuery: queries.stopQuery,
    TagLogGroup: tags.tagLogGroup,
    TagResource: tags.tagResource,
    TestMetricFilter: testMetricFilter,
    UntagLogGroup: tags.untagLogGroup,
    UntagResource: tags.untagResource,
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
    StartLiveTail: onGroups('StartLiveTail'),
    StartQuery: onGroups('StartQuery'),
    TagLogGroup: onGroup('TagLogGroup'),
    TagResource: onGroup('TagResource'),
    UntagLogGroup: onGroup('UntagLogGroup'),
    UntagResource: onGroup('UntagResource'),
  },
  work: {
    'logs:clear-group': { run: clearOldGroup, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
    'logs:deliver': deliver,
    'logs:query': queries.queryWork,
    'logs:retention': { run: removeExpired, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
  },
});

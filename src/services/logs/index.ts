import type { Context } from '#kernel/context.ts';
import { defineService, type Authorization } from '#kernel/service.ts';
import { filterLogEvents, getLogEvents, putLogEvents } from './events.ts';
import * as groups from './groups.ts';
import { groupArn, groupNameOf } from './groups.ts';
import { testMetricFilter } from './metric-filters.ts';
import { createLogStream, deleteLogStream, describeLogStreams } from './streams.ts';
import { placeOf } from './store.ts';
import { clearOldGroup, removeExpired } from './upkeep.ts';

type Input = { logGroupName?: string; logGroupIdentifier?: string; resourceArn?: string; logStreamName?: string };

const nameOf = (input: Input): string =>
  groupNameOf(input.logGroupName ?? input.logGroupIdentifier ?? input.resourceArn ?? '*');
const onGroup =
  (action: string) =>
  (input: Input, context: Context): Authorization[] => [
    { action: `logs:${action}`, resource: `${groupArn(placeOf(context), nameOf(input))}:*` },
  ];
const onStream =
  (action: string) =>
  (input: Input, context: Context): Authorization[] => [
    {
      action: `logs:${action}`,
      resource: `${groupArn(placeOf(context), nameOf(input))}:log-stream:${input.logStreamName ?? '*'}`,
    },
  ];

export const logs = defineService({
  id: 'logs',
  operations: {
    CreateLogGroup: groups.createLogGroup,
    CreateLogStream: createLogStream,
    DeleteLogGroup: groups.deleteLogGroup,
    DeleteLogStream: deleteLogStream,
    DeleteRetentionPolicy: groups.deleteRetentionPolicy,
    DescribeLogGroups: groups.describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
    ListTagsForResource: groups.listTagsForResource,
    ListTagsLogGroup: groups.listTagsLogGroup,
    PutLogEvents: putLogEvents,
    PutLogGroupDeletionProtection: groups.putLogGroupDeletionProtection,
    PutRetentionPolicy: groups.putRetentionPolicy,
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
    DescribeLogStreams: onGroup('DescribeLogStreams'),
    FilterLogEvents: onGroup('FilterLogEvents'),
    GetLogEvents: onStream('GetLogEvents'),
    ListTagsForResource: onGroup('ListTagsForResource'),
    ListTagsLogGroup: onGroup('ListTagsLogGroup'),
    PutLogEvents: onStream('PutLogEvents'),
    PutLogGroupDeletionProtection: onGroup('PutLogGroupDeletionProtection'),
    PutRetentionPolicy: onGroup('PutRetentionPolicy'),
    TagLogGroup: onGroup('TagLogGroup'),
    TagResource: onGroup('TagResource'),
    UntagLogGroup: onGroup('UntagLogGroup'),
    UntagResource: onGroup('UntagResource'),
  },
  work: {
    'logs:clear-group': { run: clearOldGroup, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
    'logs:retention': { run: removeExpired, retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures } },
  },
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteMetricFilterCommand,
  DeleteQueryDefinitionCommand,
  DescribeDestinationsCommand,
  DescribeExportTasksCommand,
  DescribeMetricFiltersCommand,
  DescribeQueryDefinitionsCommand,
  PutQueryDefinitionCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestServer } from '../../harness.ts';

const server = await startTestServer();
const logs = new CloudWatchLogsClient(server.sdk);
after(() => server.stop());

test('saved queries are kept, replaced by their id, found by prefix and deleted', async () => {
  const put = (input: object) =>
    logs.send(new PutQueryDefinitionCommand({ name: 'team/errors', queryString: 'fields @message', ...input }));
  const { queryDefinitionId = '' } = await put({});
  await put({ name: 'other' });
  await put({ queryDefinitionId, queryString: 'limit 5', logGroupNames: ['/a'] });
  const found = await logs.send(new DescribeQueryDefinitionsCommand({ queryDefinitionNamePrefix: 'team/' }));
  const { lastModified, ...definition } = found.queryDefinitions?.[0] ?? {};
  assert.equal(found.queryDefinitions?.length, 1);
  assert.equal(typeof lastModified, 'number');
  assert.deepEqual(definition, {
    queryLanguage: 'CWLI',
    queryDefinitionId,
    name: 'team/errors',
    queryString: 'limit 5',
    logGroupNames: ['/a'],
  });
  const page = await logs.send(new DescribeQueryDefinitionsCommand({ maxResults: 1 }));
  const { nextToken } = page;
  const rest = await logs.send(new DescribeQueryDefinitionsCommand({ maxResults: 1, nextToken }));
  assert.deepEqual([page.queryDefinitions?.length, rest.queryDefinitions?.length, rest.nextToken], [1, 1, undefined]);
  assert.equal((await logs.send(new DeleteQueryDefinitionCommand({ queryDefinitionId }))).success, true);
  await assert.rejects(put({ queryDefinitionId }), { name: 'ResourceNotFoundException' });
  await assert.rejects(logs.send(new DeleteQueryDefinitionCommand({ queryDefinitionId })), {
    name: 'ResourceNotFoundException',
  });
});

test('what is not built is listed as none', async () => {
  const logGroupName = '/plain';
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  assert.deepEqual((await logs.send(new DescribeMetricFiltersCommand({ logGroupName }))).metricFilters, []);
  assert.deepEqual((await logs.send(new DescribeDestinationsCommand({}))).destinations, []);
  assert.deepEqual((await logs.send(new DescribeExportTasksCommand({}))).exportTasks, []);
  await assert.rejects(logs.send(new DescribeMetricFiltersCommand({ logGroupName: '/none' })), {
    name: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  });
  await assert.rejects(logs.send(new DeleteMetricFilterCommand({ logGroupName, filterName: 'f' })), {
    name: 'ResourceNotFoundException',
    message: 'The specified metric filter does not exist.',
  });
  await assert.rejects(logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 42 })), {
    name: 'InvalidParameterException',
    message: /^Invalid retention value\. Valid values are: \[1, 3, 5, 7, /,
  });
});

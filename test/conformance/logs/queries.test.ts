import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeQueriesCommand,
  GetLogRecordCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  StartQueryCommand,
  StopQueryCommand,
  type GetQueryResultsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

const logGroupName = '/queried';
/** a full minute, so that bins are known */
const base = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
let server: TestServer;
let logs: CloudWatchLogsClient;
before(async () => {
  server = await startTestServer();
  logs = new CloudWatchLogsClient(server.sdk);
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
  const lines = [
    '{"level":"info","ms":10,"user":{"name":"ann"}}',
    '{"level":"error","ms":30,"user":{"name":"bob"}}',
    'REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 12.5 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t',
    '{"level":"error","ms":50,"user":{"name":"ann"}}',
    'plain user=carl, took 7 ms',
  ];
  const logEvents = lines.map((message, i) => ({ timestamp: base + i * 20_000, message }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 's', logEvents }));
});
after(() => server.stop());

const start = (queryString: string, rest: object = {}) =>
  logs.send(
    new StartQueryCommand({
      logGroupName,
      startTime: Math.floor(base / 1000),
      endTime: Math.floor(base / 1000) + 3600,
      queryString,
      ...rest,
    }),
  );
async function finish(queryString: string, rest: object = {}): Promise<GetQueryResultsCommandOutput> {
  const { queryId } = await start(queryString, rest);
  return eventually(async () => {
    const answer = await logs.send(new GetQueryResultsCommand({ queryId }));
    return answer.status === 'Complete' ? answer : undefined;
  });
}
/** rows as objects, without pointers */
const rows = async (queryString: string, rest: object = {}): Promise<Record<string, string | undefined>[]> =>
  ((await finish(queryString, rest)).results ?? []).map((row) =>
    Object.fromEntries(row.filter(({ field }) => field !== '@ptr').map(({ field, value }) => [field, value])),
  );

test('without commands the newest events come first, with a pointer each', async () => {
  const { results, statistics, queryLanguage } = await finish('fields @timestamp, @message | limit 2');
  assert.deepEqual(
    results?.map((row) => row.map(({ field }) => field)),
    Array(2).fill(['@timestamp', '@message', '@ptr']),
  );
  assert.equal(results?.[0]?.[1]?.value, 'plain user=carl, took 7 ms');
  assert.equal(results?.[0]?.[0]?.value, new Date(base + 80_000).toISOString().replace('T', ' ').replace('Z', ''));
  assert.equal(queryLanguage, 'CWLI');
  const { bytesScanned, ...counts } = statistics ?? {};
  assert.ok((bytesScanned ?? 0) > 0);
  assert.deepEqual(counts, {
    recordsMatched: 5,
    recordsScanned: 5,
    estimatedRecordsSkipped: 0,
    estimatedBytesSkipped: 0,
    logGroupsScanned: 1,
  });
});

test('a pointer leads back to its event with all fields', async () => {
  const { results } = await finish('filter ms = 50');
  const logRecordPointer = results?.[0]?.find(({ field }) => field === '@ptr')?.value;
  const { logRecord } = await logs.send(new GetLogRecordCommand({ logRecordPointer }));
  const { '@ingestionTime': _ingested, '@message': message, ...rest } = logRecord ?? {};
  assert.match(message ?? '', /"ms":50/);
  assert.deepEqual(rest, {
    '@timestamp': String(base + 60_000),
    '@logStream': 's',
    '@log': `000000000000:${logGroupName}`,
    level: 'error',
    ms: '50',
    'user.name': 'ann',
  });
  await assert.rejects(logs.send(new GetLogRecordCommand({ logRecordPointer: 'x' })), {
    name: 'InvalidParameterException',
  });
});

test('JSON fields are discovered, filtered and sorted; what a row lacks is left out', async () => {
  assert.deepEqual(await rows('fields level, user.name, none | filter level = "error" and ms > 20 | sort ms asc'), [
    { level: 'error', 'user.name': 'bob' },
    { level: 'error', 'user.name': 'ann' },
  ]);
  assert.deepEqual(await rows('filter @message like /user=\\w+/ | display toupper(@logStream) as up'), [{ up: 'S' }]);
  assert.deepEqual(
    await rows('filter level in ["info"] or @message like "took" | fields strlen(level) as n | sort @timestamp asc'),
    [{ n: '4' }, {}],
  );
  assert.deepEqual(await rows('filter user.name not like /n/ and ispresent(ms) | fields ms * 2 + 1 as more'), [
    { more: '61' },
  ]);
});

test('stats counts and groups', async () => {
  assert.deepEqual(await rows('stats count(*) by level | filter ispresent(level) | sort level desc'), [
    { level: 'info', 'count(*)': '1' },
    { level: 'error', 'count(*)': '2' },
  ]);
  assert.deepEqual(
    await rows(
      'filter level = "error" | stats avg(ms) as mean, max(ms), pct(ms, 50) as median, count_distinct(user.name) as users',
    ),
    [{ mean: '40', 'max(ms)': '50', median: '30', users: '2' }],
  );
  const bins = await rows('stats count(*) as n by bin(1m) | sort bin(1m) asc');
  const at = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  assert.deepEqual(bins, [
    { 'bin(1m)': at(base), n: '3' },
    { 'bin(1m)': at(base + 60_000), n: '2' },
  ]);
});

test('parse, dedup and the fields of a REPORT line', async () => {
  assert.deepEqual(
    await rows('parse @message "user=*, took * ms" as name, took | filter ispresent(name) | display name, took'),
    [{ name: 'carl', took: '7' }],
  );
  assert.deepEqual(await rows('parse @message /took (?<took>\\d+)/ | filter took = 7 | display took'), [{ took: '7' }]);
  assert.deepEqual(await rows('filter ispresent(level) | dedup level | display ms'), [{ ms: '50' }, { ms: '10' }]);
  assert.deepEqual(await rows('filter @type = "REPORT" | display @requestId, @duration, @maxMemoryUsed'), [
    { '@requestId': '11111111-2222-3333-4444-555555555555', '@duration': '12.5', '@maxMemoryUsed': '70000000' },
  ]);
});

test('what is no query is refused with its place', async () => {
  await assert.rejects(start('fields @message | nonsense 3'), (error: any) => {
    assert.equal(error.name, 'MalformedQueryException');
    assert.deepEqual(error.queryCompileError.location, { startCharOffset: 18, endCharOffset: 26 });
    return true;
  });
  for (const text of [
    'filter (',
    'fields nofunction(a)',
    'limit x',
    'parse @message "*" as a, b',
    'filter a like /[/',
  ]) {
    await assert.rejects(start(text), { name: 'MalformedQueryException' }, text);
  }
  await assert.rejects(start('limit 1', { logGroupName: 'none' }), {
    name: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  });
  await assert.rejects(start('limit 1', { startTime: 1, endTime: 2 }), { name: 'MalformedQueryException' });
  await assert.rejects(start('limit 1', { queryLanguage: 'SQL' }), { name: 'InvalidParameterException' });
});

test('queries are described, and one that has ended cannot be stopped', async () => {
  await finish('limit 1');
  const { queries } = await logs.send(new DescribeQueriesCommand({ logGroupName, status: 'Complete', maxResults: 1 }));
  assert.equal(queries?.length, 1);
  const { queryId } = queries?.[0] ?? {};
  await assert.rejects(logs.send(new StopQueryCommand({ queryId })), { name: 'InvalidParameterException' });
  await assert.rejects(logs.send(new GetQueryResultsCommand({ queryId: 'none' })), {
    name: 'ResourceNotFoundException',
  });
});

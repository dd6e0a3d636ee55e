import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  DescribeLogStreamsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestServer, type TestServer } from '../../harness.ts';

const logGroupName = '/streams';
let server: TestServer;
let logs: CloudWatchLogsClient;
before(async () => {
  server = await startTestServer();
  logs = new CloudWatchLogsClient(server.sdk);
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
});
after(() => server.stop());

const create = (logStreamName: string, group = logGroupName) =>
  logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName }));
const describe = async (rest: object): Promise<(string | undefined)[]> =>
  ((await logs.send(new DescribeLogStreamsCommand({ logGroupName, ...rest }))).logStreams ?? []).map(
    (stream) => stream.logStreamName,
  );

test('an empty stream has no times and no token, one with events has all', async () => {
  await create('2026/[$LATEST]a');
  const ask = new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: '2026/' });
  const [empty] = (await logs.send(ask)).logStreams ?? [];
  assert.deepEqual(empty, {
    logStreamName: '2026/[$LATEST]a',
    creationTime: empty?.creationTime,
    arn: `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}:log-stream:2026/[$LATEST]a`,
    storedBytes: 0,
  });
  const now = Date.now();
  const logEvents = [
    { timestamp: now - 5, message: 'a' },
    { timestamp: now, message: 'b' },
  ];
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: '2026/[$LATEST]a', logEvents }));
  const [full] = (await logs.send(ask)).logStreams ?? [];
  assert.deepEqual([full?.firstEventTimestamp, full?.lastEventTimestamp], [now - 5, now]);
  assert.equal(typeof full?.lastIngestionTime, 'number');
  assert.match(full?.uploadSequenceToken ?? '', /^\d{56}$/);
});

test('streams come by name or by last event, both ways, page by page', async () => {
  const now = Date.now();
  for (const [name, ago] of [
    ['s-a', 1],
    ['s-b', 3],
    ['s-c', 2],
  ] as const) {
    await create(name);
    const logEvents = [{ timestamp: now - ago * 1000, message: name }];
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: name, logEvents }));
  }
  assert.deepEqual(await describe({ logStreamNamePrefix: 's-' }), ['s-a', 's-b', 's-c']);
  assert.deepEqual(await describe({ logStreamNamePrefix: 's-', descending: true }), ['s-c', 's-b', 's-a']);
  const byTime = await describe({ orderBy: 'LastEventTime', descending: true });
  assert.deepEqual(
    byTime.filter((name) => name?.startsWith('s-')),
    ['s-a', 's-c', 's-b'],
  );
  const first = await logs.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: 's-', limit: 2 }));
  assert.equal(first.logStreams?.length, 2);
  assert.deepEqual(await describe({ logStreamNamePrefix: 's-', limit: 2, nextToken: first.nextToken }), ['s-c']);
  await assert.rejects(describe({ orderBy: 'LastEventTime', logStreamNamePrefix: 's-' }), {
    name: 'InvalidParameterException',
    message: 'Cannot order by LastEventTime with a logStreamNamePrefix.',
  });
});

test('streams exist once and need their group', async () => {
  await create('twice');
  await assert.rejects(create('twice'), {
    name: 'ResourceAlreadyExistsException',
    message: 'The specified log stream already exists',
  });
  await assert.rejects(create('x', 'none'), { message: 'The specified log group does not exist.' });
  await assert.rejects(create('a:b'), {
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value 'a:b' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*",
  });
  const remove = new DeleteLogStreamCommand({ logGroupName, logStreamName: 'twice' });
  await logs.send(remove);
  await assert.rejects(logs.send(remove), {
    name: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  });
  await assert.rejects(logs.send(new DescribeLogStreamsCommand({ logGroupName, logGroupIdentifier: logGroupName })), {
    name: 'InvalidParameterException',
  });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TestMetricFilterCommand,
  type PutLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestServer, type TestServer } from '../../harness.ts';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
let server: TestServer;
let logs: CloudWatchLogsClient;
before(async () => {
  server = await startTestServer();
  logs = new CloudWatchLogsClient(server.sdk);
});
after(() => server.stop());

async function createStreams(logGroupName: string, ...names: string[]): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of names) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
}
const put = (
  logGroupName: string,
  logStreamName: string,
  ...events: [timestamp: number, message: string][]
): Promise<PutLogEventsCommandOutput> =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
    }),
  );
const get = (logGroupName: string, logStreamName: string, rest: object = {}) =>
  logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, ...rest }));
const filter = (logGroupName: string, rest: object = {}) =>
  logs.send(new FilterLogEventsCommand({ logGroupName, ...rest }));
const messages = ({ events }: { events?: { message?: string }[] | undefined }): (string | undefined)[] =>
  (events ?? []).map((event) => event.message);

test('events are read from the head or the tail, startTime inclusive and endTime exclusive', async () => {
  await createStreams('read', 's');
  const now = Date.now();
  const { nextSequenceToken, rejectedLogEventsInfo } = await put(
    'read',
    's',
    [now - 2, 'a'],
    [now - 1, 'b'],
    [now, 'c'],
  );
  assert.match(nextSequenceToken ?? '', /^\d{56}$/);
  assert.equal(rejectedLogEventsInfo, undefined);
  const all = await get('read', 's');
  assert.deepEqual(messages(all), ['a', 'b', 'c']);
  assert.deepEqual(Object.keys(all.events?.[0] ?? {}).sort(), ['ingestionTime', 'message', 'timestamp']);
  assert.match(all.nextForwardToken ?? '', /^f\/\d{56}\/s$/);
  assert.match(all.nextBackwardToken ?? '', /^b\/\d{56}\/s$/);
  assert.deepEqual(messages(await get('read', 's', { limit: 2 })), ['b', 'c']);
  assert.deepEqual(messages(await get('read', 's', { limit: 2, startFromHead: true })), ['a', 'b']);
  assert.deepEqual(messages(await get('read', 's', { startTime: now - 1, endTime: now })), ['b']);
  const byArn = { logGroupIdentifier: 'arn:aws:logs:us-east-1:000000000000:log-group:read', logStreamName: 's' };
  assert.deepEqual(messages(await logs.send(new GetLogEventsCommand(byArn))), ['a', 'b', 'c']);
});

test('tokens lead through the stream and come back at its ends', async () => {
  await createStreams('tokens', 's');
  const now = Date.now();
  for (let i = 0; i < 5; i++) await put('tokens', 's', [now + i, `m${i}`]);
  const first = await get('tokens', 's', { startFromHead: true, limit: 2 });
  const second = await get('tokens', 's', { nextToken: first.nextForwardToken, limit: 2 });
  assert.deepEqual(messages(second), ['m2', 'm3']);
  const third = await get('tokens', 's', { nextToken: second.nextForwardToken, limit: 2 });
  assert.deepEqual(messages(third), ['m4']);
  const end = await get('tokens', 's', { nextToken: third.nextForwardToken, limit: 2 });
  assert.deepEqual([messages(end), end.nextForwardToken], [[], third.nextForwardToken]);
  assert.deepEqual(messages(await get('tokens', 's', { nextToken: third.nextBackwardToken, limit: 3 })), [
    'm1',
    'm2',
    'm3',
  ]);
  await put('tokens', 's', [now + 9, 'late']);
  assert.deepEqual(messages(await get('tokens', 's', { nextToken: end.nextForwardToken })), ['late']);
  await assert.rejects(get('tokens', 's', { nextToken: 'nonsense' }), {
    name: 'InvalidParameterException',
    message: 'The specified nextToken is invalid.',
  });
});

test('overlapping batches are read in order of time, then of arrival', async () => {
  await createStreams('mixed', 's');
  const now = Date.now();
  await put('mixed', 's', [now - 20 * HOUR_MS, '1'], [now, '5']);
  await put('mixed', 's', [now - 10 * HOUR_MS, '2'], [now - 2 * HOUR_MS, '4']);
  await put('mixed', 's', [now - 5 * HOUR_MS, '3'], [now, '6']);
  assert.deepEqual(messages(await get('mixed', 's', { startFromHead: true })), ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual(messages(await get('mixed', 's', { limit: 3 })), ['4', '5', '6']);
  assert.deepEqual(messages(await get('mixed', 's', { startTime: now - HOUR_MS })), ['5', '6']);
  const paged: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await filter('mixed', { limit: 2, nextToken });
    paged.push(...messages(page));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(paged, ['1', '2', '3', '4', '5', '6']);
});

test('a batch is checked as a whole', async () => {
  await createStreams('checked', 's');
  const now = Date.now();
  const refuses = (message: string | RegExp, ...events: [number, string][]): Promise<void> =>
    assert.rejects(put('checked', 's', ...events), { name: 'InvalidParameterException', message });
  await refuses(
    'Log events in a single PutLogEvents request must be in chronological order.',
    [now, 'b'],
    [now - 1, 'a'],
  );
  await refuses(
    'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    [now - DAY_MS - 1, 'a'],
    [now, 'b'],
  );
  await refuses('Upload too large: 1048577 bytes exceeds limit of 1048576', [now, 'x'.repeat(1048524)], [now, 'y']);
  await refuses(
    "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
  await assert.rejects(put('checked', 'none', [now, 'a']), { message: 'The specified log stream does not exist.' });
  await assert.rejects(put('none', 's', [now, 'a']), { message: 'The specified log group does not exist.' });
});

test('what is too old, expired or too new is rejected alone', async () => {
  await createStreams('rejected', 's');
  const now = Date.now();
  const old = await put('rejected', 's', [now - 15 * DAY_MS, 'old'], [now - 14 * DAY_MS - HOUR_MS, 'old']);
  assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 2 });
  const future = await put('rejected', 's', [now, 'now'], [now + 3 * HOUR_MS, 'new']);
  assert.deepEqual(future.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
  assert.deepEqual(messages(await get('rejected', 's')), ['now']);
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: 'rejected', retentionInDays: 1 }));
  const expired = await put('rejected', 's', [now - DAY_MS - HOUR_MS, 'gone'], [now - 2 * HOUR_MS, 'kept']);
  assert.deepEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
  assert.deepEqual(messages(await get('rejected', 's')), ['kept', 'now']);
});

test('FilterLogEvents merges the streams of a group by time', async () => {
  await createStreams('merged', 'a', 'b', 'other');
  const now = Date.now();
  await put('merged', 'a', [now - 3, 'ERROR 1'], [now - 1, 'fine']);
  await put('merged', 'b', [now - 2, 'ERROR 2'], [now, 'ERROR 3']);
  await put('merged', 'other', [now - 2, 'ERROR 4']);
  const all = await filter('merged', { filterPattern: 'ERROR', logStreamNames: ['a', 'b'] });
  assert.deepEqual(messages(all), ['ERROR 1', 'ERROR 2', 'ERROR 3']);
  const { eventId, ingestionTime, ...event } = all.events?.[0] ?? {};
  assert.deepEqual(event, { logStreamName: 'a', timestamp: now - 3, message: 'ERROR 1' });
  assert.equal(typeof ingestionTime, 'number');
  assert.equal(BigInt(eventId ?? '') >> 144n, BigInt(now - 3));
  assert.deepEqual([all.searchedLogStreams, all.nextToken], [[], undefined]);
  assert.deepEqual(
    messages(await filter('merged', { startTime: now - 2, endTime: now - 1 })).toSorted((a, b) =>
      (a ?? '') < (b ?? '') ? -1 : 1,
    ),
    ['ERROR 2', 'ERROR 4', 'fine'],
  );
  assert.deepEqual(messages(await filter('merged', { logStreamNamePrefix: 'o' })), ['ERROR 4']);
  const ids = (await filter('merged')).events?.map((each) => each.eventId);
  assert.equal(new Set(ids).size, 5);
});

test('FilterLogEvents refuses what AWS refuses', async () => {
  await createStreams('strict', 's');
  await assert.rejects(filter('strict', { logStreamNames: ['none'] }), {
    name: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  });
  await assert.rejects(filter('strict', { logStreamNames: ['s'], logStreamNamePrefix: 's' }), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(filter('strict', { filterPattern: '{ $.a = ' }), { message: 'Invalid filter pattern' });
  await assert.rejects(filter('strict', { filterPattern: 'a-b' }), { message: "Invalid character(s) in term 'a-b'" });
  await assert.rejects(filter('strict', { nextToken: 'x' }), { message: 'The specified nextToken is invalid.' });
  await assert.rejects(logs.send(new FilterLogEventsCommand({})), { name: 'InvalidParameterException' });
});

test('TestMetricFilter answers the matches with what their pattern names', async () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET / HTTP/1.0" 200 1534';
  const run = async (filterPattern: string, ...logEventMessages: string[]) =>
    (await logs.send(new TestMetricFilterCommand({ filterPattern, logEventMessages }))).matches;
  assert.deepEqual(await run('[ip, id, user, timestamp, request, status = 2*, size]', 'no', line), [
    {
      eventNumber: 2,
      eventMessage: line,
      extractedValues: {
        $ip: '127.0.0.1',
        $id: '-',
        $user: 'frank',
        $timestamp: '10/Oct/2000:13:25:15 -0700',
        $request: 'GET / HTTP/1.0',
        $status: '200',
        $size: '1534',
      },
    },
  ]);
  const [json] = (await run('{ $.n > 1 }', '{"n":2}')) ?? [];
  assert.deepEqual(json?.extractedValues, { '$.n': '2' });
});

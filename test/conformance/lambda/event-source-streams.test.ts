import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DeleteEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { eventually } from '../../harness.ts';
import { bodiesOf, startStreamFixture, type StreamFixture } from './event-source-fixture.ts';
import { ROLE } from './fixture.ts';

let f: StreamFixture;
before(async () => {
  f = await startStreamFixture();
});
after(() => f.stop());

const SHARD = 'shardId-000000000000';
const put = (stream: string, text: string, key = 'k', arrivedAt?: number): Promise<string> =>
  f.kinesis.putText(stream, SHARD, key, text, arrivedAt);

test('a Kinesis record arrives in the form of AWS', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  await put(stream, 'Hello', 'pk', 1_545_084_650_987);
  await put(stream, 'two', 'pk');
  const { UUID } = await f.map(name, stream, { MaximumRecordAgeInSeconds: -1, BatchSize: 1 });
  // the first is older than the stream keeps records, and is passed over
  const [event] = await f.events(out, 1);
  assert.equal(event.Records.length, 1);
  const [record] = event.Records;
  assert.deepEqual(Object.keys(event), ['Records']);
  const { approximateArrivalTimestamp, ...kinesis } = record.kinesis;
  assert.ok(Math.abs(approximateArrivalTimestamp * 1000 - Date.now()) < 60_000);
  assert.deepEqual(
    { ...record, kinesis },
    {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: 'pk',
        sequenceNumber: '2',
        data: Buffer.from('two').toString('base64'),
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${SHARD}:2`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: ROLE,
      awsRegion: 'us-east-1',
      eventSourceARN: stream,
    },
  );
  await eventually(async () => (await f.get(UUID)).LastProcessingResult === 'OK');
});

test("a table's record arrives in the form of AWS", async () => {
  const stream = await f.tableStream();
  const { name, out } = await f.worker();
  await f.map(name, stream);
  const content = {
    partitionKey: 'a',
    eventId: 'c4ca4238a0b923820dcc509a6f75849b',
    keys: { Id: { N: '101' } },
    sizeBytes: 26,
    viewType: 'NEW_AND_OLD_IMAGES',
  } as const;
  const shard = 'shardId-00000001573689847184-864758bb';
  const at = Date.now();
  await f.tables.put(stream, shard, { ...content, eventName: 'INSERT', newImage: { Id: { N: '101' } } }, at);
  const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  await f.tables.put(
    stream,
    shard,
    { ...content, eventName: 'REMOVE', oldImage: { Id: { N: '101' } }, userIdentity },
    at,
  );
  const events = await f.events(out, 1);
  if (events[0].Records.length === 1) events.push(...(await f.events(out, 1)));
  const records = events.flatMap(({ Records }) => Records);
  const common = { eventID: content.eventId, eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'us-east-1' };
  const dynamodb = {
    ApproximateCreationDateTime: Math.floor(at / 1000),
    Keys: { Id: { N: '101' } },
    SizeBytes: 26,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  };
  assert.deepEqual(records, [
    {
      ...common,
      eventName: 'INSERT',
      dynamodb: { ...dynamodb, NewImage: { Id: { N: '101' } }, SequenceNumber: '1' },
      eventSourceARN: stream,
    },
    {
      ...common,
      eventName: 'REMOVE',
      dynamodb: { ...dynamodb, OldImage: { Id: { N: '101' } }, SequenceNumber: '2' },
      userIdentity,
      eventSourceARN: stream,
    },
  ]);
});

test('a mapping of a stream answers every member of AWS, and goes through its states', async () => {
  const stream = await f.stream();
  const { name } = await f.worker();
  const { $metadata: _m, UUID = '', LastModified, ...created } = (await f.map(name, stream)) as any;
  assert.ok(LastModified instanceof Date);
  const members = {
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 0,
    ParallelizationFactor: 1,
    EventSourceArn: stream,
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    LastProcessingResult: 'No records processed',
    State: 'Creating',
    StateTransitionReason: 'User action',
    DestinationConfig: { OnFailure: {} },
    MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: false,
    MaximumRetryAttempts: -1,
    TumblingWindowInSeconds: 0,
    FunctionResponseTypes: [],
    EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`,
  };
  assert.deepEqual(created, members);
  await f.inState(UUID, 'Enabled');
  const update = (input: object): Promise<any> =>
    f.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ...input }));
  const Destination = (await f.queue()).arn;
  const {
    $metadata: _n,
    LastModified: _l,
    UUID: _u,
    ...updated
  } = await update({
    BatchSize: 7,
    ParallelizationFactor: 2,
    MaximumRecordAgeInSeconds: 60,
    MaximumRetryAttempts: 3,
    BisectBatchOnFunctionError: true,
    TumblingWindowInSeconds: 30,
    DestinationConfig: { OnFailure: { Destination } },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  assert.deepEqual(updated, {
    ...members,
    BatchSize: 7,
    ParallelizationFactor: 2,
    State: 'Updating',
    DestinationConfig: { OnFailure: { Destination } },
    MaximumRecordAgeInSeconds: 60,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 3,
    TumblingWindowInSeconds: 30,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  assert.equal((await update({ Enabled: false })).State, 'Disabling');
  await f.inState(UUID, 'Disabled');
  assert.equal((await update({ Enabled: true, DestinationConfig: { OnFailure: {} } })).State, 'Enabling');
  await f.inState(UUID, 'Enabled');
  const now = await f.get(UUID);
  assert.deepEqual([now.DestinationConfig, now.BatchSize], [{ OnFailure: {} }, 7]);
  assert.equal((await f.lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).State, 'Deleting');
  await eventually(async () => {
    const { EventSourceMappings = [] } = await f.lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: name }),
    );
    return EventSourceMappings.length === 0;
  });
  await assert.rejects(f.get(UUID), {
    name: 'ResourceNotFoundException',
    message: 'The resource you requested does not exist.',
  });
});

test('what cannot be mapped is refused in words', async () => {
  const { name } = await f.worker();
  const stream = await f.stream();
  const table = await f.tableStream();
  const refused = async (arn: string, more: object, message: string): Promise<void> => {
    await assert.rejects(f.map(name, arn, more), { name: 'InvalidParameterValueException', message });
  };
  await refused(`${stream}-none`, {}, `Stream not found: ${stream}-none`);
  await refused(
    stream,
    { StartingPosition: undefined },
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
  );
  await refused(
    table,
    { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: new Date() },
    `Unsupported starting position for arn type: ${table}`,
  );
  await refused(stream, { StartingPosition: 'AT_TIMESTAMP' }, 'Need to specify a timestamp');
  await refused(
    stream,
    { MaximumRecordAgeInSeconds: 59 },
    'MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)',
  );
  await refused(
    stream,
    { ScalingConfig: { MaximumConcurrency: 5 } },
    'Unsupported ScalingConfig parameter for given event source mapping type.',
  );
  await refused(
    stream,
    { DestinationConfig: { OnSuccess: { Destination: 'arn:aws:sqs:us-east-1:000000000000:q' } } },
    'Unsupported DestinationConfig parameter for given event source mapping type.',
  );
  await refused(
    stream,
    { FilterCriteria: { Filters: [{ Pattern: '{"data":["text"]}' }] } },
    'Invalid filter pattern definition.',
  );
  await refused('arn:aws:dynamodb:us-east-1:000000000000:table/t', {}, 'Unrecognized event source.');
  const { UUID } = await f.map(name, stream, { Enabled: false });
  await assert.rejects(f.map(name, stream), {
    name: 'ResourceConflictException',
    message: `The event source arn (" ${stream} ") and function (" ${name} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${UUID}`,
  });
});

test('LATEST begins with what is put after the answer, AT_TIMESTAMP where it says', async () => {
  const stream = await f.stream();
  const [latest, at] = [await f.worker(), await f.worker()];
  const now = Date.now();
  await put(stream, 'before', 'k', now - 20_000);
  await put(stream, 'middle', 'k', now - 10_000);
  await f.map(latest.name, stream, { StartingPosition: 'LATEST' });
  await put(stream, 'after');
  assert.deepEqual(bodiesOf((await f.events(latest.out, 1))[0]), ['after']);
  await f.map(at.name, stream, {
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: new Date(now - 15_000),
  });
  assert.deepEqual(bodiesOf((await f.events(at.out, 1))[0]), ['middle', 'after']);
});

test('a disabled mapping goes on where it was', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  const { UUID } = await f.map(name, stream);
  await put(stream, 'one');
  assert.deepEqual(bodiesOf((await f.events(out, 1))[0]), ['one']);
  await f.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await f.inState(UUID, 'Disabled');
  await put(stream, 'two');
  await f.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  assert.deepEqual(bodiesOf((await f.events(out, 1))[0]), ['two']);
});

test('children of a shard are read after it', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  await put(stream, 'parent 1');
  await put(stream, 'parent 2');
  await f.kinesis.split(stream, SHARD, ['shardId-000000000001', 'shardId-000000000002']);
  await f.kinesis.putText(stream, 'shardId-000000000001', 'a', 'left');
  await f.kinesis.putText(stream, 'shardId-000000000002', 'b', 'right');
  await f.map(name, stream, { BatchSize: 1 });
  const seen = (await f.events(out, 4)).flatMap(bodiesOf);
  assert.deepEqual(
    [seen.slice(0, 2), seen.slice(2).toSorted()],
    [
      ['parent 1', 'parent 2'],
      ['left', 'right'],
    ],
  );
  // and what happens while it is followed
  await f.kinesis.split(stream, 'shardId-000000000001', ['shardId-000000000003']);
  await f.kinesis.putText(stream, 'shardId-000000000003', 'a', 'grandchild');
  assert.deepEqual(bodiesOf((await f.events(out, 1))[0]), ['grandchild']);
});

test('batches of a shard run side by side, the records of one key in order', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker(
    'async ([body]) => { if (body === "slow") await new Promise((done) => setTimeout(done, 1000)); }',
  );
  await put(stream, 'slow', 'key');
  await put(stream, 'after', 'key');
  for (let n = 0; n < 4; n++) await put(stream, `free ${n}`, `other ${n}`);
  await f.map(name, stream, { BatchSize: 1, ParallelizationFactor: 10 });
  const seen = (await f.events(out, 6)).flatMap(bodiesOf);
  // one at a time, they would come in the order in which they were put
  assert.deepEqual([seen.indexOf('slow') < seen.indexOf('after'), seen.indexOf('after')], [true, 5]);
});

test('a window gathers what comes in it', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  await f.map(name, stream, { BatchSize: 3, MaximumBatchingWindowInSeconds: 300 });
  for (const text of ['a', 'b', 'c']) await put(stream, text);
  assert.deepEqual(bodiesOf((await f.events(out, 1))[0]), ['a', 'b', 'c']);
});

test('filters look into JSON data, and what does not match is passed over', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  const Pattern = '{"data":{"kind":["order"],"total":[{"numeric":[">",10]}]},"partitionKey":[{"prefix":"a"}]}';
  await f.map(name, stream, { FilterCriteria: { Filters: [{ Pattern }] } });
  await put(stream, 'no JSON', 'a');
  await put(stream, '{"kind":"order","total":5}', 'a');
  await put(stream, '{"kind":"order","total":50}', 'b');
  await put(stream, '{"kind":"order","total":50}', 'a1');
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['{"kind":"order","total":50}']);
});

test('a batch that always fails is given up, and its failure destination is told', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker('(bodies) => { if (bodies.includes("bad")) throw new Error("bad"); }');
  const failures = await f.queue();
  await put(stream, 'bad');
  await put(stream, 'bad');
  const { UUID } = await f.map(name, stream, {
    MaximumRetryAttempts: 1,
    BatchSize: 2,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  const [record] = await f.events(failures.url, 1);
  await eventually(async () => (await f.get(UUID)).LastProcessingResult === 'PROBLEM: Function call failed');
  assert.equal((await f.events(out, 2)).length, 2);
  const { timestamp, requestContext, KinesisBatchInfo, ...rest } = record;
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(requestContext.requestId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(requestContext, {
    requestId: requestContext.requestId,
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 2,
  });
  assert.deepEqual(rest, {
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
  });
  const { approximateArrivalOfFirstRecord: first, approximateArrivalOfLastRecord: last, ...info } = KinesisBatchInfo;
  assert.ok(Date.parse(first) <= Date.parse(last) && Date.parse(last) <= Date.parse(timestamp));
  assert.deepEqual(info, {
    shardId: SHARD,
    startSequenceNumber: '1',
    endSequenceNumber: '2',
    batchSize: 2,
    streamArn: stream,
  });
  // and the shard goes on
  await put(stream, 'good');
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['good']);
});

test('records that are too old are not tried', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  const failures = await f.queue();
  await put(stream, 'old', 'k', Date.now() - 61_000);
  await put(stream, 'new');
  await f.map(name, stream, {
    MaximumRecordAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  const [record] = await f.events(failures.url, 1);
  assert.deepEqual(
    [record.requestContext.condition, record.requestContext.approximateInvokeCount, 'responseContext' in record],
    ['RecordAgeExceeded', 0, false],
  );
  assert.equal(record.KinesisBatchInfo.batchSize, 1);
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['new']);
});

test('a record that fits into no payload does not stop its shard', async (t) => {
  const stream = await f.stream();
  const { name, out } = await f.worker();
  const failures = await f.queue();
  await put(stream, 'large');
  await put(stream, 'small');
  const read = f.kinesis.read.bind(f.kinesis);
  t.mock.method(f.kinesis, 'read', async (...args: Parameters<typeof read>) => {
    const page = await read(...args);
    const grow = (data: Uint8Array): Uint8Array => (String(data) === 'large' ? Buffer.alloc(5_000_000) : data);
    return { ...page, records: page.records.map((record) => ({ ...record, data: grow(record.data) })) };
  });
  await f.map(name, stream, {
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  const [record] = await f.events(failures.url, 1);
  assert.deepEqual(
    [record.KinesisBatchInfo.batchSize, record.requestContext.condition, 'responseContext' in record],
    [1, 'RetryAttemptsExhausted', false],
  );
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['small']);
});

test('a bucket gets the event too', async () => {
  const stream = await f.stream();
  const { name } = await f.worker('() => { throw new Error("no"); }');
  const s3 = new S3Client(f.server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'failed-batches' }));
  // larger than what is kept inline
  await put(stream, 'x'.repeat(200_000));
  const { UUID } = await f.map(name, stream, {
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failed-batches' } },
  });
  const { Key = '' } = await eventually(async () => {
    return (await s3.send(new ListObjectsV2Command({ Bucket: 'failed-batches' }))).Contents?.[0];
  });
  const day = '\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-[0-9a-f-]{36}';
  assert.match(Key, new RegExp(`^aws/lambda/${UUID}/${SHARD}/${day}$`));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'failed-batches', Key }));
  const record = JSON.parse((await Body?.transformToString()) ?? '');
  assert.equal(record.requestContext.condition, 'RetryAttemptsExhausted');
  assert.equal(bodiesOf(JSON.parse(record.payload))[0]?.length, 200_000);
  s3.destroy();
});

test('the lowest failed sequence number is where the batch goes on', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker(`(bodies, { Records }) => ({
    batchItemFailures: bodies.length < 4 ? [] : [3, 1].map((n) => ({ itemIdentifier: Records[n].kinesis.sequenceNumber })),
  })`);
  for (const text of ['a', 'b', 'c', 'd']) await put(stream, text);
  await f.map(name, stream, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
  const [first, second] = await f.events(out, 2);
  assert.deepEqual(
    [bodiesOf(first), bodiesOf(second)],
    [
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ],
  );
});

test('an answer that names nothing known fails the whole batch', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker('() => ({ batchItemFailures: [{ itemIdentifier: "" }] })');
  const failures = await f.queue();
  await put(stream, 'a');
  await put(stream, 'b');
  await f.map(name, stream, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  const [record] = await f.events(failures.url, 1);
  assert.equal(record.responseContext.functionError, null);
  assert.deepEqual(bodiesOf((await f.events(out, 1))[0]), ['a', 'b']);
});

test('splitting isolates the record that fails', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker('(bodies) => { if (bodies.includes("bad")) throw new Error("bad"); }');
  const failures = await f.queue();
  for (const text of ['a', 'bad', 'c', 'd']) await put(stream, text);
  await f.map(name, stream, {
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  const [record] = await f.events(failures.url, 1);
  assert.equal(record.KinesisBatchInfo.startSequenceNumber, '2');
  assert.equal(record.KinesisBatchInfo.batchSize, 1);
  const seen = (await f.events(out, 5)).map(bodiesOf);
  assert.deepEqual(seen, [['a', 'bad', 'c', 'd'], ['a', 'bad'], ['a'], ['bad'], ['c', 'd']]);
});

const COUNT = `(bodies, event) => event.isFinalInvokeForWindow ? undefined
  : { state: { count: (event.state.count ?? 0) + bodies.length, text: 'x'.repeat(bodies.includes('large') ? 1100000 : 0) } }`;

test('a tumbling window carries its state, and ends', async () => {
  const stream = await f.stream();
  const { name, out } = await f.worker(COUNT);
  const start = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
  for (const text of ['a', 'b', 'c']) await put(stream, text, 'k', start + 1000);
  await put(stream, 'later', 'k', start + 61_000);
  await f.map(name, stream, { TumblingWindowInSeconds: 60, BatchSize: 2 });
  const events = await f.events(out, 5);
  const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
  assert.deepEqual(
    events.map(({ Records, state, window, isFinalInvokeForWindow }) => [
      Records.length,
      state.count,
      window.start,
      isFinalInvokeForWindow,
    ]),
    [
      [2, undefined, iso(start), false],
      [1, 2, iso(start), false],
      [0, 3, iso(start), true],
      [1, undefined, iso(start + 60_000), false],
      [0, 1, iso(start + 60_000), true],
    ],
  );
  const { Records: _records, state: _state, ...rest } = events[2];
  assert.deepEqual(rest, {
    window: { start: iso(start), end: iso(start + 60_000) },
    shardId: SHARD,
    eventSourceARN: stream,
    isFinalInvokeForWindow: true,
    isWindowTerminatedEarly: false,
  });
});

test('a state that grows too large ends its window early', async () => {
  const stream = await f.stream();
  // what it repeats must fit into a message
  const { name, out } = await f.worker(
    `(bodies, event) => { if (event.isFinalInvokeForWindow) return; return (${COUNT})(bodies, event); }`,
  );
  const start = Math.floor(Date.now() / 900_000) * 900_000;
  await put(stream, 'large', 'k', start + 1);
  await put(stream, 'small', 'k', start + 2);
  const { UUID } = await f.map(name, stream, { TumblingWindowInSeconds: 900, BatchSize: 1, MaximumRetryAttempts: 0 });
  // the final call has a state that the queue does not take: it fails and the state is dropped, then the window begins anew
  const events = await f.events(out, 2);
  assert.deepEqual(
    events.map((event) => [bodiesOf(event), event.state]),
    [
      [['large'], {}],
      [['small'], {}],
    ],
  );
  await f.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
});

import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import { ServiceError } from '#core/errors.ts';
import type { InvokeRequest } from '#kernel/functions.ts';
import { eventually, startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

// Functions have their own tests; here only what S3 sends them counts.
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:thumbs';
interface EventRecord {
  eventName: string;
  awsRegion: string;
  s3: { configurationId: string; bucket: { name: string; arn: string }; object: Record<string, unknown> };
}
let received: EventRecord[] = [];
let failures = 0;
server.platform.functions = {
  async invoke(request: InvokeRequest) {
    if (request.functionArn !== FUNCTION)
      throw new ServiceError('ResourceNotFoundException', 'Function not found', 404);
    if (request.invocationType === 'DryRun')
      return { statusCode: 204, payload: Buffer.alloc(0), executedVersion: '$LATEST', requestId: '' };
    assert.ok(request.as.type === 'service');
    assert.deepEqual([request.as.service, request.as.sourceAccount], ['s3.amazonaws.com', '000000000000']);
    if (failures > 0) {
      failures--;
      throw new ServiceError('ServiceException', 'try again', 500);
    }
    received.push(...(JSON.parse(String(request.payload)) as { Records: EventRecord[] }).Records);
    return { statusCode: 202, payload: Buffer.alloc(0), executedVersion: '$LATEST', requestId: '' };
  },
  invokeStream: () => Promise.reject(new Error('not used')),
};
beforeEach(() => {
  received = [];
});
const configure = (Bucket: string, NotificationConfiguration: NotificationConfiguration): Promise<unknown> =>
  s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
const toFunction = (Events: string[], more: object = {}): NotificationConfiguration => ({
  LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: Events as never, ...more }],
});

test('a function gets the event of each matching object', async () => {
  const Bucket = await newBucket(s3);
  const FilterRules = [
    { Name: 'prefix', Value: 'in/' },
    { Name: 'suffix', Value: '.jpg' },
  ] as never;
  await configure(Bucket, toFunction(['s3:ObjectCreated:*'], { Id: 'mine', Filter: { Key: { FilterRules } } }));
  for (const Key of ['out/a.jpg', 'in/a.png', 'in/a b+ü (1).jpg'])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'in/copy.jpg', CopySource: `${Bucket}/in/a.png` }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'in/copy.jpg' }));
  await eventually(() => received.length === 2);
  const [put, copy] = received.toSorted((a, b) => b.eventName.localeCompare(a.eventName));
  assert.deepEqual([put?.eventName, copy?.eventName], ['ObjectCreated:Put', 'ObjectCreated:Copy']);
  assert.deepEqual([put?.s3.configurationId, put?.s3.bucket.name, put?.awsRegion], ['mine', Bucket, 'us-east-1']);
  const { sequencer, ...object } = put?.s3.object ?? {};
  assert.deepEqual(object, { key: 'in/a+b%2B%C3%BC+%281%29.jpg', size: 5, eTag: '5d41402abc4b2a76b9719d911017c592' });
  assert.match(String(sequencer), /^[0-9A-F]{16}$/);
});

test('removals are events too, and versions are named', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await configure(Bucket, toFunction(['s3:ObjectRemoved:*']));
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
  await eventually(() => received.length === 2);
  const names = received.map(({ eventName }) => eventName).toSorted();
  assert.deepEqual(names, ['ObjectRemoved:Delete', 'ObjectRemoved:DeleteMarkerCreated']);
  assert.equal(
    received.find(({ eventName }) => eventName === 'ObjectRemoved:Delete')?.s3.object['versionId'],
    VersionId,
  );
});

test('an event that could not be delivered is delivered again', async () => {
  const Bucket = await newBucket(s3);
  await configure(Bucket, toFunction(['s3:ObjectCreated:Put']));
  failures = 1;
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await eventually(() => received.length === 1);
  assert.equal(failures, 0);
});

test('the configuration is checked and given back', async () => {
  const Bucket = await newBucket(s3);
  const get = (): Promise<NotificationConfiguration> =>
    s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  assert.equal((await get()).LambdaFunctionConfigurations, undefined);
  await configure(Bucket, toFunction(['s3:ObjectCreated:*'], { Id: 'a' }));
  assert.deepEqual((await get()).LambdaFunctionConfigurations, [
    { Id: 'a', LambdaFunctionArn: FUNCTION, Events: ['s3:ObjectCreated:*'] },
  ]);
  const gone = {
    LambdaFunctionConfigurations: [{ LambdaFunctionArn: `${FUNCTION}-gone`, Events: ['s3:ObjectCreated:*'] as never }],
  };
  await assert.rejects(
    configure(Bucket, gone),
    awsError('InvalidArgument', 400, { message: 'Unable to validate the following destination configurations' }),
  );
  await assert.rejects(
    configure(Bucket, toFunction(['s3:Nonsense'])),
    awsError('InvalidArgument', 400, { message: 'A specified event is not supported for notifications.' }),
  );
  const twice = [
    ...(toFunction(['s3:ObjectCreated:*']).LambdaFunctionConfigurations ?? []),
    ...(toFunction(['s3:ObjectCreated:Put']).LambdaFunctionConfigurations ?? []),
  ];
  await assert.rejects(configure(Bucket, { LambdaFunctionConfigurations: twice }), awsError('InvalidArgument', 400));
  await assert.rejects(configure(Bucket, { EventBridgeConfiguration: {} }), awsError('NotImplemented', 501));
  await configure(Bucket, {});
  assert.equal((await get()).LambdaFunctionConfigurations, undefined);
});

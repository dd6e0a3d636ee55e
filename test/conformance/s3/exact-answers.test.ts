// Members and texts that AWS answers and that are easily left out.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, bucketName, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

test('a bucket tells its ARN when it is made, asked for and listed', async () => {
  const Bucket = bucketName();
  const BucketArn = `arn:aws:s3:::${Bucket}`;
  assert.equal((await s3.send(new CreateBucketCommand({ Bucket }))).BucketArn, BucketArn);
  const { BucketArn: head, BucketRegion, AccessPointAlias } = await s3.send(new HeadBucketCommand({ Bucket }));
  assert.deepEqual(
    { head, BucketRegion, AccessPointAlias },
    { head: BucketArn, BucketRegion: 'us-east-1', AccessPointAlias: false },
  );
  const listed = await s3.send(new ListBucketsCommand({}));
  await assert.rejects(
    s3.send(new ListBucketsCommand({ BucketRegion: 'moon' })),
    awsError('InvalidArgument', 400, { message: 'Argument value moon is not a valid AWS Region' }),
  );
  assert.equal(listed.Buckets?.find(({ Name }) => Name === Bucket)?.BucketArn, BucketArn);
});

test('CreateBucket refuses an empty configuration, and us-east-1 from elsewhere', async () => {
  const Bucket = bucketName();
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: {} })),
    awsError('MalformedXML', 400),
  );
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: '' as never } })),
    awsError('InvalidLocationConstraint', 400, { LocationConstraint: '' }),
  );
  const europe = new S3Client({ ...server.sdk, region: 'eu-west-1' });
  const LocationConstraint = 'us-east-1' as never;
  await assert.rejects(
    europe.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } })),
    awsError('IllegalLocationConstraintException', 400, {
      message:
        'The us-east-1 location constraint is incompatible for the region specific endpoint this request was sent to.',
    }),
  );
});

test('conditional writes take one header, in one form', async () => {
  const Bucket = await newBucket(s3);
  const put = { Bucket, Key: 'k', Body: 'x' };
  const refused = (Header: string, additionalMessage: string): ((error: unknown) => boolean) =>
    awsError('NotImplemented', 501, {
      message: 'A header you provided implies functionality that is not implemented',
      Header,
      additionalMessage,
    });
  const notTaken = (header: string): string => `We don't accept the provided value of ${header} header for this API`;
  await assert.rejects(
    s3.send(new PutObjectCommand({ ...put, IfNoneMatch: '"etag"' })),
    refused('If-None-Match', notTaken('If-None-Match')),
  );
  await assert.rejects(
    s3.send(new PutObjectCommand({ ...put, IfMatch: '*' })),
    refused('If-Match', notTaken('If-Match')),
  );
  await assert.rejects(
    s3.send(new PutObjectCommand({ ...put, IfMatch: '"etag"', IfNoneMatch: '*' })),
    refused('If-Match,If-None-Match', 'Multiple conditional request headers present in the request'),
  );
});

test('DeleteObjects answers NoSuchVersion for what is no version id', async () => {
  const Bucket = await newBucket(s3);
  const answer = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k', VersionId: 'nonsense' }] } }),
  );
  assert.deepEqual(answer.Errors, [
    {
      Key: 'k',
      VersionId: 'nonsense',
      Code: 'NoSuchVersion',
      Message: 'The specified version does not exist.',
    },
  ]);
});

test('ListMultipartUploads names the last upload of every page', async () => {
  const Bucket = await newBucket(s3);
  const empty = await s3.send(new ListMultipartUploadsCommand({ Bucket, UploadIdMarker: 'ignored' }));
  assert.deepEqual(
    [empty.KeyMarker, empty.UploadIdMarker, empty.NextKeyMarker, empty.NextUploadIdMarker, empty.Uploads],
    ['', '', '', '', undefined],
  );
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  const page = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual([page.IsTruncated, page.NextKeyMarker, page.NextUploadIdMarker], [false, 'k', UploadId]);
});

test('bucket policies: what S3 refuses', async () => {
  const Bucket = await newBucket(s3);
  const own = `arn:aws:s3:::${Bucket}`;
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: '123456789012' },
    Action: 's3:GetObject',
    Resource: `${own}/*`,
  };
  const put = (more: object): Promise<unknown> =>
    s3.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...more }] }),
      }),
    );
  await put({});
  await put({ Action: ['s3:GetObject', 's3:ListBucket'], Resource: [own, `${own}/*`] });
  await put({ Action: 's3:Get*', Resource: own });
  const refusals: [object, string][] = [
    [{ Action: 's3:Invent' }, 'Policy has invalid action'],
    [{ Action: 'ec2:RunInstances' }, 'Policy has invalid action'],
    [{ Resource: 'arn:aws:s3:::another/*' }, 'Policy has invalid resource'],
    [{ Resource: own }, 'Action does not apply to any resource(s) in statement'],
    [{ Action: 's3:ListBucket' }, 'Action does not apply to any resource(s) in statement'],
    [{ Condition: { Foo: { 'aws:SourceIp': '1.2.3.4' } } }, 'Invalid Condition type : Foo.'],
    [{ Surprise: 1 }, 'Invalid policy syntax.'],
  ];
  for (const [more, message] of refusals) {
    await assert.rejects(put(more), awsError('MalformedPolicy', 400, { message }));
  }
});

test('markers of versions must be version ids', async () => {
  const Bucket = await newBucket(s3);
  const list = (VersionIdMarker: string) =>
    s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'k', VersionIdMarker }));
  const wrong = (message: string) => awsError('InvalidArgument', 400, { message, ArgumentName: 'version-id-marker' });
  await assert.rejects(
    s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: -1 })),
    awsError('InvalidArgument', 400, { message: 'max-keys cannot be negative', ArgumentName: 'max-keys' }),
  );
  await assert.rejects(list(''), wrong('A version-id marker cannot be empty.'));
  await assert.rejects(list('x'), wrong('Invalid version id specified'));
  await list('null');
});

test('GetObjectAttributes must be asked for something', async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(
    s3.send(new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: [] })),
    awsError('InvalidRequest', 400, {
      message:
        'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    }),
  );
});

test('a notification target that is not there is named with the reason', async () => {
  const Bucket = await newBucket(s3);
  const QueueArn = 'arn:aws:sqs:us-east-1:000000000000:there-is-none';
  const QueueConfigurations = [{ QueueArn, Events: ['s3:ObjectCreated:*' as const] }];
  await assert.rejects(
    s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations } }),
    ),
    awsError('InvalidArgument', 400, {
      message: 'Unable to validate the following destination configurations',
      ArgumentName: QueueArn,
      ArgumentValue: 'The destination queue does not exist',
    }),
  );
});

test('copy sources name a bucket and a key', async () => {
  const Bucket = await newBucket(s3);
  const copy = (CopySource: string) => s3.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource }));
  const wrong = (message: string) => awsError('InvalidArgument', 400, { message, ArgumentName: 'x-amz-copy-source' });
  await assert.rejects(copy('/'), wrong('Invalid copy source bucket name'));
  await assert.rejects(copy('No_Bucket/key'), wrong('Invalid copy source bucket name'));
  await assert.rejects(copy(Bucket), wrong('Invalid copy source object key'));
  await assert.rejects(copy(`${Bucket}/`), wrong('Invalid copy source object key'));
});

test('a tagging header may have gaps', async () => {
  const Bucket = await newBucket(s3);
  const tagged = async (Tagging: string): Promise<unknown> => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Tagging }));
    return (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet;
  };
  assert.deepEqual(await tagged('&'), []);
  assert.deepEqual(await tagged('a=1&&b&'), [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '' },
  ]);
});

test('checksum headers name one algorithm, and a known one', async () => {
  const Bucket = await newBucket(s3);
  const put = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${server.endpoint}/${Bucket}/k`, { method: 'PUT', body: 'x', headers });
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: false } }),
  );
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` }];
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }));
  const refused = async (headers: Record<string, string>): Promise<string> => {
    const answer = await put(headers);
    assert.equal(answer.status, 400);
    return /<Code>InvalidRequest<.*<Message>(.*)<\/Message>/.exec(await answer.text())?.[1] ?? '';
  };
  assert.equal(
    await refused({ 'x-amz-sdk-checksum-algorithm': 'CRC32', 'x-amz-checksum-crc32c': 'ImIEBA==' }),
    'Value for x-amz-sdk-checksum-algorithm header is invalid.',
  );
  assert.equal(
    await refused({ 'x-amz-checksum-sha256a': 'dummy' }),
    'The algorithm type you specified in x-amz-checksum- header is invalid.',
  );
  assert.equal((await put({})).status, 200);
  const part = await fetch(`${server.endpoint}/${Bucket}/k?partNumber=1`, { method: 'PUT', body: 'x' });
  assert.match(await part.text(), /InvalidArgument<.*This operation does not accept partNumber without uploadId</);
});

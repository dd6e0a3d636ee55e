// The official SDK's clients against toy services, one protocol after the other.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import * as apigateway from '@aws-sdk/client-api-gateway';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as route53 from '@aws-sdk/client-route-53';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { startToyServer, WHEN, WHOLE_SECOND, type ToyServer } from './toy-server.ts';

let server: ToyServer;
before(async () => {
  server = await startToyServer();
});
after(() => server.stop());

const rejection = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => assert.fail('no error'),
    (error: unknown) => error,
  );

test('awsJson 1.0: values, errors with members, request id', async () => {
  const client = new dynamodb.DynamoDBClient(server.sdk);
  const Item = { pk: { S: 'a' }, b: { B: new Uint8Array([1, 2, 3]) }, l: { L: [{ NULL: true as const }, { N: '1' }] } };
  const answer = await client.send(new dynamodb.PutItemCommand({ TableName: 't', Item }));
  assert.deepEqual(answer.Attributes, Item);
  assert.match(answer.$metadata.requestId!, /^[0-9a-f-]{36}$/);
  const table = await client.send(new dynamodb.DescribeTableCommand({ TableName: 't' }));
  assert.equal(table.Table?.CreationDateTime?.getTime(), WHEN.getTime());
  const missing = await rejection(client.send(new dynamodb.PutItemCommand({ TableName: 'missing', Item })));
  assert.ok(missing instanceof dynamodb.ResourceNotFoundException);
  const failed = await rejection(
    client.send(new dynamodb.PutItemCommand({ TableName: 't', Item, ConditionExpression: 'c' })),
  );
  assert.ok(failed instanceof dynamodb.ConditionalCheckFailedException);
  assert.deepEqual(failed.Item?.['b']?.B, new Uint8Array([1, 2]));
});

test('our own bug answers 500 InternalFailure, without its text', async () => {
  const client = new dynamodb.DynamoDBClient(server.sdk);
  const error = await rejection(client.send(new dynamodb.PutItemCommand({ TableName: 'broken', Item: {} })));
  assert.equal(error.$metadata.httpStatusCode, 500);
  assert.equal(error.name, 'InternalFailure');
  assert.doesNotMatch(error.message, /bug of ours/);
});

test('a store that is too busy is the throttling of the service', async () => {
  const requests: (() => Promise<unknown>)[] = [
    () => new dynamodb.DynamoDBClient(server.sdk).send(new dynamodb.PutItemCommand({ TableName: 'busy', Item: {} })),
    () => new iam.IAMClient(server.sdk).send(new iam.DeleteRoleCommand({ RoleName: 'busy' })),
    () => new s3.S3Client(server.sdk).send(new s3.DeleteBucketCommand({ Bucket: 'busy' })),
  ];
  const answers = [];
  for (const request of requests) {
    const error = await rejection(request());
    answers.push([error.name, error.$metadata.httpStatusCode]);
  }
  assert.deepEqual(answers, [
    ['ThrottlingException', 400],
    ['Throttling', 400],
    ['SlowDown', 503],
  ]);
});

test('an operation that is not built answers NotImplemented and its name', async () => {
  const known = await rejection(new dynamodb.DynamoDBClient(server.sdk).send(new dynamodb.ListBackupsCommand({})));
  assert.equal(known.name, 'NotImplemented');
  assert.equal(known.$metadata.httpStatusCode, 501);
  assert.match(known.message, /dynamodb:ListBackups/);
  const otherService = await rejection(new sfn.SFNClient(server.sdk).send(new sfn.ListStateMachinesCommand({})));
  assert.match(otherService.message, /stepfunctions:ListStateMachines/);
  const query = await rejection(new iam.IAMClient(server.sdk).send(new iam.ListUsersCommand({})));
  assert.match(query.message, /iam:ListUsers/);
  const rest = await rejection(new lambda.LambdaClient(server.sdk).send(new lambda.GetAccountSettingsCommand({})));
  assert.match(rest.message, /lambda:GetAccountSettings/);
  const xml = await rejection(new s3.S3Client(server.sdk).send(new s3.ListBucketsCommand({})));
  assert.match(xml.message, /s3:ListBuckets/);
});

test('awsJson with query-compatible errors (SQS): the old code reaches the client', async () => {
  const client = new sqs.SQSClient(server.sdk);
  const sent = await client.send(
    new sqs.SendMessageCommand({
      QueueUrl: 'q',
      MessageBody: 'hello',
      MessageAttributes: { a: { DataType: 'Binary', BinaryValue: new Uint8Array([5]) } },
    }),
  );
  assert.equal(sent.MessageId, 'm-1');
  assert.deepEqual([...server.seen['SendMessage'].MessageAttributes.a.BinaryValue], [5]);
  const error = await rejection(client.send(new sqs.SendMessageCommand({ QueueUrl: 'missing', MessageBody: 'hello' })));
  assert.ok(error instanceof sqs.QueueDoesNotExist);
  assert.equal((error as any).Code, 'AWS.SimpleQueueService.NonExistentQueue');
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl: 'q' }));
});

test('awsQuery: nested lists, empty lists, errors', async () => {
  const client = new iam.IAMClient(server.sdk);
  const Tags = [
    { Key: 'k', Value: 'v' },
    { Key: 'k2', Value: '' },
  ];
  const { Role } = await client.send(
    new iam.CreateRoleCommand({
      RoleName: 'r',
      AssumeRolePolicyDocument: '{"a":"b&c"}',
      Tags,
      MaxSessionDuration: 3600,
    }),
  );
  assert.deepEqual(Role?.Tags, Tags);
  assert.equal(Role?.CreateDate?.getTime(), WHOLE_SECOND.getTime());
  assert.equal(server.seen['CreateRole'].MaxSessionDuration, 3600);
  assert.deepEqual((await client.send(new iam.ListRolesCommand({}))).Roles, []);
  const published = await new sns.SNSClient(server.sdk).send(
    new sns.PublishCommand({
      TopicArn: 't',
      Message: 'm',
      MessageAttributes: {
        a: { DataType: 'String', StringValue: 'x' },
        b: { DataType: 'Binary', BinaryValue: new Uint8Array([7]) },
      },
    }),
  );
  assert.equal(published.MessageId, 'x');
  assert.equal(server.seen['Publish'].MessageAttributes.b.BinaryValue[0], 7);
});

test('start mode: an access key of twelve digits is the account, the scope gives the region', async () => {
  const client = new sts.STSClient({
    ...server.sdk,
    region: 'eu-central-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'any' },
  });
  assert.equal((await client.send(new sts.GetCallerIdentityCommand({}))).Account, '123456789012');
  assert.equal(server.contexts['GetCallerIdentity']!.region, 'eu-central-1');
});

test('ec2Query: values and errors', async () => {
  const client = new ec2.EC2Client(server.sdk);
  const Filters = [{ Name: 'isDefault', Values: ['true', 'x'] }];
  const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({ Filters }));
  assert.deepEqual(Vpcs?.[0]?.Tags, [{ Key: 'Name', Value: 'n' }]);
  assert.deepEqual(server.seen['DescribeVpcs'].Filters, Filters);
  const error = await rejection(client.send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-bad'] })));
  assert.equal(error.name, 'InvalidVpcID.NotFound');
  assert.match(error.message, /vpc-bad/);
  assert.ok(error.$metadata.requestId);
  await client.send(new ec2.DeleteVpcCommand({ VpcId: 'vpc-1' }));
});

test('restJson1: labels, query lists, payload, header-bound errors', async () => {
  const client = new lambda.LambdaClient(server.sdk);
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  const invoked = await client.send(
    new lambda.InvokeCommand({ FunctionName: arn, Qualifier: '1', Payload: '{"a":1}' }),
  );
  assert.equal(Buffer.from(invoked.Payload!).toString(), '{"a":1}');
  assert.equal(invoked.FunctionError, 'Unhandled');
  assert.equal(server.seen['Invoke'].FunctionName, arn);
  assert.equal(server.seen['Invoke'].Qualifier, '1');
  const missing = await rejection(client.send(new lambda.GetFunctionCommand({ FunctionName: 'f' })));
  assert.ok(missing instanceof lambda.ResourceNotFoundException);
  assert.equal(missing.Type, 'User');
  assert.equal(missing.$metadata.httpStatusCode, 404);
  const slow = await rejection(client.send(new lambda.ListFunctionsCommand({})));
  assert.ok(slow instanceof lambda.TooManyRequestsException);
  assert.deepEqual([slow.retryAfterSeconds, slow.Reason], ['3', 'CallerRateLimitExceeded']);
  await client.send(new lambda.TagResourceCommand({ Resource: arn, Tags: { a: 'b' } }));
  assert.equal(server.seen['TagResource'].Resource, arn);
});

test('restJson1: two services of one signing name are told apart by their paths', async () => {
  const client = new apigateway.APIGatewayClient(server.sdk);
  const page = await client.send(new apigateway.GetRestApisCommand({ limit: 10, position: 'x y' }));
  assert.deepEqual(server.seen['GetRestApis'], { limit: 10, position: 'x y' });
  assert.equal(page.position, 'x y');
  assert.equal(page.items?.[0]?.createdDate?.getTime(), WHOLE_SECOND.getTime());
  const resourceArn = 'arn:aws:apigateway:us-east-1::/restapis/a';
  await client.send(new apigateway.UntagResourceCommand({ resourceArn, tagKeys: ['a', 'b'] }));
  assert.deepEqual(server.seen['UntagResource'], { resourceArn, tagKeys: ['a', 'b'] });
});

test('event streams: restJson1 and awsJson', async () => {
  const client = new lambda.LambdaClient(server.sdk);
  const { EventStream } = await client.send(new lambda.InvokeWithResponseStreamCommand({ FunctionName: 'f' }));
  let text = '';
  let complete: string | undefined;
  for await (const event of EventStream!) {
    if (event.PayloadChunk?.Payload) text += Buffer.from(event.PayloadChunk.Payload).toString();
    if (event.InvokeComplete) complete = event.InvokeComplete.ErrorCode;
  }
  assert.deepEqual([text, complete], ['one two', 'none']);
  const tail = await new logs.CloudWatchLogsClient(server.sdk).send(
    new logs.StartLiveTailCommand({ logGroupIdentifiers: ['arn'] }),
  );
  const kinds: string[] = [];
  for await (const event of tail.responseStream!) kinds.push(Object.keys(event)[0]!);
  assert.deepEqual(kinds, ['sessionStart', 'sessionUpdate']);
});

test('restXml: documents, attributes of the HTTP answer', async () => {
  const client = new route53.Route53Client(server.sdk);
  const zone = await client.send(
    new route53.CreateHostedZoneCommand({
      Name: 'x.com',
      CallerReference: 'c',
      HostedZoneConfig: { PrivateZone: false },
    }),
  );
  assert.equal(zone.Location, 'https://x/Z');
  assert.deepEqual(zone.DelegationSet?.NameServers, ['a', 'b']);
  assert.equal(server.seen['CreateHostedZone'].HostedZoneConfig.PrivateZone, false);
  assert.equal(zone.$metadata.httpStatusCode, 201);
});

test('S3: objects from strings and streams (aws-chunked with a checksum trailer), back as streams', async () => {
  const client = new s3.S3Client(server.sdk);
  const Metadata = { foo: 'bar' };
  await client.send(
    new s3.PutObjectCommand({ Bucket: 'bkt', Key: 'dir/a b+ü', Body: 'hello', ContentType: 'text/plain', Metadata }),
  );
  const got = await client.send(new s3.GetObjectCommand({ Bucket: 'bkt', Key: 'dir/a b+ü' }));
  assert.equal(await got.Body!.transformToString(), 'hello');
  assert.deepEqual(got.Metadata, Metadata);
  const piece = Buffer.alloc(9999, 'z');
  const stream = Readable.from(Array.from({ length: 50 }, () => piece));
  await client.send(new s3.PutObjectCommand({ Bucket: 'bkt', Key: 'big', Body: stream, ContentLength: 50 * 9999 }));
  assert.equal(server.seen['PutObject'].ContentLength, 50 * 9999);
  assert.equal(server.seen['PutObject'].ContentEncoding, undefined);
  assert.ok(server.contexts['PutObject']!.http!.trailers!['x-amz-checksum-crc32']);
  const head = await client.send(new s3.HeadObjectCommand({ Bucket: 'bkt', Key: 'big' }));
  assert.equal(head.ContentLength, 50 * 9999);
  for (const ChecksumAlgorithm of Object.values(s3.ChecksumAlgorithm).filter((name) =>
    /^(CRC32C?|SHA1|SHA256)$/.test(name),
  )) {
    const Body = Readable.from([piece, piece]);
    await client.send(
      new s3.PutObjectCommand({ Bucket: 'bkt', Key: 'sum', Body, ContentLength: 2 * 9999, ChecksumAlgorithm }),
    );
  }
});

test('S3: errors, lists, documents, location', async () => {
  const client = new s3.S3Client(server.sdk);
  const missing = await rejection(client.send(new s3.GetObjectCommand({ Bucket: 'bkt', Key: 'zip' })));
  assert.ok(missing instanceof s3.NoSuchKey);
  assert.equal(missing.$metadata.httpStatusCode, 404);
  assert.match(missing.$metadata.requestId!, /^[A-Z0-9]{16}$/);
  assert.ok(missing.$metadata.extendedRequestId);
  assert.ok(
    (await rejection(client.send(new s3.HeadObjectCommand({ Bucket: 'bkt', Key: 'zip' })))) instanceof s3.NotFound,
  );
  const list = await client.send(new s3.ListObjectsV2Command({ Bucket: 'bkt', Prefix: 'a&', MaxKeys: 7 }));
  assert.equal(list.Contents?.[0]?.Key, 'a&b');
  assert.equal(list.Contents?.[0]?.LastModified?.getTime(), WHEN.getTime());
  assert.deepEqual(server.seen['ListObjectsV2'], { Bucket: 'bkt', Prefix: 'a&', MaxKeys: 7 });
  const Objects = [{ Key: 'a<b' }, { Key: 'c', VersionId: 'v' }];
  const deleted = await client.send(new s3.DeleteObjectsCommand({ Bucket: 'bkt', Delete: { Objects } }));
  assert.deepEqual(deleted.Deleted, Objects);
  const location = await client.send(new s3.GetBucketLocationCommand({ Bucket: 'bkt' }));
  assert.equal(location.LocationConstraint, 'eu-west-1');
  await client.send(
    new s3.PutBucketCorsCommand({
      Bucket: 'bkt',
      CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET', 'PUT'], AllowedOrigins: ['*'] }] },
    }),
  );
  assert.deepEqual(server.seen['PutBucketCors'].CORSConfiguration.CORSRules[0].AllowedMethods, ['GET', 'PUT']);
});

for (const [name, protocol] of [
  ['awsJson', undefined],
  ['rpcv2Cbor', AwsSmithyRpcV2CborProtocol],
  ['awsQuery', AwsQueryProtocol],
] as const) {
  test(`CloudWatch speaks ${name}`, async () => {
    const client = new cloudwatch.CloudWatchClient({ ...server.sdk, ...(protocol && { protocol: protocol as any }) });
    const MetricData = [
      {
        MetricName: 'm',
        Value: 1.5,
        Timestamp: WHOLE_SECOND,
        Dimensions: [{ Name: 'd', Value: 'v' }],
        Values: [1, 2.5],
      },
    ];
    await client.send(new cloudwatch.PutMetricDataCommand({ Namespace: 'n', MetricData }));
    assert.deepEqual(server.seen['PutMetricData'].MetricData, MetricData);
    const statistics = await client.send(
      new cloudwatch.GetMetricStatisticsCommand({
        Namespace: 'n',
        MetricName: 'm',
        StartTime: WHEN,
        EndTime: WHEN,
        Period: 60,
      }),
    );
    assert.equal(statistics.Datapoints?.[0]?.Timestamp?.getTime(), WHOLE_SECOND.getTime());
  });
}

test('a body that the SDK compressed with gzip', async () => {
  const client = new cloudwatch.CloudWatchClient({ ...server.sdk, requestMinCompressionSizeBytes: 0 });
  await client.send(new cloudwatch.PutMetricDataCommand({ Namespace: 'zipped', MetricData: [] }));
  assert.equal(server.seen['PutMetricData'].Namespace, 'zipped');
  assert.equal(server.contexts['PutMetricData']!.http!.headers['content-encoding'], 'gzip');
});

test('operations with a host prefix work when the client leaves it out', async () => {
  const client = new sfn.SFNClient(server.sdk);
  const run = await client.send(new sfn.StartSyncExecutionCommand({ stateMachineArn: 'a' }));
  assert.equal(run.startDate?.getTime(), WHEN.getTime());
});

// The AWS SDK for JavaScript, version 2, from outside: its own protocols, signatures, retries and waiters. It is the copy
// that functions on older runtimes get.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { zip } from '../lambda/fixture.ts';
import { startTestServer, type TestServer } from '../../harness.ts';

type Promised = { promise(): Promise<any> };
type Client = Record<string, (...input: any[]) => Promised>;
const require = createRequire(new URL('../../../runtimes/aws-sdk-v2/package.json', import.meta.url));
process.env['AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE'] = '1';
const AWS = require('aws-sdk') as Record<string, new (options: object) => Client>;

let server: TestServer;
let make: (service: string, options?: object) => Client;
before(async () => {
  server = await startTestServer();
  const { endpoint, region, credentials } = server.sdk;
  make = (service, options = {}) => new AWS[service]!({ endpoint, region, ...credentials, maxRetries: 0, ...options });
});
after(() => server.stop());

const refusal = async (call: Promised): Promise<unknown> => {
  const error = (await call.promise().then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )) as { code: string; statusCode: number; requestId: string };
  assert.ok(error.requestId, 'the error carries a request id');
  return [error.code, error.statusCode];
};

test('S3: objects, ranges, lists, presigned URLs, a managed upload in parts', async () => {
  const s3 = make('S3', { s3ForcePathStyle: true, signatureVersion: 'v4' });
  await s3['createBucket']!({ Bucket: 'v2-bucket' }).promise();
  await s3['putObject']!({ Bucket: 'v2-bucket', Key: 'a b/ü.txt', Body: 'hello', ContentType: 'text/plain' }).promise();
  const object = await s3['getObject']!({ Bucket: 'v2-bucket', Key: 'a b/ü.txt', Range: 'bytes=1-3' }).promise();
  assert.deepEqual(
    [object.Body.toString(), object.ContentType, object.ContentRange],
    ['ell', 'text/plain', 'bytes 1-3/5'],
  );
  const big = Buffer.alloc(6 * 1024 * 1024, 'x');
  await s3['upload']!({ Bucket: 'v2-bucket', Key: 'big', Body: big }, { partSize: 5 * 1024 * 1024 }).promise();
  const head = await s3['headObject']!({ Bucket: 'v2-bucket', Key: 'big' }).promise();
  assert.equal(head.ContentLength, big.length);
  assert.match(head.ETag, /-2"$/);
  const { Contents } = await s3['listObjectsV2']!({ Bucket: 'v2-bucket' }).promise();
  assert.deepEqual(
    Contents.map(({ Key }: { Key: string }) => Key),
    ['a b/ü.txt', 'big'],
  );
  const url = (s3 as unknown as { getSignedUrl(name: string, input: object): string }).getSignedUrl('getObject', {
    Bucket: 'v2-bucket',
    Key: 'a b/ü.txt',
  });
  assert.equal(await (await fetch(url)).text(), 'hello');
  assert.deepEqual(await refusal(s3['getObject']!({ Bucket: 'v2-bucket', Key: 'none' })), ['NoSuchKey', 404]);
});

test('Lambda: create, wait, invoke, refusal', async () => {
  const { Role } = await make('IAM')['createRole']!({
    RoleName: 'v2-role',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    }),
  }).promise();
  const lambda = make('Lambda');
  const code = 'exports.handler = async (event) => ({ got: event })';
  await lambda['createFunction']!({
    FunctionName: 'v2',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: Role.Arn,
    Code: { ZipFile: await zip({ 'index.js': code }) },
  }).promise();
  await lambda['waitFor']!('functionActiveV2', { FunctionName: 'v2', $waiter: { delay: 0.1 } }).promise();
  const { Payload, StatusCode } = await lambda['invoke']!({ FunctionName: 'v2', Payload: '{"a":1}' }).promise();
  assert.deepEqual([StatusCode, JSON.parse(Payload.toString())], [200, { got: { a: 1 } }]);
  assert.deepEqual(await refusal(lambda['invoke']!({ FunctionName: 'none' })), ['ResourceNotFoundException', 404]);
});

test('SQS by its JSON protocol: send, receive, delete, refusal', async () => {
  const sqs = make('SQS');
  const { QueueUrl } = await sqs['createQueue']!({
    QueueName: 'v2-queue',
    Attributes: { DelaySeconds: '0' },
  }).promise();
  const attributes = { kind: { DataType: 'String', StringValue: 'é' } };
  const sent = await sqs['sendMessage']!({ QueueUrl, MessageBody: 'body', MessageAttributes: attributes }).promise();
  const { Messages } = await sqs['receiveMessage']!({ QueueUrl, MessageAttributeNames: ['All'] }).promise();
  assert.equal(Messages[0].MessageId, sent.MessageId);
  assert.deepEqual([Messages[0].Body, Messages[0].MessageAttributes.kind.StringValue], ['body', 'é']);
  await sqs['deleteMessage']!({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }).promise();
  const missing = sqs['sendMessage']!({ QueueUrl: `${server.endpoint}/000000000000/none`, MessageBody: 'x' });
  assert.deepEqual(await refusal(missing), ['AWS.SimpleQueueService.NonExistentQueue', 400]);
});

test('SES, STS, CloudFormation, CloudWatch Logs, API Gateway', async () => {
  await make('SES')['verifyEmailIdentity']!({ EmailAddress: 'a@example.com' }).promise();
  const { MessageId } = await make('SES')['sendEmail']!({
    Source: 'a@example.com',
    Destination: { ToAddresses: ['b@example.com'] },
    Message: { Subject: { Data: 'Hi' }, Body: { Text: { Data: 'text' } } },
  }).promise();
  assert.ok(MessageId);
  const { Account } = await make('STS')['getCallerIdentity']!().promise();
  assert.equal(Account, '000000000000');
  const stacks = make('CloudFormation');
  const template = { Resources: { Topic: { Type: 'AWS::SQS::Queue' } }, Outputs: { Url: { Value: { Ref: 'Topic' } } } };
  await stacks['createStack']!({ StackName: 'v2-stack', TemplateBody: JSON.stringify(template) }).promise();
  const wait = { StackName: 'v2-stack', $waiter: { delay: 0.2 } };
  const { Stacks } = await stacks['waitFor']!('stackCreateComplete', wait).promise();
  assert.equal(Stacks[0].StackStatus, 'CREATE_COMPLETE');
  const logs = make('CloudWatchLogs');
  await logs['createLogGroup']!({ logGroupName: '/v2' }).promise();
  assert.deepEqual(await refusal(logs['createLogGroup']!({ logGroupName: '/v2' })), [
    'ResourceAlreadyExistsException',
    400,
  ]);
  const { id, name } = await make('APIGateway')['createRestApi']!({ name: 'v2-api' }).promise();
  assert.deepEqual([typeof id, name], ['string', 'v2-api']);
});

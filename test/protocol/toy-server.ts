// A server whose services are a few lines each: what they get is kept, what they answer is fixed.
import { Readable } from 'node:stream';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Identity } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';
import { Overloaded } from '#store/contract.ts';
import { startTestServer, type TestServer } from '../harness.ts';

export interface ToyServer extends TestServer {
  /** the input of the last call, by operation name */
  seen: Record<string, any>;
  contexts: Record<string, Context>;
}

export const WHEN = new Date('2026-01-02T03:04:05.678Z');
export const WHOLE_SECOND = new Date('2026-01-02T03:04:05.000Z');

type Toys = Record<string, Record<string, (input: any, context: Context) => unknown>>;

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* events(...all: Record<string, unknown>[]): AsyncGenerator<Record<string, unknown>> {
  yield* all;
}

function toys(): Toys {
  const objects = new Map<string, { body: Buffer; type?: string; metadata?: Record<string, string> }>();
  const noSuchKey = (key: string): ServiceError =>
    new ServiceError('NoSuchKey', 'The specified key does not exist.', 404, { fields: { Key: key } });
  return {
    dynamodb: {
      PutItem(input) {
        if (input.TableName === 'missing')
          throw new ServiceError('ResourceNotFoundException', 'Requested resource not found');
        if (input.ConditionExpression) {
          throw new ServiceError('ConditionalCheckFailedException', 'The conditional request failed', 400, {
            fields: { Item: { pk: { S: 'a' }, b: { B: new Uint8Array([1, 2]) } } },
          });
        }
        if (input.TableName === 'broken') throw new Error('a bug of ours');
        if (input.TableName === 'busy') throw new Overloaded('too many commits are waiting');
        return { Attributes: input.Item, ConsumedCapacity: { TableName: input.TableName, CapacityUnits: 1.5 } };
      },
      DescribeTable: () => ({ Table: { TableName: 't', CreationDateTime: WHEN, ItemCount: 0 } }),
      DeleteTable: () => ({}),
    },
    sqs: {
      SendMessage(input) {
        if (input.QueueUrl === 'missing') {
          throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
        }
        return { MessageId: 'm-1', MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' };
      },
      GetQueueAttributes: () => ({ Attributes: { VisibilityTimeout: '30' } }),
      DeleteQueue: () => ({}),
    },
    lambda: {
      Invoke: (input) => ({
        StatusCode: 200,
        Payload: input.Payload,
        ExecutedVersion: '$LATEST',
        FunctionError: 'Unhandled',
      }),
      GetFunction: (input) => {
        throw new ServiceError('ResourceNotFoundException', `Function not found: ${input.FunctionName}`, 404, {
          fields: { Type: 'User' },
        });
      },
      ListFunctions: () => {
        throw new ServiceError('TooManyRequestsException', 'slow down', 429, {
          fields: { retryAfterSeconds: '3', Type: 'User', Reason: 'CallerRateLimitExceeded' },
        });
      },
      InvokeWithResponseStream: () => ({
        StatusCode: 200,
        ResponseStreamContentType: 'text/plain',
        EventStream: events(
          { PayloadChunk: { Payload: Buffer.from('one ') } },
          { PayloadChunk: { Payload: Buffer.from('two') } },
          { InvokeComplete: { ErrorCode: 'none' } },
        ),
      }),
      TagResource: () => ({}),
    },
    logs: {
      StartLiveTail: () => ({
        responseStream: events(
          { sessionStart: { requestId: 'r', sessionId: 's' } },
          { sessionUpdate: { sessionResults: [{ message: 'a line', timestamp: 1 }] } },
        ),
      }),
    },
    apigateway: {
      GetRestApis: (input) => ({ items: [{ id: 'a', createdDate: WHOLE_SECOND }], position: input.position }),
      UntagResource: () => ({}),
    },
    s3: {
      async PutObject(input) {
        const body = await bytesOf(input.Body);
        objects.set(input.Key, { body, type: input.ContentType, metadata: input.Metadata });
        return { ETag: '"etag"' };
      },
      GetObject(input) {
        const found = objects.get(input.Key);
        if (!found) throw noSuchKey(input.Key);
        const { body, type, metadata } = found;
        return {
          Body: Readable.from([body]),
          ContentLength: body.length,
          ...(type && { ContentType: type }),
          ...(metadata && { Metadata: metadata }),
          LastModified: WHOLE_SECOND,
          ETag: '"etag"',
        };
      },
      HeadObject(input) {
        const found = objects.get(input.Key);
        if (!found) throw new ServiceError('NotFound', '', 404);
        return { ContentLength: found.body.length, LastModified: WHOLE_SECOND };
      },
      ListObjectsV2: (input) => ({
        Name: input.Bucket,
        IsTruncated: false,
        Contents: [{ Key: 'a&b', Size: 3, LastModified: WHEN }],
        CommonPrefixes: [{ Prefix: 'p/' }],
      }),
      DeleteObjects: (input) => ({ Deleted: input.Delete.Objects }),
      GetBucketLocation: () => ({ LocationConstraint: 'eu-west-1' }),
      PutBucketCors: () => ({}),
      DeleteBucket: (input) => {
        if (input.Bucket === 'busy') throw new Overloaded('too many commits are waiting');
        return {};
      },
      CreateBucket: (input) => ({ Location: `/${input.Bucket}` }),
    },
    iam: {
      CreateRole: (input) => ({
        Role: {
          RoleName: input.RoleName,
          Path: '/',
          RoleId: 'AROA',
          Arn: 'arn',
          CreateDate: WHOLE_SECOND,
          Tags: input.Tags,
        },
      }),
      ListRoles: () => ({ Roles: [], IsTruncated: false }),
      DeleteRole: (input) => {
        if (input.RoleName === 'busy') throw new Overloaded('too many commits are waiting');
        return {};
      },
    },
    sts: {
      GetCallerIdentity: (_input, context) => ({ Account: context.accountId, UserId: context.accountId, Arn: 'arn' }),
    },
    sns: {
      Publish: (input) => ({ MessageId: input.MessageAttributes?.a?.StringValue ?? 'm' }),
      DeleteTopic: () => ({}),
    },
    ec2: {
      DescribeVpcs: (input) => {
        if (input.VpcIds)
          throw new ServiceError('InvalidVpcID.NotFound', `The vpc ID '${input.VpcIds[0]}' does not exist`);
        return { Vpcs: [{ VpcId: 'vpc-1', IsDefault: true, Tags: [{ Key: 'Name', Value: 'n' }] }] };
      },
      DeleteVpc: () => ({}),
    },
    cloudwatch: {
      PutMetricData: () => ({}),
      GetMetricStatistics: () => ({ Label: 'l', Datapoints: [{ Average: 1.5, Timestamp: WHOLE_SECOND }] }),
    },
    kinesis: { PutRecord: () => ({ ShardId: 'shardId-0', SequenceNumber: '1' }) },
    route53: {
      CreateHostedZone: (input) => ({
        HostedZone: { Id: '/hostedzone/Z', Name: input.Name, CallerReference: input.CallerReference },
        ChangeInfo: { Id: 'c', Status: 'PENDING', SubmittedAt: WHEN },
        DelegationSet: { NameServers: ['a', 'b'] },
        Location: 'https://x/Z',
      }),
    },
    stepfunctions: {
      StartSyncExecution: () => ({ executionArn: 'e', startDate: WHEN, stopDate: WHEN, status: 'SUCCEEDED' }),
    },
  };
}

/** No access key was issued: each is the root of its account, nothing is verified. */
function knowNoKey(platform: Platform): void {
  platform.identity = { findAccessKey: async () => undefined } as unknown as Identity;
}

export async function startToyServer(): Promise<ToyServer> {
  const seen: Record<string, any> = {};
  const contexts: Record<string, Context> = {};
  const services = Object.entries(toys()).map(([id, operations]) => ({
    id,
    operations: Object.fromEntries(
      Object.entries(operations).map(([name, run]) => [
        name,
        (input: unknown, context: Context) => {
          seen[name] = input;
          contexts[name] = context;
          return run(input, context);
        },
      ]),
    ),
    ...(id === 'kinesis' && { validate: 'all' }),
    ...(id === 'iam' && { start: knowNoKey }),
  }));
  const server = await startTestServer({ services: services as any });
  return { ...server, seen, contexts };
}

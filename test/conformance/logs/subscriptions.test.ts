import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteSubscriptionFilterCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AddPermissionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from '../lambda/fixture.ts';

let server: TestServer;
let logs: CloudWatchLogsClient;
let destinationArn: string;
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  logs = new CloudWatchLogsClient(server.sdk);
  const lambda = new LambdaClient(server.sdk);
  const iam = new IAMClient(server.sdk);
  const allow = (statement: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const trust = allow({ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'test', AssumeRolePolicyDocument: trust }));
  const PolicyDocument = allow({ Action: 'logs:*', Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'test', PolicyName: 'logs', PolicyDocument }));
  destinationArn = await createFunction(
    lambda,
    'receiver',
    `exports.handler = async (event) => console.log('GOT ' + event.awslogs.data);`,
    { Role: Role?.Arn ?? '' },
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'source' }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: 'source', logStreamName: 'stream' }));
  await assert.rejects(subscribe('early'), {
    name: 'InvalidParameterException',
    message:
      'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
  });
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: 'receiver',
      StatementId: 'logs',
      Action: 'lambda:InvokeFunction',
      Principal: 'logs.amazonaws.com',
      SourceArn: 'arn:aws:logs:us-east-1:000000000000:log-group:source:*',
    }),
  );
});
after(() => server.stop());

const subscribe = (filterName: string, rest: object = {}) =>
  logs.send(
    new PutSubscriptionFilterCommand({
      logGroupName: 'source',
      filterName,
      filterPattern: '',
      destinationArn,
      ...rest,
    }),
  );

test('a subscription is described, limited to two and deleted', async () => {
  await subscribe('two', { filterPattern: 'never_there' });
  await subscribe('one', { filterPattern: '[level, ...]' });
  const { subscriptionFilters } = await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName: 'source' }));
  assert.deepEqual(subscriptionFilters?.[0], {
    filterName: 'one',
    logGroupName: 'source',
    filterPattern: '[level, ...]',
    destinationArn,
    distribution: 'ByLogStream',
    applyOnTransformedLogs: false,
    creationTime: subscriptionFilters?.[0]?.creationTime,
  });
  assert.equal(subscriptionFilters?.length, 2);
  await assert.rejects(subscribe('three'), { name: 'LimitExceededException', message: 'Resource limit exceeded.' });
  const remove = new DeleteSubscriptionFilterCommand({ logGroupName: 'source', filterName: 'two' });
  await logs.send(remove);
  await assert.rejects(logs.send(remove), {
    name: 'ResourceNotFoundException',
    message: 'The specified subscription filter does not exist.',
  });
});

test('a destination must be a function that may be called, and not its own source', async () => {
  const refuses = (rest: object, message: string): Promise<void> =>
    assert.rejects(subscribe('bad', rest), { name: 'InvalidParameterException', message });
  await refuses(
    { destinationArn: 'arn:aws:sqs:us-east-1:000000000000:q' },
    'PutSubscriptionFilter operation cannot work with destinationArn for vendor sqs',
  );
  await refuses(
    { roleArn: 'arn:aws:iam::000000000000:role/x' },
    'destinationArn for vendor lambda cannot be used with roleArn',
  );
  await refuses(
    { destinationArn: `${destinationArn}-none` },
    'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/aws/lambda/receiver' })).catch(() => {});
  await refuses(
    { logGroupName: '/aws/lambda/receiver' },
    'The log group provided is reserved for the function logs of the destination function.',
  );
});

test('matching events reach the function as gzipped JSON', async () => {
  await subscribe('one', { filterPattern: '[level = ERROR, code]' });
  const timestamp = Date.now();
  const logEvents = [
    { timestamp, message: 'ERROR 42' },
    { timestamp, message: 'INFO 1' },
  ];
  await logs.send(new PutLogEventsCommand({ logGroupName: 'source', logStreamName: 'stream', logEvents }));
  const line = await eventually(async () => {
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/receiver', filterPattern: 'GOT' }),
    );
    return events?.[0]?.message;
  }, 30_000);
  const data = /GOT (\S+)/.exec(line)?.[1] ?? '';
  const received = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString());
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: 'source', filterPattern: 'ERROR' }));
  assert.deepEqual(received, {
    messageType: 'DATA_MESSAGE',
    owner: '000000000000',
    logGroup: 'source',
    logStream: 'stream',
    subscriptionFilters: ['one'],
    logEvents: [
      {
        id: events?.[0]?.eventId,
        timestamp,
        message: 'ERROR 42',
        extractedFields: { level: 'ERROR', code: '42' },
      },
    ],
  });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueueTagsCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let cloudformation: CloudFormationClient;
let sqs: SQSClient;
before(async () => {
  server = await startTestServer();
  cloudformation = new CloudFormationClient(server.sdk);
  sqs = new SQSClient(server.sdk);
});
after(async () => {
  cloudformation.destroy();
  sqs.destroy();
  await server.stop();
});

const template = (queue: object, more: object = {}): string =>
  JSON.stringify({
    Resources: {
      Dead: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'stacked.fifo',
          FifoQueue: true,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 4 },
          ...queue,
        },
      },
      ...more,
    },
    Outputs: { Url: { Value: { Ref: 'Queue' } }, Dead: { Value: { 'Fn::GetAtt': ['Dead', 'QueueName'] } } },
  });
const POLICY = {
  Policy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Queue' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
        ],
      },
    },
  },
};

const reach = (status: string): Promise<Record<string, string>> =>
  eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: 'queues' }));
    if (Stacks?.[0]?.StackStatus !== status) return undefined;
    return Object.fromEntries((Stacks[0].Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  });
const attributes = async (QueueUrl: string): Promise<Record<string, string>> =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};

test('a stack makes, changes and deletes queues and their policies', async () => {
  const TemplateBody = template({ VisibilityTimeout: 77, Tags: [{ Key: 'a', Value: '1' }] }, POLICY);
  await cloudformation.send(new CreateStackCommand({ StackName: 'queues', TemplateBody }));
  const { Url = '', Dead = '' } = await reach('CREATE_COMPLETE');
  assert.equal(Url, 'https://sqs.us-east-1.amazonaws.com/000000000000/stacked.fifo');
  assert.match(Dead, /^queues-Dead-[0-9A-Z]+\.fifo$/);
  const made = await attributes(Url);
  assert.equal(made['VisibilityTimeout'], '77');
  assert.equal(JSON.parse(made['RedrivePolicy'] ?? '').maxReceiveCount, 4);
  assert.match(made['Policy'] ?? '', /sns\.amazonaws\.com/);
  const tags = (await sqs.send(new ListQueueTagsCommand({ QueueUrl: Url }))).Tags;
  assert.equal(tags?.['a'], '1');

  await cloudformation.send(
    new UpdateStackCommand({ StackName: 'queues', TemplateBody: template({ ContentBasedDeduplication: true }) }),
  );
  await reach('UPDATE_COMPLETE');
  const changed = await attributes(Url);
  assert.deepEqual(
    [changed['VisibilityTimeout'], changed['ContentBasedDeduplication'], changed['Policy']],
    ['30', 'true', undefined],
  );

  await cloudformation.send(new DeleteStackCommand({ StackName: 'queues' }));
  await eventually(() =>
    sqs.send(new GetQueueUrlCommand({ QueueName: 'stacked.fifo' })).then(
      () => false,
      (error: Error) => error.name === 'QueueDoesNotExist',
    ),
  );
});

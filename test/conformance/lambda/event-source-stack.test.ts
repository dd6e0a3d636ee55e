// Events of a SAM template become mappings of streams and queues, and a change of the template changes them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { ListEventSourceMappingsCommand, type EventSourceMappingConfiguration } from '@aws-sdk/client-lambda';
import { eventually } from '../../harness.ts';
import { bodiesOf, startStreamFixture, type StreamFixture } from './event-source-fixture.ts';

let f: StreamFixture;
let cloudformation: CloudFormationClient;
before(async () => {
  f = await startStreamFixture();
  cloudformation = new CloudFormationClient(f.server.sdk);
});
after(async () => {
  cloudformation.destroy();
  await f.stop();
});

const StackName = 'mappings';
const Capabilities = ['CAPABILITY_IAM' as const, 'CAPABILITY_AUTO_EXPAND' as const];

const template = (stream: string, table: string, queue: string, settings: string): string => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Failures: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: stack-worker
      Runtime: nodejs24.x
      Handler: index.handler
      Timeout: 10
      Environment: {Variables: {OUT: '${queue}'}}
      Policies: [{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}]}]
      InlineCode: |
        const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
        const sqs = new SQSClient({});
        exports.handler = (event) =>
          sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: JSON.stringify(event) })).then(() => null);
      Events:
        Stream: {Type: Kinesis, Properties: {Stream: '${stream}', StartingPosition: TRIM_HORIZON${settings}}}
        Table: {Type: DynamoDB, Properties: {Stream: '${table}', StartingPosition: LATEST}}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Source.Arn, BatchSize: 5}}
  Source: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
`;

const SETTINGS = `, BatchSize: 50, MaximumBatchingWindowInSeconds: 1, ParallelizationFactor: 2,
          BisectBatchOnFunctionError: true, MaximumRecordAgeInSeconds: 3600, MaximumRetryAttempts: 2,
          FunctionResponseTypes: [ReportBatchItemFailures],
          FilterCriteria: {Filters: [{Pattern: '{"data":{"wanted":[true]}}'}]},
          DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failures.Arn}}`;

async function settled(status: string): Promise<void> {
  await eventually(async () => {
    const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const stack = Stacks[0];
    if (/ROLLBACK|FAILED/.test(stack?.StackStatus ?? '')) assert.fail(`${stack?.StackStatus}`);
    return stack?.StackStatus === status;
  }, 30_000);
}

async function mappingOf(arn: string): Promise<EventSourceMappingConfiguration | undefined> {
  const { EventSourceMappings = [] } = await f.lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: 'stack-worker' }),
  );
  return EventSourceMappings.find(({ EventSourceArn }) => EventSourceArn?.includes(arn));
}

test('SAM events are mappings that work, change and go', async () => {
  const [stream, table] = [await f.stream(), await f.tableStream()];
  const out = await f.queue();
  const OUT = `https://sqs.us-east-1.amazonaws.com/000000000000/${out.arn.split(':').at(-1)}`;
  const TemplateBody = template(stream, table, OUT, SETTINGS);
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
  await settled('CREATE_COMPLETE');
  const mapping = await mappingOf(stream);
  const { MaximumRecordAgeInSeconds, MaximumRetryAttempts, ParallelizationFactor, DestinationConfig } = mapping ?? {};
  assert.deepEqual(
    [mapping?.BatchSize, MaximumRecordAgeInSeconds, MaximumRetryAttempts, ParallelizationFactor],
    [50, 3600, 2, 2],
  );
  assert.match(DestinationConfig?.OnFailure?.Destination ?? '', /^arn:aws:sqs:.*Failures/);
  assert.equal((await mappingOf(table))?.StartingPosition, 'LATEST');
  assert.equal((await mappingOf('mappings-Source'))?.BatchSize, 5);
  await f.kinesis.putText(stream, 'shardId-000000000000', 'k', '{"wanted":false}');
  await f.kinesis.putText(stream, 'shardId-000000000000', 'k', '{"wanted":true}');
  assert.deepEqual((await f.events(out.url, 1)).flatMap(bodiesOf), ['{"wanted":true}']);

  const changed = template(stream, table, OUT, ', BatchSize: 7');
  await cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody: changed, Capabilities }));
  await settled('UPDATE_COMPLETE');
  const now = await mappingOf(stream);
  assert.deepEqual(
    [now?.UUID, now?.BatchSize, now?.MaximumBatchingWindowInSeconds, now?.ParallelizationFactor, now?.FilterCriteria],
    [mapping?.UUID, 7, 0, 1, undefined],
  );
  assert.deepEqual(
    [now?.DestinationConfig, now?.MaximumRetryAttempts, now?.MaximumRecordAgeInSeconds, now?.FunctionResponseTypes],
    [{ OnFailure: {} }, -1, -1, []],
  );
  await f.kinesis.putText(stream, 'shardId-000000000000', 'k', '{"wanted":false,"n":2}');
  assert.deepEqual((await f.events(out.url, 1)).flatMap(bodiesOf), ['{"wanted":false,"n":2}']);

  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => (await mappingOf(stream)) === undefined, 30_000);
});

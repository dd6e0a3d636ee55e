// Where IAM is enforced, the function's role must be able to read its source.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateRoleCommand, DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  PutFunctionEventInvokeConfigCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { eventually } from '../../harness.ts';
import { bodiesOf, startStreamFixture, type StreamFixture } from './event-source-fixture.ts';

let f: StreamFixture;
let iam: IAMClient;
before(async () => {
  f = await startStreamFixture({ config: { iam: 'enforce' } });
  iam = new IAMClient(f.server.sdk);
});
after(async () => {
  iam.destroy();
  await f.stop();
});

async function createRole(RoleName: string): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  await allow(RoleName, 'send', ['sqs:SendMessage']);
  return Role?.Arn ?? '';
}
const allow = (RoleName: string, PolicyName: string, Action: string[]): Promise<unknown> =>
  iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
      }),
    }),
  );

test('a mapping of a stream needs a role that may read it, for as long as it reads', async () => {
  const role = await createRole('reader');
  const { name, out } = await f.worker(undefined, { Role: role });
  const [stream, table] = [await f.stream(), await f.tableStream()];
  await assert.rejects(f.map(name, stream), {
    name: 'InvalidParameterValueException',
    message: `Cannot access stream ${stream}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.`,
  });
  await assert.rejects(f.map(name, table), {
    name: 'InvalidParameterValueException',
    message: `Cannot access stream ${table}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.`,
  });
  await allow('reader', 'read', ['kinesis:Get*', 'kinesis:Describe*', 'kinesis:List*']);
  const { UUID } = await f.map(name, stream);
  await f.kinesis.putText(stream, 'shardId-000000000000', 'k', 'one');
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['one']);
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'reader', PolicyName: 'read' }));
  await f.kinesis.putText(stream, 'shardId-000000000000', 'k', 'two');
  await eventually(async () => (await f.get(UUID)).LastProcessingResult === 'PROBLEM: Function call failed');
  await allow('reader', 'read', ['kinesis:*']);
  assert.deepEqual((await f.events(out, 1)).flatMap(bodiesOf), ['two']);
});

test('a failure destination needs a role that may deliver to it', async () => {
  const role = await createRole('teller');
  await allow('teller', 'read', ['kinesis:*']);
  const { name } = await f.worker(undefined, { Role: role });
  const stream = await f.stream();
  const to = (Destination: string): object => ({ DestinationConfig: { OnFailure: { Destination } } });
  await assert.rejects(f.map(name, stream, to('arn:aws:s3:::some-bucket')), {
    name: 'InvalidParameterValueException',
    message: 'The provided execution role does not have permissions to call PutObject on S3',
  });
  const { UUID } = await f.map(name, stream, to((await f.queue()).arn));
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'teller', PolicyName: 'send' }));
  const Destination = (await f.queue()).arn;
  const update = new UpdateEventSourceMappingCommand({ UUID, DestinationConfig: { OnFailure: { Destination } } });
  await assert.rejects(f.lambda.send(update), {
    message: 'The provided execution role does not have permissions to call SendMessage on SQS',
  });
});

test('a mapping of a queue needs a role that may poll it', async () => {
  const { name } = await f.worker(undefined, { Role: await createRole('poller') });
  const { arn } = await f.queue();
  await assert.rejects(f.map(name, arn, { StartingPosition: undefined }), {
    name: 'InvalidParameterValueException',
    message: 'The function execution role does not have permissions to call ReceiveMessage on SQS',
  });
  await allow('poller', 'poll', ['sqs:ReceiveMessage', 'sqs:GetQueueAttributes']);
  await assert.rejects(f.map(name, arn, { StartingPosition: undefined }), {
    message: 'The function execution role does not have permissions to call DeleteMessage on SQS',
  });
});

test('a dead letter queue and destinations need a role that may deliver to them', async () => {
  const role = await createRole('mute');
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'mute', PolicyName: 'send' }));
  const { name } = await f.worker(undefined, { Role: role });
  const queue = 'arn:aws:sqs:us-east-1:000000000000:letters';
  const refused = (message: string) => ({ name: 'InvalidParameterValueException', message });
  const setDeadLetter = () =>
    f.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: name, DeadLetterConfig: { TargetArn: queue } }),
    );
  const setDestination = (Destination: string) =>
    f.lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: name,
        DestinationConfig: { OnFailure: { Destination } },
      }),
    );
  await assert.rejects(
    setDeadLetter(),
    refused('The provided execution role does not have permissions to call SendMessage on SQS'),
  );
  await assert.rejects(
    setDestination(queue),
    refused(`The function's execution role does not have permissions to call SendMessage on ${queue}`),
  );
  await allow('mute', 'speak', ['sqs:SendMessage']);
  await setDeadLetter();
  await setDestination(queue);
});

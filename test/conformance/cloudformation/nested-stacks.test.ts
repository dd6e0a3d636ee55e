import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let cfn: CloudFormationClient;
let s3: S3Client;
before(async () => {
  server = await startTestServer();
  cfn = new CloudFormationClient(server.sdk);
  s3 = new S3Client(server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'templates' }));
});
after(() => server.stop());

const child = (delay: number): Promise<unknown> =>
  s3.send(
    new PutObjectCommand({
      Bucket: 'templates',
      Key: 'child.json',
      Body: JSON.stringify({
        Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: delay } } },
        Outputs: { Delay: { Value: String(delay) } },
      }),
    }),
  );

const parent = JSON.stringify({
  Resources: {
    Child: {
      Type: 'AWS::CloudFormation::Stack',
      Properties: { TemplateURL: 'https://templates.s3.amazonaws.com/child.json' },
    },
  },
  Outputs: { Delay: { Value: { 'Fn::GetAtt': ['Child', 'Outputs.Delay'] } } },
});

const delayOf = async (StackName: string): Promise<string | undefined> => {
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName }));
  return Stacks![0]!.Outputs![0]!.OutputValue;
};

test('an update looks at the templates of nested stacks, though nothing else has changed', async () => {
  await child(1);
  await cfn.send(new CreateStackCommand({ StackName: 'always', TemplateBody: parent }));
  await child(2);
  await cfn.send(new UpdateStackCommand({ StackName: 'always', TemplateBody: parent }));
  assert.equal(await delayOf('always'), '2');
});

test('without IncludeNestedStacks a change set says that a nested stack may change', async () => {
  await child(1);
  await cfn.send(new CreateStackCommand({ StackName: 'automatic', TemplateBody: parent }));
  const name = { StackName: 'automatic', ChangeSetName: 'look' };
  await cfn.send(new CreateChangeSetCommand({ ...name, TemplateBody: parent }));
  const { Status, Changes } = await cfn.send(new DescribeChangeSetCommand(name));
  assert.equal(Status, 'CREATE_COMPLETE');
  const { Action, Replacement, Scope, Details } = Changes![0]!.ResourceChange!;
  assert.deepEqual([Action, Replacement, Scope], ['Modify', 'False', ['Properties']]);
  assert.deepEqual(Details, [
    {
      Target: { Attribute: 'Properties', RequiresRecreation: 'Never' },
      Evaluation: 'Dynamic',
      ChangeSource: 'Automatic',
    },
  ]);
});

test('with IncludeNestedStacks nested stacks have change sets of their own, which run and go with their root', async () => {
  await child(1);
  await cfn.send(new CreateStackCommand({ StackName: 'rooted', TemplateBody: parent }));
  const look = async (ChangeSetName: string) => {
    const name = { StackName: 'rooted', ChangeSetName };
    await cfn.send(new CreateChangeSetCommand({ ...name, TemplateBody: parent, IncludeNestedStacks: true }));
    return cfn.send(new DescribeChangeSetCommand(name));
  };
  const { StackResourceDetail } = await cfn.send(
    new DescribeStackResourceCommand({ StackName: 'rooted', LogicalResourceId: 'Child' }),
  );
  const nested = StackResourceDetail!.PhysicalResourceId!;

  const same = await look('same');
  assert.equal(same.Status, 'FAILED');
  assert.match(same.StatusReason!, /^The submitted information didn't contain changes\./);
  assert.deepEqual((await cfn.send(new ListChangeSetsCommand({ StackName: nested }))).Summaries, []);

  await child(2);
  const dropped = await look('dropped');
  await cfn.send(new DeleteChangeSetCommand({ StackName: 'rooted', ChangeSetName: 'dropped' }));
  await assert.rejects(
    cfn.send(new DescribeChangeSetCommand({ ChangeSetName: dropped.Changes![0]!.ResourceChange!.ChangeSetId! })),
    { name: 'ChangeSetNotFoundException' },
  );

  const root = await look('other');
  const { ChangeSetId } = root.Changes![0]!.ResourceChange!;
  const below = await cfn.send(new DescribeChangeSetCommand({ ChangeSetName: ChangeSetId! }));
  assert.deepEqual(
    [below.StackId, below.ParentChangeSetId, below.RootChangeSetId, below.IncludeNestedStacks],
    [nested, root.ChangeSetId, root.ChangeSetId, true],
  );
  assert.equal(below.Changes![0]!.ResourceChange!.LogicalResourceId, 'Queue');
  await cfn.send(new ExecuteChangeSetCommand({ ChangeSetName: root.ChangeSetId! }));
  assert.equal(await delayOf('rooted'), '2');
  const ran = await cfn.send(new DescribeChangeSetCommand({ ChangeSetName: ChangeSetId! }));
  assert.equal(ran.ExecutionStatus, 'EXECUTE_COMPLETE');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
before(async () => {
  bed = await testBed();
});
after(() => bed.stop());

const template = (delay: number, more = ''): string => `
Resources:
  First: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: ${delay}}}
  Second: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt First.Arn}}}
${more}
`;

const create = (
  stack: string,
  name: string,
  body: string,
  type: 'CREATE' | 'UPDATE',
): Promise<{ Id?: string; StackId?: string }> =>
  bed.call('cloudformation', 'CreateChangeSet', {
    StackName: stack,
    ChangeSetName: name,
    TemplateBody: body,
    ChangeSetType: type,
  });

test('a stack is created by way of a change set', async () => {
  const { Id, StackId } = await create('made', 'first', template(1), 'CREATE');
  assert.match(Id!, /^arn:aws:cloudformation:us-east-1:123456789012:changeSet\/first\/[-0-9a-f]{36}$/);
  assert.equal(await bed.status('made'), 'REVIEW_IN_PROGRESS');
  const shown = await bed.call('cloudformation', 'DescribeChangeSet', { ChangeSetName: Id! });
  assert.deepEqual(
    [shown.Status, shown.ExecutionStatus, shown.StackId, shown.StackName],
    ['CREATE_COMPLETE', 'AVAILABLE', StackId, 'made'],
  );
  assert.deepEqual(
    shown.Changes!.map(({ ResourceChange }) => [ResourceChange!.Action, ResourceChange!.LogicalResourceId]),
    [
      ['Add', 'First'],
      ['Add', 'Second'],
    ],
  );
  await bed.call('cloudformation', 'ExecuteChangeSet', { ChangeSetName: 'first', StackName: 'made' });
  assert.equal(await bed.status('made'), 'CREATE_COMPLETE');
  assert.deepEqual((await bed.events('made')).slice(0, 3), [
    'made REVIEW_IN_PROGRESS User Initiated',
    'made CREATE_IN_PROGRESS User Initiated',
    'First CREATE_IN_PROGRESS',
  ]);
  await assert.rejects(bed.call('cloudformation', 'ExecuteChangeSet', { ChangeSetName: 'first', StackName: 'made' }), {
    code: 'InvalidChangeSetStatus',
  });
});

test('a change set tells what will be modified, replaced, removed and what only may', async () => {
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'shown',
    TemplateBody: template(1, '  Gone: {Type: AWS::SQS::Queue}'),
  });
  const next = template(2).replace('DelaySeconds: 2', 'DelaySeconds: 2, FifoQueue: true');
  await create('shown', 'look', next, 'UPDATE');
  const { Changes } = await bed.call('cloudformation', 'DescribeChangeSet', {
    StackName: 'shown',
    ChangeSetName: 'look',
  });
  const changes = Changes!.map(({ ResourceChange: change }) => [
    change!.LogicalResourceId,
    change!.Action,
    change!.Replacement,
    change!.Scope,
  ]);
  assert.deepEqual(changes, [
    ['First', 'Modify', 'True', ['Properties']],
    ['Gone', 'Remove', undefined, []],
    ['Second', 'Modify', 'False', ['Properties']],
  ]);
  const details = Changes![2]!.ResourceChange!.Details!;
  assert.deepEqual(details, [
    {
      Target: { Attribute: 'Properties', Name: 'RedrivePolicy', RequiresRecreation: 'Never' },
      Evaluation: 'Dynamic',
      ChangeSource: 'ResourceAttribute',
      CausingEntity: 'First.Arn',
    },
  ]);
  await bed.call('cloudformation', 'ExecuteChangeSet', { StackName: 'shown', ChangeSetName: 'look' });
  assert.equal(await bed.status('shown'), 'UPDATE_COMPLETE');
  assert.ok(![...bed.sqs.queues.keys()].some((name) => name.startsWith('shown-Gone')));
});

test('a change set without changes fails with the words that clients look for', async () => {
  await bed.call('cloudformation', 'CreateStack', { StackName: 'same', TemplateBody: template(1) });
  await create('same', 'empty', template(1), 'UPDATE');
  const shown = await bed.call('cloudformation', 'DescribeChangeSet', { StackName: 'same', ChangeSetName: 'empty' });
  assert.equal(shown.Status, 'FAILED');
  assert.equal(
    shown.StatusReason,
    "The submitted information didn't contain changes. Submit different information to create a change set.",
  );
  assert.equal(shown.ExecutionStatus, 'UNAVAILABLE');
  await assert.rejects(bed.call('cloudformation', 'ExecuteChangeSet', { StackName: 'same', ChangeSetName: 'empty' }), {
    code: 'InvalidChangeSetStatus',
  });
  const { Summaries } = await bed.call('cloudformation', 'ListChangeSets', { StackName: 'same' });
  assert.equal(Summaries!.length, 1);
  await bed.call('cloudformation', 'DeleteChangeSet', { StackName: 'same', ChangeSetName: 'empty' });
  await assert.rejects(bed.call('cloudformation', 'DescribeChangeSet', { StackName: 'same', ChangeSetName: 'empty' }), {
    code: 'ChangeSetNotFound',
    message: 'ChangeSet [empty] does not exist',
  });
});

test('types of change sets and states of stacks must fit', async () => {
  await assert.rejects(create('none', 'x', template(1), 'UPDATE'), { message: 'Stack [none] does not exist' });
  await bed.call('cloudformation', 'CreateStack', { StackName: 'there', TemplateBody: template(1) });
  await assert.rejects(create('there', 'x', template(2), 'CREATE'), { code: 'AlreadyExistsException' });
});

test('a stack in review goes away without a trace', async () => {
  const { StackId } = await create('review', 'one', template(1), 'CREATE');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'review' });
  assert.equal(await bed.status(StackId!), 'DELETE_COMPLETE');
  await create('review', 'one', template(1), 'CREATE');
});

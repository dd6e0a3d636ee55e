import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deployStack, type DeployedStack } from '#deploy/index.ts';
import { accountId, region, testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
before(async () => {
  bed = await testBed();
});
after(() => bed.stop());

const deploy = (stackName: string, templateBody: string, lenient = false): Promise<DeployedStack> =>
  deployStack(bed.platform, { accountId, region, stackName, templateBody, templateName: 'app/template.yaml', lenient });

const template = (delay: number): string => `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: ${delay}}}
Outputs: {Arn: {Value: !GetAtt Queue.Arn}}
`;

test('the first deployment creates, the next updates, and the same again does nothing', async () => {
  const first = await deploy('app', template(1));
  assert.equal(first.failure, undefined);
  assert.equal(first.status, 'CREATE_COMPLETE');
  assert.match(first.outputs.Arn!, /:app-Queue-/);
  assert.match(first.physicalIds.Queue!, /\/app-Queue-/);
  const second = await deploy('app', template(2));
  assert.equal(second.status, 'UPDATE_COMPLETE');
  assert.equal(second.physicalIds.Queue, first.physicalIds.Queue);
  bed.sqs.calls.length = 0;
  assert.equal((await deploy('app', template(2))).failure, undefined);
  assert.deepEqual(bed.sqs.calls, []);
});

test('a broken template is answered with file, line and reason; the old version stays', async () => {
  await deploy('broken', template(1));
  const bad = await deploy(
    'broken',
    'Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      Delay: 1\n',
  );
  assert.equal(
    bad.failure,
    'app/template.yaml:5: Properties validation failed for resource Queue with message:\n#: extraneous key [Delay] is not permitted',
  );
  assert.match(bad.outputs.Arn!, /:broken-Queue-/);
  assert.equal(
    (await deploy('broken', 'Resources: [')).failure,
    'app/template.yaml:1: Template format error: YAML not well-formed. (line 1, column 13)',
  );
  bed.sqs.failures.set('SetQueueAttributes "3"', 'no threes');
  const failed = await deploy('broken', template(3));
  assert.match(
    failed.failure!,
    /^app\/template\.yaml:3: Queue \(AWS::SQS::Queue\): Resource handler returned message: "no threes/,
  );
  assert.equal(failed.status, 'UPDATE_ROLLBACK_COMPLETE');
  assert.equal((await deploy('broken', template(4))).status, 'UPDATE_COMPLETE');
});

test('a stack whose creation failed is made anew', async () => {
  bed.sqs.failures.set('CreateQueue anew-', 'not yet');
  assert.match((await deploy('anew', template(1))).failure!, /not yet/);
  bed.sqs.failures.delete('CreateQueue anew-');
  assert.equal((await deploy('anew', template(1))).status, 'CREATE_COMPLETE');
});

test('lenient lets unknown types and properties pass, and the events say so', async () => {
  const text = `
Resources:
  Table: {Type: AWS::Unheard::Of}
  Queue: {Type: AWS::SQS::Queue, Properties: {Nonsense: 1, DelaySeconds: 4}}
Outputs: {Table: {Value: !Ref Table}, Arn: {Value: !GetAtt Table.Arn}}
`;
  const deployed = await deploy('lenient', text, true);
  assert.equal(deployed.failure, undefined);
  assert.match(deployed.outputs.Table!, /^lenient-Table-/);
  assert.equal(deployed.outputs.Arn, 'Table.Arn');
  assert.ok(
    (await bed.events('lenient')).includes(
      'Table CREATE_COMPLETE Gatehouse does not support the resource type AWS::Unheard::Of of Table (line 3); ignored (--lenient)',
    ),
  );
  assert.ok(
    (await bed.events('lenient')).includes(
      'Queue CREATE_COMPLETE #: extraneous key [Nonsense] is not permitted; ignored (--lenient)',
    ),
  );
  const [, queue] = [...bed.sqs.queues].find(([name]) => name.startsWith('lenient-Queue'))!;
  assert.deepEqual(queue.attributes, { DelaySeconds: '4' });
});

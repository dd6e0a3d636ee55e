import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
before(async () => {
  bed = await testBed();
});
after(() => bed.stop());

const two = (delay = 5, extra = ''): string => `
Parameters: {Delay: {Type: Number, Default: ${delay}}}
Resources:
  First:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: !Ref Delay}
  Second:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt First.Arn, maxReceiveCount: 3}}
${extra}
Outputs:
  Url: {Value: !Ref First}
  Arn: {Value: !GetAtt Second.Arn}
`;

test('a stack is created in the order of its references, with AWS events', async () => {
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'create',
    TemplateBody: two(),
    Tags: [{ Key: 'team', Value: 'a' }],
  });
  assert.equal(await bed.status('create'), 'CREATE_COMPLETE');
  assert.deepEqual(await bed.events('create'), [
    'create CREATE_IN_PROGRESS User Initiated',
    'First CREATE_IN_PROGRESS',
    'First CREATE_IN_PROGRESS Resource creation Initiated',
    'First CREATE_COMPLETE',
    'Second CREATE_IN_PROGRESS',
    'Second CREATE_IN_PROGRESS Resource creation Initiated',
    'Second CREATE_COMPLETE',
    'create CREATE_COMPLETE',
  ]);
  const outputs = await bed.outputs('create');
  assert.match(outputs.Url!, /^http:\/\/sqs\/create-First-[A-Z0-9]{12}$/);
  assert.match(outputs.Arn!, /^arn:aws:sqs:us-east-1:123456789012:create-Second-[A-Z0-9]{12}$/);
  const name = outputs.Url!.split('/').at(-1)!;
  assert.deepEqual(bed.sqs.queues.get(name), { attributes: { DelaySeconds: '5' }, tags: { team: 'a' } });
});

test('an update changes what changed and nothing else; the same again is refused', async () => {
  await bed.call('cloudformation', 'CreateStack', { StackName: 'update', TemplateBody: two() });
  bed.sqs.calls.length = 0;
  await bed.call('cloudformation', 'UpdateStack', {
    StackName: 'update',
    UsePreviousTemplate: true,
    Parameters: [{ ParameterKey: 'Delay', ParameterValue: '9' }],
  });
  assert.equal(await bed.status('update'), 'UPDATE_COMPLETE');
  assert.equal(bed.sqs.calls.length, 1);
  assert.match(bed.sqs.calls[0]!, /^SetQueueAttributes update-First-\w+ \{"DelaySeconds":"9"\}$/);
  assert.deepEqual((await bed.events('update')).slice(-5), [
    'update UPDATE_IN_PROGRESS User Initiated',
    'First UPDATE_IN_PROGRESS',
    'First UPDATE_COMPLETE',
    'update UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'update UPDATE_COMPLETE',
  ]);
  await assert.rejects(
    bed.call('cloudformation', 'UpdateStack', {
      StackName: 'update',
      UsePreviousTemplate: true,
      Parameters: [{ ParameterKey: 'Delay', UsePreviousValue: true }],
    }),
    { code: 'ValidationError', message: 'No updates are to be performed.' },
  );
});

test('a replacement is made before the old one goes, and references follow it', async () => {
  const template = (fifo: boolean): string => `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: ${fifo}}}
  User: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Queue.Arn}}}
`;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'replace', TemplateBody: template(false) });
  bed.sqs.calls.length = 0;
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'replace', TemplateBody: template(true) });
  assert.equal(await bed.status('replace'), 'UPDATE_COMPLETE');
  assert.deepEqual(
    bed.sqs.calls.map((line) => line.split(' ')[0]),
    ['CreateQueue', 'SetQueueAttributes', 'DeleteQueue'],
  );
  assert.deepEqual((await bed.events('replace')).slice(-10), [
    'replace UPDATE_IN_PROGRESS User Initiated',
    'Queue UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.',
    'Queue UPDATE_IN_PROGRESS Resource creation Initiated',
    'Queue UPDATE_COMPLETE',
    'User UPDATE_IN_PROGRESS',
    'User UPDATE_COMPLETE',
    'replace UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'Queue DELETE_IN_PROGRESS',
    'Queue DELETE_COMPLETE',
    'replace UPDATE_COMPLETE',
  ]);
  const names = [...bed.sqs.queues.keys()].filter((name) => name.startsWith('replace-Queue'));
  assert.equal(names.length, 1);
  assert.match(names[0]!, /^replace-Queue-[A-Z0-9]{12}\.fifo$/);
});

test('a named resource that must be replaced under its own name is refused', async () => {
  const template = (fifo: boolean): string => `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: fixed.fifo, FifoQueue: ${fifo}}}
`;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'named', TemplateBody: template(false) });
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'named', TemplateBody: template(true) });
  assert.equal(await bed.status('named'), 'UPDATE_ROLLBACK_COMPLETE');
  const events = await bed.events('named');
  assert.ok(
    events.includes(
      'Queue UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename fixed.fifo and update the stack again.',
    ),
  );
  assert.ok(events.includes('named UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Queue]. '));
});

test('a failed creation rolls back and says why', async () => {
  bed.sqs.failures.set('CreateQueue broken-Second', 'no such thing');
  await bed.call('cloudformation', 'CreateStack', { StackName: 'broken', TemplateBody: two() });
  assert.equal(await bed.status('broken'), 'ROLLBACK_COMPLETE');
  const events = await bed.events('broken');
  const failed = events.find((line) => line.startsWith('Second CREATE_FAILED'))!;
  assert.match(
    failed,
    /Resource handler returned message: "no such thing \(Service: Sqs, Status Code: 400, Request ID: [-0-9a-f]{36}\) \(SDK Attempt Count: 1\)" \(RequestToken: [-0-9a-f]{36}, HandlerErrorCode: InvalidRequest\)$/,
  );
  assert.deepEqual(events.slice(-4), [
    'broken ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Second]. Rollback requested by user.',
    'First DELETE_IN_PROGRESS',
    'First DELETE_COMPLETE',
    'broken ROLLBACK_COMPLETE',
  ]);
  assert.ok(![...bed.sqs.queues.keys()].some((name) => name.startsWith('broken-')));
});

test('OnFailure decides: DO_NOTHING keeps what there is, DELETE leaves nothing', async () => {
  bed.sqs.failures.set('CreateQueue keep-Second', 'no');
  await bed.call('cloudformation', 'CreateStack', { StackName: 'keep', TemplateBody: two(), OnFailure: 'DO_NOTHING' });
  assert.equal(await bed.status('keep'), 'CREATE_FAILED');
  assert.ok([...bed.sqs.queues.keys()].some((name) => name.startsWith('keep-First')));
  bed.sqs.failures.delete('CreateQueue keep-Second');
  // With the rollback switched off an update may repair it.
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'keep', TemplateBody: two() });
  assert.equal(await bed.status('keep'), 'UPDATE_COMPLETE');

  bed.sqs.failures.set('CreateQueue gone-Second', 'no');
  const { StackId } = await bed.call('cloudformation', 'CreateStack', {
    StackName: 'gone',
    TemplateBody: two(),
    OnFailure: 'DELETE',
  });
  assert.equal(await bed.status(StackId!), 'DELETE_COMPLETE');
  await assert.rejects(bed.status('gone'), { message: 'Stack with id gone does not exist' });
});

test('a failed update brings everything back', async () => {
  await bed.call('cloudformation', 'CreateStack', { StackName: 'back', TemplateBody: two(5) });
  const before = structuredClone([...bed.sqs.queues].filter(([name]) => name.startsWith('back-')));
  bed.sqs.failures.set('CreateQueue back-Third', 'no third');
  const third = '  Third: {Type: AWS::SQS::Queue, DependsOn: [First, Fourth]}\n  Fourth: {Type: AWS::SQS::Queue}\n';
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'back', TemplateBody: two(7, third) });
  assert.equal(await bed.status('back'), 'UPDATE_ROLLBACK_COMPLETE');
  assert.deepEqual(
    [...bed.sqs.queues].filter(([name]) => name.startsWith('back-')),
    before,
  );
  const events = await bed.events('back');
  assert.ok(events.includes('back UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Third]. '));
  assert.deepEqual(events.slice(-1), ['back UPDATE_ROLLBACK_COMPLETE']);
  const { StackResourceSummaries } = await bed.call('cloudformation', 'ListStackResources', { StackName: 'back' });
  assert.deepEqual(
    StackResourceSummaries!.map((resource) => [resource.LogicalResourceId, resource.ResourceStatus]),
    [
      ['First', 'UPDATE_COMPLETE'],
      ['Second', 'CREATE_COMPLETE'],
    ],
  );
  // The old template is the stack's again.
  const { TemplateBody } = await bed.call('cloudformation', 'GetTemplate', { StackName: 'back' });
  assert.equal(TemplateBody, two(5));
});

test('a rollback that fails can be continued', async () => {
  await bed.call('cloudformation', 'CreateStack', { StackName: 'stuck', TemplateBody: two(5) });
  bed.sqs.failures.set('CreateQueue stuck-Third', 'no third');
  bed.sqs.failures.set('SetQueueAttributes "5"', 'cannot go back');
  const third = '  Third: {Type: AWS::SQS::Queue, DependsOn: First}\n';
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'stuck', TemplateBody: two(7, third) });
  assert.equal(await bed.status('stuck'), 'UPDATE_ROLLBACK_FAILED');
  await assert.rejects(bed.call('cloudformation', 'UpdateStack', { StackName: 'stuck', TemplateBody: two(8) }), {
    message: /is in UPDATE_ROLLBACK_FAILED state and can not be updated\.$/,
  });
  bed.sqs.failures.delete('SetQueueAttributes "5"');
  await bed.call('cloudformation', 'ContinueUpdateRollback', { StackName: 'stuck' });
  assert.equal(await bed.status('stuck'), 'UPDATE_ROLLBACK_COMPLETE');
  const [queue] = [...bed.sqs.queues].filter(([name]) => name.startsWith('stuck-First'));
  assert.equal(queue![1].attributes.DelaySeconds, '5');
});

test('deletion goes backwards, keeps what is retained, and fails with the reason', async () => {
  const template = `
Resources:
  Kept: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}
  First: {Type: AWS::SQS::Queue}
  Second: {Type: AWS::SQS::Queue, DependsOn: First}
`;
  const { StackId } = await bed.call('cloudformation', 'CreateStack', { StackName: 'away', TemplateBody: template });
  bed.sqs.failures.set('DeleteQueue away-First', 'not now');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'away' });
  assert.equal(await bed.status('away'), 'DELETE_FAILED');
  assert.ok(
    (await bed.events('away')).includes('away DELETE_FAILED The following resource(s) failed to delete: [First]. '),
  );
  bed.sqs.failures.delete('DeleteQueue away-First');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'away' });
  assert.equal(await bed.status(StackId!), 'DELETE_COMPLETE');
  assert.ok([...bed.sqs.queues.keys()].some((name) => name.startsWith('away-Kept')));
  const events = await bed.events(StackId!);
  assert.ok(events.includes('Kept DELETE_SKIPPED'));
  assert.ok(events.indexOf('Second DELETE_COMPLETE') < events.indexOf('First DELETE_IN_PROGRESS'));
  // The name is free again, deleting what is gone is no error.
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'away' });
  await bed.call('cloudformation', 'CreateStack', { StackName: 'away', TemplateBody: template });
});

test('termination protection and exports in use hold a stack', async () => {
  const producer = `
Resources: {A: {Type: AWS::SQS::Queue}}
Outputs: {Arn: {Value: !GetAtt A.Arn, Export: {Name: shared-arn}}}
`;
  const consumer = `
Resources: {B: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !ImportValue shared-arn}}}}
`;
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'producer',
    TemplateBody: producer,
    EnableTerminationProtection: true,
  });
  await bed.call('cloudformation', 'CreateStack', { StackName: 'consumer', TemplateBody: consumer });
  assert.equal(await bed.status('consumer'), 'CREATE_COMPLETE');
  await assert.rejects(bed.call('cloudformation', 'DeleteStack', { StackName: 'producer' }), {
    message: 'Stack [producer] cannot be deleted while TerminationProtection is enabled',
  });
  await bed.call('cloudformation', 'UpdateTerminationProtection', {
    StackName: 'producer',
    EnableTerminationProtection: false,
  });
  await assert.rejects(bed.call('cloudformation', 'DeleteStack', { StackName: 'producer' }), {
    message: 'Delete canceled. Cannot delete export shared-arn as it is in use by consumer.',
  });
  const { Imports } = await bed.call('cloudformation', 'ListImports', { ExportName: 'shared-arn' });
  assert.deepEqual(Imports, ['consumer']);
  await bed.call('cloudformation', 'UpdateStack', {
    StackName: 'producer',
    TemplateBody: producer.replace('shared-arn', 'other'),
  });
  assert.ok(
    (await bed.events('producer')).includes(
      'producer UPDATE_ROLLBACK_IN_PROGRESS Export shared-arn cannot be deleted as it is in use by consumer',
    ),
  );
  await bed.call('cloudformation', 'CreateStack', { StackName: 'second', TemplateBody: producer });
  assert.equal(await bed.status('second'), 'ROLLBACK_COMPLETE');
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'nothing',
    TemplateBody: consumer.replace('shared-arn', 'missing'),
  });
  assert.ok(
    (await bed.events('nothing')).includes(
      'nothing ROLLBACK_IN_PROGRESS No export named missing found. Rollback requested by user.',
    ),
  );
});

test('a stack policy guards resources from updates', async () => {
  const policy = JSON.stringify({
    Statement: [
      { Effect: 'Allow', Action: 'Update:*', Principal: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'Update:Modify', Principal: '*', Resource: 'LogicalResourceId/First' },
    ],
  });
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'guarded',
    TemplateBody: two(),
    StackPolicyBody: policy,
  });
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'guarded', TemplateBody: two(6) });
  assert.equal(await bed.status('guarded'), 'UPDATE_ROLLBACK_COMPLETE');
  assert.ok(
    (await bed.events('guarded')).some((line) => line.startsWith('First UPDATE_FAILED Action denied by stack policy')),
  );
  await bed.call('cloudformation', 'UpdateStack', {
    StackName: 'guarded',
    TemplateBody: two(6),
    StackPolicyDuringUpdateBody: JSON.stringify({
      Statement: [{ Effect: 'Allow', Action: 'Update:*', Principal: '*', Resource: '*' }],
    }),
  });
  assert.equal(await bed.status('guarded'), 'UPDATE_COMPLETE');
});

test('the same client token is answered once, and not for another operation', async () => {
  const input = { StackName: 'token', TemplateBody: two(), ClientRequestToken: 'abc' };
  const first = await bed.call('cloudformation', 'CreateStack', input);
  const second = await bed.call('cloudformation', 'CreateStack', input);
  assert.equal(first.StackId, second.StackId);
  await assert.rejects(bed.call('cloudformation', 'CreateStack', { ...input, ClientRequestToken: 'other' }), {
    code: 'AlreadyExistsException',
    message: 'Stack [token] already exists',
  });
  const { StackEvents } = await bed.call('cloudformation', 'DescribeStackEvents', { StackName: 'token' });
  assert.ok(StackEvents!.every((event) => event.ClientRequestToken === 'abc'));
});

test('unknown types, properties and attributes are named with their line', async () => {
  const create = (TemplateBody: string): Promise<unknown> =>
    bed.call('cloudformation', 'CreateStack', { StackName: 'bad', TemplateBody });
  await assert.rejects(create('Resources:\n  A:\n    Type: AWS::Nothing::Here\n'), {
    code: 'ValidationError',
    message:
      'Template format error: Unrecognized resource types: [AWS::Nothing::Here]. Gatehouse does not support what A (line 2) asks for',
  });
  await assert.rejects(create('Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties:\n      Nme: x\n'), {
    message: 'Properties validation failed for resource A with message:\n#: extraneous key [Nme] is not permitted',
  });
  await assert.rejects(
    create('Resources:\n  A:\n    Type: AWS::SQS::Queue\nOutputs:\n  O:\n    Value: !GetAtt A.Nothing\n'),
    {
      message: 'Template error: resource A does not support attribute type Nothing in Fn::GetAtt',
    },
  );
  await assert.rejects(create('Resources: {R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}'), {
    code: 'InsufficientCapabilitiesException',
    message: 'Requires capabilities : [CAPABILITY_IAM]',
  });
  await assert.rejects(bed.status('bad'), { message: 'Stack with id bad does not exist' });
});

test('fifteen resources take well under a second', async () => {
  const resources = Array.from(
    { length: 15 },
    (_, i) => `  Q${i}: {Type: AWS::SQS::Queue${i % 3 ? `, DependsOn: Q${i - 1}` : ''}}`,
  );
  const TemplateBody = `Resources:\n${resources.join('\n')}\n`;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'quick', TemplateBody });
  assert.equal(await bed.status('quick'), 'CREATE_COMPLETE');
});

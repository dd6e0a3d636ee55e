// Operations that are broken off, taken up again, limited in time, or done as a role.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import { iam } from '#services/iam/index.ts';
import { FakeSqs } from './fake-services.ts';
import { testBed, type TestBed } from './stacks.ts';

const template = (delay: number, more = ''): string => `
Resources:
  First: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: ${delay}}}
  Second: {Type: AWS::SQS::Queue, DependsOn: First, Properties: {DelaySeconds: ${delay}}}
${more}
`;

async function inBed(run: (bed: TestBed) => Promise<void>, ...more: Parameters<typeof testBed>): Promise<void> {
  const bed = await testBed(...more);
  try {
    await run(bed);
  } finally {
    await bed.stop();
  }
}

async function eventually(ask: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen in time');
}

test('CancelUpdateStack lets what runs end, starts nothing new, and goes back', () =>
  inBed(async (bed) => {
    await bed.call('cloudformation', 'CreateStack', { StackName: 's', TemplateBody: template(1) });
    let open: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (open = resolve));
    bed.sqs.gate = () => closed;
    const update = bed.call('cloudformation', 'UpdateStack', { StackName: 's', TemplateBody: template(2) });
    await eventually(async () => (await bed.events('s')).includes('First UPDATE_IN_PROGRESS'));
    const cancel = bed.call('cloudformation', 'CancelUpdateStack', { StackName: 's' });
    await eventually(async () => {
      const { Stacks } = await bed.call('cloudformation', 'DescribeStacks', { StackName: 's' });
      return Stacks![0]!.StackStatus === 'UPDATE_IN_PROGRESS';
    });
    open();
    await Promise.all([update, cancel]);
    assert.equal(await bed.status('s'), 'UPDATE_ROLLBACK_COMPLETE');
    const events = await bed.events('s');
    assert.ok(events.includes('s UPDATE_ROLLBACK_IN_PROGRESS User Initiated'));
    assert.ok(!events.includes('Second UPDATE_IN_PROGRESS'));
    assert.deepEqual(
      [...bed.sqs.queues.values()].map(({ attributes }) => attributes.DelaySeconds),
      ['1', '1'],
    );
    await assert.rejects(bed.call('cloudformation', 'CancelUpdateStack', { StackName: 's' }), {
      message: 'CancelUpdateStack cannot be called from current stack status',
    });
  }));

test('RollbackStack goes back after a failure with the rollback switched off', () =>
  inBed(async (bed) => {
    bed.sqs.failures.set('CreateQueue s-Second', 'no');
    await bed.call('cloudformation', 'CreateStack', {
      StackName: 's',
      TemplateBody: template(1),
      DisableRollback: true,
    });
    assert.equal(await bed.status('s'), 'CREATE_FAILED');
    await bed.call('cloudformation', 'RollbackStack', { StackName: 's' });
    assert.equal(await bed.status('s'), 'ROLLBACK_COMPLETE');
    assert.equal(bed.sqs.queues.size, 0);

    await bed.call('cloudformation', 'CreateStack', { StackName: 't', TemplateBody: template(1) });
    bed.sqs.failures.set('SetQueueAttributes t-Second', 'no');
    await bed.call('cloudformation', 'UpdateStack', {
      StackName: 't',
      TemplateBody: template(2),
      DisableRollback: true,
    });
    assert.equal(await bed.status('t'), 'UPDATE_FAILED');
    bed.sqs.failures.clear();
    await bed.call('cloudformation', 'RollbackStack', { StackName: 't' });
    assert.equal(await bed.status('t'), 'UPDATE_ROLLBACK_COMPLETE');
    assert.deepEqual(
      [...bed.sqs.queues.values()].map(({ attributes }) => attributes.DelaySeconds),
      ['1', '1'],
    );
    const { TemplateBody } = await bed.call('cloudformation', 'GetTemplate', { StackName: 't' });
    assert.equal(TemplateBody, template(1));
  }));

test('a creation that takes longer than TimeoutInMinutes is rolled back', async () => {
  const clock = new ManualClock();
  await inBed(
    async (bed) => {
      const wait =
        '  Wait: {Type: AWS::CloudFormation::WaitCondition, CreationPolicy: {ResourceSignal: {Timeout: PT2H}}}';
      const creation = bed.call('cloudformation', 'CreateStack', {
        StackName: 's',
        TemplateBody: template(1, wait),
        TimeoutInMinutes: 5,
      });
      await eventually(async () =>
        (await bed.events('s').catch((): string[] => [])).includes('Second CREATE_COMPLETE'),
      );
      await eventually(async () =>
        (await bed.events('s')).includes('Wait CREATE_IN_PROGRESS Resource creation Initiated'),
      );
      clock.advance(5 * 60_000);
      await creation;
      await eventually(async () => (await bed.status('s')) === 'ROLLBACK_COMPLETE');
      const events = await bed.events('s');
      assert.ok(events.includes('Wait CREATE_FAILED Resource creation cancelled'));
      assert.ok(
        events.includes(
          's ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user.',
        ),
      );
    },
    {},
    [],
    new FakeSqs(),
    clock,
  );
});

test('a stack acts as its role, which must trust CloudFormation', () =>
  inBed(
    async (bed) => {
      const trust = (service: string): string =>
        JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
        });
      await bed.call('iam', 'CreateRole', {
        RoleName: 'other',
        AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
      });
      await bed.call('iam', 'CreateRole', {
        RoleName: 'builder',
        AssumeRolePolicyDocument: trust('cloudformation.amazonaws.com'),
      });
      const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
      for (const name of ['other', 'missing']) {
        await assert.rejects(
          bed.call('cloudformation', 'CreateStack', { StackName: 's', TemplateBody: template(1), RoleARN: role(name) }),
          { code: 'ValidationError', message: `Role ${role(name)} is invalid or cannot be assumed` },
        );
      }
      const input = { StackName: 's', TemplateBody: template(1), RoleARN: role('builder') };
      await bed.call('cloudformation', 'CreateStack', input);
      assert.equal(await bed.status('s'), 'ROLLBACK_COMPLETE');
      assert.ok((await bed.events('s')).some((line) => line.includes('HandlerErrorCode: AccessDenied')));
      await bed.call('cloudformation', 'DeleteStack', { StackName: 's' });
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
      });
      await bed.call('iam', 'PutRolePolicy', { RoleName: 'builder', PolicyName: 'sqs', PolicyDocument });
      await bed.call('cloudformation', 'CreateStack', input);
      assert.equal(await bed.status('s'), 'CREATE_COMPLETE');
    },
    { iam: 'enforce' },
    [iam],
  ));

test('loops, lengths and defaults of AWS::LanguageExtensions', () =>
  inBed(async (bed) => {
    const TemplateBody = `
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: 'Red,Blue'}}
Mappings: {Delays: {Red: {Seconds: 3}}}
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue\${Name}:
        Type: AWS::SQS::Queue
        DeletionPolicy: !If [Always, Retain, Delete]
        Properties: {DelaySeconds: !FindInMap [Delays, !Ref Name, Seconds, {DefaultValue: !Length [1, 2]}]}
Conditions: {Always: !Equals [1, 1]}
Outputs: {Json: {Value: !ToJsonString {red: !GetAtt QueueRed.QueueName}}}
`;
    await bed.call('cloudformation', 'CreateStack', {
      StackName: 's',
      TemplateBody,
      Capabilities: ['CAPABILITY_AUTO_EXPAND'],
    });
    assert.equal(await bed.status('s'), 'CREATE_COMPLETE');
    const delays = [...bed.sqs.queues].map(([name, { attributes }]) => [name.split('-')[1], attributes.DelaySeconds]);
    assert.deepEqual(Object.fromEntries(delays), { QueueRed: '3', QueueBlue: '2' });
    assert.match(JSON.parse((await bed.outputs('s')).Json!).red, /^s-QueueRed-/);
    await bed.call('cloudformation', 'DeleteStack', { StackName: 's' });
    assert.equal(bed.sqs.queues.size, 2);
  }));

test('dynamic references and SSM parameters say which service is missing', () =>
  inBed(async (bed) => {
    const TemplateBody =
      "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: '{{resolve:ssm:/key}}'}}}";
    await bed.call('cloudformation', 'CreateStack', { StackName: 's', TemplateBody });
    assert.equal(await bed.status('s'), 'ROLLBACK_COMPLETE');
    assert.ok(
      (await bed.events('s')).includes(
        'Q CREATE_FAILED Could not resolve the dynamic reference to ssm:/key: Gatehouse does not implement ssm:GetParameter',
      ),
    );
    const parameter =
      "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /key}}\nResources: {Q: {Type: AWS::SQS::Queue}}";
    await assert.rejects(bed.call('cloudformation', 'CreateStack', { StackName: 't', TemplateBody: parameter }), {
      message:
        'Unable to fetch parameters [/key] from parameter store for this account. Gatehouse does not implement ssm:GetParameter',
    });
  }));

test('values of NoEcho parameters appear in no event and no description', () =>
  inBed(async (bed) => {
    const TemplateBody = `
Parameters: {Secret: {Type: String, NoEcho: true}}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Ref Secret}}}`;
    const Parameters = [{ ParameterKey: 'Secret', ParameterValue: 'hush-hush' }];
    await bed.call('cloudformation', 'CreateStack', { StackName: 's', TemplateBody, Parameters });
    assert.equal([...bed.sqs.queues.values()][0]!.attributes.KmsMasterKeyId, 'hush-hush');
    const { StackEvents } = await bed.call('cloudformation', 'DescribeStackEvents', { StackName: 's' });
    const { Stacks } = await bed.call('cloudformation', 'DescribeStacks', { StackName: 's' });
    assert.ok(!JSON.stringify([StackEvents, Stacks]).includes('hush-hush'));
    assert.ok(JSON.stringify(StackEvents).includes('****'));
  }));

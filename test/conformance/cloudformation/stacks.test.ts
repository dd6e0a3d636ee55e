import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  InsufficientCapabilitiesException,
  ListExportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  UpdateStackCommand,
  ValidateTemplateCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let cfn: CloudFormationClient;
before(async () => {
  server = await startTestServer();
  cfn = new CloudFormationClient(server.sdk);
});
after(() => server.stop());

const template = `
AWSTemplateFormatVersion: 2010-09-09
Description: a role and its log
Parameters:
  Days: {Type: Number, Default: 7, AllowedValues: [1, 7, 30]}
  Secret: {Type: String, NoEcho: true, Default: hidden}
Resources:
  Log: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
  Role:
    Type: AWS::IAM::Role
    Metadata: {Owner: team}
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: write
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: 'logs:PutLogEvents', Resource: !GetAtt Log.Arn}]
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn, Description: the role, Export: {Name: !Sub '\${AWS::StackName}-role'}}
  LogName: {Value: !Ref Log}
`;

test('a stack is created, described, updated and deleted', async () => {
  const { StackId } = await cfn.send(
    new CreateStackCommand({
      StackName: 'site',
      TemplateBody: template,
      Capabilities: ['CAPABILITY_IAM'],
      Tags: [{ Key: 'team', Value: 'web' }],
    }),
  );
  assert.match(StackId!, /^arn:aws:cloudformation:us-east-1:000000000000:stack\/site\/[-0-9a-f]{36}$/);
  await waitUntilStackCreateComplete({ client: cfn, maxWaitTime: 60 }, { StackName: 'site' });
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: 'site' }));
  const stack = Stacks![0]!;
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
  assert.equal(stack.Description, 'a role and its log');
  assert.deepEqual(stack.Parameters, [
    { ParameterKey: 'Days', ParameterValue: '7' },
    { ParameterKey: 'Secret', ParameterValue: '****' },
  ]);
  assert.deepEqual(stack.Tags, [{ Key: 'team', Value: 'web' }]);
  assert.deepEqual(stack.Capabilities, ['CAPABILITY_IAM']);
  assert.equal(stack.DriftInformation!.StackDriftStatus, 'NOT_CHECKED');
  const outputs = Object.fromEntries(stack.Outputs!.map((output) => [output.OutputKey, output]));
  assert.match(outputs.RoleArn!.OutputValue!, /^arn:aws:iam::000000000000:role\/site-Role-[A-Z0-9]{12}$/);
  assert.equal(outputs.RoleArn!.ExportName, 'site-role');
  assert.equal(outputs.RoleArn!.Description, 'the role');

  const roleName = outputs.RoleArn!.OutputValue!.split('/').at(-1)!;
  const { Role } = await new IAMClient(server.sdk).send(new GetRoleCommand({ RoleName: roleName }));
  assert.equal(Role!.Arn, outputs.RoleArn!.OutputValue);
  const logs = new CloudWatchLogsClient(server.sdk);
  const groups = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'site-Log-' }));
  assert.equal(groups.logGroups![0]!.retentionInDays, 7);

  const { StackResources } = await cfn.send(new DescribeStackResourcesCommand({ StackName: 'site' }));
  assert.deepEqual(
    StackResources!.map((resource) => [
      resource.LogicalResourceId,
      resource.PhysicalResourceId,
      resource.ResourceType,
      resource.ResourceStatus,
    ]),
    [
      ['Log', outputs.LogName!.OutputValue, 'AWS::Logs::LogGroup', 'CREATE_COMPLETE'],
      ['Role', roleName, 'AWS::IAM::Role', 'CREATE_COMPLETE'],
    ],
  );
  const byPhysicalId = await cfn.send(new DescribeStackResourcesCommand({ PhysicalResourceId: roleName }));
  assert.equal(byPhysicalId.StackResources!.length, 2);
  const { StackResourceDetail } = await cfn.send(
    new DescribeStackResourceCommand({ StackName: 'site', LogicalResourceId: 'Role' }),
  );
  assert.equal(StackResourceDetail!.Metadata, '{"Owner":"team"}');
  const { Exports } = await cfn.send(new ListExportsCommand({}));
  assert.deepEqual(Exports, [{ ExportingStackId: StackId, Name: 'site-role', Value: outputs.RoleArn!.OutputValue }]);

  await cfn.send(
    new UpdateStackCommand({
      StackName: 'site',
      UsePreviousTemplate: true,
      Parameters: [
        { ParameterKey: 'Days', ParameterValue: '30' },
        { ParameterKey: 'Secret', UsePreviousValue: true },
      ],
      Capabilities: ['CAPABILITY_IAM'],
    }),
  );
  const again = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'site-Log-' }));
  assert.equal(again.logGroups![0]!.retentionInDays, 30);

  await cfn.send(new DeleteStackCommand({ StackName: 'site' }));
  const gone = await cfn.send(new DescribeStacksCommand({ StackName: StackId! }));
  assert.equal(gone.Stacks![0]!.StackStatus, 'DELETE_COMPLETE');
  const { StackSummaries } = await cfn.send(new ListStacksCommand({ StackStatusFilter: ['DELETE_COMPLETE'] }));
  assert.equal(StackSummaries![0]!.StackId, StackId);
  assert.equal(
    (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'site-Log-' }))).logGroups!.length,
    0,
  );
});

test('errors have the codes, statuses and words of AWS', async () => {
  await assert.rejects(
    cfn.send(new CreateStackCommand({ StackName: 'none', TemplateBody: template })),
    (error: unknown) => {
      assert.ok(error instanceof InsufficientCapabilitiesException);
      assert.equal(error.message, 'Requires capabilities : [CAPABILITY_IAM]');
      assert.equal(error.$metadata.httpStatusCode, 400);
      return true;
    },
  );
  const cases: [Promise<unknown>, string, string][] = [
    [
      cfn.send(new DescribeStacksCommand({ StackName: 'none' })),
      'ValidationError',
      'Stack with id none does not exist',
    ],
    [cfn.send(new DescribeStackEventsCommand({ StackName: 'none' })), 'ValidationError', 'Stack [none] does not exist'],
    [
      cfn.send(
        new CreateStackCommand({
          StackName: 'none',
          TemplateBody: template,
          Parameters: [{ ParameterKey: 'Days', ParameterValue: '2' }],
        }),
      ),
      'ValidationError',
      "Parameter 'Days' must be one of AllowedValues",
    ],
    [
      cfn.send(new CreateStackCommand({ StackName: 'none', TemplateBody: '{"Resources": {' })),
      'ValidationError',
      'Template format error: JSON not well-formed. (line 1, column 16)',
    ],
    [
      cfn.send(new UpdateStackCommand({ StackName: 'none', TemplateBody: template })),
      'ValidationError',
      'Stack [none] does not exist',
    ],
    [
      cfn.send(new CreateStackCommand({ StackName: '1bad', TemplateBody: template })),
      'ValidationError',
      "1 validation error detected: Value '1bad' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
    ],
    [
      cfn.send(new DescribeChangeSetCommand({ ChangeSetName: 'x', StackName: 'none' })),
      'ValidationError',
      'Stack [none] does not exist',
    ],
    [
      cfn.send(new CreateStackCommand({ StackName: 'none', TemplateBody: `# ${'x'.repeat(51_200)}\n${template}` })),
      'ValidationError',
      '',
    ],
  ];
  for (const [request, code, message] of cases) {
    await assert.rejects(request, (error: Error & { $metadata: { httpStatusCode: number } }) => {
      assert.equal(error.name, code);
      assert.equal(error.$metadata.httpStatusCode, 400);
      if (message) assert.equal(error.message, message);
      return true;
    });
  }
  await cfn.send(new DeleteStackCommand({ StackName: 'none' }));
});

test('templates are validated, summarized and handed back as they were', async () => {
  const validated = await cfn.send(new ValidateTemplateCommand({ TemplateBody: template }));
  assert.deepEqual(validated.Capabilities, ['CAPABILITY_IAM']);
  assert.equal(validated.CapabilitiesReason, 'The following resource(s) require capabilities: [AWS::IAM::Role]');
  assert.deepEqual(validated.Parameters, [
    { ParameterKey: 'Days', DefaultValue: '7', NoEcho: false },
    { ParameterKey: 'Secret', DefaultValue: 'hidden', NoEcho: true },
  ]);
  const summary = await cfn.send(new GetTemplateSummaryCommand({ TemplateBody: template }));
  assert.deepEqual(summary.ResourceTypes, ['AWS::Logs::LogGroup', 'AWS::IAM::Role']);
  assert.deepEqual(summary.Parameters![0]!.ParameterConstraints, { AllowedValues: ['1', '7', '30'] });
  await assert.rejects(
    cfn.send(new ValidateTemplateCommand({ TemplateBody: 'Resources: {A: {Type: X, Properties: {B: !Ref C}}}' })),
    {
      name: 'ValidationError',
      message: 'Template format error: Unresolved resource dependencies [C] in the Resources block of the template',
    },
  );
});

test('ValidateTemplate refuses unknown types, with their line', async () => {
  const TemplateBody = 'Resources:\n  A: {Type: AWS::Logs::LogGroup}\n  B: {Type: AWS::Unheard::Of}\n';
  await assert.rejects(cfn.send(new ValidateTemplateCommand({ TemplateBody })), {
    name: 'ValidationError',
    message:
      'Template format error: Unrecognized resource types: [AWS::Unheard::Of]. Gatehouse does not support what B (line 3) asks for',
  });
});

test('a change set of a SAM template is made, shown and executed', async () => {
  const sam = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs24.x, Handler: index.handler, InlineCode: "exports.handler = async () => 'hi'"}
Outputs: {Arn: {Value: !GetAtt Hello.Arn}}
`;
  const { Id } = await cfn.send(
    new CreateChangeSetCommand({
      StackName: 'sam',
      ChangeSetName: 'first',
      ChangeSetType: 'CREATE',
      TemplateBody: sam,
      Capabilities: ['CAPABILITY_IAM'],
    }),
  );
  const shown = await cfn.send(new DescribeChangeSetCommand({ ChangeSetName: Id! }));
  assert.equal(shown.Status, 'CREATE_COMPLETE', shown.StatusReason);
  assert.deepEqual(
    shown.Changes!.map((change) => change.ResourceChange!.ResourceType),
    ['AWS::Lambda::Function', 'AWS::IAM::Role'],
  );
  await cfn.send(new ExecuteChangeSetCommand({ ChangeSetName: Id! }));
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: 'sam' }));
  assert.equal(Stacks![0]!.StackStatus, 'CREATE_COMPLETE');
  assert.match(Stacks![0]!.Outputs![0]!.OutputValue!, /:function:sam-Hello-[A-Z0-9]{12}$/);
  const original = await cfn.send(new GetTemplateCommand({ StackName: 'sam' }));
  assert.equal(original.TemplateBody, sam);
  const processed = await cfn.send(new GetTemplateCommand({ StackName: 'sam', TemplateStage: 'Processed' }));
  assert.equal(JSON.parse(processed.TemplateBody!).Resources.Hello.Type, 'AWS::Lambda::Function');
  const { StackResourceSummaries } = await cfn.send(new ListStackResourcesCommand({ StackName: 'sam' }));
  assert.deepEqual(
    StackResourceSummaries!.map((resource) => resource.LogicalResourceId),
    ['Hello', 'HelloRole'],
  );
  // Without a change set somebody must say that he knows of the macro.
  await assert.rejects(
    cfn.send(new CreateStackCommand({ StackName: 'direct', TemplateBody: sam, Capabilities: ['CAPABILITY_IAM'] })),
    {
      name: 'InsufficientCapabilitiesException',
      message: 'Requires capabilities : [CAPABILITY_AUTO_EXPAND]',
    },
  );
});

test('events come newest first, in pages', async () => {
  const resources = Array.from({ length: 40 }, (_, i) => `  L${i}: {Type: AWS::Logs::LogGroup}`).join('\n');
  await cfn.send(new CreateStackCommand({ StackName: 'many', TemplateBody: `Resources:\n${resources}` }));
  const first = await cfn.send(new DescribeStackEventsCommand({ StackName: 'many' }));
  assert.equal(first.StackEvents!.length, 100);
  assert.equal(first.StackEvents![0]!.ResourceStatus, 'CREATE_COMPLETE');
  assert.equal(first.StackEvents![0]!.ResourceType, 'AWS::CloudFormation::Stack');
  const second = await cfn.send(new DescribeStackEventsCommand({ StackName: 'many', NextToken: first.NextToken! }));
  assert.equal(second.StackEvents!.length, 22);
  assert.equal(second.StackEvents!.at(-1)!.ResourceStatusReason, 'User Initiated');
  assert.equal(second.NextToken, undefined);
});

test("what the CDK asks of a stack's first change set: nested stacks, the template of a stack in review, its metadata", async () => {
  const cdk = {
    Resources: {
      CDKMetadata: { Type: 'AWS::CDK::Metadata', Properties: { Analytics: 'v2:deflate64:H4sIAAAAAAAA/zPSMwAA' } },
      Queue: { Type: 'AWS::SQS::Queue' },
    },
  };
  const { Id } = await cfn.send(
    new CreateChangeSetCommand({
      StackName: 'cdk',
      ChangeSetName: 'cdk-deploy-change-set',
      ChangeSetType: 'CREATE',
      TemplateBody: JSON.stringify(cdk),
      IncludeNestedStacks: true,
    }),
  );
  const changeSet = await cfn.send(new DescribeChangeSetCommand({ ChangeSetName: Id! }));
  assert.deepEqual([changeSet.Status, changeSet.IncludeNestedStacks], ['CREATE_COMPLETE', true]);
  const { TemplateBody } = await cfn.send(new GetTemplateCommand({ StackName: 'cdk', TemplateStage: 'Original' }));
  assert.equal(TemplateBody, '');
  await cfn.send(new ExecuteChangeSetCommand({ ChangeSetName: Id! }));
  await waitUntilStackCreateComplete({ client: cfn, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StackName: 'cdk' });
  const { StackEvents = [] } = await cfn.send(new DescribeStackEventsCommand({ StackName: 'cdk' }));
  const times = StackEvents.map(({ Timestamp }) => Timestamp!.getTime());
  assert.deepEqual(
    times,
    [...new Set(times)].toSorted((a, b) => b - a),
  );
  const statuses = (id: string): unknown[] =>
    StackEvents.filter(({ LogicalResourceId }) => LogicalResourceId === id).map(({ ResourceStatus }) => ResourceStatus);
  assert.deepEqual(statuses('CDKMetadata'), ['CREATE_COMPLETE', 'CREATE_IN_PROGRESS', 'CREATE_IN_PROGRESS']);
});

const bucketOf = (name: string, purpose = 'a'): string =>
  JSON.stringify({
    Parameters: { Days: { Type: 'Number', Default: 7 }, Key: { Type: 'String', NoEcho: true, Default: 'hush' } },
    Resources: {
      Log: {
        Type: 'AWS::Logs::LogGroup',
        Metadata: { Purpose: purpose },
        Properties: {
          LogGroupName: name,
          RetentionInDays: { Ref: 'Days' },
          Tags: [{ Key: 'key', Value: { Ref: 'Key' } }],
        },
      },
    },
  });

test('every event of a resource carries its properties as text, without stack tags and secrets, and its operation', async () => {
  const { OperationId } = await cfn.send(
    new CreateStackCommand({
      StackName: 'told',
      TemplateBody: bucketOf('told-log'),
      Tags: [{ Key: 'stack', Value: 'told' }],
    }),
  );
  const { StackEvents = [] } = await cfn.send(new DescribeStackEventsCommand({ StackName: 'told' }));
  const own = StackEvents.filter(({ LogicalResourceId }) => LogicalResourceId === 'Log');
  assert.deepEqual(
    own.map(({ ResourceProperties }) => ResourceProperties),
    Array.from(
      { length: 3 },
      () => '{"LogGroupName":"told-log","RetentionInDays":"7","Tags":[{"Key":"key","Value":"****"}]}',
    ),
  );
  assert.ok(StackEvents.every((event) => event.OperationId === OperationId));
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: 'told' }));
  assert.deepEqual(Stacks![0]!.LastOperations, [{ OperationType: 'CREATE_STACK', OperationId }]);
});

test('a rollback is an operation of its own, before the one that it takes back', async () => {
  await cfn.send(new CreateStackCommand({ StackName: 'taken', TemplateBody: bucketOf('taken-log') }));
  const { OperationId } = await cfn.send(
    new CreateStackCommand({ StackName: 'taken-again', TemplateBody: bucketOf('taken-log') }),
  );
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: 'taken-again' }));
  const [stack] = Stacks!;
  assert.equal(stack!.StackStatus, 'ROLLBACK_COMPLETE');
  assert.deepEqual(
    stack!.LastOperations!.map(({ OperationType }) => OperationType),
    ['ROLLBACK', 'CREATE_STACK'],
  );
  assert.equal(stack!.LastOperations![1]!.OperationId, OperationId);
  const { StackEvents = [] } = await cfn.send(new DescribeStackEventsCommand({ StackName: 'taken-again' }));
  assert.equal(StackEvents[0]!.OperationId, stack!.LastOperations![0]!.OperationId);
});

test('a change set names the parameter behind a change, and with IncludePropertyValues what it was and will be', async () => {
  await cfn.send(new CreateStackCommand({ StackName: 'values', TemplateBody: bucketOf('values-log') }));
  const name = { StackName: 'values', ChangeSetName: 'look' };
  await cfn.send(
    new CreateChangeSetCommand({
      ...name,
      TemplateBody: bucketOf('values-log', 'b'),
      Parameters: [{ ParameterKey: 'Days', ParameterValue: '30' }],
    }),
  );
  const Target = { Attribute: 'Properties', Name: 'RetentionInDays', RequiresRecreation: 'Never' };
  const plain = await cfn.send(new DescribeChangeSetCommand(name));
  assert.deepEqual(plain.Changes![0]!.ResourceChange!.Details, [
    { Target, Evaluation: 'Dynamic', ChangeSource: 'DirectModification' },
    { Target, Evaluation: 'Static', ChangeSource: 'ParameterReference', CausingEntity: 'Days' },
  ]);
  assert.equal(plain.Changes![0]!.ResourceChange!.BeforeContext, undefined);
  const told = await cfn.send(new DescribeChangeSetCommand({ ...name, IncludePropertyValues: true }));
  const change = told.Changes![0]!.ResourceChange!;
  assert.deepEqual(change.Details![0]!.Target, {
    ...Target,
    Path: '/Properties/RetentionInDays',
    BeforeValue: '7',
    AfterValue: '30',
    AttributeChangeType: 'Modify',
  });
  assert.deepEqual(JSON.parse(change.BeforeContext!), {
    Properties: { LogGroupName: 'values-log', RetentionInDays: '7', Tags: [{ Key: 'key', Value: '****' }] },
    Metadata: { Purpose: 'a' },
  });
  assert.equal(JSON.parse(change.AfterContext!).Metadata.Purpose, 'b');
});

const queue = { Type: 'AWS::SQS::Queue' };
const unsupported =
  /^Template error: Encountered unsupported function: Fn::Nope Supported functions are: \[Fn::Base64, /;
const staticMistakes: [string, object, string | RegExp][] = [
  [
    'a map that is not there',
    { Outputs: { O: { Value: { 'Fn::FindInMap': ['M', 'a', 'b'] } } } },
    "Template error: Mapping named 'M' is not present in the 'Mappings' section of template.",
  ],
  [
    'an element that is not there',
    { Outputs: { O: { Value: { 'Fn::Select': ['5', ['a']] } } } },
    'Template error: Fn::Select  cannot select nonexistent value at index 5',
  ],
  ['an unknown function', { Outputs: { O: { Value: { 'Fn::Nope': 'x' } } } }, unsupported],
  [
    'an output that is a list',
    { Outputs: { O: { Value: { 'Fn::GetAZs': '' } } } },
    'Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String.',
  ],
  [
    'a wrong condition that nothing asks',
    { Conditions: { C: { 'Fn::Equals': ['a'] } } },
    'Template error: every Fn::Equals object requires a list of 2 string parameters.',
  ],
];
for (const [what, part, message] of staticMistakes) {
  test(`${what} is refused before anything is made`, async () => {
    const TemplateBody = JSON.stringify({ Resources: { Queue: queue }, ...part });
    await assert.rejects(cfn.send(new CreateStackCommand({ StackName: 'mistaken', TemplateBody })), {
      name: 'ValidationError',
      message,
    });
  });
}

test('ValidateTemplate looks into functions as far as it can', async () => {
  const validate = (properties: object) =>
    cfn.send(
      new ValidateTemplateCommand({
        TemplateBody: JSON.stringify({
          Parameters: { P: { Type: 'String' } },
          Conditions: { C: { 'Fn::Equals': [{ Ref: 'P' }, 'x'] } },
          Mappings: { M: { a: { b: 'v' } } },
          Resources: { Queue: { ...queue, Properties: properties } },
        }),
      }),
    );
  await validate({ QueueName: { 'Fn::FindInMap': ['M', { Ref: 'P' }, 'b'] } });
  await validate({ QueueName: { 'Fn::If': ['C', { 'Fn::Select': [0, ['a']] }, { Ref: 'AWS::NoValue' }] } });
  await assert.rejects(validate({ QueueName: { 'Fn::If': ['C', 'x', { 'Fn::FindInMap': ['M', 'a', 'z'] }] } }), {
    message: 'Template error: Unable to get mapping for M::a::z',
  });
});

test('a log group that is there already is named as its handler names it', async () => {
  const { StackEvents = [] } = await cfn.send(new DescribeStackEventsCommand({ StackName: 'taken-again' }));
  const failed = StackEvents.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
  assert.match(
    failed!.ResourceStatusReason!,
    /^Resource handler returned message: "Resource of type 'AWS::Logs::LogGroup' with identifier '\{"\/properties\/LogGroupName":"taken-log"\}' already exists\." \(RequestToken: [-0-9a-f]{36}, HandlerErrorCode: AlreadyExists\)$/,
  );
});

test('a summary names the properties that identify the resources of each type', async () => {
  const { ResourceIdentifierSummaries } = await cfn.send(
    new GetTemplateSummaryCommand({
      TemplateBody: JSON.stringify({
        Resources: { A: queue, B: queue, Log: { Type: 'AWS::Logs::LogGroup' }, Own: { Type: 'Custom::Own' } },
      }),
    }),
  );
  assert.deepEqual(ResourceIdentifierSummaries, [
    { ResourceType: 'AWS::SQS::Queue', LogicalResourceIds: ['A', 'B'], ResourceIdentifiers: ['QueueUrl'] },
    { ResourceType: 'AWS::Logs::LogGroup', LogicalResourceIds: ['Log'], ResourceIdentifiers: ['LogGroupName'] },
  ]);
});

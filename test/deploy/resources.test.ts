// Resource types against the real services of this program: made, changed, and gone without a trace.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Service } from '#kernel/service.ts';
import { iam } from '#services/iam/index.ts';
import { lambda } from '#services/lambda/index.ts';
import { logs } from '#services/logs/index.ts';
import { s3 } from '#services/s3/index.ts';
import { ses, sesv2 } from '#services/ses/index.ts';
import { testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
const real: readonly Service<any>[] = [iam, lambda, logs, s3, ses, sesv2];
before(async () => {
  bed = await testBed({}, real);
});
after(() => bed.stop());

const CAPABILITIES = ['CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'] as const;

async function reason(stack: string): Promise<string> {
  return (await bed.events(stack)).filter((line) => line.includes('_FAILED')).join('\n');
}

async function create(stack: string, TemplateBody: string): Promise<Record<string, string>> {
  await bed.call('cloudformation', 'CreateStack', { StackName: stack, TemplateBody, Capabilities: [...CAPABILITIES] });
  assert.equal(await bed.status(stack), 'CREATE_COMPLETE', await reason(stack));
  return bed.outputs(stack);
}

async function update(stack: string, TemplateBody: string): Promise<Record<string, string>> {
  await bed.call('cloudformation', 'UpdateStack', { StackName: stack, TemplateBody, Capabilities: [...CAPABILITIES] });
  assert.equal(await bed.status(stack), 'UPDATE_COMPLETE', await reason(stack));
  return bed.outputs(stack);
}

async function remove(stack: string): Promise<void> {
  const { Stacks } = await bed.call('cloudformation', 'DescribeStacks', { StackName: stack });
  const id = Stacks![0]!.StackId!;
  await bed.call('cloudformation', 'DeleteStack', { StackName: stack });
  assert.equal(await bed.status(id), 'DELETE_COMPLETE', await reason(id));
}

const TRUST = `{Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}`;
const allow = (action: string): string =>
  `{Version: 2012-10-17, Statement: [{Effect: Allow, Action: '${action}', Resource: '*'}]}`;

test('IAM: roles, users, groups, policies, keys and profiles', async () => {
  const template = (action: string, more: string): string => `
Resources:
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: ${allow(action)}, Roles: [!Ref Role]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: ${TRUST}
      Policies: [{PolicyName: inline, PolicyDocument: ${allow(action)}}]
      ${more}
  Group: {Type: AWS::IAM::Group, Properties: {GroupName: people}}
  User: {Type: AWS::IAM::User, Properties: {UserName: ada, Groups: [!Ref Group]}}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: shared, PolicyDocument: ${allow(action)}, Roles: [!Ref Role], Users: [!Ref User]}}
  Single: {Type: AWS::IAM::GroupPolicy, Properties: {PolicyName: one, GroupName: !Ref Group, PolicyDocument: ${allow(action)}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
Outputs:
  Role: {Value: !GetAtt Role.Arn}
  Policy: {Value: !Ref Managed}
  Key: {Value: !Ref Key}
  Secret: {Value: !GetAtt Key.SecretAccessKey}
  Profile: {Value: !GetAtt Profile.Arn}
`;
  const outputs = await create('iam', template('s3:GetObject', 'Description: old'));
  assert.equal(outputs.Role, 'arn:aws:iam::123456789012:role/worker');
  assert.match(outputs.Policy!, /^arn:aws:iam::123456789012:policy\/iam-Managed-[A-Z0-9]{12}$/);
  assert.match(outputs.Key!, /^AKIA/);
  assert.equal(outputs.Secret!.length, 40);
  await update('iam', template('s3:PutObject', 'MaxSessionDuration: 7200'));
  const { Role } = await bed.call('iam', 'GetRole', { RoleName: 'worker' });
  assert.equal(Role!.MaxSessionDuration, 7200);
  assert.ok(!Role!.Description);
  const { PolicyDocument } = await bed.call('iam', 'GetRolePolicy', { RoleName: 'worker', PolicyName: 'inline' });
  assert.match(decodeURIComponent(PolicyDocument!), /PutObject/);
  const { Policy } = await bed.call('iam', 'GetPolicy', { PolicyArn: outputs.Policy! });
  assert.equal(Policy!.DefaultVersionId, 'v2');
  assert.equal(Policy!.AttachmentCount, 1);
  await remove('iam');
  await assert.rejects(bed.call('iam', 'GetUser', { UserName: 'ada' }), { code: 'NoSuchEntity' });
  assert.equal((await bed.call('iam', 'ListPolicies', { Scope: 'Local' })).Policies!.length, 0);
});

test('Lambda: functions, versions, aliases, permissions, layers and invocation settings', async () => {
  const template = (text: string, version: string, timeout: number): string => `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${TRUST}}}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Timeout: ${timeout}
      Environment: {Variables: {WORD: '${text}'}}
      Tags: [{Key: stage, Value: '${text}'}]
      ReservedConcurrentExecutions: ${timeout}
      Code: {ZipFile: "exports.handler = async () => '${text}'"}
  ${version}: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn, Description: '${text}'}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn, Name: live, FunctionVersion: !GetAtt ${version}.Version}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Live, Action: lambda:InvokeFunction, Principal: sns.amazonaws.com}}
  Invocation: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Fn, Qualifier: live, MaximumRetryAttempts: 1}, DependsOn: Live}
Outputs:
  Name: {Value: !Ref Fn}
  Arn: {Value: !GetAtt Fn.Arn}
  Version: {Value: !GetAtt ${version}.Version}
  Live: {Value: !Ref Live}
`;
  const first = await create('fn', template('one', 'V1', 3));
  assert.match(first.Arn!, /^arn:aws:lambda:us-east-1:123456789012:function:fn-Fn-[A-Z0-9]{12}$/);
  assert.equal(first.Version, '1');
  assert.equal(first.Live, `${first.Arn}:live`);
  const FunctionName = first.Name!;
  const { Policy } = await bed.call('lambda', 'GetPolicy', { FunctionName, Qualifier: 'live' });
  assert.match(Policy!, /sns\.amazonaws\.com/);
  const second = await update('fn', template('two', 'V2', 5));
  assert.equal(second.Version, '2');
  const { Configuration, Tags, Concurrency } = await bed.call('lambda', 'GetFunction', { FunctionName });
  assert.deepEqual(
    [Configuration!.Timeout, Configuration!.Environment!.Variables, Tags, Concurrency],
    [5, { WORD: 'two' }, { stage: 'two' }, { ReservedConcurrentExecutions: 5 }],
  );
  const alias = await bed.call('lambda', 'GetAlias', { FunctionName, Name: 'live' });
  assert.equal(alias.FunctionVersion, '2');
  // The version that left the template is gone once nothing points at it.
  const { Versions } = await bed.call('lambda', 'ListVersionsByFunction', { FunctionName });
  assert.deepEqual(
    Versions!.map(({ Version }) => Version),
    ['$LATEST', '2'],
  );
  await remove('fn');
  await assert.rejects(bed.call('lambda', 'GetFunction', { FunctionName }), { code: 'ResourceNotFoundException' });
});

test('Lambda: variables that a template writes as numbers and booleans are text; lists are refused', async () => {
  const template = (variables: string): string => `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ${TRUST}}}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Environment: {Variables: ${variables}}
      Code: {ZipFile: "exports.handler = async () => 1"}
Outputs:
  Name: {Value: !Ref Fn}
`;
  const { Name } = await create('variables', template('{PORT: 8000, DEBUG: true, WORD: x}'));
  const { Environment } = await bed.call('lambda', 'GetFunctionConfiguration', { FunctionName: Name! });
  assert.deepEqual(Environment, { Variables: { PORT: '8000', DEBUG: 'true', WORD: 'x' } });
  await remove('variables');
  const listed = { StackName: 'listed', TemplateBody: template('{LIST: [a]}'), Capabilities: [...CAPABILITIES] };
  await bed.call('cloudformation', 'CreateStack', listed);
  assert.equal(await bed.status('listed'), 'ROLLBACK_COMPLETE');
  assert.match(await reason('listed'), /Variables must be an object with String \(or simple type\) properties/);
});

test('S3: a bucket with its settings and policy', async () => {
  const template = (index: string, more: string): string => `
Resources:
  Site:
    Type: AWS::S3::Bucket
    Properties:
      WebsiteConfiguration: {IndexDocument: ${index}, ErrorDocument: error.html}
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ['*'], MaxAge: 60}]}
      PublicAccessBlockConfiguration: {BlockPublicPolicy: false, RestrictPublicBuckets: false}
      Tags: [{Key: site, Value: '${index}'}]
      ${more}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Site
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '\${Site.Arn}/*'}]}
Outputs: {Name: {Value: !Ref Site}, Arn: {Value: !GetAtt Site.Arn}, Url: {Value: !GetAtt Site.WebsiteURL}}
`;
  const { Name: Bucket, Url } = (await create(
    'site',
    template('index.html', 'VersioningConfiguration: {Status: Enabled}'),
  )) as { Name: string; Url: string };
  assert.match(Bucket, /^site-site-[a-z0-9]{12}$/);
  assert.equal(Url, `http://${Bucket}.s3-website-us-east-1.localhost:4566`);
  assert.equal((await bed.call('s3', 'GetBucketVersioning', { Bucket })).Status, 'Enabled');
  assert.deepEqual((await bed.call('s3', 'GetBucketCors', { Bucket })).CORSRules![0]!.MaxAgeSeconds, 60);
  await update('site', template('home.html', ''));
  assert.equal((await bed.call('s3', 'GetBucketWebsite', { Bucket })).IndexDocument!.Suffix, 'home.html');
  assert.equal((await bed.call('s3', 'GetBucketVersioning', { Bucket })).Status, 'Suspended');
  assert.deepEqual((await bed.call('s3', 'GetBucketTagging', { Bucket })).TagSet, [
    { Key: 'site', Value: 'home.html' },
  ]);
  await remove('site');
  await assert.rejects(bed.call('s3', 'HeadBucket', { Bucket }), { status: 404 });
});

test('a bucket that is not empty holds its stack, with the reason of S3', async () => {
  const { Name: Bucket } = (await create(
    'full',
    'Resources: {B: {Type: AWS::S3::Bucket}}\nOutputs: {Name: {Value: !Ref B}}',
  )) as { Name: string };
  await bed.call('s3', 'PutObject', { Bucket, Key: 'a', Body: Buffer.from('x') as never });
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'full' });
  assert.equal(await bed.status('full'), 'DELETE_FAILED');
  assert.match(await reason('full'), /The bucket you tried to delete is not empty/);
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'full', RetainResources: ['B'] });
  await bed.call('s3', 'HeadBucket', { Bucket });
});

test('SES and logs: identities, templates, groups and streams', async () => {
  const template = (subject: string, days: string): string => `
Resources:
  Identity: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: me@example.com}}
  Mail: {Type: AWS::SES::Template, Properties: {Template: {TemplateName: welcome, SubjectPart: '${subject}', TextPart: hi}}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /app/log${days}}}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Group, LogStreamName: one}}
Outputs: {Arn: {Value: !GetAtt Group.Arn}, Identity: {Value: !Ref Identity}}
`;
  const outputs = await create('mail', template('hello', ', RetentionInDays: 3'));
  assert.equal(outputs.Arn, 'arn:aws:logs:us-east-1:123456789012:log-group:/app/log:*');
  await update('mail', template('goodbye', ''));
  const { logGroups } = await bed.call('logs', 'DescribeLogGroups', { logGroupNamePrefix: '/app/log' });
  assert.equal(logGroups![0]!.retentionInDays, undefined);
  const { TemplateContent } = await bed.call('sesv2', 'GetEmailTemplate', { TemplateName: 'welcome' });
  assert.equal(TemplateContent!.Subject, 'goodbye');
  await remove('mail');
  assert.equal((await bed.call('sesv2', 'ListEmailIdentities', {})).EmailIdentities!.length, 0);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AttachRolePolicyCommand,
  CreateAccountAliasCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteAccountAliasCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachRolePolicyCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  GetContextKeysForCustomPolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListAccountAliasesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  PutRolePolicyCommand,
  SetDefaultPolicyVersionCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { startTestServer, type TestServer } from '../../harness.ts';
import { ACCOUNT, LAMBDA_TRUST, READ_S3, refusal } from './fixture.ts';

let server: TestServer;
let iam: IAMClient;
before(async () => {
  server = await startTestServer();
  iam = new IAMClient(server.sdk);
});
after(() => server.stop());

const document = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

test('a managed policy and its versions', async () => {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'read', Path: '/app/', PolicyDocument: READ_S3, Description: 'reads' }),
  );
  const PolicyArn = Policy?.Arn ?? '';
  assert.equal(PolicyArn, `arn:aws:iam::${ACCOUNT}:policy/app/read`);
  assert.deepEqual([Policy?.DefaultVersionId, Policy?.AttachmentCount, Policy?.IsAttachable], ['v1', 0, true]);
  assert.deepEqual(await refusal(iam.send(new CreatePolicyCommand({ PolicyName: 'read', PolicyDocument: READ_S3 }))), [
    'EntityAlreadyExists',
    'A policy called read already exists. Duplicate names are not allowed.',
    409,
  ]);
  const version = () => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: READ_S3 }));
  const { PolicyVersion } = await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: READ_S3, SetAsDefault: true }),
  );
  assert.deepEqual([PolicyVersion?.VersionId, PolicyVersion?.IsDefaultVersion], ['v2', true]);
  for (let i = 0; i < 3; i++) await version();
  assert.deepEqual((await refusal(version())).slice(0, 2), [
    'LimitExceeded',
    'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  ]);
  const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }));
  assert.deepEqual(
    Versions?.map((one) => one.VersionId),
    ['v5', 'v4', 'v3', 'v2', 'v1'],
  );
  assert.deepEqual(await refusal(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))), [
    'DeleteConflict',
    'Cannot delete the default version of a policy.',
    409,
  ]);
  assert.equal((await refusal(iam.send(new DeletePolicyCommand({ PolicyArn }))))[0], 'DeleteConflict');
  for (const VersionId of ['v1', 'v3', 'v4']) await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v5' }));
  const got = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v5' }));
  assert.equal(decodeURIComponent(got.PolicyVersion?.Document ?? ''), READ_S3);
  assert.deepEqual(
    (await refusal(iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v9' }))))[1],
    `Policy ${PolicyArn} version v9 does not exist or is not attachable.`,
  );
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  assert.deepEqual(await refusal(iam.send(new GetPolicyCommand({ PolicyArn }))), [
    'NoSuchEntity',
    `Policy ${PolicyArn} was not found.`,
    404,
  ]);
});

test('an attached policy tells to whom, and cannot go', async () => {
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'worn', PolicyDocument: READ_S3 }));
  const PolicyArn = Policy?.Arn ?? '';
  await iam.send(new CreateRoleCommand({ RoleName: 'wearer', AssumeRolePolicyDocument: LAMBDA_TRUST }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'wearer', PolicyArn }));
  assert.equal((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount, 1);
  const entities = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
  assert.deepEqual(
    entities.PolicyRoles?.map((role) => role.RoleName),
    ['wearer'],
  );
  assert.deepEqual([entities.PolicyUsers, entities.PolicyGroups], [[], []]);
  assert.deepEqual(await refusal(iam.send(new DeletePolicyCommand({ PolicyArn }))), [
    'DeleteConflict',
    'Cannot delete a policy attached to entities.',
    409,
  ]);
  const attached = await iam.send(new ListPoliciesCommand({ OnlyAttached: true, Scope: 'Local' }));
  assert.deepEqual(
    attached.Policies?.map((policy) => policy.PolicyName),
    ['worn'],
  );
  await iam.send(new DetachRolePolicyCommand({ RoleName: 'wearer', PolicyArn }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
});

test('AWS managed policies are there to read', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  assert.equal(Policy?.Description, 'Provides full access to AWS services and resources.');
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
  assert.deepEqual(JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? '')).Statement, [
    { Effect: 'Allow', Action: '*', Resource: '*' },
  ]);
  assert.equal(
    (await refusal(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: READ_S3 }))))[0],
    'InvalidInput',
  );
  const { Policies } = await iam.send(new ListPoliciesCommand({ Scope: 'AWS', MaxItems: 1000 }));
  assert.ok(
    Policies?.some((policy) => policy.Arn === 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'),
  );
});

test('every AWS managed policy has a document that evaluates', async () => {
  const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'AWS', MaxItems: 1000 }));
  assert.ok(Policies.length > 40);
  for (const { Arn } of Policies) {
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: Arn, VersionId: 'v1' }));
    const text = decodeURIComponent(PolicyVersion?.Document ?? '');
    await iam.send(new SimulateCustomPolicyCommand({ PolicyInputList: [text], ActionNames: ['s3:GetObject'] }));
  }
});

test('the simulator says what would be decided, and by which policy', async () => {
  const { EvaluationResults } = await iam.send(
    new SimulateCustomPolicyCommand({
      PolicyInputList: [
        document({ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b/*' }),
        document({ Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' }),
      ],
      ActionNames: ['s3:GetObject', 's3:DeleteObject', 'ec2:RunInstances'],
      ResourceArns: ['arn:aws:s3:::b/k'],
    }),
  );
  assert.deepEqual(
    EvaluationResults?.map((one) => [
      one.EvalActionName,
      one.EvalDecision,
      one.MatchedStatements?.map((statement) => statement.SourcePolicyId),
    ]),
    [
      ['s3:GetObject', 'allowed', ['PolicyInputList.1']],
      ['s3:DeleteObject', 'explicitDeny', ['PolicyInputList.2']],
      ['ec2:RunInstances', 'implicitDeny', []],
    ],
  );
  const [statement] = EvaluationResults![0]!.MatchedStatements!;
  assert.deepEqual([statement!.StartPosition!.Line, statement!.EndPosition!.Line], [1, 1]);
  assert.ok(statement!.StartPosition!.Column! < statement!.EndPosition!.Column!);
});

test('the simulator takes context, boundaries and principals', async () => {
  const conditional = document({
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: '*',
    Condition: { StringEquals: { 's3:prefix': 'x' } },
  });
  const simulate = async (more: object) =>
    (
      await iam.send(
        new SimulateCustomPolicyCommand({ PolicyInputList: [conditional], ActionNames: ['s3:GetObject'], ...more }),
      )
    ).EvaluationResults?.[0];
  const without = await simulate({});
  assert.deepEqual([without?.EvalDecision, without?.MissingContextValues], ['implicitDeny', ['s3:prefix']]);
  const entry = { ContextKeyName: 's3:prefix', ContextKeyType: 'string' as const, ContextKeyValues: ['x'] };
  assert.equal((await simulate({ ContextEntries: [entry] }))?.EvalDecision, 'allowed');
  const bounded = await simulate({
    ContextEntries: [entry],
    PermissionsBoundaryPolicyInputList: [document({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' })],
  });
  assert.deepEqual(
    [bounded?.EvalDecision, bounded?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary],
    ['implicitDeny', false],
  );
  await iam.send(new CreateRoleCommand({ RoleName: 'simulated', AssumeRolePolicyDocument: LAMBDA_TRUST }));
  await iam.send(new PutRolePolicyCommand({ RoleName: 'simulated', PolicyName: 'read', PolicyDocument: READ_S3 }));
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: `arn:aws:iam::${ACCOUNT}:role/simulated`,
      ActionNames: ['s3:GetObject', 's3:PutObject'],
    }),
  );
  assert.deepEqual(
    EvaluationResults?.map((one) => one.EvalDecision),
    ['allowed', 'implicitDeny'],
  );
  const keys = await iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: [conditional] }));
  assert.deepEqual(keys.ContextKeyNames, ['s3:prefix']);
});

test('account alias, summary and authorization details', async () => {
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'gate-house' }));
  assert.deepEqual((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases, ['gate-house']);
  await iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'gate-house' }));
  assert.equal(
    (await refusal(iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'gate-house' }))))[0],
    'NoSuchEntity',
  );
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
  assert.equal(SummaryMap?.['UsersQuota'], 5000);
  assert.ok((SummaryMap?.['Roles'] ?? 0) >= 2);
  const details = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }));
  const simulated = details.RoleDetailList?.find((role) => role.RoleName === 'simulated');
  assert.deepEqual(
    simulated?.RolePolicyList?.map((policy) => [policy.PolicyName, decodeURIComponent(policy.PolicyDocument ?? '')]),
    [['read', READ_S3]],
  );
  assert.deepEqual(details.UserDetailList, []);
});

test('an OpenID Connect provider', async () => {
  const made = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: 'https://token.example.com/path', ClientIDList: ['app'] }),
  );
  assert.equal(made.OpenIDConnectProviderArn, `arn:aws:iam::${ACCOUNT}:oidc-provider/token.example.com/path`);
  const found = await iam.send(
    new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: made.OpenIDConnectProviderArn }),
  );
  assert.deepEqual([found.Url, found.ClientIDList], ['token.example.com/path', ['app']]);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteServiceLinkedRoleCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
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

const create = (RoleName: string, more: object = {}) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: LAMBDA_TRUST, ...more }));

test('a role is made, found, changed and deleted', async () => {
  const { Role } = await create('job', { Path: '/service-role/', Description: 'runs', MaxSessionDuration: 7200 });
  assert.equal(Role?.Arn, `arn:aws:iam::${ACCOUNT}:role/service-role/job`);
  assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/);
  assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), LAMBDA_TRUST);
  assert.deepEqual(await refusal(create('job')), ['EntityAlreadyExists', 'Role with name job already exists.', 409]);
  const { Role: found } = await iam.send(new GetRoleCommand({ RoleName: 'job' }));
  assert.deepEqual([found?.MaxSessionDuration, found?.Description, found?.RoleLastUsed], [7200, 'runs', {}]);
  await iam.send(new UpdateRoleCommand({ RoleName: 'job', Description: 'walks', MaxSessionDuration: 3600 }));
  const { Roles } = await iam.send(new ListRolesCommand({ PathPrefix: '/service-role/' }));
  assert.deepEqual(
    Roles?.map((role) => [role.RoleName, role.Description, role.MaxSessionDuration]),
    [['job', 'walks', 3600]],
  );
  await iam.send(new DeleteRoleCommand({ RoleName: 'job' }));
  assert.deepEqual(await refusal(iam.send(new GetRoleCommand({ RoleName: 'job' }))), [
    'NoSuchEntity',
    'The role with name job cannot be found.',
    404,
  ]);
  assert.match(
    (await refusal(create('x', { MaxSessionDuration: 60 })))[1],
    /at 'maxSessionDuration' failed to satisfy constraint/,
  );
});

test('trust policies are checked, and their principals must exist', async () => {
  const trust = (statement: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }] });
  const refused = async (AssumeRolePolicyDocument: string) =>
    (await refusal(create('trusting', { AssumeRolePolicyDocument }))).slice(0, 2);
  assert.deepEqual(await refused('{'), ['MalformedPolicyDocument', 'This policy contains invalid Json']);
  assert.deepEqual(await refused(trust({ Principal: { Service: 'lambda.amazonaws.com' }, Resource: '*' })), [
    'MalformedPolicyDocument',
    'Has prohibited field Resource',
  ]);
  assert.deepEqual(await refused(trust({ Principal: { Service: 'lambda.amazonaws.com' }, Action: 's3:GetObject' })), [
    'MalformedPolicyDocument',
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ]);
  const ghost = `arn:aws:iam::${ACCOUNT}:user/ghost`;
  assert.deepEqual(await refused(trust({ Principal: { AWS: ghost } })), [
    'MalformedPolicyDocument',
    `Invalid principal in policy: "AWS":"${ghost}"`,
  ]);
  await iam.send(new CreateUserCommand({ UserName: 'ghost' }));
  await create('trusting', { AssumeRolePolicyDocument: trust({ Principal: { AWS: ghost } }) });
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'trusting', PolicyDocument: LAMBDA_TRUST }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'trusting' }));
  assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), LAMBDA_TRUST);
});

test('policies of a role: inline and attached', async () => {
  const RoleName = 'worker';
  await create(RoleName);
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'read', PolicyDocument: READ_S3 }));
  assert.equal((await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'read' }))).RoleName, RoleName);
  assert.deepEqual(
    await refusal(
      iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: 'bad',
          PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}',
        }),
      ),
    ),
    ['MalformedPolicyDocument', 'Policy statement must contain resources.', 400],
  );
  const long = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: Array.from({ length: 400 }, (_, i) => `arn:aws:s3:::bucket-number-${i}/*`),
      },
    ],
  });
  assert.deepEqual(
    await refusal(iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'long', PolicyDocument: long }))),
    ['LimitExceeded', 'Maximum policy size of 10240 bytes exceeded for role worker', 409],
  );
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  assert.deepEqual((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies, [
    { PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn },
  ]);
  assert.deepEqual(
    await refusal(
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/NoSuchPolicy' })),
    ),
    ['NoSuchEntity', 'Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable.', 404],
  );
  assert.equal(
    (await refusal(iam.send(new DeleteRoleCommand({ RoleName }))))[1],
    'Cannot delete entity, must detach all policies first.',
  );
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  assert.deepEqual(await refusal(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))), [
    'NoSuchEntity',
    `Policy ${PolicyArn} was not found.`,
    404,
  ]);
  assert.equal(
    (await refusal(iam.send(new DeleteRoleCommand({ RoleName }))))[1],
    'Cannot delete entity, must delete policies first.',
  );
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'read' }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
});

test('instance profiles hold one role', async () => {
  const InstanceProfileName = 'machine';
  await create('machine-role');
  await create('other-role');
  const { InstanceProfile } = await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
  assert.equal(InstanceProfile?.Arn, `arn:aws:iam::${ACCOUNT}:instance-profile/machine`);
  assert.deepEqual(InstanceProfile?.Roles, []);
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'machine-role' }));
  assert.deepEqual(
    await refusal(iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'other-role' }))),
    ['LimitExceeded', 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1', 409],
  );
  const found = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
  assert.deepEqual(
    found.InstanceProfile?.Roles?.map((role) => role.RoleName),
    ['machine-role'],
  );
  const listed = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: 'machine-role' }));
  assert.deepEqual(
    listed.InstanceProfiles?.map((profile) => profile.InstanceProfileName),
    ['machine'],
  );
  assert.equal(
    (await refusal(iam.send(new DeleteRoleCommand({ RoleName: 'machine-role' }))))[1],
    'Cannot delete entity, must remove roles from instance profile first.',
  );
  assert.equal(
    (await refusal(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }))))[0],
    'DeleteConflict',
  );
  await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: 'machine-role' }));
  await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  assert.deepEqual(await refusal(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))), [
    'NoSuchEntity',
    'Instance Profile machine cannot be found.',
    404,
  ]);
});

test('service-linked roles belong to their service', async () => {
  const { Role } = await iam.send(
    new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ops.apigateway.amazonaws.com' }),
  );
  assert.equal(
    Role?.Arn,
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway`,
  );
  const RoleName = Role?.RoleName ?? '';
  assert.equal(
    (
      await refusal(iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ops.apigateway.amazonaws.com' })))
    )[0],
    'InvalidInput',
  );
  assert.deepEqual(await refusal(iam.send(new DeleteRoleCommand({ RoleName }))), [
    'UnmodifiableEntity',
    `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`,
    400,
  ]);
  const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }));
  assert.equal((await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).Status, 'SUCCEEDED');
  assert.equal((await refusal(iam.send(new GetRoleCommand({ RoleName }))))[0], 'NoSuchEntity');
});

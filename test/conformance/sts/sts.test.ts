import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts';
import { ManualClock } from '#core/clock.ts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { ACCOUNT, refusal } from '../iam/fixture.ts';

let server: TestServer;
let iam: IAMClient;
/** a user who may assume any role */
let user: TestServer['sdk'];
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  iam = new IAMClient(server.sdk);
  await iam.send(new CreateUserCommand({ UserName: 'ada' }));
  await iam.send(
    new PutUserPolicyCommand({ UserName: 'ada', PolicyName: 'assume', PolicyDocument: document(allow('sts:*')) }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }));
  user = {
    ...server.sdk,
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  };
});
after(() => server.stop());

const document = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], Resource = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const trust = (AWS: string, more: object = {}) =>
  document({ Effect: 'Allow', Principal: { AWS }, Action: ['sts:AssumeRole', 'sts:TagSession'], ...more });
const arnOf = (role: string): string => `arn:aws:iam::${ACCOUNT}:role/${role}`;

async function createRole(RoleName: string, AssumeRolePolicyDocument: string, ...statements: object[]): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  if (statements.length > 0)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: document(...statements) }));
}

async function assume(sdk: TestServer['sdk'], role: string, more: Partial<AssumeRoleCommandInput> = {}) {
  const output = await new STSClient(sdk).send(
    new AssumeRoleCommand({ RoleArn: arnOf(role), RoleSessionName: 'run', ...more }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = output.Credentials ?? {};
  return {
    output,
    sdk: {
      ...server.sdk,
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    },
  };
}
const describe = (sdk: TestServer['sdk']) => new CloudWatchLogsClient(sdk).send(new DescribeLogGroupsCommand({}));

test('GetCallerIdentity: account by key', async () => {
  const of = (accessKeyId: string) =>
    new STSClient({ ...server.sdk, credentials: { accessKeyId, secretAccessKey: 'x' } }).send(
      new GetCallerIdentityCommand({}),
    );
  const { $metadata: _, ...any } = await of('test');
  assert.deepEqual(any, { UserId: ACCOUNT, Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root` });
  assert.equal((await of('111122223333')).Arn, 'arn:aws:iam::111122223333:root');
});

test("a session of a role has the role's permissions", async () => {
  await createRole('reader', trust(ACCOUNT), allow('logs:Describe*'));
  const { output, sdk } = await assume(user, 'reader');
  assert.equal(output.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/reader/run`);
  assert.match(output.AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:run$/);
  assert.match(output.Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/);
  const identity = await new STSClient(sdk).send(new GetCallerIdentityCommand({}));
  assert.deepEqual(
    [identity.Arn, identity.UserId],
    [output.AssumedRoleUser?.Arn, output.AssumedRoleUser?.AssumedRoleId],
  );
  await describe(sdk);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'reader' }));
  assert.equal(Role?.RoleLastUsed?.Region, 'us-east-1');
  assert.ok(Role?.RoleLastUsed?.LastUsedDate instanceof Date);
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'own', PolicyDocument: document(allow('s3:*')) }),
  );
  assert.deepEqual((await refusal(describe(sdk))).slice(0, 2), [
    'AccessDenied',
    `User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/run is not authorized to perform: logs:DescribeLogGroups on resource: * because no identity-based policy allows the logs:DescribeLogGroups action`,
  ]);
});

test('the trust policy decides who may assume', async () => {
  await createRole('strict', trust('111122223333'));
  const denied = [
    'AccessDenied',
    `User: arn:aws:iam::${ACCOUNT}:user/ada is not authorized to perform: sts:AssumeRole on resource: ${arnOf('strict')}`,
    403,
  ];
  assert.deepEqual(await refusal(assume(user, 'strict')), denied);
  await iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: 'strict',
      PolicyDocument: trust(`arn:aws:iam::${ACCOUNT}:user/ada`),
    }),
  );
  await assume(user, 'strict');
  const missing = denied.map((part) => (typeof part === 'string' ? part.replace('strict', 'missing') : part));
  assert.deepEqual(await refusal(assume(user, 'missing')), missing);
});

test('a user whom the trust policy names needs no policy of his own; one of a trusted account does', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'bare' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'bare' }));
  const bare = {
    ...server.sdk,
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  };
  await createRole('by-account', trust(ACCOUNT));
  assert.match(
    (await refusal(assume(bare, 'by-account')))[1],
    /because no identity-based policy allows the sts:AssumeRole action$/,
  );
  await createRole('by-name', trust(`arn:aws:iam::${ACCOUNT}:user/bare`));
  await assume(bare, 'by-name');
});

test('conditions of the trust policy: external id, session name, tags', async () => {
  await createRole(
    'outside',
    trust(ACCOUNT, {
      Condition: {
        StringEquals: { 'sts:ExternalId': 'secret', 'aws:RequestTag/team': 'red' },
        StringLike: { 'sts:RoleSessionName': 'run*' },
      },
    }),
  );
  const Tags = [{ Key: 'team', Value: 'red' }];
  assert.equal((await refusal(assume(user, 'outside')))[0], 'AccessDenied');
  assert.equal((await refusal(assume(user, 'outside', { ExternalId: 'wrong', Tags })))[0], 'AccessDenied');
  assert.equal(
    (await refusal(assume(user, 'outside', { ExternalId: 'secret', RoleSessionName: 'walk', Tags })))[0],
    'AccessDenied',
  );
  await assume(user, 'outside', { ExternalId: 'secret', Tags });
});

test('session policies narrow, session tags are principal tags', async () => {
  await createRole(
    'tagged',
    trust(ACCOUNT),
    allow('logs:*', '*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red' } } }),
  );
  const Tags = [{ Key: 'team', Value: 'red' }];
  await describe((await assume(user, 'tagged', { Tags })).sdk);
  assert.equal((await refusal(describe((await assume(user, 'tagged')).sdk)))[0], 'AccessDenied');
  const narrowed = await assume(user, 'tagged', { Tags, Policy: document(allow('s3:*')) });
  assert.match(
    (await refusal(describe(narrowed.sdk)))[1],
    /because no session policy allows the logs:DescribeLogGroups action$/,
  );
  assert.ok((narrowed.output.PackedPolicySize ?? 0) > 0);
  const byArn = await assume(user, 'tagged', {
    Tags,
    Policy: document(allow('s3:*')),
    PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/CloudWatchLogsFullAccess' }],
  });
  await describe(byArn.sdk);
  assert.equal((await refusal(assume(user, 'tagged', { Policy: '{' })))[0], 'MalformedPolicyDocument');
});

test('durations have limits', async () => {
  await iam.send(
    new CreateRoleCommand({ RoleName: 'long', AssumeRolePolicyDocument: trust(ACCOUNT), MaxSessionDuration: 7200 }),
  );
  await iam.send(
    new AttachRolePolicyCommand({ RoleName: 'long', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
  );
  const { output, sdk } = await assume(user, 'long', { DurationSeconds: 7200 });
  const seconds = (output.Credentials!.Expiration!.getTime() - Date.now()) / 1000;
  assert.ok(seconds > 7100 && seconds <= 7200, String(seconds));
  assert.deepEqual((await refusal(assume(user, 'long', { DurationSeconds: 7201 }))).slice(0, 2), [
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  ]);
  assert.deepEqual((await refusal(assume(sdk, 'long', { DurationSeconds: 3601 }))).slice(0, 2), [
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
  ]);
  assert.match(
    (await refusal(assume(user, 'long', { DurationSeconds: 60 })))[1],
    /at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900/,
  );
  assert.match(
    (await refusal(assume(user, 'long', { RoleSessionName: 'x' })))[1],
    /at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2/,
  );
});

test('a session of a role that was made again is not one of the new role', async () => {
  await createRole('phoenix', trust(ACCOUNT));
  const { sdk } = await assume(user, 'phoenix');
  await iam.send(new DeleteRoleCommand({ RoleName: 'phoenix' }));
  await createRole('phoenix', trust(ACCOUNT), allow('logs:*'));
  assert.equal((await refusal(describe(sdk)))[0], 'AccessDenied');
  await describe((await assume(user, 'phoenix')).sdk);
});

test('GetSessionToken: the user himself, not from a session', async () => {
  const { Credentials } = await new STSClient(user).send(new GetSessionTokenCommand({}));
  const session = {
    ...server.sdk,
    credentials: {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    },
  };
  assert.equal(
    (await new STSClient(session).send(new GetCallerIdentityCommand({}))).Arn,
    `arn:aws:iam::${ACCOUNT}:user/ada`,
  );
  assert.deepEqual((await refusal(new STSClient(session).send(new GetSessionTokenCommand({})))).slice(0, 2), [
    'AccessDenied',
    'Cannot call GetSessionToken with session credentials',
  ]);
  const info = await new STSClient(user).send(new GetAccessKeyInfoCommand({ AccessKeyId: Credentials?.AccessKeyId }));
  assert.equal(info.Account, ACCOUNT);
});

test('credentials expire', async () => {
  const clock = new ManualClock(Date.now());
  const short = await startTestServer({ clock });
  try {
    const { Credentials } = await new STSClient(short.sdk).send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    const credentials = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    const ask = (systemClockOffset: number) =>
      new STSClient({ ...short.sdk, credentials, systemClockOffset }).send(new GetCallerIdentityCommand({}));
    await ask(0);
    clock.advance(901_000);
    assert.deepEqual(await refusal(ask(901_000)), [
      'ExpiredToken',
      'The security token included in the request is expired',
      403,
    ]);
  } finally {
    await short.stop();
  }
});

test('a federation token does what its user and its policy both allow, under a name of its own', async () => {
  const listLogs = allow('logs:DescribeLogGroups');
  await iam.send(new PutUserPolicyCommand({ UserName: 'ada', PolicyName: 'logs', PolicyDocument: document(listLogs) }));
  const federate = async (sdk: TestServer['sdk'], more: object = {}) => {
    const { Credentials, ...output } = await new STSClient(sdk).send(
      new GetFederationTokenCommand({ Name: 'guest', ...more }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials!;
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return { output, Credentials: Credentials!, sdk: { ...server.sdk, credentials } };
  };
  const look = (sdk: TestServer['sdk']) => new CloudWatchLogsClient(sdk).send(new DescribeLogGroupsCommand({}));
  const arn = `arn:aws:sts::${ACCOUNT}:federated-user/guest`;

  const allowed = await federate(user, { Policy: document(listLogs, allow('s3:*')), DurationSeconds: 900 });
  assert.deepEqual(allowed.output.FederatedUser, { FederatedUserId: `${ACCOUNT}:guest`, Arn: arn });
  assert.ok(allowed.output.PackedPolicySize! > 0);
  const { Arn, UserId } = await new STSClient(allowed.sdk).send(new GetCallerIdentityCommand({}));
  assert.deepEqual([Arn, UserId], [arn, `${ACCOUNT}:guest`]);
  await look(allowed.sdk);

  const without = await federate(user);
  assert.equal('PackedPolicySize' in without.output, false);
  await assert.rejects(look(without.sdk), { name: 'AccessDeniedException' });
  await assert.rejects(federate(allowed.sdk), {
    name: 'AccessDenied',
    message: 'Cannot call GetFederationToken with session credentials',
  });
  const root = await federate(server.sdk, { Policy: document(listLogs), DurationSeconds: 129_600 });
  await look(root.sdk);
  // an hour at most, where the other was asked for a quarter of one
  const longer = root.Credentials.Expiration!.getTime() - allowed.Credentials.Expiration!.getTime();
  assert.ok(longer < 3_600_000, `${longer} ms longer`);
});

test('a source identity is told, needs leave of the role, and stays through a chain', async () => {
  const caller = `arn:aws:iam::${ACCOUNT}:user/ada`;
  await createRole('nameless', trust(caller));
  await assert.rejects(assume(user, 'nameless', { SourceIdentity: 'ada' }), { name: 'AccessDenied' });
  const whole = document({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
  });
  await createRole('first', whole, allow('sts:*'));
  await createRole('second', whole);
  const first = await assume(user, 'first', { SourceIdentity: 'ada' });
  assert.equal(first.output.SourceIdentity, 'ada');
  const second = await assume(first.sdk, 'second');
  assert.equal(second.output.SourceIdentity, 'ada');
  await assert.rejects(assume(first.sdk, 'second', { SourceIdentity: 'other' }), { name: 'AccessDenied' });
});

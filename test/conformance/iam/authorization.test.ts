// Every call is held to the policies of who makes it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AddUserToGroupCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  IAMClient,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { ACCOUNT, refusal } from './fixture.ts';

let server: TestServer;
let root: IAMClient;
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  root = new IAMClient(server.sdk);
});
after(() => server.stop());

const document = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string, Resource = '*', more: object = {}) => ({ Effect: 'Allow', Action, Resource, ...more });

/** A user with an inline policy, and the options of clients that call as him. */
async function createUser(UserName: string, ...statements: object[]) {
  await root.send(new CreateUserCommand({ UserName }));
  if (statements.length > 0) {
    await root.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: document(...statements) }));
  }
  const { AccessKey } = await root.send(new CreateAccessKeyCommand({ UserName }));
  return {
    ...server.sdk,
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  };
}

test('a user without policies may ask who he is, and nothing else', async () => {
  const sdk = await createUser('nobody');
  assert.equal(
    (await new STSClient(sdk).send(new GetCallerIdentityCommand({}))).Arn,
    `arn:aws:iam::${ACCOUNT}:user/nobody`,
  );
  assert.deepEqual(await refusal(new IAMClient(sdk).send(new GetUserCommand({ UserName: 'nobody' }))), [
    'AccessDenied',
    `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: iam:GetUser on resource: arn:aws:iam::${ACCOUNT}:user/nobody because no identity-based policy allows the iam:GetUser action`,
    403,
  ]);
  assert.deepEqual(await refusal(new CloudWatchLogsClient(sdk).send(new DescribeLogGroupsCommand({}))), [
    'AccessDenied',
    `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: logs:DescribeLogGroups on resource: * because no identity-based policy allows the logs:DescribeLogGroups action`,
    400,
  ]);
  const mail = new SendEmailCommand({
    Source: 'a@example.com',
    Destination: { ToAddresses: ['b@example.com'] },
    Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
  });
  assert.deepEqual(await refusal(new SESClient(sdk).send(mail)), [
    'AccessDenied',
    `User \`arn:aws:iam::${ACCOUNT}:user/nobody' is not authorized to perform \`ses:SendEmail' on resource \`arn:aws:ses:us-east-1:${ACCOUNT}:identity/a@example.com'`,
    403,
  ]);
});

test('policies hold for the next request: granted, narrowed by resource, denied, taken away', async () => {
  const logs = new CloudWatchLogsClient(
    await createUser('logger', allow('logs:CreateLogGroup', `arn:aws:logs:*:${ACCOUNT}:log-group:/app/*`)),
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/app/one' }));
  assert.equal((await refusal(logs.send(new CreateLogGroupCommand({ logGroupName: '/other' }))))[0], 'AccessDenied');
  const put = (...statements: object[]) =>
    root.send(
      new PutUserPolicyCommand({ UserName: 'logger', PolicyName: 'more', PolicyDocument: document(...statements) }),
    );
  await put({ ...allow('logs:CreateLogGroup'), Effect: 'Deny' });
  assert.match(
    (await refusal(logs.send(new CreateLogGroupCommand({ logGroupName: '/app/two' }))))[1],
    /with an explicit deny in an identity-based policy$/,
  );
  await root.send(new DeleteUserPolicyCommand({ UserName: 'logger', PolicyName: 'more' }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/app/two' }));
});

test('policies of groups count, boundaries narrow', async () => {
  const sdk = await createUser('member');
  const logs = new CloudWatchLogsClient(sdk);
  await root.send(new CreateGroupCommand({ GroupName: 'loggers' }));
  await root.send(
    new PutGroupPolicyCommand({ GroupName: 'loggers', PolicyName: 'all', PolicyDocument: document(allow('logs:*')) }),
  );
  await root.send(new AddUserToGroupCommand({ GroupName: 'loggers', UserName: 'member' }));
  await logs.send(new DescribeLogGroupsCommand({}));
  const { Policy } = await root.send(
    new CreatePolicyCommand({ PolicyName: 'bound', PolicyDocument: document(allow('s3:*')) }),
  );
  await root.send(new PutUserPermissionsBoundaryCommand({ UserName: 'member', PermissionsBoundary: Policy?.Arn }));
  assert.match(
    (await refusal(logs.send(new DescribeLogGroupsCommand({}))))[1],
    /because no permissions boundary allows the logs:DescribeLogGroups action$/,
  );
});

test('conditions see the request: address, agent, region, time, own name', async () => {
  const conditions = {
    IpAddress: { 'aws:SourceIp': '127.0.0.0/8' },
    StringLike: { 'aws:UserAgent': '*aws-sdk-js*' },
    StringEquals: { 'aws:RequestedRegion': 'us-east-1', 'aws:username': 'careful', 'aws:PrincipalAccount': ACCOUNT },
    Bool: { 'aws:SecureTransport': 'false', 'aws:ViaAWSService': 'false' },
    DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' },
    Null: { 'aws:TokenIssueTime': 'true' },
  };
  const sdk = await createUser('careful', allow('logs:DescribeLogGroups', '*', { Condition: conditions }));
  await new CloudWatchLogsClient(sdk).send(new DescribeLogGroupsCommand({}));
  assert.equal(
    (
      await refusal(new CloudWatchLogsClient({ ...sdk, region: 'eu-west-1' }).send(new DescribeLogGroupsCommand({})))
    )[0],
    'AccessDenied',
  );
});

test('bucket policies: grants to a user, denials even of root, which can still mend the policy', async () => {
  const s3 = new S3Client(server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'shared' }));
  await s3.send(new PutObjectCommand({ Bucket: 'shared', Key: 'k', Body: 'text' }));
  const reader = new S3Client(await createUser('reader'));
  const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket: 'shared', Key: 'k' }));
  assert.deepEqual(await refusal(get(reader)), [
    'AccessDenied',
    `User: arn:aws:iam::${ACCOUNT}:user/reader is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::shared/k" because no identity-based policy allows the s3:GetObject action`,
    403,
  ]);
  const put = (...statements: object[]) =>
    s3.send(new PutBucketPolicyCommand({ Bucket: 'shared', Policy: document(...statements) }));
  await put(
    allow('s3:GetObject', 'arn:aws:s3:::shared/*', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/reader` } }),
  );
  assert.equal(await (await get(reader)).Body?.transformToString(), 'text');
  await put(
    { ...allow('s3:*', 'arn:aws:s3:::shared/*', { Principal: '*' }), Effect: 'Deny' },
    { ...allow('s3:*', 'arn:aws:s3:::shared', { Principal: '*' }), Effect: 'Deny' },
  );
  assert.match((await refusal(get(s3)))[1], /with an explicit deny in a resource-based policy$/);
  await s3.send(new GetBucketPolicyCommand({ Bucket: 'shared' }));
});

test('across accounts both sides must allow', async () => {
  const s3 = new S3Client(server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'lent' }));
  await s3.send(new PutObjectCommand({ Bucket: 'lent', Key: 'k', Body: 'text' }));
  const other = new S3Client({ ...server.sdk, credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' } });
  const get = () => other.send(new GetObjectCommand({ Bucket: 'lent', Key: 'k' }));
  assert.deepEqual(await refusal(get()), ['AccessDenied', 'Access Denied', 403]);
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket: 'lent',
      Policy: document(allow('s3:GetObject', 'arn:aws:s3:::lent/*', { Principal: { AWS: '111122223333' } })),
    }),
  );
  assert.equal(await (await get()).Body?.transformToString(), 'text');
});

test('two accounts may have roles of one name', async () => {
  const trust = (AWS: string): string => document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } });
  const other = new IAMClient({ ...server.sdk, credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' } });
  const mine = await root.send(new CreateRoleCommand({ RoleName: 'same', AssumeRolePolicyDocument: trust(ACCOUNT) }));
  const theirs = await other.send(
    new CreateRoleCommand({ RoleName: 'same', AssumeRolePolicyDocument: trust('111122223333') }),
  );
  assert.equal(mine.Role?.Arn, `arn:aws:iam::${ACCOUNT}:role/same`);
  assert.equal(theirs.Role?.Arn, 'arn:aws:iam::111122223333:role/same');
});

test('where violations are reported, they are said once and let pass', async () => {
  const said: string[] = [];
  const lenient = await startTestServer({ config: { iam: 'report' }, warn: (text) => said.push(text) });
  try {
    const iam = new IAMClient(lenient.sdk);
    await iam.send(new CreateUserCommand({ UserName: 'loose' }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'loose' }));
    const logs = new CloudWatchLogsClient({
      ...lenient.sdk,
      credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
    });
    for (let i = 0; i < 3; i++) await logs.send(new DescribeLogGroupsCommand({}));
    assert.deepEqual(said, [
      `IAM would deny this: User: arn:aws:iam::${ACCOUNT}:user/loose is not authorized to perform: logs:DescribeLogGroups on resource: * because no identity-based policy allows the logs:DescribeLogGroups action`,
    ]);
  } finally {
    await lenient.stop();
  }
});

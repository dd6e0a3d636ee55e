import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteResourcePolicyCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeResourcePoliciesCommand,
  ListLogGroupsCommand,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  PutLogGroupDeletionProtectionCommand,
  PutResourcePolicyCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { servicePrincipal } from '#core/principal.ts';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let logs: CloudWatchLogsClient;
before(async () => {
  server = await startTestServer();
  logs = new CloudWatchLogsClient(server.sdk);
});
after(() => server.stop());

const create = (logGroupName: string, rest: object = {}) =>
  logs.send(new CreateLogGroupCommand({ logGroupName, ...rest }));
const arnOf = (name: string): string => `arn:aws:logs:us-east-1:000000000000:log-group:${name}`;
const notFound = { name: 'ResourceNotFoundException', message: 'The specified log group does not exist.' };

test('a new group is described with its defaults, and retention only when it has one', async () => {
  await create('/described/group');
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/described' }));
  const { creationTime, ...group } = logGroups?.[0] ?? {};
  assert.equal(typeof creationTime, 'number');
  assert.deepEqual(group, {
    logGroupName: '/described/group',
    metricFilterCount: 0,
    arn: `${arnOf('/described/group')}:*`,
    storedBytes: 0,
    logGroupClass: 'STANDARD',
    logGroupArn: arnOf('/described/group'),
    deletionProtectionEnabled: false,
  });
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/described/group', retentionInDays: 7 }));
  const kept = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'ibed/GR' }));
  assert.equal(kept.logGroups?.[0]?.retentionInDays, 7);
  await logs.send(new DeleteRetentionPolicyCommand({ logGroupName: '/described/group' }));
  const endless = await logs.send(new DescribeLogGroupsCommand({ logGroupIdentifiers: [arnOf('/described/group')] }));
  assert.equal('retentionInDays' in (endless.logGroups?.[0] ?? {}), false);
});

test('a group exists once, and what is not there answers ResourceNotFoundException', async () => {
  await create('once');
  await assert.rejects(create('once'), {
    name: 'ResourceAlreadyExistsException',
    message: 'The specified log group already exists',
  });
  await logs.send(new DeleteLogGroupCommand({ logGroupName: 'once' }));
  await assert.rejects(logs.send(new DeleteLogGroupCommand({ logGroupName: 'once' })), notFound);
  await assert.rejects(
    logs.send(new PutRetentionPolicyCommand({ logGroupName: 'once', retentionInDays: 1 })),
    notFound,
  );
  await assert.rejects(logs.send(new ListTagsLogGroupCommand({ logGroupName: 'once' })), notFound);
});

test('names are checked in the words of AWS, under the code of this service', async () => {
  await assert.rejects(create('a b'), {
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: " +
      'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+',
  });
  await assert.rejects(create(''), {
    message:
      "2 validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint: " +
      "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+; Value '' at 'logGroupName' " +
      'failed to satisfy constraint: Member must have length greater than or equal to 1',
  });
  await assert.rejects(create('aws/mine'), {
    name: 'InvalidParameterException',
    message: 'Log groups starting with AWS/ are reserved for AWS.',
  });
  await assert.rejects(create('encrypted', { kmsKeyId: 'arn:aws:kms:us-east-1:000000000000:key/x' }), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'a', logGroupNamePattern: 'b' })), {
    message: 'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
  });
});

test('groups are listed by name, page by page', async () => {
  for (const name of ['page/c', 'page/a', 'page/b']) await create(name);
  const first = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'page/', limit: 2 }));
  assert.deepEqual(
    first.logGroups?.map((group) => group.logGroupName),
    ['page/a', 'page/b'],
  );
  const second = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: 'page/', limit: 2, nextToken: first.nextToken }),
  );
  assert.deepEqual(
    second.logGroups?.map((group) => group.logGroupName),
    ['page/c'],
  );
  assert.equal(second.nextToken, undefined);
  const { logGroups } = await logs.send(new ListLogGroupsCommand({ logGroupNamePattern: '^page/b|ge/c' }));
  assert.deepEqual(logGroups, [
    { logGroupName: 'page/b', logGroupArn: arnOf('page/b'), logGroupClass: 'STANDARD' },
    { logGroupName: 'page/c', logGroupArn: arnOf('page/c'), logGroupClass: 'STANDARD' },
  ]);
});

test('tags live on the ARN, at most 50 of them', async () => {
  await create('tagged', { tags: { a: '1' } });
  const resourceArn = arnOf('tagged');
  await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }));
  assert.deepEqual((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { a: '1', b: '2' });
  await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  assert.deepEqual((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { b: '2' });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']));
  await assert.rejects(logs.send(new TagResourceCommand({ resourceArn, tags: many })), {
    name: 'TooManyTagsException',
  });
  await assert.rejects(logs.send(new TagResourceCommand({ resourceArn, tags: { 'aws:x': '1' } })), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(logs.send(new ListTagsForResourceCommand({ resourceArn: arnOf('none') })), notFound);
});

test('a protected group stays until the protection goes', async () => {
  await create('guarded', { deletionProtectionEnabled: true });
  const remove = new DeleteLogGroupCommand({ logGroupName: 'guarded' });
  await assert.rejects(logs.send(remove), { name: 'InvalidParameterException' });
  await logs.send(
    new PutLogGroupDeletionProtectionCommand({ logGroupIdentifier: 'guarded', deletionProtectionEnabled: false }),
  );
  await logs.send(remove);
});

test('resource policies are named, limited to ten and checked', async () => {
  const policyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'es.amazonaws.com' }, Action: 'logs:PutLogEvents', Resource: '*' },
    ],
  });
  const put = (policyName: string, text = policyDocument) =>
    logs.send(new PutResourcePolicyCommand({ policyName, policyDocument: text }));
  const { resourcePolicy } = await put('one');
  assert.equal(typeof resourcePolicy?.lastUpdatedTime, 'number');
  const { resourcePolicies } = await logs.send(new DescribeResourcePoliciesCommand({}));
  assert.deepEqual(resourcePolicies, [
    { policyName: 'one', policyDocument, lastUpdatedTime: resourcePolicy?.lastUpdatedTime },
  ]);
  await assert.rejects(put('bad', '{'), { name: 'InvalidParameterException' });
  for (let i = 2; i <= 10; i++) await put(`p${i}`);
  await assert.rejects(put('p11'), { name: 'LimitExceededException', message: 'Resource limit exceeded.' });
  await logs.send(new DeleteResourcePolicyCommand({ policyName: 'one' }));
  await assert.rejects(logs.send(new DeleteResourcePolicyCommand({ policyName: 'one' })), {
    name: 'ResourceNotFoundException',
    message: 'Policy with name [one] does not exist.',
  });
});

test('a resource policy lets a service write, where nothing else does', async () => {
  const enforcing = await startTestServer({ config: { iam: 'enforce' } });
  try {
    const client = new CloudWatchLogsClient(enforcing.sdk);
    await client.send(new CreateLogGroupCommand({ logGroupName: 'written' }));
    const write = (logStreamName: string) =>
      enforcing.platform.call(
        'logs',
        'CreateLogStream',
        { logGroupName: 'written', logStreamName },
        { as: servicePrincipal('es.amazonaws.com'), accountId: '000000000000', region: 'us-east-1' },
      );
    await assert.rejects(write('a'), { code: 'AccessDeniedException' });
    const policyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'es.amazonaws.com' },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `${arnOf('written')}:*`,
      },
    });
    await client.send(new PutResourcePolicyCommand({ policyName: 'es', policyDocument }));
    await write('a');
    await client.send(new DeleteResourcePolicyCommand({ policyName: 'es' }));
    await assert.rejects(write('b'), { code: 'AccessDeniedException' });
  } finally {
    await enforcing.stop();
  }
});

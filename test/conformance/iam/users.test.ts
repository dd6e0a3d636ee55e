import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetGroupCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListGroupsForUserCommand,
  ListUserPoliciesCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateGroupCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { ACCOUNT, READ_S3, refusal } from './fixture.ts';

let server: TestServer;
let iam: IAMClient;
before(async () => {
  server = await startTestServer();
  iam = new IAMClient(server.sdk);
});
after(() => server.stop());

test('a user is made, found, listed and deleted', async () => {
  const { User } = await iam.send(
    new CreateUserCommand({ UserName: 'ada', Path: '/team/', Tags: [{ Key: 'Role', Value: 'dev' }] }),
  );
  assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/team/ada`);
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
  assert.deepEqual(User?.Tags, [{ Key: 'Role', Value: 'dev' }]);
  assert.ok(User?.CreateDate instanceof Date);
  assert.deepEqual(await refusal(iam.send(new CreateUserCommand({ UserName: 'ADA' }))), [
    'EntityAlreadyExists',
    'User with name ADA already exists.',
    409,
  ]);
  const found = await iam.send(new GetUserCommand({ UserName: 'ada' }));
  assert.deepEqual(found.User, User);
  const listed = await iam.send(new ListUsersCommand({ PathPrefix: '/team/' }));
  assert.deepEqual([listed.Users?.map((user) => user.UserName), listed.IsTruncated], [['ada'], false]);
  assert.equal(listed.Users?.[0]?.Tags, undefined);
  await iam.send(new DeleteUserCommand({ UserName: 'ada' }));
  assert.deepEqual(await refusal(iam.send(new GetUserCommand({ UserName: 'ada' }))), [
    'NoSuchEntity',
    'The user with name ada cannot be found.',
    404,
  ]);
});

test('names and paths are checked', async () => {
  assert.match(
    (await refusal(iam.send(new CreateUserCommand({ UserName: 'x'.repeat(65) }))))[1],
    /Value 'x{65}' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64/,
  );
  assert.equal((await refusal(iam.send(new CreateUserCommand({ UserName: 'a b' }))))[0], 'ValidationError');
  assert.equal((await refusal(iam.send(new CreateUserCommand({ UserName: 'a', Path: 'team' }))))[0], 'ValidationError');
});

test('listings go page by page, in order of names', async () => {
  const names = ['p1', 'P2', 'p3', 'p4', 'p5'];
  for (const name of names) await iam.send(new CreateUserCommand({ UserName: name, Path: '/paged/' }));
  const seen: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListUsersCommand({ PathPrefix: '/paged/', MaxItems: 2, Marker }));
    seen.push(...(page.Users ?? []).map((user) => user.UserName ?? ''));
    assert.equal(page.IsTruncated, page.Marker !== undefined);
    Marker = page.Marker;
  } while (Marker !== undefined);
  assert.deepEqual(seen, names);
  assert.equal((await refusal(iam.send(new ListUsersCommand({ Marker: 'nonsense' }))))[0], 'InvalidInput');
});

test('what hangs on a user must go before him', async () => {
  const UserName = 'bound';
  await iam.send(new CreateUserCommand({ UserName }));
  const gone = () => refusal(iam.send(new DeleteUserCommand({ UserName })));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: READ_S3 }));
  assert.deepEqual(await gone(), ['DeleteConflict', 'Cannot delete entity, must delete policies first.', 409]);
  const read = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'p' }));
  assert.match(read.PolicyDocument ?? '', /^%7B%22Version%22%3A%222012-10-17%22%2C/);
  assert.equal(decodeURIComponent(read.PolicyDocument ?? ''), READ_S3);
  assert.deepEqual((await iam.send(new ListUserPoliciesCommand({ UserName }))).PolicyNames, ['p']);
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'p' }));
  assert.deepEqual(await refusal(iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'p' }))), [
    'NoSuchEntity',
    'The user policy with name p cannot be found.',
    404,
  ]);
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  assert.deepEqual(await gone(), ['DeleteConflict', 'Cannot delete entity, must detach all policies first.', 409]);
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  assert.deepEqual(await gone(), ['DeleteConflict', 'Cannot delete entity, must delete access keys first.', 409]);
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKey?.AccessKeyId }));
  await iam.send(new CreateGroupCommand({ GroupName: 'holding' }));
  await iam.send(new AddUserToGroupCommand({ GroupName: 'holding', UserName }));
  assert.deepEqual(await gone(), ['DeleteConflict', 'Cannot delete entity, must remove users from group first.', 409]);
  assert.equal((await refusal(iam.send(new DeleteGroupCommand({ GroupName: 'holding' }))))[0], 'DeleteConflict');
  await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'holding', UserName }));
  await iam.send(new DeleteUserCommand({ UserName }));
  await iam.send(new DeleteGroupCommand({ GroupName: 'holding' }));
});

test('a renamed user keeps groups, policies and keys', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'old' }));
  await iam.send(new CreateGroupCommand({ GroupName: 'crew' }));
  await iam.send(new AddUserToGroupCommand({ GroupName: 'crew', UserName: 'old' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'old' }));
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const sts = new STSClient({ ...server.sdk, credentials });
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, `arn:aws:iam::${ACCOUNT}:user/old`);
  await iam.send(new UpdateUserCommand({ UserName: 'old', NewUserName: 'new', NewPath: '/moved/' }));
  await iam.send(new UpdateGroupCommand({ GroupName: 'crew', NewGroupName: 'band' }));
  assert.deepEqual(
    (await iam.send(new GetGroupCommand({ GroupName: 'band' }))).Users?.map((user) => user.UserName),
    ['new'],
  );
  assert.deepEqual(
    (await iam.send(new ListGroupsForUserCommand({ UserName: 'new' }))).Groups?.map((group) => group.GroupName),
    ['band'],
  );
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, `arn:aws:iam::${ACCOUNT}:user/moved/new`);
});

test('tags have no case in their keys', async () => {
  const UserName = 'tagged';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(
    new TagUserCommand({
      UserName,
      Tags: [
        { Key: 'Env', Value: 'a' },
        { Key: 'x', Value: '1' },
      ],
    }),
  );
  await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'env', Value: 'b' }] }));
  assert.deepEqual((await iam.send(new ListUserTagsCommand({ UserName }))).Tags, [
    { Key: 'env', Value: 'b' },
    { Key: 'x', Value: '1' },
  ]);
  assert.deepEqual(
    await refusal(
      iam.send(
        new TagUserCommand({
          UserName,
          Tags: [
            { Key: 'A', Value: '' },
            { Key: 'a', Value: '' },
          ],
        }),
      ),
    ),
    ['InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.', 400],
  );
  await iam.send(new UntagUserCommand({ UserName, TagKeys: ['ENV', 'x'] }));
  assert.deepEqual((await iam.send(new ListUserTagsCommand({ UserName }))).Tags, []);
});

test('access keys: two per user, with status and last use', async () => {
  const UserName = 'keys';
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  assert.match(AccessKey?.AccessKeyId ?? '', /^AKIA[A-Z2-7]{16}$/);
  assert.equal(AccessKey?.SecretAccessKey?.length, 40);
  await iam.send(new CreateAccessKeyCommand({ UserName }));
  assert.deepEqual(await refusal(iam.send(new CreateAccessKeyCommand({ UserName }))), [
    'LimitExceeded',
    'Cannot exceed quota for AccessKeysPerUser: 2',
    409,
  ]);
  const before = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: AccessKey?.AccessKeyId }));
  assert.deepEqual(
    [
      before.UserName,
      before.AccessKeyLastUsed?.ServiceName,
      before.AccessKeyLastUsed?.Region,
      before.AccessKeyLastUsed?.LastUsedDate,
    ],
    [UserName, 'N/A', 'N/A', undefined],
  );
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  await new STSClient({ ...server.sdk, credentials, region: 'eu-west-1' }).send(new GetCallerIdentityCommand({}));
  const used = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: AccessKey?.AccessKeyId }));
  assert.deepEqual([used.AccessKeyLastUsed?.ServiceName, used.AccessKeyLastUsed?.Region], ['sts', 'eu-west-1']);
  assert.ok(used.AccessKeyLastUsed?.LastUsedDate instanceof Date);
  const own = new IAMClient({ ...server.sdk, credentials });
  assert.equal((await own.send(new ListAccessKeysCommand({}))).AccessKeyMetadata?.length, 2);
  assert.equal((await own.send(new GetUserCommand({}))).User?.UserName, UserName);
});

test('a permissions boundary is set and taken away', async () => {
  const UserName = 'limited';
  const PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  await iam.send(new CreateUserCommand({ UserName, PermissionsBoundary }));
  const { User } = await iam.send(new GetUserCommand({ UserName }));
  assert.deepEqual(User?.PermissionsBoundary, {
    PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
    PermissionsBoundaryArn: PermissionsBoundary,
  });
  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName }));
  assert.equal((await iam.send(new GetUserCommand({ UserName }))).User?.PermissionsBoundary, undefined);
  const missing = `arn:aws:iam::${ACCOUNT}:policy/none`;
  assert.deepEqual(
    await refusal(iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: missing }))),
    ['NoSuchEntity', `Policy ${missing} does not exist or is not attachable.`, 404],
  );
});

test('names, paths and documents with wrong characters are refused in sentences of IAM', async () => {
  const refused = (command: Promise<unknown>, message: string) =>
    assert.rejects(command, { name: 'ValidationError', message });
  await refused(
    iam.send(new CreateUserCommand({ UserName: 'a b' })),
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  );
  await refused(
    iam.send(new CreateUserCommand({ UserName: 'path', Path: 'x' })),
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  );
  await refused(
    iam.send(new ListUsersCommand({ PathPrefix: 'x' })),
    'The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters.',
  );
  await refused(
    iam.send(new GetUserCommand({ UserName: '' })),
    "1 validation error detected: Value '' at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
});

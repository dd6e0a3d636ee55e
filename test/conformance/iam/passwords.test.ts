import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ChangePasswordCommand,
  CreateAccessKeyCommand,
  CreateLoginProfileCommand,
  CreateUserCommand,
  DeleteAccountPasswordPolicyCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  GenerateCredentialReportCommand,
  GetAccountPasswordPolicyCommand,
  GetCredentialReportCommand,
  GetLoginProfileCommand,
  IAMClient,
  UpdateAccountPasswordPolicyCommand,
  UpdateLoginProfileCommand,
} from '@aws-sdk/client-iam';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let iam: IAMClient;
before(async () => {
  server = await startTestServer();
  iam = new IAMClient(server.sdk);
});
after(() => server.stop());

test('the password policy has defaults, is replaced as a whole, and is missed in two ways', async () => {
  await assert.rejects(iam.send(new GetAccountPasswordPolicyCommand({})), {
    name: 'NoSuchEntityException',
    message: 'The Password Policy with domain name 000000000000 cannot be found.',
  });
  await assert.rejects(iam.send(new DeleteAccountPasswordPolicyCommand({})), {
    name: 'NoSuchEntityException',
    message: 'The account policy with name PasswordPolicy cannot be found.',
  });
  const defaults = {
    MinimumPasswordLength: 6,
    RequireSymbols: false,
    RequireNumbers: false,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
    ExpirePasswords: false,
  };
  await iam.send(new UpdateAccountPasswordPolicyCommand({ RequireNumbers: true, MaxPasswordAge: 90 }));
  const { PasswordPolicy } = await iam.send(new GetAccountPasswordPolicyCommand({}));
  assert.deepEqual(PasswordPolicy, { ...defaults, RequireNumbers: true, ExpirePasswords: true, MaxPasswordAge: 90 });
  await iam.send(new UpdateAccountPasswordPolicyCommand({}));
  assert.deepEqual((await iam.send(new GetAccountPasswordPolicyCommand({}))).PasswordPolicy, defaults);
  await iam.send(new DeleteAccountPasswordPolicyCommand({}));
});

test('a login profile obeys the password policy and holds its user', async () => {
  const UserName = 'signs-in';
  await iam.send(new CreateUserCommand({ UserName }));
  const missing = { name: 'NoSuchEntityException', message: 'Login Profile for User signs-in cannot be found.' };
  await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName })), missing);
  await assert.rejects(iam.send(new CreateLoginProfileCommand({ UserName, Password: 'alllowercase' })), {
    name: 'PasswordPolicyViolationException',
    message: 'Password does not conform to the account password policy.',
  });
  const { LoginProfile } = await iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Secret-1234' }));
  assert.deepEqual(Object.keys(LoginProfile!).sort(), ['CreateDate', 'PasswordResetRequired', 'UserName']);
  assert.equal(LoginProfile!.PasswordResetRequired, false);
  await assert.rejects(iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Secret-1234' })), {
    name: 'EntityAlreadyExistsException',
    message: 'Login Profile for user signs-in already exists.',
  });
  await iam.send(new UpdateLoginProfileCommand({ UserName, PasswordResetRequired: true }));
  const found = await iam.send(new GetLoginProfileCommand({ UserName }));
  assert.equal(found.LoginProfile!.PasswordResetRequired, true);
  await assert.rejects(iam.send(new DeleteUserCommand({ UserName })), {
    name: 'DeleteConflictException',
    message: 'Cannot delete entity, must delete login profile first.',
  });
  await iam.send(new DeleteLoginProfileCommand({ UserName }));
  await assert.rejects(iam.send(new DeleteLoginProfileCommand({ UserName })), missing);
  await iam.send(new DeleteUserCommand({ UserName }));
});

test('a user changes his own password, with the old one, to one that was not in use before', async () => {
  const UserName = 'changes';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Secret-1' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const own = new IAMClient({
    ...server.sdk,
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  });
  const change = (OldPassword: string, NewPassword: string) =>
    own.send(new ChangePasswordCommand({ OldPassword, NewPassword }));
  await assert.rejects(iam.send(new ChangePasswordCommand({ OldPassword: 'Secret-1', NewPassword: 'Secret-2' })), {
    name: 'InvalidUserTypeException',
  });
  await assert.rejects(change('Wrong-1', 'Secret-2'), { name: 'AccessDenied' });
  await iam.send(
    new UpdateAccountPasswordPolicyCommand({ AllowUsersToChangePassword: true, PasswordReusePrevention: 2 }),
  );
  await change('Secret-1', 'Secret-2');
  await assert.rejects(change('Secret-2', 'Secret-2'), { name: 'PasswordPolicyViolationException' });
  await change('Secret-2', 'Secret-3');
  await iam.send(new UpdateAccountPasswordPolicyCommand({}));
  await assert.rejects(change('Secret-3', 'Secret-4'), { name: 'AccessDenied' });
});

test('a credential report lists the root user and all others, with their passwords and keys', async () => {
  await assert.rejects(iam.send(new GetCredentialReportCommand({})), { name: 'CredentialReportNotPresentException' });
  const UserName = 'reported';
  await iam.send(new CreateUserCommand({ UserName, Path: '/team/' }));
  await iam.send(new CreateAccessKeyCommand({ UserName }));
  const started = await iam.send(new GenerateCredentialReportCommand({}));
  assert.deepEqual(
    [started.State, started.Description],
    ['STARTED', 'No report exists. Starting a new report generation task'],
  );
  const again = await iam.send(new GenerateCredentialReportCommand({}));
  assert.deepEqual([again.State, 'Description' in again], ['COMPLETE', false]);
  const { Content, ReportFormat } = await iam.send(new GetCredentialReportCommand({}));
  assert.equal(ReportFormat, 'text/csv');
  const [header, root, ...users] = Buffer.from(Content!)
    .toString()
    .split('\n')
    .map((line) => line.split(','));
  assert.equal(header!.length, 22);
  assert.deepEqual(root!.slice(0, 2), ['<root_account>', 'arn:aws:iam::000000000000:root']);
  const row = users.find(([name]) => name === UserName)!;
  const cell = (column: string): string | undefined => row[header!.indexOf(column)];
  assert.deepEqual(
    [cell('arn'), cell('password_enabled'), cell('password_last_used'), cell('mfa_active')],
    ['arn:aws:iam::000000000000:user/team/reported', 'false', 'N/A', 'false'],
  );
  assert.match(cell('access_key_1_last_rotated')!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  assert.deepEqual(
    [cell('access_key_1_active'), cell('access_key_1_last_used_date'), cell('access_key_2_active')],
    ['true', 'N/A', 'false'],
  );
});

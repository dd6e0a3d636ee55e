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
  GetAccountPasswordPolicyCommand,
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

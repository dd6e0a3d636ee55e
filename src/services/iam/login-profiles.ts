// Passwords of users. There is no console to sign in to: they are kept for ChangePassword, and hold their user.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { changeEntity, requireEntity } from './entities.ts';
import {
  loginProfileExists,
  loginProfileNotFound,
  mayNotChangePassword,
  onlyUsersChangePasswords,
  passwordPolicyViolation,
  wrongPassword,
} from './errors.ts';
import { checkPassword } from './password-policy.ts';
import type { LoginProfile, User } from './records.ts';
import { findPasswordPolicy } from './store.ts';
import { ownName } from './users.ts';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

async function hashOf(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return `${salt.toString('base64')}:${(await derive(password, salt, KEY_BYTES)).toString('base64')}`;
}

async function isPassword(password: string, hash: string): Promise<boolean> {
  const [salt, key] = hash.split(':').map((part) => Buffer.from(part, 'base64'));
  return timingSafeEqual(await derive(password, salt!, KEY_BYTES), key!);
}

function profileOf(user: User): LoginProfile {
  if (!user.login) throw loginProfileNotFound(user.name);
  return user.login;
}

const describe = (user: User) => {
  const { createdAt, resetRequired } = profileOf(user);
  return { UserName: user.name, CreateDate: new Date(createdAt), PasswordResetRequired: resetRequired };
};

export const createLoginProfile: Operation<'iam', 'CreateLoginProfile'> = async (input, context) => {
  const { accountId, clock, store } = context;
  const { UserName: name = ownName(context), Password: password = '' } = input;
  await requireEntity(store, accountId, 'user', name);
  await checkPassword(store, accountId, password);
  const hash = await hashOf(password);
  const user = await changeEntity(context, 'user', name, (found) => {
    if (found.login) throw loginProfileExists(found.name);
    const resetRequired = input.PasswordResetRequired ?? false;
    return { ...found, login: { createdAt: clock.now(), changedAt: clock.now(), resetRequired, hash, earlier: [] } };
  });
  return { LoginProfile: describe(user) };
};

export const getLoginProfile: Operation<'iam', 'GetLoginProfile'> = async (input, context) => {
  const name = input.UserName ?? ownName(context);
  return { LoginProfile: describe(await requireEntity(context.store, context.accountId, 'user', name)) };
};

/** The new profile; refuses passwords that the account's policy remembers. */
async function withPassword(
  { accountId, clock, store: reader }: Context,
  user: User,
  password: string,
): Promise<LoginProfile> {
  const login = profileOf(user);
  await checkPassword(reader, accountId, password);
  const remembered = (await findPasswordPolicy(reader, accountId))?.PasswordReusePrevention ?? 0;
  const before = [login.hash, ...login.earlier].slice(0, remembered);
  for (const hash of before) if (await isPassword(password, hash)) throw passwordPolicyViolation();
  return { ...login, changedAt: clock.now(), hash: await hashOf(password), earlier: before };
}

export const updateLoginProfile: Operation<'iam', 'UpdateLoginProfile'> = async (input, context) => {
  const { accountId, store } = context;
  const user = await requireEntity(store, accountId, 'user', input.UserName);
  const { Password: password, PasswordResetRequired: resetRequired } = input;
  const login = password === undefined ? profileOf(user) : await withPassword(context, user, password);
  await changeEntity(context, 'user', input.UserName, (found) => {
    profileOf(found);
    return { ...found, login: { ...login, ...(resetRequired !== undefined && { resetRequired }) } };
  });
  return {};
};

export const deleteLoginProfile: Operation<'iam', 'DeleteLoginProfile'> = async (input, context) => {
  await changeEntity(context, 'user', input.UserName ?? ownName(context), ({ login, ...user }) => {
    if (!login) throw loginProfileNotFound(user.name);
    return user;
  });
  return {};
};

/** Only a user, only his own, and only where the account's policy lets him or he must. */
export const changePassword: Operation<'iam', 'ChangePassword'> = async (input, context) => {
  const { accountId, principal, store } = context;
  if (principal.type !== 'user') throw onlyUsersChangePasswords();
  const user = await requireEntity(store, accountId, 'user', principal.userName);
  const policy = await findPasswordPolicy(store, accountId);
  const login = profileOf(user);
  if (policy && !policy.AllowUsersToChangePassword && !login.resetRequired) throw mayNotChangePassword();
  if (!(await isPassword(input.OldPassword ?? '', login.hash))) throw wrongPassword();
  const next = await withPassword(context, user, input.NewPassword ?? '');
  await changeEntity(context, 'user', user.name, (found) => ({ ...found, login: { ...next, resetRequired: false } }));
  return {};
};

// What passwords of users must look like, and whether users may change their own.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
import type { PasswordPolicy } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { passwordPolicyNotFound, passwordPolicyToDeleteNotFound, passwordPolicyViolation } from './errors.ts';
import { findPasswordPolicy, putPasswordPolicy, removePasswordPolicy } from './store.ts';

/** Of a policy that does not say. */
const MINIMUM_LENGTH = 6;
/** Of accounts without a policy: eight characters of three of the four kinds. */
const DEFAULT_LENGTH = 8;
const DEFAULT_KINDS = 3;
const LENGTH_MAX = 128;

const UPPERCASE = /[A-Z]/;
const LOWERCASE = /[a-z]/;
const NUMBERS = /[0-9]/;
const SYMBOLS = /[!@#$%^&*()_+\-=[\]{}|']/;

export const getAccountPasswordPolicy: Operation<'iam', 'GetAccountPasswordPolicy'> = async (
  _input,
  { accountId, store },
) => {
  const policy = await findPasswordPolicy(store, accountId);
  if (!policy) throw passwordPolicyNotFound(accountId);
  return { PasswordPolicy: policy };
};

/** Replaces the policy as a whole: what the request leaves out goes back to its default. */
export const updateAccountPasswordPolicy: Operation<'iam', 'UpdateAccountPasswordPolicy'> = async (
  input,
  { accountId, store },
) => {
  const policy: PasswordPolicy = {
    MinimumPasswordLength: input.MinimumPasswordLength ?? MINIMUM_LENGTH,
    RequireSymbols: input.RequireSymbols ?? false,
    RequireNumbers: input.RequireNumbers ?? false,
    RequireUppercaseCharacters: input.RequireUppercaseCharacters ?? false,
    RequireLowercaseCharacters: input.RequireLowercaseCharacters ?? false,
    AllowUsersToChangePassword: input.AllowUsersToChangePassword ?? false,
    ExpirePasswords: input.MaxPasswordAge !== undefined,
    ...(input.MaxPasswordAge !== undefined && { MaxPasswordAge: input.MaxPasswordAge }),
    ...(input.PasswordReusePrevention !== undefined && { PasswordReusePrevention: input.PasswordReusePrevention }),
    ...(input.HardExpiry !== undefined && { HardExpiry: input.HardExpiry }),
  };
  await store.transact(async (tx) => putPasswordPolicy(tx, accountId, policy));
  return {};
};

export const deleteAccountPasswordPolicy: Operation<'iam', 'DeleteAccountPasswordPolicy'> = async (
  _input,
  { accountId, store },
) => {
  await store.transact(async (tx) => {
    if (!(await findPasswordPolicy(tx, accountId))) throw passwordPolicyToDeleteNotFound();
    removePasswordPolicy(tx, accountId);
  });
  return {};
};

export async function checkPassword(reader: Reader, accountId: string, password: string): Promise<void> {
  const policy = await findPasswordPolicy(reader, accountId);
  const kinds = [UPPERCASE, LOWERCASE, NUMBERS, SYMBOLS].map((kind) => kind.test(password));
  const [upper, lower, digits, symbols] = kinds;
  const fits = policy
    ? password.length >= (policy.MinimumPasswordLength ?? MINIMUM_LENGTH) &&
      (upper || !policy.RequireUppercaseCharacters) &&
      (lower || !policy.RequireLowercaseCharacters) &&
      (digits || !policy.RequireNumbers) &&
      (symbols || !policy.RequireSymbols)
    : password.length >= DEFAULT_LENGTH && kinds.filter(Boolean).length >= DEFAULT_KINDS;
  if (!fits || password.length > LENGTH_MAX) throw passwordPolicyViolation();
}

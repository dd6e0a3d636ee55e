import type { Operation } from '#kernel/service.ts';
import { validationError } from './errors.ts';

export const getCallerIdentity: Operation<'sts', 'GetCallerIdentity'> = (_input, { principal, accountId }) => {
  if (principal.type === 'anonymous' || principal.type === 'service') {
    throw new TypeError(`${principal.type} has no identity to tell`);
  }
  return { UserId: principal.userId, Account: principal.accountId ?? accountId, Arn: principal.arn };
};

/** The account of a key. A key that was not issued here belongs to the account that the front takes it for. */
export const getAccessKeyInfo: Operation<'sts', 'GetAccessKeyInfo'> = async (input, { platform }) => {
  const id = input.AccessKeyId;
  const key = await platform.identity.findAccessKey(id);
  if (key && 'accountId' in key.principal) return { Account: key.principal.accountId };
  if (platform.config.mode === 'serve') throw validationError(`Access key ${id} does not belong to an account here`);
  return { Account: /^\d{12}$/.test(id) ? id : platform.config.defaultAccountId };
};

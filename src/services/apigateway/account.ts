import type { Account } from '@aws-sdk/client-api-gateway';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest } from './errors.ts';
import { applyPatch, type PatchRule } from './patch.ts';
import { findAccount, placeOf, putAccount, type AccountRecord } from './store.ts';

/** AWS's quota of a new account, shown where the operator sets none */
const STANDARD = { burstLimit: 5000, rateLimit: 10_000 };

const describe = (account: AccountRecord, { config }: Platform): Account => ({
  ...(account.cloudwatchRoleArn && { cloudwatchRoleArn: account.cloudwatchRoleArn }),
  throttleSettings: config.accountThrottle ?? STANDARD,
  features: ['UsagePlans'],
  apiKeyVersion: '4',
});

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;

const RULES: readonly PatchRule<AccountRecord>[] = [
  {
    path: '/cloudwatchRoleArn',
    ops: ['replace', 'remove'],
    apply(account, value) {
      if (value !== '' && !ROLE.test(value)) throw badRequest('Role ARN is not well formed');
      account.cloudwatchRoleArn = value;
    },
  },
  {
    path: '/features',
    ops: ['add', 'remove'],
    apply(_account, value, _captured, op) {
      if (value !== 'UsagePlans') throw badRequest(`Invalid feature specified: ${value}`);
      // Every account has them since 2016.
      if (op === 'remove') throw badRequest('Usage Plans cannot be disabled once enabled');
    },
  },
];

export const getAccount: Operation<'apigateway', 'GetAccount'> = async (_input, context) =>
  describe(await findAccount(context.store, placeOf(context)), context.platform);

export const updateAccount: Operation<'apigateway', 'UpdateAccount'> = (input, context) =>
  context.store.transact(async (tx) => {
    const account = await findAccount(tx, placeOf(context));
    applyPatch(account, input.patchOperations, RULES);
    putAccount(tx, placeOf(context), account);
    return describe(account, context.platform);
  });

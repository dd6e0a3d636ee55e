import type { Account } from '@aws-sdk/client-api-gateway';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { applyPatch, textRule } from './patch.ts';
import { findAccount, placeOf, putAccount, type AccountRecord } from './store.ts';

/** AWS's quota of a new account, shown where the operator sets none */
const STANDARD = { burstLimit: 5000, rateLimit: 10_000 };

const describe = (account: AccountRecord, { config }: Platform): Account => ({
  ...(account.cloudwatchRoleArn && { cloudwatchRoleArn: account.cloudwatchRoleArn }),
  throttleSettings: config.accountThrottle ?? STANDARD,
  features: ['UsagePlans'],
  apiKeyVersion: '4',
});

export const getAccount: Operation<'apigateway', 'GetAccount'> = async (_input, context) =>
  describe(await findAccount(context.store, placeOf(context)), context.platform);

export const updateAccount: Operation<'apigateway', 'UpdateAccount'> = (input, context) =>
  context.store.transact(async (tx) => {
    const account = await findAccount(tx, placeOf(context));
    applyPatch(account, input.patchOperations, [textRule<AccountRecord>('cloudwatchRoleArn', ['replace', 'remove'])]);
    putAccount(tx, placeOf(context), account);
    return describe(account, context.platform);
  });

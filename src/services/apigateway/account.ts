import type { Account } from '@aws-sdk/client-api-gateway';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, notFound } from './errors.ts';
import { applyPatch, textRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { findAccount, placeOf, putAccount, restApis, stages, type AccountRecord } from './store.ts';

const TAGS_MAX = 50;

const describe = (account: AccountRecord): Account => ({
  ...(account.cloudwatchRoleArn && { cloudwatchRoleArn: account.cloudwatchRoleArn }),
  throttleSettings: { burstLimit: 5000, rateLimit: 10_000 },
  features: ['UsagePlans'],
  apiKeyVersion: '4',
});

export const getAccount: Operation<'apigateway', 'GetAccount'> = async (_input, context) =>
  describe(await findAccount(context.store, placeOf(context)));

export const updateAccount: Operation<'apigateway', 'UpdateAccount'> = (input, context) =>
  context.store.transact(async (tx) => {
    const account = await findAccount(tx, placeOf(context));
    applyPatch(account, input.patchOperations, [textRule<AccountRecord>('cloudwatchRoleArn', ['replace', 'remove'])]);
    putAccount(tx, placeOf(context), account);
    return describe(account);
  });

interface Tagged {
  tags?: Record<string, string>;
}

/** arn:aws:apigateway:REGION::/restapis/ID[/stages/NAME] */
async function changeTags<T>(context: Context, arn: string, change: (tagged: Tagged) => T): Promise<T> {
  const match = /^arn:aws[a-z-]*:apigateway:[^:]+::\/restapis\/([a-z0-9]+)(?:\/stages\/([^/]+))?$/.exec(
    decodeURIComponent(arn),
  );
  if (!match) throw badRequest('Invalid ARN specified in the request');
  const [, apiId = '', stageName] = match;
  return context.store.transact(async (tx: Transaction) => {
    const at = placeOf(context);
    const api = await requireApi(context, apiId, tx);
    const stage = stageName === undefined ? undefined : await stages.find(tx, at, apiId, stageName);
    if (stageName !== undefined && !stage) throw notFound('Invalid stage identifier specified');
    const tagged: Tagged = stage ?? api;
    const result = change(tagged);
    if (Object.keys(tagged.tags ?? {}).length > TAGS_MAX) throw badRequest('Tags exceed the limit of 50.');
    if (stage) stages.put(tx, at, apiId, stage);
    else restApis.put(tx, at, '', api);
    return result;
  });
}

export const tagResource: Operation<'apigateway', 'TagResource'> = (input, context) =>
  changeTags(context, input.resourceArn, (tagged) => {
    tagged.tags = { ...tagged.tags, ...input.tags };
    return {};
  });
export const untagResource: Operation<'apigateway', 'UntagResource'> = (input, context) =>
  changeTags(context, input.resourceArn, (tagged) => {
    for (const key of input.tagKeys) delete tagged.tags?.[key];
    return {};
  });
export const getTags: Operation<'apigateway', 'GetTags'> = (input, context) =>
  changeTags(context, input.resourceArn, (tagged) => ({ tags: tagged.tags ?? {} }));

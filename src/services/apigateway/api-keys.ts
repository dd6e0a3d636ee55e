// API keys. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-setup-api-keys-with-console.html
import type { ApiKey } from '@aws-sdk/client-api-gateway';
import { removeApiKey, usageOf } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { apiKeyNotFound, badRequest, conflict, limitExceeded, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, booleanRule, textRule, type PatchRule } from './patch.ts';
import { publishKey } from './publish-plans.ts';
import { seconds } from './stage-rules.ts';
import { apiKeys, apiKeyValues, placeOf, stages, type ApiKeyRecord } from './store.ts';
import { checkTags } from './tags.ts';

const VALUE_LENGTH = { min: 20, max: 128, generated: 40 };
/** Quota "API keys per account per region" */
const KEYS_MAX = 10_000;

export function describeKey(key: ApiKeyRecord, withValue: boolean): ApiKey {
  const { value, usagePlanIds: _plans, createdDate, lastUpdatedDate, ...rest } = key;
  return {
    ...rest,
    ...(withValue && { value }),
    createdDate: seconds(createdDate),
    lastUpdatedDate: seconds(lastUpdatedDate),
  };
}

/** 40 letters and digits. */
function newValue({ ids }: Context): string {
  return ids
    .secretKey()
    .replace(/[+/=]/g, () => ids.lower(1))
    .padEnd(VALUE_LENGTH.generated, '0');
}

export interface NewKey {
  name?: string | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
  value?: string | undefined;
  customerId?: string | undefined;
  stageKeys?: { restApiId?: string | undefined; stageName?: string | undefined }[] | undefined;
  tags?: Record<string, string> | undefined;
}

/** Adds a key, for CreateApiKey and ImportApiKeys. */
export async function putNewKey(tx: Transaction, context: Context, given: NewKey): Promise<ApiKeyRecord> {
  const at = placeOf(context);
  const { name, description, customerId, tags = {}, stageKeys = [], value = newValue(context) } = given;
  if (value.length < VALUE_LENGTH.min)
    throw badRequest(`API Key value should be at least ${VALUE_LENGTH.min} characters`);
  if (value.length > VALUE_LENGTH.max)
    throw badRequest(`API Key value should be at most ${VALUE_LENGTH.max} characters`);
  checkTags(tags);
  if (await apiKeyValues.find(tx, at, '', value)) throw conflict('API Key already exists');
  if ((await apiKeys.list(tx, at, '')).length >= KEYS_MAX) {
    throw limitExceeded('Maximum number of API keys for this account has been reached.');
  }
  const names: string[] = [];
  for (const { restApiId = '', stageName = '' } of stageKeys)
    names.push(await stageKeyOf(tx, context, restApiId, stageName));
  const key: ApiKeyRecord = {
    id: context.ids.lower(10),
    value,
    ...(name !== undefined && { name }),
    ...(customerId !== undefined && { customerId }),
    ...(description !== undefined && { description }),
    enabled: given.enabled ?? false,
    createdDate: context.clock.now(),
    lastUpdatedDate: context.clock.now(),
    stageKeys: names,
    ...(Object.keys(tags).length > 0 && { tags }),
    usagePlanIds: [],
  };
  apiKeyValues.put(tx, at, '', { value, id: key.id });
  putKey(tx, context, key);
  return key;
}

/** Stage keys are from before usage plans: they are shown, and have no effect on AWS either. */
async function stageKeyOf(tx: Transaction, context: Context, restApiId: string, stageName: string): Promise<string> {
  if (!(await stages.find(tx, placeOf(context), restApiId, stageName))) throw stageNotFound();
  return `${restApiId}/${stageName}`;
}

/** Writes a key and makes it count. */
export function putKey(tx: Transaction, context: Context, key: ApiKeyRecord): void {
  apiKeys.put(tx, placeOf(context), '', key);
  publishKey(tx, context, key);
}

export async function requireKey(reader: Reader, context: Context, id: string): Promise<ApiKeyRecord> {
  const key = await apiKeys.find(reader, placeOf(context), '', id);
  if (!key) throw apiKeyNotFound();
  return key;
}

export const createApiKey: Operation<'apigateway', 'CreateApiKey'> = (input, context) =>
  context.store.transact(async (tx) => describeKey(await putNewKey(tx, context, input), true));

export const getApiKey: Operation<'apigateway', 'GetApiKey'> = async (input, context) =>
  describeKey(await requireKey(context.store, context, input.apiKey), input.includeValue ?? false);

export const getApiKeys: Operation<'apigateway', 'GetApiKeys'> = async (input, context) => {
  const { nameQuery, customerId, includeValues = false } = input;
  const all = (await apiKeys.list(context.store, placeOf(context), '')).filter(
    (key) =>
      (nameQuery === undefined || (key.name ?? '').startsWith(nameQuery)) &&
      (customerId === undefined || key.customerId === customerId),
  );
  const { items, position } = pageOf(all, (key) => key.id, input);
  return { items: items.map((key) => describeKey(key, includeValues)), ...(position !== undefined && { position }) };
};

const RULES: readonly PatchRule<ApiKeyRecord>[] = [
  textRule('customerId'),
  textRule('description'),
  booleanRule('enabled'),
  textRule('name'),
  {
    path: '/stages',
    ops: ['add', 'remove'],
    apply(key, value, _captured, op) {
      const others = key.stageKeys.filter((stage) => stage !== value);
      key.stageKeys = op === 'add' ? [...others, value] : others;
    },
  },
];

export const updateApiKey: Operation<'apigateway', 'UpdateApiKey'> = (input, context) =>
  context.store.transact(async (tx) => {
    const key = await requireKey(tx, context, input.apiKey);
    const before = key.stageKeys;
    applyPatch(key, input.patchOperations, RULES);
    for (const added of key.stageKeys.filter((stage) => !before.includes(stage))) {
      const [restApiId = '', stageName = ''] = added.split('/');
      await stageKeyOf(tx, context, restApiId, stageName);
    }
    key.lastUpdatedDate = context.clock.now();
    putKey(tx, context, key);
    return describeKey(key, false);
  });

export const deleteApiKey: Operation<'apigateway', 'DeleteApiKey'> = async (input, context) => {
  const at = placeOf(context);
  const { usagePlanIds } = await context.store.transact(async (tx) => {
    const key = await requireKey(tx, context, input.apiKey);
    apiKeys.remove(tx, at, '', key.id);
    apiKeyValues.remove(tx, at, '', key.value);
    removeApiKey(tx, at.accountId, at.region, key.value);
    return key;
  });
  for (const id of usagePlanIds) await usageOf(context.platform).forget({ ...at, id }, input.apiKey);
  return {};
};

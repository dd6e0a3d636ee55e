// Which API keys a usage plan has. The key's record names its plans.
import type { UsagePlanKey } from '@aws-sdk/client-api-gateway';
import { usageOf } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { apiKeyNotFound, badRequest, conflict, planKeyNotFound, planNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { publishKey } from './publish-plans.ts';
import { apiKeys, placeOf, usagePlans, type ApiKeyRecord, type UsagePlanRecord } from './store.ts';

const KEY_TYPE = 'API_KEY';
/** Quota "Usage plans per API key" */
const PLANS_PER_KEY_MAX = 10;

const describe = ({ id, value, name }: ApiKeyRecord): UsagePlanKey => ({
  id,
  type: KEY_TYPE,
  value,
  ...(name !== undefined && { name }),
});

async function requirePlan(reader: Reader, context: Context, id: string): Promise<UsagePlanRecord> {
  const plan = await usagePlans.find(reader, placeOf(context), '', id);
  if (!plan) throw planNotFound();
  return plan;
}

/** One request must find one plan: no key may reach a stage through two. */
export async function refuseSharedStages(
  tx: Transaction,
  context: Context,
  plan: UsagePlanRecord,
  key: ApiKeyRecord,
): Promise<void> {
  const own = new Set(plan.apiStages.map(({ apiId, stage }) => `${apiId}:${stage}`));
  for (const id of key.usagePlanIds.filter((other) => other !== plan.id)) {
    const other = await usagePlans.find(tx, placeOf(context), '', id);
    const shared = other?.apiStages.map(({ apiId, stage }) => `${apiId}:${stage}`).find((name) => own.has(name));
    if (shared !== undefined) {
      throw conflict(
        `Usage Plan ${plan.id} cannot be added because API Key ${key.id} cannot reference multiple Usage Plans with the same API stage: ${shared}`,
      );
    }
  }
}

export async function addKeyToPlan(
  tx: Transaction,
  context: Context,
  usagePlanId: string,
  keyId: string,
): Promise<ApiKeyRecord> {
  const plan = await requirePlan(tx, context, usagePlanId);
  const key = await apiKeys.find(tx, placeOf(context), '', keyId);
  if (!key) throw apiKeyNotFound();
  if (key.usagePlanIds.includes(plan.id)) {
    throw conflict(`API Key ${key.id} is already associated with the Usage Plan ${plan.id}`);
  }
  if (key.usagePlanIds.length >= PLANS_PER_KEY_MAX) {
    throw badRequest(`An API key can be in at most ${PLANS_PER_KEY_MAX} usage plans`);
  }
  await refuseSharedStages(tx, context, plan, key);
  const added = { ...key, usagePlanIds: [...key.usagePlanIds, plan.id] };
  apiKeys.put(tx, placeOf(context), '', added);
  publishKey(tx, context, added);
  return added;
}

export const createUsagePlanKey: Operation<'apigateway', 'CreateUsagePlanKey'> = (input, context) => {
  if (input.keyType !== KEY_TYPE) throw badRequest(`Invalid key type specified. Valid values are ${KEY_TYPE}`);
  return context.store.transact(async (tx) =>
    describe(await addKeyToPlan(tx, context, input.usagePlanId, input.keyId)),
  );
};

async function requirePlanKey(
  reader: Reader,
  context: Context,
  usagePlanId: string,
  keyId: string,
): Promise<ApiKeyRecord> {
  await requirePlan(reader, context, usagePlanId);
  const key = await apiKeys.find(reader, placeOf(context), '', keyId);
  if (!key?.usagePlanIds.includes(usagePlanId)) throw planKeyNotFound();
  return key;
}

export const getUsagePlanKey: Operation<'apigateway', 'GetUsagePlanKey'> = async (input, context) =>
  describe(await requirePlanKey(context.store, context, input.usagePlanId, input.keyId));

export const getUsagePlanKeys: Operation<'apigateway', 'GetUsagePlanKeys'> = async (input, context) => {
  await requirePlan(context.store, context, input.usagePlanId);
  const all = (await apiKeys.list(context.store, placeOf(context), '')).filter(
    (key) =>
      key.usagePlanIds.includes(input.usagePlanId) &&
      (input.nameQuery === undefined || (key.name ?? '').startsWith(input.nameQuery)),
  );
  const { items, position } = pageOf(all, (key) => key.id, input);
  return { items: items.map(describe), ...(position !== undefined && { position }) };
};

export const deleteUsagePlanKey: Operation<'apigateway', 'DeleteUsagePlanKey'> = async (input, context) => {
  const { usagePlanId, keyId } = input;
  const plan = await context.store.transact(async (tx) => {
    const key = await requirePlanKey(tx, context, usagePlanId, keyId);
    const left = { ...key, usagePlanIds: key.usagePlanIds.filter((id) => id !== usagePlanId) };
    apiKeys.put(tx, placeOf(context), '', left);
    publishKey(tx, context, left);
    return requirePlan(tx, context, usagePlanId);
  });
  await usageOf(context.platform).forget({ ...placeOf(context), ...plan }, keyId);
  return {};
};

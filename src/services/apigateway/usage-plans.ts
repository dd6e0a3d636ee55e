// Usage plans. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
import type { UsagePlan } from '@aws-sdk/client-api-gateway';
import { findPublishedApi, type PublishedApi, removeUsagePlan, usageOf } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import {
  apiNotFound,
  apiStageNotFound,
  badRequest,
  limitExceeded,
  notOffered,
  notOneOf,
  planNotFound,
} from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch } from './patch.ts';
import { publishPlan } from './publish-plans.ts';
import { apiKeys, placeOf, restApis, stages, usagePlans, type UsagePlanRecord } from './store.ts';
import { checkTags } from './tags.ts';
import { refuseSharedStages } from './usage-plan-keys.ts';
import { USAGE_PLAN_RULES } from './usage-plan-patch.ts';

/** Quota "Usage plans per account per region" */
const PLANS_MAX = 300;
/** Highest offset of a quota, by its period. */
const OFFSETS: Record<string, number> = { DAY: 0, WEEK: 6, MONTH: 27 };

/** AWS's limits are numbers without an absent value: what was not said is shown as 0. */
const describeThrottle = (throttle: UsagePlanRecord['throttle']): NonNullable<UsagePlanRecord['throttle']> => ({
  burstLimit: 0,
  rateLimit: 0,
  ...throttle,
});

function describePlan(plan: UsagePlanRecord): UsagePlan {
  const apiStages = plan.apiStages.map(({ throttle, ...stage }) => ({
    ...stage,
    ...(throttle && {
      throttle: Object.fromEntries(Object.entries(throttle).map(([name, each]) => [name, describeThrottle(each)])),
    }),
  }));
  return { ...(plan as UsagePlan), apiStages, ...(plan.throttle && { throttle: describeThrottle(plan.throttle) }) };
}

export async function requirePlan(reader: Reader, context: Context, id: string): Promise<UsagePlanRecord> {
  const plan = await usagePlans.find(reader, placeOf(context), '', id);
  if (!plan) throw planNotFound();
  return plan;
}

function checkQuota(quota: UsagePlanRecord['quota']): void {
  if (!quota) return;
  const { limit, offset = 0, period } = quota;
  const offsetMax = OFFSETS[period];
  if (offsetMax === undefined) throw badRequest('Invalid quota period specified. Valid values are DAY, WEEK and MONTH');
  if (!Number.isInteger(limit) || limit <= 0) throw badRequest('Usage Plan quota limit must be greater than zero');
  if (offset < 0 || offset > offsetMax) {
    const range = offsetMax === 0 ? 'zero' : `between zero and ${offsetMax} inclusive`;
    throw badRequest(`Usage Plan quota offset must be ${range} in the ${period} period`);
  }
}

function checkThrottle(throttle: UsagePlanRecord['throttle']): void {
  if ((throttle?.burstLimit ?? 0) < 0) throw badRequest('Usage Plan throttle burst limit must not be negative');
  if ((throttle?.rateLimit ?? 0) < 0) throw badRequest('Usage Plan throttle rate limit must not be negative');
}

async function checkStages(tx: Transaction, context: Context, plan: UsagePlanRecord): Promise<void> {
  const seen = new Set<string>();
  for (const { apiId, stage, throttle } of plan.apiStages) {
    const name = `${apiId}:${stage}`;
    if (seen.has(name)) throw badRequest(`API Stage ${name} is specified more than once`);
    seen.add(name);
    const socketApi = await findSocketApi(tx, context, apiId);
    if (!socketApi && !(await restApis.find(tx, placeOf(context), '', apiId))) {
      throw apiNotFound(context.accountId, apiId);
    }
    if (!(await hasStage(tx, context, apiId, stage))) throw apiStageNotFound(name);
    if (socketApi && Object.keys(throttle ?? {}).length > 0) {
      throw notOffered('throttles by route for the stage of a WebSocket API');
    }
    for (const limits of Object.values(throttle ?? {})) checkThrottle(limits);
  }
}

/** WebSocket APIs ask for keys too, at $connect; HTTP APIs know no usage plans. */
async function findSocketApi(
  reader: Reader,
  { accountId, region }: Context,
  apiId: string,
): Promise<PublishedApi | undefined> {
  const api = await findPublishedApi(reader, apiId);
  return api?.kind === 'WEBSOCKET' && api.accountId === accountId && api.region === region ? api : undefined;
}

async function hasStage(reader: Reader, context: Context, apiId: string, stage: string): Promise<boolean> {
  if ((await findSocketApi(reader, context, apiId))?.stageNames.includes(stage)) return true;
  return (await stages.find(reader, placeOf(context), apiId, stage)) !== undefined;
}

/** Checks a plan, writes it and makes it count. */
async function putPlan(tx: Transaction, context: Context, plan: UsagePlanRecord): Promise<void> {
  if (!plan.name) throw badRequest('Usage Plan name cannot be empty');
  checkQuota(plan.quota);
  checkThrottle(plan.throttle);
  await checkStages(tx, context, plan);
  for (const key of await apiKeys.list(tx, placeOf(context), '')) {
    if (key.usagePlanIds.includes(plan.id)) await refuseSharedStages(tx, context, plan, key);
  }
  usagePlans.put(tx, placeOf(context), '', plan);
  publishPlan(tx, context, plan);
}

export const createUsagePlan: Operation<'apigateway', 'CreateUsagePlan'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { name, description, apiStages = [], throttle, quota, tags = {} } = input;
    const { period } = quota ?? {};
    if (period !== undefined && OFFSETS[period] === undefined) {
      throw notOneOf(period, 'createUsagePlanInput.quota.period', Object.keys(OFFSETS));
    }
    checkTags(tags);
    if ((await usagePlans.list(tx, placeOf(context), '')).length >= PLANS_MAX) {
      throw limitExceeded('Maximum number of usage plans for this account has been reached.');
    }
    const plan = {
      id: context.ids.lower(6),
      name,
      ...(description !== undefined && { description }),
      apiStages,
      ...(throttle && { throttle }),
      ...(quota && { quota: { ...quota, offset: quota.offset ?? 0 } }),
      ...(Object.keys(tags).length > 0 && { tags }),
    } as UsagePlanRecord;
    await putPlan(tx, context, plan);
    return describePlan(plan);
  });

export const getUsagePlan: Operation<'apigateway', 'GetUsagePlan'> = async (input, context) =>
  describePlan(await requirePlan(context.store, context, input.usagePlanId));

export const getUsagePlans: Operation<'apigateway', 'GetUsagePlans'> = async (input, context) => {
  const at = placeOf(context);
  const ofKey = input.keyId === undefined ? undefined : await apiKeys.find(context.store, at, '', input.keyId);
  const all = (await usagePlans.list(context.store, at, '')).filter(
    (plan) => input.keyId === undefined || ofKey?.usagePlanIds.includes(plan.id),
  );
  const { items, position } = pageOf(all, (plan) => plan.id, input);
  return { items: items.map(describePlan), ...(position !== undefined && { position }) };
};

export const updateUsagePlan: Operation<'apigateway', 'UpdateUsagePlan'> = (input, context) =>
  context.store.transact(async (tx) => {
    const plan = await requirePlan(tx, context, input.usagePlanId);
    if (input.patchOperations?.some(({ path }) => path === '/productCode'))
      throw notOffered('AWS Marketplace products');
    applyPatch(plan, input.patchOperations, USAGE_PLAN_RULES);
    await putPlan(tx, context, plan);
    return describePlan(plan);
  });

export const deleteUsagePlan: Operation<'apigateway', 'DeleteUsagePlan'> = async (input, context) => {
  const at = placeOf(context);
  const plan = await context.store.transact(async (tx) => {
    const found = await requirePlan(tx, context, input.usagePlanId);
    // A stage that is gone no longer holds its plan.
    for (const { apiId, stage } of found.apiStages) {
      if (!(await hasStage(tx, context, apiId, stage))) continue;
      throw badRequest(
        `Cannot delete Usage Plan ${found.id} because there are API Stages associated with it, including ${apiId}:${stage}`,
      );
    }
    for (const key of await apiKeys.list(tx, at, '')) {
      if (!key.usagePlanIds.includes(found.id)) continue;
      apiKeys.put(tx, at, '', { ...key, usagePlanIds: key.usagePlanIds.filter((id) => id !== found.id) });
    }
    usagePlans.remove(tx, at, '', found.id);
    removeUsagePlan(tx, at.accountId, at.region, found.id);
    return found;
  });
  await usageOf(context.platform).forget({ ...at, ...plan });
  return {};
};

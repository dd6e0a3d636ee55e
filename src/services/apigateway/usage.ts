// GetUsage and UpdateUsage: over the counters that the request path enforces quotas by.
import type { Usage } from '@aws-sdk/client-api-gateway';
import { usageOf } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, planKeyNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, toNumber, type PatchRule } from './patch.ts';
import { apiKeys, placeOf, type UsagePlanRecord } from './store.ts';
import { requirePlan } from './usage-plans.ts';

const DAY_MS = 86_400_000;
/** GetUsage answers at most the last 90 days. */
const DAYS_MAX = 90;

function dayOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw badRequest(`Invalid date specified: ${text}. Dates must have the format yyyy-MM-dd`);
  return ms;
}

async function itemsOf(
  context: Context,
  plan: UsagePlanRecord,
  keyIds: readonly string[],
  startDate: string,
  endDate: string,
): Promise<NonNullable<Usage['items']>> {
  const owner = { ...placeOf(context), ...plan };
  const used = await usageOf(context.platform).read(owner, keyIds, startDate, endDate);
  return Object.fromEntries(used.map(({ keyId, days }) => [keyId, days]));
}

export const getUsage: Operation<'apigateway', 'GetUsage'> = async (input, context) => {
  const { usagePlanId, keyId, startDate, endDate } = input;
  const [from, to] = [dayOf(startDate), dayOf(endDate)];
  if (to < from) throw badRequest('The end date must not be before the start date');
  if (to - from >= DAYS_MAX * DAY_MS) throw badRequest(`At most ${DAYS_MAX} days of usage can be requested`);
  const plan = await requirePlan(context.store, context, usagePlanId);
  const counted = new Set(await usageOf(context.platform).keysOf({ ...placeOf(context), ...plan }));
  const keys = (await apiKeys.list(context.store, placeOf(context), '')).filter(
    (key) => key.usagePlanIds.includes(plan.id) && counted.has(key.id) && (keyId === undefined || key.id === keyId),
  );
  const { items, position } = pageOf(keys, (key) => key.id, input);
  const ids = items.map((key) => key.id);
  return {
    usagePlanId,
    startDate,
    endDate,
    items: await itemsOf(context, plan, ids, startDate, endDate),
    ...(position !== undefined && { position }),
  };
};

const RULES: readonly PatchRule<{ remaining?: number }>[] = [
  { path: '/remaining', ops: ['replace'], apply: (target, value) => void (target.remaining = toNumber(value)) },
];

export const updateUsage: Operation<'apigateway', 'UpdateUsage'> = async (input, context) => {
  const { usagePlanId, keyId } = input;
  const plan = await requirePlan(context.store, context, usagePlanId);
  const key = await apiKeys.find(context.store, placeOf(context), '', keyId);
  if (!key?.usagePlanIds.includes(plan.id)) throw planKeyNotFound();
  const target: { remaining?: number } = {};
  applyPatch(target, input.patchOperations, RULES);
  const { remaining } = target;
  if (remaining !== undefined) {
    if (!plan.quota) throw badRequest('Usage can only be updated for a Usage Plan with a quota');
    if (!Number.isInteger(remaining) || remaining < 0) throw badRequest("Invalid value for patch path '/remaining'");
    await usageOf(context.platform).setRemaining({ ...placeOf(context), ...plan }, keyId, remaining);
  }
  const today = new Date(context.clock.now()).toISOString().slice(0, 10);
  return {
    usagePlanId,
    startDate: today,
    endDate: today,
    items: await itemsOf(context, plan, [keyId], today, today),
  };
};

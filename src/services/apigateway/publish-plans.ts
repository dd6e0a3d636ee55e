// API keys and usage plans as the request path reads them: effective as soon as they are written.
import { publishApiKey, publishUsagePlan } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Writer } from '#store/contract.ts';
import { placeOf, type ApiKeyRecord, type UsagePlanRecord } from './store.ts';

export function publishKey(tx: Writer, context: Context, key: ApiKeyRecord): void {
  const { id, value, name = '', enabled, customerId, usagePlanIds } = key;
  publishApiKey(tx, {
    ...placeOf(context),
    id,
    value,
    name,
    enabled,
    usagePlanIds,
    ...(customerId !== undefined && { customerId }),
  });
}

export function publishPlan(tx: Writer, context: Context, plan: UsagePlanRecord): void {
  const { id, name, throttle, quota, apiStages } = plan;
  publishUsagePlan(tx, {
    ...placeOf(context),
    id,
    name,
    apiStages,
    ...(throttle && { throttle }),
    ...(quota && { quota }),
  });
}

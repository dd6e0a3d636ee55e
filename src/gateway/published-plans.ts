// API keys and usage plans as the request path sees them: of an account and region, effective as soon as they are written.
// The counters that quotas are enforced by are the gateway's own (usage.ts): GetUsage and UpdateUsage go through it.
import type { Key, Reader, Writer } from '#store/contract.ts';

export interface PublishedApiKey {
  accountId: string;
  region: string;
  id: string;
  /** the secret itself, unique in account and region */
  value: string;
  name: string;
  enabled: boolean;
  customerId?: string;
  /** usage plans that the key belongs to */
  usagePlanIds: string[];
}

export interface PublishedUsagePlan {
  accountId: string;
  region: string;
  id: string;
  name: string;
  throttle?: { burstLimit?: number; rateLimit?: number };
  quota?: { limit: number; offset?: number; period: 'DAY' | 'WEEK' | 'MONTH' };
  apiStages?: {
    apiId: string;
    stage: string;
    /** by `/pets/GET` */
    throttle?: Record<string, { burstLimit?: number; rateLimit?: number }>;
  }[];
}

export const apiKeysPrefix = (accountId: string, region: string): Key => [
  'global',
  'execute-api-keys',
  accountId,
  region,
];
export const usagePlansPrefix = (accountId: string, region: string): Key => [
  'global',
  'execute-api-plans',
  accountId,
  region,
];
const apiKeyKey = (accountId: string, region: string, value: string): Key => [
  ...apiKeysPrefix(accountId, region),
  value,
];
const usagePlanKey = (accountId: string, region: string, id: string): Key => [
  ...usagePlansPrefix(accountId, region),
  id,
];

export function publishApiKey(tx: Writer, key: PublishedApiKey): void {
  tx.set(apiKeyKey(key.accountId, key.region, key.value), key);
}

export function removeApiKey(tx: Writer, accountId: string, region: string, value: string): void {
  tx.delete(apiKeyKey(accountId, region, value));
}

export function publishUsagePlan(tx: Writer, plan: PublishedUsagePlan): void {
  tx.set(usagePlanKey(plan.accountId, plan.region, plan.id), plan);
}

export function removeUsagePlan(tx: Writer, accountId: string, region: string, id: string): void {
  tx.delete(usagePlanKey(accountId, region, id));
}

export async function findApiKey(
  store: Reader,
  accountId: string,
  region: string,
  value: string,
): Promise<PublishedApiKey | undefined> {
  return (await store.get<PublishedApiKey>(apiKeyKey(accountId, region, value)))?.value;
}

export async function findUsagePlan(
  store: Reader,
  accountId: string,
  region: string,
  id: string,
): Promise<PublishedUsagePlan | undefined> {
  return (await store.get<PublishedUsagePlan>(usagePlanKey(accountId, region, id)))?.value;
}

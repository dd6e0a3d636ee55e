import type { WebSocketExchange } from './exchange.ts';
import { forbidden, Refused } from './refused.ts';
import type { ApiClient } from './throttle.ts';

const BY_AUTHORIZER = '$context.authorizer.usageIdentifierKey';

/** A key counts only with a usage plan for the stage. */
export async function requireApiKey({ connection, stage, handshake }: WebSocketExchange): Promise<ApiClient> {
  const { published, facts, name } = stage;
  const { accountId, region, apiId, api } = published;
  const value =
    api.apiKeySelectionExpression === BY_AUTHORIZER
      ? connection.authorizer?.usageIdentifierKey
      : handshake?.headers['x-api-key'];
  const key = value ? await facts.plans.findKey(accountId, region, value) : undefined;
  if (!key?.enabled) throw forbidden('INVALID_API_KEY');
  for (const id of key.usagePlanIds) {
    const plan = await facts.plans.findPlan(accountId, region, id);
    if (!plan?.apiStages?.some((stageOfPlan) => stageOfPlan.apiId === apiId && stageOfPlan.stage === name)) continue;
    connection.identity = { ...connection.identity, apiKey: key.value, apiKeyId: key.id };
    return { keyId: key.id, plan };
  }
  throw forbidden('INVALID_API_KEY');
}

/** The quota of the plan, counted when nothing else refuses the handshake. */
export async function countUsage({ stage }: WebSocketExchange, { plan, keyId }: ApiClient): Promise<void> {
  if (!(await stage.facts.usage.take(plan, keyId))) throw new Refused(429, 'QUOTA_EXCEEDED', 'Limit Exceeded');
}

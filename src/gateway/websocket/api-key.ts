import type { WebSocketExchange } from './exchange.ts';
import { Refused } from './refused.ts';

const BY_AUTHORIZER = '$context.authorizer.usageIdentifierKey';

/** A key counts only with a usage plan for the stage. */
export async function requireApiKey(exchange: WebSocketExchange): Promise<void> {
  const { connection } = exchange;
  const { published, facts, name } = connection.stage;
  const { accountId, region, apiId, api } = published;
  const value =
    api.apiKeySelectionExpression === BY_AUTHORIZER
      ? connection.authorizer?.usageIdentifierKey
      : connection.request.headers['x-api-key'];
  const key = value ? await facts.plans.findKey(accountId, region, value) : undefined;
  if (!key?.enabled) throw new Refused(403, 'Forbidden');
  for (const id of key.usagePlanIds) {
    const plan = await facts.plans.findPlan(accountId, region, id);
    if (!plan?.apiStages?.some((stage) => stage.apiId === apiId && stage.stage === name)) continue;
    if (!(await facts.usage.take(plan, key.id))) throw new Refused(429, 'Limit Exceeded');
    connection.identity = { ...connection.identity, apiKey: key.value, apiKeyId: key.id };
    return;
  }
  throw new Refused(403, 'Forbidden');
}

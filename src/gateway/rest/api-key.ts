// API keys: by header, or by what the authorizer names; a key counts only with a usage plan for the stage.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
import type { PublishedApiKey, PublishedUsagePlan } from '../published-plans.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';

export interface ApiClient {
  key: PublishedApiKey;
  plan: PublishedUsagePlan;
  stage: NonNullable<PublishedUsagePlan['apiStages']>[number];
}

const invalidApiKey = (reason: string): GatewayError => new GatewayError('INVALID_API_KEY', { reason });

export async function requireApiKey(exchange: RestExchange): Promise<ApiClient> {
  const { accountId, region } = exchange.stage.published;
  const { plans } = exchange.stage.facts;
  const value =
    exchange.variant.deployment.apiKeySource === 'AUTHORIZER'
      ? exchange.authorizer?.usageIdentifierKey
      : exchange.request.headers['x-api-key'];
  if (!value) throw invalidApiKey('no API key');
  const key = plans.peekKey(accountId, region, value) ?? (await plans.findKey(accountId, region, value));
  if (!key || !key.enabled) throw invalidApiKey(key ? 'the API key is disabled' : 'no such API key');
  for (const id of key.usagePlanIds) {
    const plan = plans.peekPlan(accountId, region, id) ?? (await plans.findPlan(accountId, region, id));
    const stage = plan?.apiStages?.find(({ apiId, stage: name }) => isThisStage(exchange, apiId, name));
    if (!plan || !stage) continue;
    exchange.identity = { ...exchange.identity, apiKey: key.value, apiKeyId: key.id };
    return { key, plan, stage };
  }
  throw invalidApiKey('the API key has no usage plan for this stage');
}

const isThisStage = ({ stage }: RestExchange, apiId: string, name: string): boolean =>
  apiId === stage.published.apiId && name === stage.name;

export async function countUsage(exchange: RestExchange, { plan, key }: ApiClient): Promise<void> {
  const taken = exchange.stage.facts.usage.take(plan, key.id);
  if (!(taken instanceof Promise ? await taken : taken)) throw new GatewayError('QUOTA_EXCEEDED');
}

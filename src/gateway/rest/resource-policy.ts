// The API's own policy. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
import type { PublishedRestStage } from '../published-rest.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';

/** `execute-api:/stage/GET/path` is short for the ARN of this very API. */
export function expandResourcePolicy(policy: string | undefined, stage: PublishedRestStage): string | undefined {
  if (!policy) return undefined;
  const { accountId, region, apiId } = stage;
  const prefix = `arn:aws:execute-api:${region}:${accountId}:${apiId}`;
  const expand = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace(/^execute-api:\//, `${prefix}/`) : value;
  const document = JSON.parse(policy) as { Statement?: Record<string, unknown> | Record<string, unknown>[] };
  for (const statement of [document.Statement ?? []].flat()) {
    for (const name of ['Resource', 'NotResource']) {
      const value = statement[name];
      if (value !== undefined) statement[name] = Array.isArray(value) ? value.map(expand) : expand(value);
    }
  }
  return JSON.stringify(document);
}

/** AWS shows the last four digits of the account only. */
export function notAuthorized(exchange: RestExchange, who: string, explicit: boolean): GatewayError {
  const { accountId } = exchange.stage.published;
  const arn = exchange.methodArn.replace(`:${accountId}:`, `:********${accountId.slice(-4)}:`);
  const message = `User: ${who} is not authorized to perform: execute-api:Invoke on resource: ${arn}`;
  return new GatewayError('ACCESS_DENIED', { message: explicit ? `${message} with an explicit deny` : message });
}

// Token buckets in AWS's order: the client's for this method, the client's own, the method's, the account's.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
import type { ThrottleLimits, TokenBucket } from '../throttle.ts';
import type { ApiClient } from './api-key.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';

const THROTTLED = new GatewayError('THROTTLED');

/** What a later bucket refuses costs the earlier ones nothing. */
export function throttle(exchange: RestExchange, client: ApiClient | undefined): void {
  const now = exchange.startedAt;
  const method = exchange.route!.value.throttle;
  const account = exchange.stage.accountThrottle;
  if (!client) {
    if (method && !method.take(now)) throw THROTTLED;
    if (account.take(now)) return;
    method?.restore();
    throw THROTTLED;
  }
  const taken: TokenBucket[] = [];
  for (const bucket of [...clientBuckets(exchange, client), method, account]) {
    if (!bucket) continue;
    if (!bucket.take(now)) {
      for (const earlier of taken) earlier.restore();
      throw THROTTLED;
    }
    taken.push(bucket);
  }
}

/** Most plans limit no method: its name is made where one does. */
function clientBuckets(exchange: RestExchange, { key, plan, stage }: ApiClient): (TokenBucket | undefined)[] {
  const name = `plan/${plan.id}/${key.id}`;
  const own = bucketOf(exchange, name, plan.throttle);
  if (!stage.throttle) return [own];
  const { resource, published } = exchange.route!.value;
  const method = `${resource.path}/${published.httpMethod}`;
  return [bucketOf(exchange, `${name}/${stage.apiId}/${stage.stage}${method}`, stage.throttle[method]), own];
}

function bucketOf(
  exchange: RestExchange,
  name: string,
  limits: Partial<ThrottleLimits> | undefined,
): TokenBucket | undefined {
  if (!limits || (limits.rateLimit === undefined && limits.burstLimit === undefined)) return undefined;
  const { throttles, limits: standard } = exchange.stage.facts;
  return throttles.bucket(name, {
    rateLimit: limits.rateLimit ?? standard.accountRateLimit,
    burstLimit: limits.burstLimit ?? standard.accountBurstLimit,
  });
}

// Token buckets in AWS's order: the client's own, the route's, the account's.
import type { PublishedUsagePlan } from '../published-plans.ts';
import type { TokenBucket } from '../throttle.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import { tooManyRequests } from './refused.ts';

/** Whose key came with the handshake. */
export interface ApiClient {
  keyId: string;
  plan: PublishedUsagePlan;
}

/** What a later bucket refuses costs the earlier ones nothing. */
export function throttle(route: CompiledWebSocketRoute, now: number, client?: ApiClient): void {
  const taken: TokenBucket[] = [];
  for (const bucket of [client && clientBucket(route, client), route.throttle, route.stage.accountThrottle]) {
    if (!bucket) continue;
    if (!bucket.take(now)) {
      for (const earlier of taken) earlier.restore();
      throw tooManyRequests();
    }
    taken.push(bucket);
  }
}

/** The same bucket as for the plan's REST APIs. */
function clientBucket(route: CompiledWebSocketRoute, { plan, keyId }: ApiClient): TokenBucket | undefined {
  const { rateLimit, burstLimit } = plan.throttle ?? {};
  if (rateLimit === undefined && burstLimit === undefined) return undefined;
  const { throttles, limits } = route.stage.facts;
  return throttles.bucket(`plan/${plan.id}/${keyId}`, {
    rateLimit: rateLimit ?? limits.accountRateLimit,
    burstLimit: burstLimit ?? limits.accountBurstLimit,
  });
}

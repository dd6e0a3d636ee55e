import type { Clock } from '#core/clock.ts';
import type { Platform } from '#kernel/platform.ts';
import type { HttpClient } from './http-client.ts';
import type { GatewayLimits } from './limits.ts';
import type { TokenIssuers } from './jwt.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { LogSink } from './log-sink.ts';
import type { PlanCache } from './plan-cache.ts';
import type { Roles } from './role.ts';
import type { Throttles } from './throttle.ts';
import type { Usage } from './usage.ts';

/** What every compiled stage stands on; one per gateway. */
export interface GatewayFacts {
  platform: Platform;
  clock: Clock;
  limits: GatewayLimits;
  throttles: Throttles;
  roles: Roles;
  client: HttpClient;
  logs: LogSink;
  issuers: TokenIssuers;
  plans: PlanCache;
  metrics: GatewayMetrics;
  usage: Usage;
}

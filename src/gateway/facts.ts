import type { Clock } from '#core/clock.ts';
import type { Platform } from '#kernel/platform.ts';
import { HttpClient } from './http-client.ts';
import { TokenIssuers } from './jwt.ts';
import { GATEWAY_LIMITS, type GatewayLimits } from './limits.ts';
import { LogSink } from './log-sink.ts';
import { gatewayMetricsOf, type GatewayMetrics } from './metrics.ts';
import { PlanCache } from './plan-cache.ts';
import { Roles } from './role.ts';
import { Throttles } from './throttle.ts';
import { usageOf, type Usage } from './usage.ts';
import { Connections } from './websocket/connections.ts';

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
  connections: Connections;
}

const known = new WeakMap<Platform, GatewayFacts>();

/** The facts of the platform's gateway: test invocations share them. */
export const factsOf = (platform: Platform): GatewayFacts =>
  known.get(platform) ?? createFacts(platform, GATEWAY_LIMITS);

export function createFacts(platform: Platform, standard: GatewayLimits): GatewayFacts {
  const { accountThrottle } = platform.config;
  const limits = accountThrottle
    ? { ...standard, accountRateLimit: accountThrottle.rateLimit, accountBurstLimit: accountThrottle.burstLimit }
    : standard;
  const client = new HttpClient(platform);
  const facts: GatewayFacts = {
    platform,
    clock: platform.clock,
    limits,
    throttles: new Throttles(platform.clock),
    roles: new Roles(platform),
    client,
    logs: new LogSink(platform),
    issuers: new TokenIssuers(client, platform.clock),
    plans: new PlanCache(platform.store),
    metrics: gatewayMetricsOf(platform),
    usage: usageOf(platform),
    connections: new Connections(platform.clock),
  };
  known.set(platform, facts);
  return facts;
}

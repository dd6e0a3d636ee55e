import type { Clock } from '#core/clock.ts';
import type { Platform } from '#kernel/platform.ts';
import type { HttpClient } from './http-client.ts';
import type { GatewayLimits } from './limits.ts';
import type { LogSink } from './log-sink.ts';
import type { Roles } from './role.ts';
import type { Throttles } from './throttle.ts';

/** What every compiled stage stands on; one per gateway. */
export interface GatewayFacts {
  platform: Platform;
  clock: Clock;
  limits: GatewayLimits;
  throttles: Throttles;
  roles: Roles;
  client: HttpClient;
  logs: LogSink;
}

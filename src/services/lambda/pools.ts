import type { SandboxPool } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';

const pools = new WeakMap<Platform, SandboxPool>();
export const setPool = (platform: Platform, pool: SandboxPool): unknown => pools.set(platform, pool);
/** The Lambda data plane of a platform. */
export function poolOf(platform: Platform): SandboxPool {
  const pool = pools.get(platform);
  if (!pool) throw new Error('the Lambda data plane has not started');
  return pool;
}

// The sending rate: recipients per second. Whoever has any left may send to all of one message's recipients, and pays for them
// afterwards (SES blog, "Throttling – Maximum sending rate exceeded").
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import { sendingRateExceeded } from './errors.ts';
import { placeOf } from './store.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** One for each account and region; a restart begins with full ones. */
const buckets = new WeakMap<Platform, Map<string, Bucket>>();

export function takeFromRate(context: Context, recipients: number, perSecond: number): void {
  let ofPlatform = buckets.get(context.platform);
  if (!ofPlatform) buckets.set(context.platform, (ofPlatform = new Map()));
  const { accountId, region } = placeOf(context);
  const key = `${accountId}/${region}`;
  const now = context.clock.now();
  const bucket = ofPlatform.get(key) ?? { tokens: perSecond, at: now };
  const tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  if (tokens <= 0) throw sendingRateExceeded();
  ofPlatform.set(key, { tokens: tokens - recipients, at: now });
}

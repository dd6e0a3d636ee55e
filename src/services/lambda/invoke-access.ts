// Whether somebody may call a function: what every way to invoke asks first.
import type { Principal } from '#core/principal.ts';
import { accessDenied, decideAccess, denialText, isEnforced } from '#kernel/authorize.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Invocable } from './snapshots.ts';

const ALLOWED_MAX = 1000;

const identityOf = (principal: Principal): string =>
  principal.type === 'service'
    ? `${principal.service} ${principal.sourceArn ?? ''} ${principal.sourceAccount ?? ''}`
    : principal.type === 'anonymous'
      ? 'anonymous'
      : principal.arn;

/** Only services' decisions are kept: those rest on the function's policy alone, which the cached entry carries. */
export async function authorizeInvocation(
  platform: Platform,
  invocable: Invocable,
  principal: Principal,
): Promise<void> {
  const who = identityOf(principal);
  if (invocable.allowed.has(who)) return;
  const { at, authorization } = invocable;
  const decision = await decideAccess(platform, { principal, ...at }, authorization);
  if (!decision.allowed) {
    if (isEnforced(platform, principal)) throw accessDenied('lambda', principal, authorization, decision);
    platform.warn(`IAM would deny this: ${denialText(principal, authorization, decision)}`);
  }
  if (principal.type === 'service' && invocable.allowed.size < ALLOWED_MAX) invocable.allowed.add(who);
}

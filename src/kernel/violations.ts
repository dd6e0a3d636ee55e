// What IAM would deny while it only reports. Once each, and not without end: a principal that writes to a thousand keys
// is one finding, not a thousand.
import type { Principal } from '#core/principal.ts';
import { denialText, principalName, type Denial } from './denial.ts';
import type { Platform } from './platform.ts';
import type { Authorization } from './service.ts';

const RESOURCES_NAMED = 3;
const FINDINGS_MAX = 1000;

const findings = new WeakMap<Platform, Map<string, Set<string>>>();

const whoAndWhat = (principal: Principal, action: string): string =>
  `${principal.type === 'assumed-role' ? principal.roleArn : principalName(principal)} ${action}`;

export function reportViolation(
  platform: Platform,
  principal: Principal,
  authorization: Authorization,
  denial: Denial,
): void {
  const known = findings.get(platform) ?? new Map<string, Set<string>>();
  findings.set(platform, known);
  const key = whoAndWhat(principal, authorization.action);
  const resources = known.get(key) ?? new Set<string>();
  if (resources.has(authorization.resource) || resources.size >= RESOURCES_NAMED) return;
  if (!known.has(key) && known.size >= FINDINGS_MAX) return;
  known.set(key, resources.add(authorization.resource));
  const more = resources.size === RESOURCES_NAMED ? ' (further resources are not reported)' : '';
  platform.warn(`IAM would deny this: ${denialText(principal, authorization, denial)}${more}`);
}

// What lifecycle rules say of one object at one time. Pure: the daily run asks for each object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
import type { Description, StoredObject, Tag, Upload } from './records.ts';

export interface LifecycleFilter {
  prefix: string;
  tags: Tag[];
  sizeGreaterThan?: number;
  sizeLessThan?: number;
}

/** When: so many days after creation, or on a date. */
export type When = { days: number } | { dateMs: number };

export interface LifecycleRule {
  id: string;
  enabled: boolean;
  filter: LifecycleFilter;
  expiration?: When | 'expired-delete-marker';
  transitions: (When & { storageClass: string })[];
  noncurrentExpiration?: { days: number; newer: number };
  noncurrentTransitions: { days: number; newer: number; storageClass: string }[];
  abortUploadsAfterDays?: number;
}

const DAY_MS = 24 * 3600 * 1000;
/** Smaller objects are not moved between classes (all_storage_classes_128K, the default since September 2024). */
const TRANSITION_BYTES_MIN = 128 * 1024;

/** S3 rounds up to the next midnight UTC. */
export const dueAfterDays = (fromMs: number, days: number): number =>
  Math.ceil((fromMs + days * DAY_MS) / DAY_MS) * DAY_MS;

export const nextMidnight = (nowMs: number): number => (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;

const dueOf = (when: When, fromMs: number): number => ('days' in when ? dueAfterDays(fromMs, when.days) : when.dateMs);

function applies({ enabled, filter }: LifecycleRule, object: Pick<StoredObject, 'key' | 'size' | 'tags'>): boolean {
  const { prefix, tags, sizeGreaterThan = -1, sizeLessThan = Infinity } = filter;
  if (!enabled || !object.key.startsWith(prefix)) return false;
  if (object.size <= sizeGreaterThan || object.size >= sizeLessThan) return false;
  return tags.every(([key, value]) => object.tags?.some(([name, given]) => name === key && given === value));
}

/** The earliest expiration of a current object and the rule that says so: the x-amz-expiration header. */
export function expirationOf(
  rules: readonly LifecycleRule[],
  object: StoredObject,
): { atMs: number; ruleId: string } | undefined {
  let earliest: { atMs: number; ruleId: string } | undefined;
  for (const rule of rules) {
    if (!rule.expiration || rule.expiration === 'expired-delete-marker' || !applies(rule, object)) continue;
    const atMs = dueOf(rule.expiration, object.modifiedMs);
    if (!earliest || atMs < earliest.atMs) earliest = { atMs, ruleId: rule.id };
  }
  return earliest;
}

export type LifecycleAction = 'expire' | { storageClass: string } | undefined;

/** Expiration goes before transition; of several transitions the latest that is due counts. */
export function currentAction(rules: readonly LifecycleRule[], object: StoredObject, nowMs: number): LifecycleAction {
  const expiration = expirationOf(rules, object);
  if (expiration && expiration.atMs <= nowMs) return 'expire';
  const due = rules
    .filter((rule) => applies(rule, object))
    .flatMap((rule) =>
      rule.transitions.map((transition) => ({ atMs: dueOf(transition, object.modifiedMs), ...transition })),
    );
  return transitionOf(due, object, nowMs);
}

/** `newer`: how many noncurrent versions of the key are newer than this one. */
export function noncurrentAction(
  rules: readonly LifecycleRule[],
  version: StoredObject,
  since: { noncurrentMs: number; newer: number },
  nowMs: number,
): LifecycleAction {
  const rulesFor = rules.filter((rule) => applies(rule, version));
  const isDue = ({ days, newer }: { days: number; newer: number }): boolean =>
    since.newer >= newer && dueAfterDays(since.noncurrentMs, days) <= nowMs;
  if (rulesFor.some(({ noncurrentExpiration }) => noncurrentExpiration && isDue(noncurrentExpiration))) return 'expire';
  if (version.deleteMarker) return undefined;
  const due = rulesFor
    .flatMap((rule) => rule.noncurrentTransitions)
    .filter(isDue)
    .map(({ days, storageClass }) => ({ atMs: dueAfterDays(since.noncurrentMs, days), storageClass }));
  return transitionOf(due, version, nowMs);
}

function transitionOf(
  candidates: readonly { atMs: number; storageClass: string }[],
  object: StoredObject,
  nowMs: number,
): LifecycleAction {
  if (object.size < TRANSITION_BYTES_MIN) return undefined;
  const latest = candidates
    .filter(({ atMs }) => atMs <= nowMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .at(-1);
  return latest && latest.storageClass !== storageClassOf(object) ? { storageClass: latest.storageClass } : undefined;
}
const storageClassOf = ({ storageClass = 'STANDARD' }: Description): string => storageClass;

/** A delete marker that is all that is left of its key. */
export function removesLoneMarker(rules: readonly LifecycleRule[], marker: StoredObject, nowMs: number): boolean {
  return rules.some((rule) => {
    if (!applies(rule, marker)) return false;
    if (rule.expiration === 'expired-delete-marker') return true;
    return rule.expiration !== undefined && dueOf(rule.expiration, marker.modifiedMs) <= nowMs;
  });
}

export const isAbandoned = (rules: readonly LifecycleRule[], upload: Upload, nowMs: number): boolean =>
  rules.some(
    ({ enabled, filter, abortUploadsAfterDays: days }) =>
      enabled &&
      days !== undefined &&
      upload.key.startsWith(filter.prefix) &&
      dueAfterDays(upload.initiatedMs, days) <= nowMs,
  );

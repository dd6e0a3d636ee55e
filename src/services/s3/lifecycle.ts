// Put/Get/DeleteBucketLifecycleConfiguration. Rules are kept in the form in which the daily run reads them.
import type { LifecycleRule as RuleMember, LifecycleRuleFilter } from '@aws-sdk/client-s3';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import {
  invalidArgument,
  invalidRequest,
  malformedXml,
  noSuchLifecycleConfiguration,
  notImplemented,
} from './errors.ts';
import { nextMidnight, expirationOf, type LifecycleFilter, type LifecycleRule, type When } from './lifecycle-rules.ts';
import { requireBucket } from './lookups.ts';
import type { Bucket, StoredObject } from './records.ts';
import { dropDocument, findDocument, setBucket, setDocument } from './store.ts';
import { currentBucket } from './versions.ts';

const RULES_MAX = 1000;
const ID_LENGTH_MAX = 255;
const TRANSITION_CLASSES = ['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'];
/** Days before an object may move to one of the infrequent-access classes. */
const INFREQUENT_DAYS_MIN = 30;

interface Lifecycle {
  rules: LifecycleRule[];
  /** as they were put: what GET answers */
  members: RuleMember[];
}

export const putBucketLifecycleConfiguration: Operation<'s3', 'PutBucketLifecycleConfiguration'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  if (input.TransitionDefaultMinimumObjectSize === 'varies_by_storage_class') {
    throw notImplemented('x-amz-transition-default-minimum-object-size: varies_by_storage_class');
  }
  const members = (input.LifecycleConfiguration?.Rules ?? []).map((rule) => ({
    ...rule,
    ID: rule.ID || context.ids.uuid(),
  }));
  if (members.length === 0 || members.length > RULES_MAX) throw malformedXml();
  if (new Set(members.map(({ ID }) => ID)).size < members.length) {
    throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule', 'ID');
  }
  const lifecycle: Lifecycle = { rules: members.map(parseRule), members };
  await context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    setDocument(tx, now, 'lifecycle', lifecycle);
    setBucket(tx, { ...now, hasLifecycle: true });
    const at = nextMidnight(context.clock.now());
    context.platform.work.enqueue(tx, 's3:lifecycle', { bucket: bucket.name }, { id: bucket.name, at });
  });
  return { TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K' };
};

export const getBucketLifecycleConfiguration: Operation<'s3', 'GetBucketLifecycleConfiguration'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  const lifecycle = await findDocument<Lifecycle>(context.store, bucket, 'lifecycle');
  if (!lifecycle) throw noSuchLifecycleConfiguration(bucket.name);
  // Dates have become text in the store.
  const Rules = lifecycle.members.map((rule) => ({
    ...rule,
    ...(rule.Expiration?.Date && { Expiration: { ...rule.Expiration, Date: new Date(rule.Expiration.Date) } }),
    ...(rule.Transitions && {
      Transitions: rule.Transitions.map((each) => ({ ...each, ...(each.Date && { Date: new Date(each.Date) }) })),
    }),
  }));
  return { Rules, TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K' };
};

export const deleteBucketLifecycle: Operation<'s3', 'DeleteBucketLifecycle'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await context.store.transact(async (tx) => {
    const { hasLifecycle: _before, ...now } = await currentBucket(tx, bucket);
    dropDocument(tx, now, 'lifecycle');
    setBucket(tx, now);
  });
  return {};
};

export async function findLifecycleRules(context: Pick<Context, 'store'>, bucket: Bucket): Promise<LifecycleRule[]> {
  if (!bucket.hasLifecycle) return [];
  return (await findDocument<Lifecycle>(context.store, bucket, 'lifecycle'))?.rules ?? [];
}

/** x-amz-expiration: when the object goes, and by which rule. */
export async function expirationMember(
  context: Context,
  bucket: Bucket,
  object: StoredObject,
): Promise<{ Expiration?: string }> {
  const expiration = expirationOf(await findLifecycleRules(context, bucket), object);
  if (!expiration) return {};
  const { atMs, ruleId } = expiration;
  return { Expiration: `expiry-date="${new Date(atMs).toUTCString()}", rule-id="${encodeURIComponent(ruleId)}"` };
}

// ---- parsing
function parseRule(rule: RuleMember): LifecycleRule {
  const { ID: id = '', Status: status, Expiration, NoncurrentVersionExpiration: noncurrent } = rule;
  if (id.length > ID_LENGTH_MAX) throw invalidArgument('ID length should not exceed allowed limit of 255', 'ID', id);
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml();
  const filter = parseFilter(rule);
  const expiration = Expiration && parseExpiration(Expiration);
  const transitions = (rule.Transitions ?? []).map((each) => ({
    ...parseWhen(each.Days, each.Date, 'Transition', 0),
    storageClass: checkClass(each.StorageClass, each.Days),
  }));
  const noncurrentTransitions = (rule.NoncurrentVersionTransitions ?? []).map((each) => ({
    days: checkDays(each.NoncurrentDays, "'NoncurrentDays' for NoncurrentVersionTransition action", 0),
    newer: each.NewerNoncurrentVersions ?? 0,
    storageClass: checkClass(each.StorageClass, each.NoncurrentDays),
  }));
  const abort = rule.AbortIncompleteMultipartUpload;
  const hasAction = expiration ?? noncurrent ?? abort ?? transitions[0] ?? noncurrentTransitions[0];
  if (!hasAction) throw invalidRequest('At least one action needs to be specified in a rule');
  if (abort && (filter.tags.length > 0 || filter.sizeGreaterThan !== undefined || filter.sizeLessThan !== undefined)) {
    throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with Tags or object size');
  }
  checkOrder(expiration, transitions, filter);
  return {
    id,
    enabled: status === 'Enabled',
    filter,
    ...(expiration && { expiration }),
    transitions,
    ...(noncurrent && {
      noncurrentExpiration: {
        days: checkDays(noncurrent.NoncurrentDays, "'NoncurrentDays' for NoncurrentVersionExpiration action", 1),
        newer: noncurrent.NewerNoncurrentVersions ?? 0,
      },
    }),
    noncurrentTransitions,
    ...(abort && {
      abortUploadsAfterDays: checkDays(
        abort.DaysAfterInitiation,
        "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action",
        1,
      ),
    }),
  };
}

/** The old form has a prefix, the newer a filter; one of them must be there. */
function parseFilter(rule: RuleMember): LifecycleFilter {
  const filter: LifecycleRuleFilter | undefined = rule.Filter;
  if ((filter === undefined) === (rule.Prefix === undefined)) throw malformedXml();
  if (filter && Object.values(filter).filter((value) => value !== undefined).length > 1) throw malformedXml();
  const and = filter?.And;
  const tags = and?.Tags ?? (filter?.Tag ? [filter.Tag] : []);
  const sizeGreaterThan = filter?.ObjectSizeGreaterThan ?? and?.ObjectSizeGreaterThan;
  const sizeLessThan = filter?.ObjectSizeLessThan ?? and?.ObjectSizeLessThan;
  if (sizeGreaterThan !== undefined && sizeLessThan !== undefined && sizeGreaterThan >= sizeLessThan) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'");
  }
  return {
    prefix: rule.Prefix ?? filter?.Prefix ?? and?.Prefix ?? '',
    tags: tags.map(({ Key: key = '', Value: value = '' }) => [key, value]),
    ...(sizeGreaterThan !== undefined && { sizeGreaterThan }),
    ...(sizeLessThan !== undefined && { sizeLessThan }),
  };
}

function parseExpiration(expiration: NonNullable<RuleMember['Expiration']>): When | 'expired-delete-marker' {
  const { Days: days, Date: date, ExpiredObjectDeleteMarker: marker } = expiration;
  if (marker) {
    if (days !== undefined || date !== undefined) throw malformedXml();
    return 'expired-delete-marker';
  }
  return parseWhen(days, date, 'Expiration', 1);
}

function parseWhen(days: number | undefined, date: Date | undefined, action: string, daysMin: number): When {
  if ((days === undefined) === (date === undefined)) throw malformedXml();
  if (date === undefined) return { days: checkDays(days, `'Days' for ${action} action`, daysMin) };
  const dateMs = date.getTime();
  if (dateMs % (24 * 3600 * 1000) !== 0)
    throw invalidArgument("'Date' must be at midnight GMT", 'Date', date.toISOString());
  return { dateMs };
}

function checkDays(days: number | undefined, what: string, min: number): number {
  if (days === undefined) throw malformedXml();
  if (days < min)
    throw invalidArgument(`${what} must be a ${min === 0 ? 'nonnegative' : 'positive'} integer`, 'Days', days);
  return days;
}

function checkClass(storageClass: string | undefined, days = INFREQUENT_DAYS_MIN): string {
  if (storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE')
    throw notImplemented(`transitions to ${storageClass}`);
  if (storageClass === undefined || !TRANSITION_CLASSES.includes(storageClass)) throw malformedXml();
  if (storageClass.endsWith('_IA') && days < INFREQUENT_DAYS_MIN) {
    throw invalidArgument(
      `'Days' in Transition action must be greater than or equal to ${INFREQUENT_DAYS_MIN} for storageClass '${storageClass}'`,
      'Days',
      days,
    );
  }
  return storageClass;
}

/** An object must not expire before it moves. */
function checkOrder(
  expiration: When | 'expired-delete-marker' | undefined,
  transitions: readonly When[],
  { prefix }: LifecycleFilter,
): void {
  if (expiration === undefined || expiration === 'expired-delete-marker' || !('days' in expiration)) return;
  if (transitions.some((transition) => 'days' in transition && transition.days >= expiration.days)) {
    throw invalidArgument(
      `'Days' in the Expiration action for filter '(prefix=${prefix})' must be greater than 'Days' in the Transition action`,
      'Days',
      expiration.days,
    );
  }
}

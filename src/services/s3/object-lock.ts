// Put/GetObjectLockConfiguration, Put/GetObjectRetention, Put/GetObjectLegalHold.
import type { DefaultRetention } from '@aws-sdk/client-s3';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { changeBucket } from './bucket-settings.ts';
import {
  invalidArgument,
  invalidBucketState,
  malformedXml,
  noSuchObjectLockConfiguration,
  notImplemented,
  objectLockConfigurationNotFound,
} from './errors.ts';
import { requireBucket, type BucketRequest } from './lookups.ts';
import { requireObject } from './object-reads.ts';
import { checkRetentionChange, isRetentionMode, lockMissing, parseRetention } from './object-lock-rules.ts';
import type { Bucket, ObjectLock, StoredObject } from './records.ts';
import { changeObject } from './tagging.ts';

const DAYS_OF_YEAR = 365;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: at most 100 years */
const RETENTION_DAYS_MAX = 36_500;

export const putObjectLockConfiguration: Operation<'s3', 'PutObjectLockConfiguration'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const configuration = input.ObjectLockConfiguration;
  if (configuration?.ObjectLockEnabled !== 'Enabled') throw malformedXml();
  if (bucket.versioning !== 'Enabled') {
    throw invalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  }
  const rule = configuration.Rule;
  const objectLock: ObjectLock = rule ? { byDefault: parseDefault(rule.DefaultRetention) } : {};
  await changeBucket(context, bucket, (current) => ({ ...current, objectLock }));
  return {};
};

function parseDefault(retention: DefaultRetention | undefined): NonNullable<ObjectLock['byDefault']> {
  const { Mode: mode, Days: days, Years: years } = retention ?? {};
  if (retention?.DefaultEventHold !== undefined) throw notImplemented('DefaultEventHold of Object Lock');
  if (!isRetentionMode(mode) || (days === undefined) === (years === undefined)) throw malformedXml();
  const [unit, count] = days === undefined ? (['Years', years ?? 0] as const) : (['Days', days] as const);
  if (count < 1) throw invalidArgument('Default retention period must be a positive integer value.', unit);
  const total = unit === 'Years' ? count * DAYS_OF_YEAR : count;
  if (total > RETENTION_DAYS_MAX) throw invalidArgument('Default retention period too large', unit);
  return { mode, days: total, ...(unit === 'Years' && { years: count }) };
}

export const getObjectLockConfiguration: Operation<'s3', 'GetObjectLockConfiguration'> = async (input, context) => {
  const { name, objectLock } = await requireBucket(input, context);
  if (!objectLock) throw objectLockConfigurationNotFound(name);
  const { byDefault } = objectLock;
  const period = byDefault && (byDefault.years === undefined ? { Days: byDefault.days } : { Years: byDefault.years });
  return {
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      ...(byDefault && { Rule: { DefaultRetention: { Mode: byDefault.mode, ...period } } }),
    },
  };
};

interface LockedRequest extends BucketRequest {
  Key: string;
  VersionId?: string;
}

/** A version of a bucket with Object Lock. */
async function requireLockable(
  input: LockedRequest,
  context: Context,
  method: string,
): Promise<[bucket: Bucket, object: StoredObject]> {
  const bucket = await requireBucket(input, context);
  if (!bucket.objectLock) throw lockMissing();
  return [bucket, await requireObject(input, context, bucket, method)];
}

export const putObjectRetention: Operation<'s3', 'PutObjectRetention'> = async (input, context) => {
  const [bucket, object] = await requireLockable(input, context, 'PUT');
  if (!input.Retention) throw malformedXml();
  const { EventHold, EventHoldDuration } = input.Retention;
  if (EventHold !== undefined || EventHoldDuration !== undefined) throw notImplemented('event holds of Object Lock');
  const now = context.clock.now();
  const retention = parseRetention(input.Retention, now);
  await changeObject(context, bucket, object, (current) => {
    checkRetentionChange(current.retention, retention, now, input.BypassGovernanceRetention === true);
    const { retention: _before, ...rest } = current;
    return retention ? { ...rest, retention } : rest;
  });
  return {};
};

export const getObjectRetention: Operation<'s3', 'GetObjectRetention'> = async (input, context) => {
  const [, { retention }] = await requireLockable(input, context, 'GET');
  if (!retention) throw noSuchObjectLockConfiguration();
  return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.untilMs) } };
};

export const putObjectLegalHold: Operation<'s3', 'PutObjectLegalHold'> = async (input, context) => {
  const [bucket, object] = await requireLockable(input, context, 'PUT');
  const status = input.LegalHold?.Status;
  if (status !== 'ON' && status !== 'OFF') throw malformedXml();
  await changeObject(context, bucket, object, (current) => ({ ...current, legalHold: status }));
  return {};
};

export const getObjectLegalHold: Operation<'s3', 'GetObjectLegalHold'> = async (input, context) => {
  const [, { legalHold }] = await requireLockable(input, context, 'GET');
  if (!legalHold) throw noSuchObjectLockConfiguration();
  return { LegalHold: { Status: legalHold } };
};

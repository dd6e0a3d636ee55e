// Features that are not built, as buckets answer for them that have never used them. Switching them off is taken,
// switching them on refused: nothing is kept that has no effect.
import type { Operation } from '#kernel/service.ts';
import { invalidTargetBucketForLogging, notImplemented, replicationConfigurationNotFound } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { findBucket } from './store.ts';

export const getBucketLogging: Operation<'s3', 'GetBucketLogging'> = async (input, context) => {
  await requireBucket(input, context);
  return {};
};
export const putBucketLogging: Operation<'s3', 'PutBucketLogging'> = async (input, context) => {
  await requireBucket(input, context);
  const { LoggingEnabled: enabled } = input.BucketLoggingStatus;
  if (!enabled) return {};
  const target = enabled.TargetBucket ?? '';
  if (!(await findBucket(context.store, target))) throw invalidTargetBucketForLogging(target);
  throw notImplemented('server access logging');
};

export const getBucketReplication: Operation<'s3', 'GetBucketReplication'> = async (input, context) => {
  throw replicationConfigurationNotFound((await requireBucket(input, context)).name);
};
export const deleteBucketReplication: Operation<'s3', 'DeleteBucketReplication'> = async (input, context) => {
  await requireBucket(input, context);
  return {};
};

// Features that are not built, as buckets answer for them that have never used them. Switching them off is taken,
// switching them on refused: nothing is kept that has no effect.
import type { Operation } from '#kernel/service.ts';
import { invalidRequest, malformedXml, notImplemented, replicationConfigurationNotFound } from './errors.ts';
import { requireBucket } from './lookups.ts';

export const getBucketAccelerateConfiguration: Operation<'s3', 'GetBucketAccelerateConfiguration'> = async (
  input,
  context,
) => {
  await requireBucket(input, context);
  return {};
};
export const putBucketAccelerateConfiguration: Operation<'s3', 'PutBucketAccelerateConfiguration'> = async (
  input,
  context,
) => {
  const bucket = await requireBucket(input, context);
  const { Status: status } = input.AccelerateConfiguration;
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  if (bucket.name.includes('.')) {
    throw invalidRequest('S3 Transfer Acceleration is not supported for buckets with periods (.) in their names');
  }
  if (status === 'Enabled') throw notImplemented('transfer acceleration');
  return {};
};

export const getBucketRequestPayment: Operation<'s3', 'GetBucketRequestPayment'> = async (input, context) => {
  await requireBucket(input, context);
  return { Payer: 'BucketOwner' };
};
export const putBucketRequestPayment: Operation<'s3', 'PutBucketRequestPayment'> = async (input, context) => {
  await requireBucket(input, context);
  const { Payer: payer } = input.RequestPaymentConfiguration;
  if (payer !== 'Requester' && payer !== 'BucketOwner') throw malformedXml();
  if (payer === 'Requester') throw notImplemented('requester pays');
  return {};
};

export const getBucketLogging: Operation<'s3', 'GetBucketLogging'> = async (input, context) => {
  await requireBucket(input, context);
  return {};
};
export const putBucketLogging: Operation<'s3', 'PutBucketLogging'> = async (input, context) => {
  await requireBucket(input, context);
  if (input.BucketLoggingStatus.LoggingEnabled) throw notImplemented('server access logging');
  return {};
};

export const getBucketReplication: Operation<'s3', 'GetBucketReplication'> = async (input, context) => {
  throw replicationConfigurationNotFound((await requireBucket(input, context)).name);
};
export const deleteBucketReplication: Operation<'s3', 'DeleteBucketReplication'> = async (input, context) => {
  await requireBucket(input, context);
  return {};
};

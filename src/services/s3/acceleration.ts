// Transfer acceleration. There is no edge network here: what it switches on is the name `{bucket}.s3-accelerate.<domain>`.
import type { Operation } from '#kernel/service.ts';
import { changeBucket } from './bucket-settings.ts';
import { invalidRequest, malformedXml } from './errors.ts';
import { requireBucket } from './lookups.ts';

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
  await changeBucket(context, bucket, (current) => ({ ...current, acceleration: status }));
  return {};
};

export const getBucketAccelerateConfiguration: Operation<'s3', 'GetBucketAccelerateConfiguration'> = async (
  input,
  context,
) => {
  const { acceleration } = await requireBucket(input, context);
  return acceleration ? { Status: acceleration } : {};
};

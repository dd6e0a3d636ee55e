// Requester pays: others than the owner say in every request that they will pay. Nobody sends a bill here; the rule holds.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
import type { Operation } from '#kernel/service.ts';
import { changeBucket } from './bucket-settings.ts';
import { malformedXml } from './errors.ts';
import { requireBucket } from './lookups.ts';

export const putBucketRequestPayment: Operation<'s3', 'PutBucketRequestPayment'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { Payer: payer } = input.RequestPaymentConfiguration;
  if (payer !== 'Requester' && payer !== 'BucketOwner') throw malformedXml();
  await changeBucket(context, bucket, ({ requesterPays: _before, ...rest }) =>
    payer === 'Requester' ? { ...rest, requesterPays: true } : rest,
  );
  return {};
};

export const getBucketRequestPayment: Operation<'s3', 'GetBucketRequestPayment'> = async (input, context) => {
  const { requesterPays } = await requireBucket(input, context);
  return { Payer: requesterPays ? 'Requester' : 'BucketOwner' };
};

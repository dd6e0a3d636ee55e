// Analytics, Intelligent-Tiering, inventory and metrics are not built: a bucket has none of their configurations.
import type { Context } from '#kernel/context.ts';
import { noSuchConfiguration } from './errors.ts';
import { requireBucket, type BucketRequest } from './lookups.ts';

/** Get and Delete of one configuration. */
export async function absentConfiguration(input: BucketRequest, context: Context): Promise<never> {
  await requireBucket(input, context);
  throw noSuchConfiguration();
}

export async function listNoConfigurations(input: BucketRequest, context: Context): Promise<{ IsTruncated: false }> {
  await requireBucket(input, context);
  return { IsTruncated: false };
}

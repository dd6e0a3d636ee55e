// RestoreObject: no object here is archived (storage classes that need it are refused), so there is nothing to restore.
import type { Operation } from '#kernel/service.ts';
import { invalidObjectState } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { requireObject } from './object-reads.ts';

export const restoreObject: Operation<'s3', 'RestoreObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'POST');
  throw invalidObjectState(object.storageClass ?? 'STANDARD');
};

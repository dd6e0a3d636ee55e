// Terms on which a bucket takes requests at all: by which name, and at whose cost.
import type { Context } from '#kernel/context.ts';
import { accessDenied, invalidRequest } from './errors.ts';
import type { Bucket } from './records.ts';

const ACCELERATED_HOST = /^[^/]+\.s3-accelerate\./;

export function checkAcceleration({ http }: Context, bucket: Bucket): void {
  if (bucket.acceleration === 'Enabled' || !http || !ACCELERATED_HOST.test(http.host)) return;
  throw invalidRequest(
    bucket.acceleration
      ? 'S3 Transfer Acceleration is disabled on this bucket'
      : 'S3 Transfer Acceleration is not configured on this bucket',
  );
}

/** Who is not the owner agrees to pay, by header or parameter, and is told that he was charged. */
export function checkPayer({ principal, http }: Context, bucket: Bucket, agreed: string | undefined): void {
  if (!bucket.requesterPays || principal.type === 'service') return;
  if ('accountId' in principal && principal.accountId === bucket.accountId) return;
  const byHeader = agreed ?? http?.headers['x-amz-request-payer'];
  if (principal.type === 'anonymous' || byHeader?.toLowerCase() !== 'requester') throw accessDenied();
  http?.answer?.headers.push(['x-amz-request-charged', 'requester']);
}

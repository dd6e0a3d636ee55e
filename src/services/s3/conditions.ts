// Conditional requests: RFC 9110 section 13.2.2 and S3's own rules.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
import type { ServiceError } from '#core/errors.ts';
import { conditionNotTaken, noSuchKey, notModified, preconditionFailed } from './errors.ts';
import type { StoredObject } from './records.ts';

export interface ReadConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
  IfModifiedSince?: Date;
  IfUnmodifiedSince?: Date;
}

/** Names the condition that failed, as S3's error does. */
type Failed = 'If-Match' | 'If-None-Match' | 'If-Modified-Since' | 'If-Unmodified-Since';

function failedCondition(
  conditions: ReadConditions,
  object: Pick<StoredObject, 'etag' | 'modifiedMs'>,
): Failed | undefined {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modified = Math.floor(object.modifiedMs / 1000) * 1000;
  // If-Match that holds silences If-Unmodified-Since; If-None-Match silences If-Modified-Since.
  if (IfMatch !== undefined) {
    if (!matchesETag(IfMatch, object.etag)) return 'If-Match';
  } else if (IfUnmodifiedSince && modified > IfUnmodifiedSince.getTime()) return 'If-Unmodified-Since';
  if (IfNoneMatch !== undefined) {
    if (matchesETag(IfNoneMatch, object.etag)) return 'If-None-Match';
  } else if (IfModifiedSince && modified <= IfModifiedSince.getTime()) return 'If-Modified-Since';
  return undefined;
}

/** GET and HEAD: 412 for what must match, 304 for what must differ. */
export function checkReadConditions(
  conditions: ReadConditions,
  object: StoredObject,
  headers: () => [string, string][],
): void {
  const failed = failedCondition(conditions, object);
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
  if (failed) throw notModified(headers());
}

export interface CopySourceConditions {
  CopySourceIfMatch?: string;
  CopySourceIfNoneMatch?: string;
  CopySourceIfModifiedSince?: Date;
  CopySourceIfUnmodifiedSince?: Date;
}

/** Copies answer 412 in every case. */
export function checkCopyConditions(input: CopySourceConditions, source: StoredObject): void {
  const failed = failedCondition(
    {
      ...(input.CopySourceIfMatch !== undefined && { IfMatch: input.CopySourceIfMatch }),
      ...(input.CopySourceIfNoneMatch !== undefined && { IfNoneMatch: input.CopySourceIfNoneMatch }),
      ...(input.CopySourceIfModifiedSince && { IfModifiedSince: input.CopySourceIfModifiedSince }),
      ...(input.CopySourceIfUnmodifiedSince && { IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince }),
    },
    source,
  );
  if (failed) throw preconditionFailed(`x-amz-copy-source-${failed}`);
}

export interface WriteConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
}

/** Conditional writes: `If-None-Match: *` makes a key once, `If-Match: etag` replaces exactly that object. */
export function failedWriteCondition(
  conditions: WriteConditions,
  key: string,
  current: StoredObject | undefined,
): ServiceError | undefined {
  const { IfMatch, IfNoneMatch } = conditions;
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    return conditionNotTaken('If-Match,If-None-Match', 'Multiple conditional request headers present in the request');
  }
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') return notTaken('If-None-Match');
    if (current) return preconditionFailed('If-None-Match');
  }
  if (IfMatch !== undefined) {
    if (IfMatch === '*') return notTaken('If-Match');
    if (!current) return noSuchKey(key);
    if (!matchesETag(IfMatch, current.etag)) return preconditionFailed('If-Match');
  }
  return undefined;
}

const notTaken = (header: string): ServiceError =>
  conditionNotTaken(header, `We don't accept the provided value of ${header} header for this API`);

/** `*`, one ETag or a list; quotes may be missing, as S3 allows. */
export function matchesETag(header: string, etag: string): boolean {
  return header.split(',').some((part) => {
    const value = part.trim();
    return value === '*' || value === etag || value === `"${etag}"`;
  });
}

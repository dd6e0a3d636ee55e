// Object Lock: how long a version stays, who may shorten it, and what requests say of it. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import type { ServiceError } from '#core/errors.ts';
import { accessDenied, invalidArgument, invalidRequest, malformedXml } from './errors.ts';
import type { Bucket, Description, Retention, RetentionMode } from './records.ts';

const DAY_MS = 86_400_000;
const MODES: readonly string[] = ['GOVERNANCE', 'COMPLIANCE'] satisfies RetentionMode[];
export const isRetentionMode = (mode: string | undefined): mode is RetentionMode => MODES.includes(mode ?? '');

export const lockMissing = (): ServiceError => invalidRequest('Bucket is missing Object Lock Configuration');
const locked = (): ServiceError => accessDenied('Access Denied because object protected by object lock.');
const notInFuture = (name: string, date: Date): ServiceError =>
  invalidArgument('The retain until date must be in the future!', name, date.toISOString());

export interface LockInput {
  ObjectLockMode?: string;
  ObjectLockRetainUntilDate?: Date;
  ObjectLockLegalHoldStatus?: string;
}

/** What a new version is locked by: the request's headers, else the bucket's default. */
export function chooseLock(
  input: LockInput,
  bucket: Bucket,
  nowMs: number,
): Pick<Description, 'retention' | 'legalHold'> {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = input;
  const asked = mode !== undefined || until !== undefined || hold !== undefined;
  if (!bucket.objectLock) {
    if (asked) throw lockMissing();
    return {};
  }
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", 'x-amz-object-lock-legal-hold', hold);
  }
  const retention = askedRetention(mode, until, nowMs);
  return { ...(retention && { retention }), ...(hold !== undefined && { legalHold: hold }) };
}

function askedRetention(mode: string | undefined, until: Date | undefined, nowMs: number): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined) {
    throw invalidArgument(
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
      mode === undefined ? 'x-amz-object-lock-retain-until-date' : 'x-amz-object-lock-mode',
      mode ?? until?.toISOString(),
    );
  }
  if (!isRetentionMode(mode)) throw invalidArgument('Unknown wormMode directive.', 'x-amz-object-lock-mode', mode);
  if (until.getTime() <= nowMs) throw notInFuture('x-amz-object-lock-retain-until-date', until);
  return { mode, untilMs: until.getTime() };
}

/** The bucket's default counts from the moment in which the version is made. */
export function defaultRetention(bucket: Bucket, nowMs: number): Retention | undefined {
  const byDefault = bucket.objectLock?.byDefault;
  return byDefault && { mode: byDefault.mode, untilMs: nowMs + byDefault.days * DAY_MS };
}

type Lock = Pick<Description, 'retention' | 'legalHold'>;

export function isLocked({ retention, legalHold }: Lock, nowMs: number): boolean {
  return legalHold === 'ON' || (retention !== undefined && retention.untilMs > nowMs);
}

/** Deleting a version for good: governance yields to whoever may bypass it, nothing else does. */
export function checkDeletable(lock: Lock, nowMs: number, bypass: boolean): void {
  if (!isLocked(lock, nowMs)) return;
  if (lock.legalHold !== 'ON' && lock.retention?.mode === 'GOVERNANCE' && bypass) return;
  throw locked();
}

/** PutObjectRetention: what it asks for; undefined = no retention any more. */
export function parseRetention(
  { Mode: mode, RetainUntilDate: until }: { Mode?: string; RetainUntilDate?: Date },
  nowMs: number,
): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (!isRetentionMode(mode) || until === undefined) throw malformedXml();
  if (until.getTime() <= nowMs) throw notInFuture('RetainUntilDate', until);
  return { mode, untilMs: until.getTime() };
}

/** Longer is free; shorter, weaker or none needs governance and leave to bypass it. */
export function checkRetentionChange(
  before: Retention | undefined,
  after: Retention | undefined,
  nowMs: number,
  bypass: boolean,
): void {
  if (!before || before.untilMs <= nowMs) return;
  const isExtension = after?.mode === before.mode && after.untilMs >= before.untilMs;
  if (isExtension || (before.mode === 'GOVERNANCE' && bypass)) return;
  throw locked();
}

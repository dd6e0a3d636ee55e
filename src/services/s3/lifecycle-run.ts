// The daily run over a bucket with lifecycle rules: durable work that is due at midnight UTC, as S3's is.
import { servicePrincipal } from '#core/principal.ts';
import type { Context } from '#kernel/context.ts';
import { createContext } from '#kernel/create-call.ts';
import { Postpone, type WorkKind } from '#kernel/work.ts';
import { findLifecycleRules } from './lifecycle.ts';
import {
  currentAction,
  isAbandoned,
  nextMidnight,
  noncurrentAction,
  removesLoneMarker,
  type LifecycleAction,
  type LifecycleRule,
} from './lifecycle-rules.ts';
import { behindKey } from './listing.ts';
import type { Bucket, StoredObject } from './records.ts';
import { findBucket, findObject, listObjects, listUploads, listVersions } from './store.ts';
import { abortUploads } from './uploads.ts';
import { isLocked } from './object-lock-rules.ts';
import { changeVersion, currentBucket, deleteCurrent, deleteVersion } from './versions.ts';

/** Rows of one read; between two reads others have their turn. */
const PAGE_ROWS = 200;

export const runLifecycle: WorkKind<{ bucket: string }> = {
  retry: { attempts: 100, backoffMs: (failures) => Math.min(60_000 * failures, 3_600_000) },
  concurrency: 1,
  async run({ payload }, platform) {
    const bucket = await findBucket(platform.store, payload.bucket);
    if (!bucket?.hasLifecycle) return undefined;
    const { accountId, region } = bucket;
    const as = servicePrincipal('s3.amazonaws.com');
    const context = createContext(platform, 's3', 'DeleteObject', { as, accountId, region });
    const rules = await findLifecycleRules(context, bucket);
    await visitCurrent(context, bucket, rules);
    await visitNoncurrent(context, bucket, rules);
    await visitUploads(context, bucket, rules);
    return new Postpone(nextMidnight(platform.clock.now()));
  },
};

async function visitCurrent(context: Context, bucket: Bucket, rules: readonly LifecycleRule[]): Promise<void> {
  const now = context.clock.now();
  for (let from: string | undefined = ''; from !== undefined;) {
    const page: StoredObject[] = await listObjects(context.store, bucket, { from }, PAGE_ROWS);
    for (const object of page) {
      const action = currentAction(rules, object, now);
      if (action !== undefined) await actOnCurrent(context, bucket, object, action);
    }
    const last = page.at(-1);
    from = last && page.length === PAGE_ROWS ? behindKey(last.key).from : undefined;
  }
}

/** Acts only if the object is still the one that was judged. */
async function actOnCurrent(
  context: Context,
  bucket: Bucket,
  judged: StoredObject,
  action: NonNullable<LifecycleAction>,
): Promise<void> {
  await context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    const object = await findObject(tx, now, judged.key);
    if (object?.order !== judged.order) return;
    if (action === 'expire') await deleteCurrent(tx, context, now, judged.key);
    else await changeVersion(tx, now, object, (current) => ({ ...current, ...action }));
  });
}

async function visitNoncurrent(context: Context, bucket: Bucket, rules: readonly LifecycleRule[]): Promise<void> {
  if (!bucket.versioning) return;
  /** of the key at hand: versions seen so far, and when the next one was replaced */
  let at = { key: '', seen: 0, replacedMs: 0 };
  for (let position: { from: string; afterOrder?: string } | undefined = { from: '' }; position;) {
    const page: StoredObject[] = await listVersions(context.store, bucket, position, PAGE_ROWS);
    for (const [index, version] of page.entries()) {
      if (version.key !== at.key) {
        const current = await findObject(context.store, bucket, version.key);
        // Without a current object the first version here is the latest: a delete marker.
        at = { key: version.key, seen: current ? 0 : -1, replacedMs: current?.modifiedMs ?? 0 };
      }
      if (at.seen >= 0) {
        const since = { noncurrentMs: at.replacedMs, newer: at.seen };
        await actOnNoncurrent(context, bucket, version, noncurrentAction(rules, version, since, context.clock.now()));
      } else if (page[index + 1]?.key !== version.key) await removeLoneMarker(context, bucket, version, rules);
      at = { key: version.key, seen: at.seen + 1, replacedMs: version.modifiedMs };
    }
    const last = page.at(-1);
    position = last && page.length === PAGE_ROWS ? { from: last.key, afterOrder: last.order } : undefined;
  }
}

async function actOnNoncurrent(
  context: Context,
  bucket: Bucket,
  version: StoredObject,
  action: LifecycleAction,
): Promise<void> {
  // Object Lock outlives every rule.
  if (action === undefined || (action === 'expire' && isLocked(version, context.clock.now()))) return;
  await context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    const current = await findObject(tx, now, version.key);
    if (current?.order === version.order) return; // it was restored meanwhile
    if (action === 'expire') await deleteVersion(tx, context, now, version.key, version.versionId);
    else await changeVersion(tx, now, version, (object) => ({ ...object, ...action }));
  });
}

async function removeLoneMarker(
  context: Context,
  bucket: Bucket,
  marker: StoredObject,
  rules: readonly LifecycleRule[],
): Promise<void> {
  if (!marker.deleteMarker || !removesLoneMarker(rules, marker, context.clock.now())) return;
  await context.store.transact(async (tx) => {
    const now = await currentBucket(tx, bucket);
    const versions = await listVersions(tx, now, { from: marker.key, to: behindKey(marker.key).from }, 2);
    if (versions.length === 1 && versions[0]?.order === marker.order) {
      await deleteVersion(tx, context, now, marker.key, marker.versionId);
    }
  });
}

async function visitUploads(context: Context, bucket: Bucket, rules: readonly LifecycleRule[]): Promise<void> {
  if (!rules.some(({ abortUploadsAfterDays }) => abortUploadsAfterDays !== undefined)) return;
  for (let position: { from: string; afterUploadId?: string } | undefined = { from: '' }; position;) {
    const page: Awaited<ReturnType<typeof listUploads>> = await listUploads(context.store, bucket, position, PAGE_ROWS);
    const abandoned = page.filter((upload) => isAbandoned(rules, upload, context.clock.now()));
    if (abandoned.length > 0) await abortUploads(context, bucket, abandoned);
    const last = page.at(-1);
    position = last && page.length === PAGE_ROWS ? { from: last.key, afterUploadId: last.uploadId } : undefined;
  }
}

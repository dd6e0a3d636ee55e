// What writing and deleting mean for the versions of a key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
// The current object is one entry, everything older (and every delete marker) another kind of entry, so that buckets
// without versioning pay nothing and listings see current objects only.
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { releaseBody } from './bodies.ts';
import { noSuchBucket } from './errors.ts';
import { checkDeletable, defaultRetention } from './object-lock-rules.ts';
import type { Bucket, StoredObject } from './records.ts';
import {
  dropObject,
  dropVersion,
  findBucket,
  findNullVersion,
  findObject,
  findVersion,
  newestOldVersion,
  setObject,
  setVersion,
} from './store.ts';
import { nextOrder, orderOfVersionId } from './version-ids.ts';

/** The bucket as it is at the commit: it must still be the one the request found. */
export async function currentBucket(tx: Transaction, bucket: Bucket): Promise<Bucket> {
  const current = await findBucket(tx, bucket.name);
  if (!current || current.createdMs !== bucket.createdMs) throw noSuchBucket(bucket.name);
  return current;
}

/** Makes this the key's current object. */
export async function putVersion(
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  object: Omit<StoredObject, 'versionId' | 'order'>,
): Promise<StoredObject> {
  const made = await makeRoom(tx, context, bucket, object.key);
  const retention = object.retention ?? defaultRetention(bucket, context.clock.now());
  const stored: StoredObject = { ...object, ...(retention && { retention }), ...made };
  setObject(tx, bucket, stored);
  return stored;
}

/** DELETE without a version id; answers the delete marker, where one is made. */
export async function deleteCurrent(
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  key: string,
): Promise<StoredObject | undefined> {
  if (!bucket.versioning) {
    const current = await findObject(tx, bucket, key);
    if (current) {
      dropObject(tx, bucket, key);
      releaseBody(tx, context.platform, bucket, current.body);
    }
    return undefined;
  }
  const made = await makeRoom(tx, context, bucket, key);
  dropObject(tx, bucket, key);
  const marker: StoredObject = {
    key,
    ...made,
    modifiedMs: context.clock.now(),
    deleteMarker: true,
    size: 0,
    etag: '',
    body: { in: 'none' },
    metadata: {},
  };
  setVersion(tx, bucket, marker);
  return marker;
}

/** Moves or removes what the new version replaces; answers the new version's id and order. */
async function makeRoom(
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  key: string,
): Promise<Pick<StoredObject, 'versionId' | 'order'>> {
  const current = await findObject(tx, bucket, key);
  const newest = current ?? (bucket.versioning ? await newestOldVersion(tx, bucket, key) : undefined);
  const order = nextOrder(context.clock.now(), newest?.order, context.ids);
  if (bucket.versioning === 'Enabled') {
    if (current) setVersion(tx, bucket, current);
    return { versionId: order, order };
  }
  // Not versioned or suspended: the new version is `null`, and there is at most one of that name.
  if (current?.versionId === 'null') releaseBody(tx, context.platform, bucket, current.body);
  else if (bucket.versioning) {
    const old = await findNullVersion(tx, bucket, key);
    if (old) removeOldVersion(tx, context, bucket, old);
    if (current) setVersion(tx, bucket, current);
  }
  return { versionId: 'null', order };
}

function removeOldVersion(tx: Transaction, context: Context, bucket: Bucket, version: StoredObject): void {
  dropVersion(tx, bucket, version);
  releaseBody(tx, context.platform, bucket, version.body);
}

/** DELETE with a version id: for good. The version before it becomes current, if it is no delete marker. */
export async function deleteVersion(
  tx: Transaction,
  context: Context,
  bucket: Bucket,
  key: string,
  versionId: string,
  bypassGovernance = false,
): Promise<StoredObject | undefined> {
  const current = await findObject(tx, bucket, key);
  if (current?.versionId === versionId) {
    checkDeletable(current, context.clock.now(), bypassGovernance);
    dropObject(tx, bucket, key);
    releaseBody(tx, context.platform, bucket, current.body);
    await promote(tx, bucket, key);
    return current;
  }
  const version = await findOldVersion(tx, bucket, key, versionId);
  if (!version) return undefined;
  checkDeletable(version, context.clock.now(), bypassGovernance);
  removeOldVersion(tx, context, bucket, version);
  if (!current) await promote(tx, bucket, key);
  return version;
}

const findOldVersion = (
  tx: Transaction,
  bucket: Bucket,
  key: string,
  versionId: string,
): Promise<StoredObject | undefined> =>
  versionId === 'null' ? findNullVersion(tx, bucket, key) : findVersion(tx, bucket, key, orderOfVersionId(versionId));

async function promote(tx: Transaction, bucket: Bucket, key: string): Promise<void> {
  const newest = await newestOldVersion(tx, bucket, key);
  if (!newest || newest.deleteMarker) return;
  dropVersion(tx, bucket, newest);
  setObject(tx, bucket, newest);
}

/** Replaces the record of a version in place: tags and ACLs change without a new version. */
export async function changeVersion(
  tx: Transaction,
  bucket: Bucket,
  version: StoredObject,
  change: (object: StoredObject) => StoredObject,
): Promise<boolean> {
  const current = await findObject(tx, bucket, version.key);
  if (current?.order === version.order) {
    setObject(tx, bucket, change(current));
    return true;
  }
  const old = await findVersion(tx, bucket, version.key, version.order);
  if (old) setVersion(tx, bucket, change(old));
  return old !== undefined;
}

// Tagging operations of buckets and objects.
import type { Operation } from '#kernel/service.ts';
import type { Context } from '#kernel/context.ts';
import { noSuchKey, noSuchTagSet } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { requireObject } from './object-reads.ts';
import { versionMember } from './objects.ts';
import type { Bucket, StoredObject, Tag } from './records.ts';
import { dropDocument, findDocument, setDocument } from './store.ts';
import { BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, parseTagSet, tagSetOf } from './tags.ts';
import { changeVersion, currentBucket } from './versions.ts';

export const putBucketTagging: Operation<'s3', 'PutBucketTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const tags = parseTagSet(input.Tagging.TagSet, BUCKET_TAGS_MAX);
  await context.store.transact(async (tx) => setDocument(tx, await currentBucket(tx, bucket), 'tags', tags));
  return {};
};

export const getBucketTagging: Operation<'s3', 'GetBucketTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const tags = await findDocument<Tag[]>(context.store, bucket, 'tags');
  if (!tags || tags.length === 0) throw noSuchTagSet(bucket.name);
  return { TagSet: tagSetOf(tags) };
};

export const deleteBucketTagging: Operation<'s3', 'DeleteBucketTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await context.store.transact(async (tx) => dropDocument(tx, await currentBucket(tx, bucket), 'tags'));
  return {};
};

export const putObjectTagging: Operation<'s3', 'PutObjectTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const tags = parseTagSet(input.Tagging.TagSet, OBJECT_TAGS_MAX);
  const object = await requireObject(input, context, bucket, 'PUT');
  await changeObject(context, bucket, object, (current) => ({ ...current, tags }));
  return versionMember(bucket, object);
};

export const getObjectTagging: Operation<'s3', 'GetObjectTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'GET');
  return { ...versionMember(bucket, object), TagSet: tagSetOf(object.tags) };
};

export const deleteObjectTagging: Operation<'s3', 'DeleteObjectTagging'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'DELETE');
  await changeObject(context, bucket, object, ({ tags: _dropped, ...rest }) => rest);
  return versionMember(bucket, object);
};

export async function changeObject(
  context: Context,
  bucket: Bucket,
  object: StoredObject,
  change: (current: StoredObject) => StoredObject,
): Promise<void> {
  const changed = await context.store.transact(async (tx) =>
    changeVersion(tx, await currentBucket(tx, bucket), object, change),
  );
  if (!changed) throw noSuchKey(object.key);
}

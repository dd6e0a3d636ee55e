// ListObjects, ListObjectsV2, ListObjectVersions.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidArgument } from './errors.ts';
import { canonicalId } from './grants.ts';
import {
  behindKey,
  commonPrefix,
  compareKeys,
  successor,
  urlEncode,
  walk,
  type Listing,
  type Position,
} from './listing.ts';
import { requireBucket } from './lookups.ts';
import { isVersionId } from './version-ids.ts';
import { wholeSeconds, type Bucket, type StoredObject } from './records.ts';
import { findNullVersion, findObject, listObjects as readObjects, listVersions } from './store.ts';

const KEYS_MAX = 1000;

interface ListInput {
  Prefix?: string;
  Delimiter?: string;
  MaxKeys?: number;
  EncodingType?: string;
}

export function checkListInput(
  input: ListInput,
  maxName: string,
): { prefix: string; delimiter: string; max: number; encode: (text: string) => string } {
  const { MaxKeys: max = KEYS_MAX, EncodingType: encoding } = input;
  if (max < 0 || max > 2147483647 || !Number.isInteger(max)) {
    throw invalidArgument(`Argument ${maxName} must be an integer between 0 and 2147483647`, maxName, max);
  }
  if (encoding !== undefined && encoding !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  }
  return {
    prefix: input.Prefix ?? '',
    delimiter: input.Delimiter ?? '',
    max: Math.min(max, KEYS_MAX),
    encode: encoding === 'url' ? urlEncode : (text) => text,
  };
}

/** Where a listing goes on after a key or a common prefix that an earlier page ended with. */
export function resumeAfter(marker: string, prefix: string, delimiter: string): Position {
  const behind = commonPrefix(marker, prefix, delimiter) === marker ? successor(marker) : undefined;
  return behind === undefined ? behindKey(marker) : { from: behind };
}

const objectPages =
  (context: Context, bucket: Bucket) =>
  (position: Position, to: string | undefined, limit: number): Promise<StoredObject[]> =>
    readObjects(context.store, bucket, { from: position.from, ...(to !== undefined && { to }) }, limit);

export const listObjects: Operation<'s3', 'ListObjects'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { prefix, delimiter, max, encode } = checkListInput(input, 'maxKeys');
  const marker = input.Marker ?? '';
  const start = marker === '' ? { from: '' } : resumeAfter(marker, prefix, delimiter);
  const listing = await walk(objectPages(context, bucket), { prefix, delimiter, max, start });
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    Marker: encode(marker),
    // Without a delimiter the last key serves as the next marker; S3 then leaves NextMarker out.
    ...(listing.truncated && delimiter !== '' && { NextMarker: encode(lastOf(listing)) }),
    MaxKeys: max,
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    IsTruncated: listing.truncated,
    ...contents(listing, encode, bucket, true),
    ...commonPrefixes(listing, encode),
  };
};

export const listObjectsV2: Operation<'s3', 'ListObjectsV2'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const { prefix, delimiter, max, encode } = checkListInput(input, 'maxKeys');
  const { ContinuationToken: token, StartAfter: startAfter } = input;
  const listing = await walk(objectPages(context, bucket), {
    prefix,
    delimiter,
    max,
    start: startV2(token, startAfter, prefix, delimiter),
  });
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    ...(startAfter !== undefined && { StartAfter: encode(startAfter) }),
    ...(token !== undefined && { ContinuationToken: token }),
    ...(listing.truncated && { NextContinuationToken: formatToken(lastOf(listing)) }),
    KeyCount: listing.items.length + listing.prefixes.length,
    MaxKeys: max,
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    IsTruncated: listing.truncated,
    ...contents(listing, encode, bucket, input.FetchOwner === true),
    ...commonPrefixes(listing, encode),
  };
};

function startV2(
  token: string | undefined,
  startAfter: string | undefined,
  prefix: string,
  delimiter: string,
): Position {
  if (token !== undefined) return resumeAfter(parseToken(token), prefix, delimiter);
  return startAfter === undefined || startAfter === '' ? { from: '' } : behindKey(startAfter);
}

/** Opaque: a version digit and the last key, obfuscated only by base64. */
export const formatToken = (last: string): string => `1${Buffer.from(last).toString('base64')}`;
export function parseToken(token: string): string {
  const bytes = Buffer.from(token.slice(1), 'base64');
  if (!token.startsWith('1') || bytes.length === 0 || bytes.toString('base64') !== token.slice(1)) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return bytes.toString();
}

export function lastOf(listing: Listing<{ key: string }>): string {
  if (!listing.last) return '';
  return 'item' in listing.last ? listing.last.item.key : listing.last.prefix;
}

export function commonPrefixes(
  listing: Listing<unknown>,
  encode: (text: string) => string,
): { CommonPrefixes?: { Prefix: string }[] } {
  if (listing.prefixes.length === 0) return {};
  return { CommonPrefixes: listing.prefixes.map((prefix) => ({ Prefix: encode(prefix) })) };
}

function contents(
  listing: Listing<StoredObject>,
  encode: (text: string) => string,
  bucket: Bucket,
  withOwner: boolean,
): { Contents?: object[] } {
  if (listing.items.length === 0) return {};
  const owner = withOwner ? { Owner: { ID: canonicalId(bucket.accountId) } } : {};
  return {
    Contents: listing.items.map((object) => ({
      ...summary(object, encode),
      ...owner,
      StorageClass: object.storageClass ?? 'STANDARD',
    })),
  };
}

function summary(object: StoredObject, encode: (text: string) => string): object {
  return {
    Key: encode(object.key),
    LastModified: wholeSeconds(object.modifiedMs),
    ETag: `"${object.etag}"`,
    ...(object.checksum && {
      ChecksumAlgorithm: [object.checksum.algorithm],
      ChecksumType: object.checksum.type,
    }),
    Size: object.size,
  };
}

// ---- versions
type Version = StoredObject & { isLatest: boolean };

export const listObjectVersions: Operation<'s3', 'ListObjectVersions'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  if ((input.MaxKeys ?? 0) < 0) throw invalidArgument('max-keys cannot be negative', 'max-keys', input.MaxKeys);
  const { prefix, delimiter, max, encode } = checkListInput(input, 'maxKeys');
  const { KeyMarker: keyMarker = '', VersionIdMarker: versionIdMarker } = input;
  if (versionIdMarker !== undefined && keyMarker === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      versionIdMarker,
    );
  }
  if (versionIdMarker === '') {
    throw invalidArgument('A version-id marker cannot be empty.', 'version-id-marker', versionIdMarker);
  }
  if (versionIdMarker !== undefined && !isVersionId(versionIdMarker)) {
    throw invalidArgument('Invalid version id specified', 'version-id-marker', versionIdMarker);
  }
  const start = await startVersions(context, bucket, keyMarker, versionIdMarker, prefix, delimiter);
  const listing = await walk(versionPages(context, bucket), { prefix, delimiter, max, start });
  const last = listing.last && 'item' in listing.last ? listing.last.item : undefined;
  const isVersion = (version: Version): boolean => version.deleteMarker !== true;
  const versions = listing.items.filter(isVersion);
  const markers = listing.items.filter((version) => !isVersion(version));
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionIdMarker ?? '',
    ...(listing.truncated && { NextKeyMarker: encode(lastOf(listing)) }),
    ...(listing.truncated && last && { NextVersionIdMarker: last.versionId }),
    MaxKeys: max,
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    IsTruncated: listing.truncated,
    ...(versions.length > 0 && { Versions: versions.map((version) => versionEntry(version, encode, bucket)) }),
    ...(markers.length > 0 && { DeleteMarkers: markers.map((marker) => markerEntry(marker, encode, bucket)) }),
    ...commonPrefixes(listing, encode),
  };
};

const versionEntry = (version: Version, encode: (text: string) => string, bucket: Bucket): object => ({
  ...summary(version, encode),
  ...markerEntry(version, encode, bucket),
  StorageClass: version.storageClass ?? 'STANDARD',
});
const markerEntry = (version: Version, encode: (text: string) => string, bucket: Bucket): object => ({
  Key: encode(version.key),
  VersionId: version.versionId,
  IsLatest: version.isLatest,
  LastModified: wholeSeconds(version.modifiedMs),
  Owner: { ID: canonicalId(bucket.accountId) },
});

async function startVersions(
  context: Context,
  bucket: Bucket,
  keyMarker: string,
  versionIdMarker: string | undefined,
  prefix: string,
  delimiter: string,
): Promise<Position> {
  if (keyMarker === '') return { from: '' };
  if (versionIdMarker === undefined) return resumeAfter(keyMarker, prefix, delimiter);
  if (versionIdMarker !== 'null') return { from: keyMarker, after: versionIdMarker };
  const current = await findObject(context.store, bucket, keyMarker);
  const marker = current?.versionId === 'null' ? current : await findNullVersion(context.store, bucket, keyMarker);
  return marker ? { from: keyMarker, after: marker.order } : behindKey(keyMarker);
}

/** Current objects and older versions, merged: by key, within a key newest first. */
function versionPages(context: Context, bucket: Bucket) {
  return async (position: Position, to: string | undefined, limit: number): Promise<Version[]> => {
    const { from, after } = position;
    const range = { from, ...(to !== undefined && { to }) };
    const [objects, old] = await Promise.all([
      readObjects(context.store, bucket, range, limit),
      listVersions(context.store, bucket, { ...range, ...(after !== undefined && { afterOrder: after }) }, limit),
    ]);
    const current = objects.filter(({ key, order }) => after === undefined || key !== from || order > after);
    const merged = [...current, ...old]
      .sort((a, b) => compareKeys(a.key, b.key) || (a.order < b.order ? -1 : 1))
      .slice(0, limit);
    let previous = after === undefined ? undefined : from;
    return merged.map((version) => {
      const isLatest = version.key !== previous;
      previous = version.key;
      return { ...version, isLatest };
    });
  };
}

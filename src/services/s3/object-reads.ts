// GetObject, HeadObject and GetObjectAttributes.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { manifestParts, openBody } from './bodies.ts';
import { checksumMembers } from './checksums.ts';
import { checkReadConditions, type ReadConditions } from './conditions.ts';
import { checkReadKey, parseCustomerKey, type CustomerKeyInput } from './customer-keys.ts';
import { checkKey, descriptionMembers, expiresHeader, refuseUnsupported, type RefusableInput } from './descriptions.ts';
import { encryptionMembers, refuseUnsignedRead } from './encryption.ts';
import {
  invalidArgument,
  invalidPartNumber,
  invalidRequest,
  methodNotAllowed,
  noSuchKey,
  noSuchVersion,
} from './errors.ts';
import { expirationMember } from './lifecycle.ts';
import { findTarget, requireBucket } from './lookups.ts';
import { checkVersionId, versionMember } from './objects.ts';
import { parseRange, type ByteRange } from './ranges.ts';
import { wholeSeconds, type Bucket, type Part, type StoredObject } from './records.ts';
import { newestOldVersion } from './store.ts';

const PART_NUMBER_MAX = 10_000;
/** A reader that lost its object to a writer this often in a row sees the error. */
const OPEN_ATTEMPTS = 5;

interface ReadInput extends ReadConditions, RefusableInput, CustomerKeyInput {
  Bucket: string;
  Key: string;
  VersionId?: string;
  Range?: string;
  PartNumber?: number;
  ChecksumMode?: string;
  ResponseCacheControl?: string;
  ResponseContentDisposition?: string;
  ResponseContentEncoding?: string;
  ResponseContentLanguage?: string;
  ResponseContentType?: string;
  ResponseExpires?: Date;
}

export const getObject: Operation<'s3', 'GetObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const [{ members }, body] = await openFound(
    async () => {
      const object = await requireObject(input, context, bucket, 'GET');
      return { object, ...(await view(input, context, bucket, object)) };
    },
    ({ object, range, customerKey }) => openBody(context, bucket, object.body, range.start, range.end, customerKey),
  );
  return { ...members, Body: body as never };
};

/** Finds an object and opens its bytes. Another request may replace it between the two: then it looks again. */
export async function openFound<T extends { object: StoredObject }, B>(
  find: () => Promise<T>,
  open: (found: T) => Promise<B>,
): Promise<[T, B]> {
  for (let attempt = 1; ; attempt++) {
    const found = await find();
    try {
      return [found, await open(found)];
    } catch (error) {
      const again = await find();
      if (attempt === OPEN_ATTEMPTS || again.object.order === found.object.order) throw error;
    }
  }
}

export const headObject: Operation<'s3', 'HeadObject'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'HEAD');
  return (await view(input, context, bucket, object)).members;
};

/** The object that is asked for, or the error that says why there is none. */
export async function requireObject(
  input: { Key: string; VersionId?: string },
  context: Context,
  bucket: Bucket,
  method: string,
): Promise<StoredObject> {
  const { Key: key, VersionId: versionId } = input;
  checkKey(key);
  checkVersionId(versionId);
  const object = await findTarget(context, bucket, key, versionId);
  if (object?.deleteMarker) {
    throw methodNotAllowed(method, 'DeleteMarker', [
      ['Allow', 'DELETE'],
      ['x-amz-delete-marker', 'true'],
      ['x-amz-version-id', object.versionId],
      ['Last-Modified', new Date(object.modifiedMs).toUTCString()],
    ]);
  }
  if (object) return object;
  await hideMissing(context, bucket);
  if (versionId !== undefined) throw noSuchVersion(key, versionId);
  const newest = bucket.versioning ? await newestOldVersion(context.store, bucket, key) : undefined;
  const marker: [string, string][] = newest?.deleteMarker
    ? [
        ['x-amz-delete-marker', 'true'],
        ['x-amz-version-id', newest.versionId],
      ]
    : [];
  throw noSuchKey(key, marker);
}

/** Who may not list the bucket is not told that a key is missing: 403 instead of 404. */
async function hideMissing(context: Context, bucket: Bucket): Promise<void> {
  // Anonymous requests are always held to the policies, others only where the mode enforces them.
  if (context.platform.config.iam !== 'enforce' && context.principal.type !== 'anonymous') return;
  await context.call('s3', 'HeadBucket', { Bucket: bucket.name });
}

/** Conditions, range and headers: all of an answer but the bytes. */
async function view(
  input: ReadInput,
  context: Context,
  bucket: Bucket,
  object: StoredObject,
): Promise<{ members: Record<string, unknown>; range: ByteRange; customerKey?: Buffer }> {
  refuseUnsupported(input);
  const customerKey = parseCustomerKey(input);
  checkReadKey(object, customerKey);
  refuseUnsignedRead(context, object);
  checkReadConditions(input, object, () => validatorHeaders(bucket, object));
  const part = await partRange(input, context, bucket, object);
  const range = part ?? parseRange(input.Range, object.size);
  const whole = { start: 0, end: object.size - 1 };
  const { start, end } = range ?? whole;
  const answer = context.http?.answer;
  if (range && answer) answer.status = 206;
  if (input.ResponseExpires === undefined) answer?.headers.push(...expiresHeader(object.expires));
  return {
    range: { start, end },
    ...(customerKey && { customerKey }),
    members: {
      AcceptRanges: 'bytes',
      LastModified: wholeSeconds(object.modifiedMs),
      ContentLength: end - start + 1,
      ETag: `"${object.etag}"`,
      ...(input.ChecksumMode === 'ENABLED' &&
        (!range || end - start + 1 === object.size) &&
        checksumMembers(object.checksum)),
      ...versionMember(bucket, object),
      ...(await expirationMember(context, bucket, object)),
      ...(range && { ContentRange: `bytes ${start}-${end}/${object.size}` }),
      ...descriptionMembers(object),
      ...overrides(input, context),
      ...encryptionMembers(object, bucket, customerKey),
      ...(input.PartNumber !== undefined && object.parts !== undefined && { PartsCount: object.parts }),
      ...(object.tags && object.tags.length > 0 && { TagCount: object.tags.length }),
    },
  };
}

function validatorHeaders(bucket: Bucket, object: StoredObject): [string, string][] {
  return [
    ['Last-Modified', new Date(object.modifiedMs).toUTCString()],
    ['ETag', `"${object.etag}"`],
    ...(object.cacheControl === undefined ? [] : [['Cache-Control', object.cacheControl] as [string, string]]),
    ...(bucket.versioning ? [['x-amz-version-id', object.versionId] as [string, string]] : []),
  ];
}

/** response-content-type and its kin: for signed requests alone. */
function overrides(input: ReadInput, context: Context): Record<string, unknown> {
  const out = {
    ...(input.ResponseCacheControl !== undefined && { CacheControl: input.ResponseCacheControl }),
    ...(input.ResponseContentDisposition !== undefined && { ContentDisposition: input.ResponseContentDisposition }),
    ...(input.ResponseContentEncoding !== undefined && { ContentEncoding: input.ResponseContentEncoding }),
    ...(input.ResponseContentLanguage !== undefined && { ContentLanguage: input.ResponseContentLanguage }),
    ...(input.ResponseContentType !== undefined && { ContentType: input.ResponseContentType }),
    ...(input.ResponseExpires !== undefined && { Expires: input.ResponseExpires }),
  };
  if (Object.keys(out).length > 0 && context.principal.type === 'anonymous') {
    throw invalidRequest('Request specific response headers cannot be used for anonymous GET requests.');
  }
  return out;
}

/** ?partNumber=N: the bytes of that part. An object that was put in one piece is its own part 1. */
async function partRange(
  input: ReadInput,
  context: Context,
  bucket: Bucket,
  object: StoredObject,
): Promise<ByteRange | undefined> {
  const { PartNumber: number } = input;
  if (number === undefined) return undefined;
  if (input.Range !== undefined)
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter');
  if (number < 1 || number > PART_NUMBER_MAX) {
    throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', number);
  }
  if (object.body.in !== 'parts') {
    if (number > 1) throw invalidPartNumber(number, 1);
    return object.size === 0 ? undefined : { start: 0, end: object.size - 1 };
  }
  let start = 0;
  for (const part of await manifestParts(context, bucket, object.body.id)) {
    if (part.partNumber === number) return { start, end: start + part.size - 1 };
    start += part.size;
  }
  throw invalidPartNumber(number, object.parts ?? 0);
}

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];
const ATTRIBUTE_PARTS_MAX = 1000;

export const getObjectAttributes: Operation<'s3', 'GetObjectAttributes'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  refuseUnsupported(input);
  const wanted = new Set<string>(input.ObjectAttributes);
  if (wanted.size === 0) {
    throw invalidRequest(
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    );
  }
  for (const name of wanted) {
    if (!ATTRIBUTES.includes(name))
      throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', name);
  }
  const object = await requireObject(input, context, bucket, 'GET');
  checkReadKey(object, parseCustomerKey(input));
  const parts = object.body.in === 'parts' ? await manifestParts(context, bucket, object.body.id) : undefined;
  return {
    LastModified: wholeSeconds(object.modifiedMs),
    ...versionMember(bucket, object),
    ...(wanted.has('ETag') && { ETag: object.etag }),
    ...(wanted.has('Checksum') && object.checksum && { Checksum: checksumMembers(object.checksum) }),
    ...(wanted.has('ObjectParts') && parts && { ObjectParts: attributeParts(input, object, parts) }),
    ...(wanted.has('StorageClass') && { StorageClass: (object.storageClass ?? 'STANDARD') as never }),
    ...(wanted.has('ObjectSize') && { ObjectSize: object.size }),
  };
};

function attributeParts(
  input: { MaxParts?: number; PartNumberMarker?: string },
  object: StoredObject,
  parts: readonly Part[],
): object {
  const max = Math.min(input.MaxParts ?? ATTRIBUTE_PARTS_MAX, ATTRIBUTE_PARTS_MAX);
  const marker = Number(input.PartNumberMarker ?? 0);
  // S3 lists parts only where they have checksums of their own, and otherwise just counts them.
  const checksum = object.checksum;
  if (checksum?.type !== 'COMPOSITE') return { TotalPartsCount: parts.length };
  const behind = parts.filter((part) => part.partNumber > marker);
  const page = behind.slice(0, max);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.partNumber ?? 0),
    MaxParts: max,
    IsTruncated: behind.length > page.length,
    Parts: page.map((part) => ({
      PartNumber: part.partNumber,
      Size: part.size,
      [`Checksum${checksum.algorithm}`]: part.checksum,
    })),
  };
}

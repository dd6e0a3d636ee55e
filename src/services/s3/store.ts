// The only file that knows S3's keys.
//   ['global', 's3', 'bucket', name]                          Bucket
//   [account, 'aws-global', 's3', 'bucket', name]             { region, createdMs }: ListBuckets
//   [account, region, 's3', 'doc', bucket, kind]              cors, website, tags, …
//   [account, region, 's3', 'o', bucket, key]                 StoredObject that GET without a version answers
//   [account, region, 's3', 'v', bucket, key, order]          older versions and delete markers, newest first
//   [account, region, 's3', 'null', bucket, key]              order of the version `null` below 'v'
//   [account, region, 's3', 'u', bucket, key, uploadId]       Upload
//   [account, region, 's3', 'p', uploadId, partNumber]        Part
//   [account, region, 's3', 'done', uploadId]                 Completion, expires
//   [account, region, 's3', 'd', id]                          bytes of a small body
//   [account, region, 's3', 'm', id, offset]                  ManifestPage
import type { Key, ListOptions, Reader, Writer } from '#store/contract.ts';
import type { Bucket, Completion, DocumentKind, ManifestPage, Part, StoredObject, Upload } from './records.ts';

export type BucketIndexEntry = Pick<Bucket, 'name' | 'region' | 'createdMs'>;

const bucketKey = (name: string): Key => ['global', 's3', 'bucket', name];
const indexKey = (accountId: string, ...rest: string[]): Key => [accountId, 'aws-global', 's3', 'bucket', ...rest];
type Place = Pick<Bucket, 'accountId' | 'region'>;
const at = (place: Place, ...rest: (string | number)[]): Key => [place.accountId, place.region, 's3', ...rest];

// ---- buckets
export async function findBucket(reader: Reader, name: string): Promise<Bucket | undefined> {
  return (await reader.get<Bucket>(bucketKey(name)))?.value;
}
export function setBucket(tx: Writer, bucket: Bucket): void {
  tx.set(bucketKey(bucket.name), bucket);
  const { name, region, createdMs } = bucket;
  tx.set(indexKey(bucket.accountId, name), { name, region, createdMs } satisfies BucketIndexEntry);
}
export function dropBucket(tx: Writer, bucket: Bucket): void {
  tx.delete(bucketKey(bucket.name));
  tx.delete(indexKey(bucket.accountId, bucket.name));
  for (const kind of ['cors', 'website', 'tags', 'lifecycle', 'notifications'] as const) dropDocument(tx, bucket, kind);
}
/** In order of names. */
export async function listBuckets(
  reader: Reader,
  accountId: string,
  options: ListOptions & { afterName?: string } = {},
): Promise<BucketIndexEntry[]> {
  const { afterName, ...rest } = options;
  const after = afterName === undefined ? {} : { after: indexKey(accountId, afterName) };
  const entries = await reader.list<BucketIndexEntry>({ prefix: indexKey(accountId) }, { ...rest, ...after });
  return entries.map((entry) => entry.value);
}

// ---- documents of a bucket
export async function findDocument<T>(reader: Reader, bucket: Bucket, kind: DocumentKind): Promise<T | undefined> {
  return (await reader.get<T>(at(bucket, 'doc', bucket.name, kind)))?.value;
}
export function setDocument(tx: Writer, bucket: Bucket, kind: DocumentKind, document: unknown): void {
  tx.set(at(bucket, 'doc', bucket.name, kind), document);
}
export function dropDocument(tx: Writer, bucket: Bucket, kind: DocumentKind): void {
  tx.delete(at(bucket, 'doc', bucket.name, kind));
}

// ---- current objects
export async function findObject(reader: Reader, bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  return (await reader.get<StoredObject>(at(bucket, 'o', bucket.name, key)))?.value;
}
export function setObject(tx: Writer, bucket: Bucket, object: StoredObject): void {
  tx.set(at(bucket, 'o', bucket.name, object.key), object);
}
export function dropObject(tx: Writer, bucket: Bucket, key: string): void {
  tx.delete(at(bucket, 'o', bucket.name, key));
}

/** Part of a bucket's keys in their order: from inclusive, to exclusive, after exclusive. */
export interface KeyRange {
  from?: string;
  to?: string;
  after?: string;
}
function keyRange(bucket: Bucket, kind: string, range: KeyRange): Parameters<Reader['list']>[0] {
  return {
    prefix: at(bucket, kind, bucket.name),
    ...(range.from !== undefined && { from: at(bucket, kind, bucket.name, range.from) }),
    ...(range.to !== undefined && { to: at(bucket, kind, bucket.name, range.to) }),
  };
}
export async function listObjects(
  reader: Reader,
  bucket: Bucket,
  range: KeyRange,
  limit: number,
): Promise<StoredObject[]> {
  const after = range.after === undefined ? {} : { after: at(bucket, 'o', bucket.name, range.after) };
  return (await reader.list<StoredObject>(keyRange(bucket, 'o', range), { limit, ...after })).map(
    (entry) => entry.value,
  );
}

// ---- older versions
export async function findVersion(
  reader: Reader,
  bucket: Bucket,
  key: string,
  order: string,
): Promise<StoredObject | undefined> {
  return (await reader.get<StoredObject>(at(bucket, 'v', bucket.name, key, order)))?.value;
}
/** The version `null`, when it is not the current object. */
export async function findNullVersion(reader: Reader, bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  const order = (await reader.get<string>(at(bucket, 'null', bucket.name, key)))?.value;
  return order === undefined ? undefined : findVersion(reader, bucket, key, order);
}
export async function newestOldVersion(reader: Reader, bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  return (await reader.list<StoredObject>({ prefix: at(bucket, 'v', bucket.name, key) }, { limit: 1 }))[0]?.value;
}
export function setVersion(tx: Writer, bucket: Bucket, object: StoredObject): void {
  tx.set(at(bucket, 'v', bucket.name, object.key, object.order), object);
  if (object.versionId === 'null') tx.set(at(bucket, 'null', bucket.name, object.key), object.order);
}
export function dropVersion(tx: Writer, bucket: Bucket, object: StoredObject): void {
  tx.delete(at(bucket, 'v', bucket.name, object.key, object.order));
  if (object.versionId === 'null') tx.delete(at(bucket, 'null', bucket.name, object.key));
}
/** Old versions of all keys of a range; `afterOrder` continues inside the key `from`. */
export async function listVersions(
  reader: Reader,
  bucket: Bucket,
  range: KeyRange & { afterOrder?: string },
  limit: number,
): Promise<StoredObject[]> {
  const after =
    range.afterOrder === undefined ? {} : { after: at(bucket, 'v', bucket.name, range.from ?? '', range.afterOrder) };
  return (await reader.list<StoredObject>(keyRange(bucket, 'v', range), { limit, ...after })).map(
    (entry) => entry.value,
  );
}
export async function isEmpty(reader: Reader, bucket: Bucket): Promise<{ objects: boolean; versions: boolean }> {
  const objects = await reader.list({ prefix: at(bucket, 'o', bucket.name) }, { limit: 1 });
  const versions = await reader.list({ prefix: at(bucket, 'v', bucket.name) }, { limit: 1 });
  return { objects: objects.length === 0, versions: versions.length === 0 };
}

// ---- multipart uploads
export async function findUpload(
  reader: Reader,
  bucket: Bucket,
  key: string,
  uploadId: string,
): Promise<Upload | undefined> {
  return (await reader.get<Upload>(at(bucket, 'u', bucket.name, key, uploadId)))?.value;
}
export function setUpload(tx: Writer, bucket: Bucket, upload: Upload): void {
  tx.set(at(bucket, 'u', bucket.name, upload.key, upload.uploadId), upload);
}
export function dropUpload(tx: Writer, bucket: Bucket, upload: Upload): void {
  tx.delete(at(bucket, 'u', bucket.name, upload.key, upload.uploadId));
}
/** `afterUploadId` continues inside the key `from`. */
export async function listUploads(
  reader: Reader,
  bucket: Bucket,
  range: KeyRange & { afterUploadId?: string },
  limit: number,
): Promise<Upload[]> {
  const after =
    range.afterUploadId === undefined
      ? {}
      : { after: at(bucket, 'u', bucket.name, range.from ?? '', range.afterUploadId) };
  return (await reader.list<Upload>(keyRange(bucket, 'u', range), { limit, ...after })).map((entry) => entry.value);
}
export async function findPart(
  reader: Reader,
  place: Place,
  uploadId: string,
  partNumber: number,
): Promise<Part | undefined> {
  return (await reader.get<Part>(at(place, 'p', uploadId, partNumber)))?.value;
}
export function setPart(tx: Writer, place: Place, uploadId: string, part: Part): void {
  tx.set(at(place, 'p', uploadId, part.partNumber), part);
}
export function dropPart(tx: Writer, place: Place, uploadId: string, partNumber: number): void {
  tx.delete(at(place, 'p', uploadId, partNumber));
}
export async function listParts(
  reader: Reader,
  place: Place,
  uploadId: string,
  afterPart: number,
  limit: number,
): Promise<Part[]> {
  const after = at(place, 'p', uploadId, afterPart);
  return (await reader.list<Part>({ prefix: at(place, 'p', uploadId) }, { after, limit })).map((entry) => entry.value);
}
export async function findCompletion(reader: Reader, place: Place, uploadId: string): Promise<Completion | undefined> {
  return (await reader.get<Completion>(at(place, 'done', uploadId)))?.value;
}
export function setCompletion(
  tx: Writer,
  place: Place,
  uploadId: string,
  completion: Completion,
  expires: number,
): void {
  tx.set(at(place, 'done', uploadId), completion, { expires });
}

// ---- bytes
export async function findBytes(reader: Reader, place: Place, id: string): Promise<Buffer | undefined> {
  return (await reader.get<Buffer>(at(place, 'd', id)))?.value;
}
export function setBytes(tx: Writer, place: Place, id: string, bytes: Uint8Array): void {
  tx.set(at(place, 'd', id), bytes);
}
export function dropBytes(tx: Writer, place: Place, id: string): void {
  tx.delete(at(place, 'd', id));
}
export function setManifestPage(tx: Writer, place: Place, id: string, offset: number, page: ManifestPage): void {
  tx.set(at(place, 'm', id, offset), page);
}
export function dropManifestPage(tx: Writer, place: Place, id: string, offset: number): void {
  tx.delete(at(place, 'm', id, offset));
}
/** The pages that cover the bytes from `offset` on, each with the offset of its first byte. */
export async function listManifest(
  reader: Reader,
  place: Place,
  id: string,
  offset = 0,
): Promise<[number, ManifestPage][]> {
  const prefix = at(place, 'm', id);
  const first = await reader.list({ prefix, to: [...prefix, offset + 1] }, { reverse: true, limit: 1 });
  const from = first[0]?.key ?? prefix;
  const entries = await reader.list<ManifestPage>({ prefix, from });
  return entries.map((entry) => [entry.key.at(-1) as number, entry.value]);
}

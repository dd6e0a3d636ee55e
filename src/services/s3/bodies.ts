// The bytes of objects: small ones are entries of the store, others blobs, multipart uploads a list of parts.
// The commit protocol: store the bytes, then name them in the transaction that makes the object (`attachBody`);
// a body that no commit named is removed (`discardBody`, or the blobs' own sweep after a crash).
import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import { Postpone, type WorkKind } from '#kernel/work.ts';
import { Conflict, Overloaded, type Writer } from '#store/contract.ts';
import { createDigest, type ChecksumAlgorithm } from './checksums.ts';
import { entityTooLarge, incompleteBody, missingContentLength } from './errors.ts';
import type { BodyRef, Bucket, Part } from './records.ts';
import { accountKey } from './master-key.ts';
import { cipherOf, newSeal, throughCipher } from './seals.ts';
import { dropBytes, dropManifestPage, findBytes, listManifest, setBytes, setManifestPage } from './store.ts';

/** Above this a file is faster and the store's pages stay free (design: store.md section 5). */
export const INLINE_BYTES_MAX = 128 * 1024;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: one PUT carries at most 5 GiB */
export const PUT_BYTES_MAX = 5 * 1024 ** 3;
/** Parts per entry of a manifest: 10,000 parts are 100 entries. */
const MANIFEST_PAGE_PARTS = 100;

type Bytes = AsyncIterable<Uint8Array>;

/** A body that is durable but not yet named by a commit. */
export interface ReceivedBody {
  ref: BodyRef;
  /** the bytes themselves while they are small, as they are to be stored */
  inline?: Buffer;
  size: number;
  /** hex MD5: the ETag of a plain object */
  md5: Buffer;
  /** in the order asked for */
  digests: Buffer[];
}

/** What the client may hand in as a body: the wire gives an iterable, other services also text or bytes. */
export function bodyOf(body: unknown): Bytes {
  if (body === undefined || body === null) return oneChunk(new Uint8Array());
  if (typeof body === 'string') return oneChunk(Buffer.from(body));
  if (body instanceof Uint8Array) return oneChunk(body);
  return body as Bytes;
}
async function* oneChunk(bytes: Uint8Array): Bytes {
  if (bytes.length > 0) yield bytes;
}

/** The number of bytes the client promised; S3 wants it before the first of them. */
export function declaredLength(context: Context): number | undefined {
  // A browser's form does not tell the length of its file.
  if (!context.http || context.http.method === 'POST') return undefined;
  const { headers } = context.http;
  const text = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  if (text === undefined || !/^\d+$/.test(text)) throw missingContentLength();
  const length = Number(text);
  if (length > PUT_BYTES_MAX) throw entityTooLarge(length, PUT_BYTES_MAX);
  return length;
}

interface Receiving {
  length?: number | undefined;
  /** SSE-C; else the account's own key */
  customerKey?: Buffer | undefined;
}

/** Reads a body once: digests, encrypts and stores it. Memory is bounded by INLINE_BYTES_MAX and the blobs' own buffers. */
export async function receiveBody(
  context: Context,
  bucket: Bucket,
  source: Bytes,
  algorithms: readonly ChecksumAlgorithm[],
  { length, customerKey }: Receiving = {},
): Promise<ReceivedBody> {
  const md5 = createHash('md5');
  const digests = algorithms.map((algorithm) => createDigest(algorithm));
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > PUT_BYTES_MAX) throw entityTooLarge(size, PUT_BYTES_MAX);
      md5.update(chunk);
      for (const digest of digests) digest.update(chunk);
      yield chunk;
    }
    if (length !== undefined && size !== length) throw incompleteBody();
  }
  const stored = await keep(context, counted(), customerKey ?? accountKey(context.platform, bucket));
  return { ...stored, size, md5: md5.digest(), digests: digests.map((digest) => digest.digest()) };
}

async function keep(
  context: Context,
  source: AsyncGenerator<Uint8Array>,
  key: Buffer,
): Promise<Pick<ReceivedBody, 'ref' | 'inline'>> {
  const seal = newSeal();
  const cipher = cipherOf(key, seal);
  const head: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const next = await source.next();
    if (next.done) break;
    head.push(next.value);
    bytes += next.value.length;
    if (bytes <= INLINE_BYTES_MAX) continue;
    const { id } = await context.blobs.put(throughCipher(cipher, after(head, source)));
    return { ref: { in: 'blob', id, seal } };
  }
  if (bytes === 0) return { ref: { in: 'none' } };
  return { ref: { in: 'entry', id: context.ids.hex(32), seal }, inline: cipher.update(Buffer.concat(head, bytes)) };
}
async function* after(head: Uint8Array[], rest: Bytes): Bytes {
  yield* head;
  head.length = 0;
  yield* rest;
}

/** In the transaction that names the body. */
export function attachBody(tx: Writer, context: Context, bucket: Bucket, body: ReceivedBody): void {
  if (body.ref.in === 'entry' && body.inline) setBytes(tx, bucket, body.ref.id, body.inline);
  if (body.ref.in === 'blob') context.blobs.claim(tx, body.ref.id);
}

/**
 * Checks a body and runs the transaction that names it. If that surely did not commit, the body goes at once; if nobody
 * can say (the store failed), it stays: the sweep of the next start removes it, unless a commit names it.
 */
export async function commitBody<T>(context: Context, body: ReceivedBody, commit: () => Promise<T>): Promise<T> {
  try {
    return await commit();
  } catch (error) {
    const isKnown = error instanceof ServiceError || error instanceof Conflict || error instanceof Overloaded;
    if (isKnown && body.ref.in === 'blob') await context.blobs.remove(body.ref.id);
    throw error;
  }
}

interface RemoveBlob {
  id: string;
}
interface RemoveParts {
  accountId: string;
  region: string;
  id: string;
}

/** In the transaction that stops naming the body. */
export function releaseBody(
  tx: Writer,
  platform: Platform,
  bucket: Pick<Bucket, 'accountId' | 'region'>,
  ref: BodyRef,
): void {
  if (ref.in === 'entry') dropBytes(tx, bucket, ref.id);
  if (ref.in === 'blob') platform.work.enqueue(tx, 's3:remove-blob', { id: ref.id } satisfies RemoveBlob);
  if (ref.in === 'parts') {
    const { accountId, region } = bucket;
    platform.work.enqueue(tx, 's3:remove-parts', { accountId, region, id: ref.id } satisfies RemoveParts);
  }
}

/** Parts of a completed upload, in order. Their bodies keep their places. */
export function setManifest(tx: Writer, bucket: Bucket, id: string, parts: readonly Part[]): void {
  let offset = 0;
  for (let i = 0; i < parts.length; i += MANIFEST_PAGE_PARTS) {
    const page = parts.slice(i, i + MANIFEST_PAGE_PARTS);
    setManifestPage(tx, bucket, id, offset, { parts: page });
    for (const part of page) offset += part.size;
  }
}
export async function manifestParts(context: Context, bucket: Bucket, id: string): Promise<Part[]> {
  return (await listManifest(context.store, bucket, id)).flatMap(([, page]) => page.parts);
}

/** Bodies that are being read in this process: their removal waits, so that a GET under way ends well. */
const reading = new Map<string, number>();

/**
 * Opens a body before the answer begins: its first bytes are there, or this throws. Between finding an object and
 * reading it, another request may have replaced it; the caller then looks again. Small bodies come in one piece.
 */
export async function openBody(
  context: Context,
  bucket: Bucket,
  ref: BodyRef,
  start: number,
  end: number,
  customerKey?: Buffer,
): Promise<Uint8Array | Bytes> {
  const bytes = readBody(context, bucket, ref, start, end, customerKey);
  const first = await bytes.next();
  if (first.done) return new Uint8Array();
  if (ref.in === 'entry') {
    await bytes.return(undefined);
    return first.value;
  }
  return resume(first.value, bytes);
}
async function* resume(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): Bytes {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** For an answer that turns out not to need its body. */
export async function closeBody(body: unknown): Promise<void> {
  if (body instanceof Uint8Array || body === undefined) return;
  const bytes = (body as Bytes)[Symbol.asyncIterator]();
  // A generator that never began runs no `finally`: let it begin.
  await bytes.next();
  await bytes.return?.();
}

/** start and end inclusive; start > end is an empty body. */
async function* readBody(
  context: Context,
  bucket: Bucket,
  ref: BodyRef,
  start: number,
  end: number,
  customerKey: Buffer | undefined,
): AsyncGenerator<Uint8Array> {
  if (ref.in === 'none' || start > end) return;
  reading.set(ref.id, (reading.get(ref.id) ?? 0) + 1);
  try {
    if (ref.in === 'parts') yield* readParts(context, bucket, ref.id, start, end, customerKey);
    else {
      const stored =
        ref.in === 'blob' ? context.blobs.read(ref.id, start, end) : entryBytes(context, bucket, ref.id, start, end);
      const key = customerKey ?? accountKey(context.platform, bucket);
      yield* ref.seal === undefined ? stored : throughCipher(cipherOf(key, ref.seal, start), stored);
    }
  } finally {
    const left = (reading.get(ref.id) ?? 1) - 1;
    if (left > 0) reading.set(ref.id, left);
    else reading.delete(ref.id);
  }
}

async function* entryBytes(context: Context, bucket: Bucket, id: string, start: number, end: number): Bytes {
  const bytes = await findBytes(context.store, bucket, id);
  if (!bytes) throw new Error(`body ${id} is gone`);
  yield bytes.subarray(start, end + 1);
}

async function* readParts(
  context: Context,
  bucket: Bucket,
  id: string,
  start: number,
  end: number,
  customerKey: Buffer | undefined,
): Bytes {
  for (const [offset, page] of await listManifest(context.store, bucket, id, start)) {
    let at = offset;
    for (const part of page.parts) {
      if (at > end) return;
      const last = at + part.size - 1;
      if (last >= start) {
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, part.size - 1)];
        yield* readBody(context, bucket, part.body, from, to, customerKey);
      }
      at = last + 1;
    }
  }
}

const retry = { attempts: 20, backoffMs: (failures: number): number => Math.min(1000 * 2 ** failures, 300_000) };
const READER_WAIT_MS = 1000;

export const removeBlob: WorkKind<RemoveBlob> = {
  retry,
  async run(item, platform) {
    if (reading.has(item.payload.id)) return new Postpone(platform.clock.now() + READER_WAIT_MS);
    await platform.blobs.remove(item.payload.id);
  },
};

export const removeParts: WorkKind<RemoveParts> = {
  retry,
  async run(item, platform) {
    const place = item.payload;
    if (reading.has(place.id)) return new Postpone(platform.clock.now() + READER_WAIT_MS);
    for (const [offset, page] of await listManifest(platform.store, place, place.id)) {
      for (const part of page.parts) if (part.body.in === 'blob') await platform.blobs.remove(part.body.id);
      await platform.store.transact((tx) => {
        for (const part of page.parts) if (part.body.in === 'entry') dropBytes(tx, place, part.body.id);
        dropManifestPage(tx, place, place.id, offset);
      });
    }
  },
};

// Finding what a request speaks of. Authorization and operation of one request share what they found.
import type { Context } from '#kernel/context.ts';
import type { ServiceError } from '#core/errors.ts';
import { checkAcceleration, checkPayer } from './request-terms.ts';
import { corsHeaders, matchCorsRule, type CorsRule } from './cors-rules.ts';
import { checkExpectedOwner } from './descriptions.ts';
import { invalidBucketName, noSuchBucket, permanentRedirect } from './errors.ts';
import { isBucketName } from './bucket-names.ts';
import type { Bucket, StoredObject } from './records.ts';
import { findBucket, findDocument, findNullVersion, findObject, findVersion } from './store.ts';
import { orderOfVersionId } from './version-ids.ts';

const buckets = new WeakMap<Context, Map<string, Bucket>>();

export interface BucketRequest {
  Bucket: string;
  ExpectedBucketOwner?: string;
  RequestPayer?: string;
}

/** The bucket, or NoSuchBucket; its owner and region must be those that the client expects. */
export async function requireBucket(input: BucketRequest, context: Context): Promise<Bucket> {
  const bucket = await lookUpBucket(context, input.Bucket);
  checkExpectedOwner(input.ExpectedBucketOwner, bucket);
  if (isElsewhere(bucket, context)) throw elsewhere(bucket);
  checkAcceleration(context, bucket);
  checkPayer(context, bucket, input.RequestPayer);
  return bucket;
}

/** Without looking at region and owner: GetBucketLocation answers from everywhere. */
export async function lookUpBucket(context: Context, name: string): Promise<Bucket> {
  const seen = buckets.get(context)?.get(name);
  if (seen) return seen;
  const bucket = await findBucket(context.store, name);
  if (!bucket) throw isBucketName(name) ? noSuchBucket(name) : invalidBucketName(name);
  await answerCors(context, bucket);
  buckets.set(context, (buckets.get(context) ?? new Map<string, Bucket>()).set(name, bucket));
  return bucket;
}

/** A browser's request gets the CORS headers on whatever the answer will be, errors included. */
async function answerCors({ http, store }: Context, bucket: Bucket): Promise<void> {
  const origin = http?.headers['origin'];
  if (!http?.answer || origin === undefined) return;
  const rules = await findDocument<CorsRule[]>(store, bucket, 'cors');
  const request = { origin, method: http.method, headers: [] };
  const rule = matchCorsRule(rules ?? [], request);
  if (rule) http.answer.headers.push(...corsHeaders(rule, request, false));
}

/** A signed request for another region than the bucket's. Calls inside the program know no endpoint. */
function isElsewhere(bucket: Bucket, context: Context): boolean {
  return context.http !== undefined && context.principal.type !== 'anonymous' && context.region !== bucket.region;
}
/** SDKs and the CLI follow x-amz-bucket-region. */
function elsewhere(bucket: Bucket): ServiceError {
  return permanentRedirect(bucket.name, `${bucket.name}.s3.${bucket.region}.amazonaws.com`, bucket.region);
}

/** The object that GET with or without a version id means. */
export async function findTarget(
  context: Context,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): Promise<StoredObject | undefined> {
  const { store } = context;
  const current = await findObject(store, bucket, key);
  if (versionId === undefined || current?.versionId === versionId) return current;
  if (versionId === 'null') return findNullVersion(store, bucket, key);
  return findVersion(store, bucket, key, orderOfVersionId(versionId));
}

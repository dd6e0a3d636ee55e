// CreateBucket, HeadBucket, ListBuckets, GetBucketLocation, DeleteBucket.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { isBucketName } from './bucket-names.ts';
import {
  bucketAlreadyExists,
  bucketAlreadyOwnedByYou,
  bucketNotEmpty,
  illegalLocationConstraint,
  invalidArgument,
  invalidBucketName,
  invalidLocationConstraint,
  malformedXml,
  notImplemented,
  tooManyBuckets,
} from './errors.ts';
import { canonicalId, initialGrants } from './grants.ts';
import { checkExpectedOwner } from './descriptions.ts';
import { formatToken, parseToken } from './lists.ts';
import { lookUpBucket, requireBucket } from './lookups.ts';
import { abortUploads } from './uploads.ts';
import { wholeSeconds, type Bucket, type ObjectOwnership } from './records.ts';
import {
  dropBucket,
  findBucket,
  isEmpty,
  listBuckets as readBuckets,
  listUploads,
  setBucket,
  setDocument,
  type BucketIndexEntry,
} from './store.ts';
import { BUCKET_TAGS_MAX, parseTagSet } from './tags.ts';

/** https://docs.aws.amazon.com/general/latest/gr/s3.html#limits_s3 */
const BUCKETS_MAX = 10_000;
const OWNERSHIPS = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'];
const REGIONS = new Set(
  (
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
    'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 ' +
    'cn-north-1 cn-northwest-1 EU eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 ' +
    'eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-2 us-gov-east-1 us-gov-west-1 ' +
    'us-west-1 us-west-2'
  ).split(' '),
);

/** Since late 2025 S3 says it of general purpose buckets too, whatever its documentation says. */
const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

export const createBucket: Operation<'s3', 'CreateBucket'> = async (input, context) => {
  const { Bucket: name, CreateBucketConfiguration: configuration } = input;
  if (!isBucketName(name)) throw invalidBucketName(name);
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== 'global')
    throw notImplemented('x-amz-bucket-namespace');
  if (configuration?.Bucket !== undefined || configuration?.Location !== undefined)
    throw notImplemented('directory buckets');
  // An empty configuration says nothing: neither where, nor with which tags.
  if (configuration && configuration.LocationConstraint === undefined && !configuration.Tags?.length) {
    throw malformedXml();
  }
  const region = regionOf(configuration?.LocationConstraint, context.region);
  const { ObjectOwnership: ownership = 'BucketOwnerEnforced' } = input;
  if (!OWNERSHIPS.includes(ownership))
    throw invalidArgument('Invalid x-amz-object-ownership header: ' + ownership, 'x-amz-object-ownership', ownership);
  const tags = parseTagSet(configuration?.Tags, BUCKET_TAGS_MAX);
  const fresh: Bucket = {
    name,
    accountId: context.accountId,
    region,
    createdMs: context.clock.now(),
    ownership: ownership as ObjectOwnership,
    ...(input.ObjectLockEnabledForBucket && { versioning: 'Enabled', objectLock: {} }),
    // Since April 2023 every new bucket blocks public access: a public one needs DeletePublicAccessBlock first.
    publicAccessBlock: {
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    },
  };
  const grants = initialGrants(input, fresh);
  const bucket = grants ? { ...fresh, grants } : fresh;
  await checkQuota(context);
  await context.store.transact(async (tx) => {
    const other = await findBucket(tx, name);
    if (other) return refuseTaken(other, context);
    setBucket(tx, bucket);
    if (tags.length > 0) setDocument(tx, bucket, 'tags', tags);
  });
  return {
    Location: region === 'us-east-1' ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
    BucketArn: bucketArn(name),
  };
};

function regionOf(constraint: string | undefined, endpointRegion: string): string {
  if (constraint === undefined) {
    if (endpointRegion !== 'us-east-1') throw illegalLocationConstraint('unspecified');
    return 'us-east-1';
  }
  // us-east-1 has no constraint of its own; elsewhere it is just another region than the endpoint's.
  if (constraint === 'us-east-1' && endpointRegion !== 'us-east-1') throw illegalLocationConstraint(constraint);
  if (!REGIONS.has(constraint)) throw invalidLocationConstraint(constraint);
  const region = constraint === 'EU' ? 'eu-west-1' : constraint;
  // us-east-1 is the global endpoint and makes buckets anywhere; the others only their own.
  if (endpointRegion !== 'us-east-1' && endpointRegion !== region) throw illegalLocationConstraint(constraint);
  return region;
}

/** In us-east-1 one's own bucket may be created again, for the sake of old clients. */
function refuseTaken(other: Bucket, context: Context): void {
  if (other.accountId !== context.accountId) throw bucketAlreadyExists(other.name);
  if (other.region !== 'us-east-1' || context.region !== 'us-east-1') throw bucketAlreadyOwnedByYou(other.name);
}

async function checkQuota(context: Context): Promise<void> {
  let count = 0;
  let afterName: string | undefined;
  do {
    const page: BucketIndexEntry[] = await readBuckets(context.store, context.accountId, {
      limit: 1000,
      ...(afterName !== undefined && { afterName }),
    });
    count += page.length;
    afterName = page.length === 1000 ? page.at(-1)?.name : undefined;
  } while (afterName !== undefined);
  if (count >= BUCKETS_MAX) throw tooManyBuckets(BUCKETS_MAX);
}

export const headBucket: Operation<'s3', 'HeadBucket'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  return { BucketArn: bucketArn(bucket.name), BucketRegion: bucket.region, AccessPointAlias: false };
};

export const getBucketLocation: Operation<'s3', 'GetBucketLocation'> = async (input, context) => {
  const bucket = await lookUpBucket(context, input.Bucket);
  checkExpectedOwner(input.ExpectedBucketOwner, bucket);
  // us-east-1 answers an empty element.
  return bucket.region === 'us-east-1' ? {} : { LocationConstraint: bucket.region as never };
};

export const listBuckets: Operation<'s3', 'ListBuckets'> = async (input, context) => {
  const { Prefix: prefix = '', BucketRegion: region, MaxBuckets: max, ContinuationToken: token } = input;
  if (max !== undefined && (max < 1 || max > BUCKETS_MAX)) {
    throw invalidArgument('Argument max-buckets must be an integer between 1 and 10000', 'max-buckets', max);
  }
  if (region !== undefined && region !== 'us-east-1' && (region === 'EU' || !REGIONS.has(region)))
    throw invalidArgument(`Argument value ${region} is not a valid AWS Region`, 'bucket-region', region);
  const found: BucketIndexEntry[] = [];
  let afterName = token === undefined ? undefined : parseToken(token);
  const limit = max ?? BUCKETS_MAX;
  for (;;) {
    const page = await readBuckets(context.store, context.accountId, {
      limit: 1000,
      ...(afterName !== undefined && { afterName }),
    });
    for (const entry of page) {
      if (entry.name.startsWith(prefix) && (region === undefined || entry.region === region)) found.push(entry);
    }
    afterName = page.at(-1)?.name;
    if (page.length < 1000 || found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  const asked = prefix !== '' || region !== undefined || max !== undefined || token !== undefined;
  return {
    Buckets: shown.map(({ name, createdMs, region: bucketRegion }) => ({
      Name: name,
      CreationDate: wholeSeconds(createdMs),
      BucketArn: bucketArn(name),
      ...(asked && { BucketRegion: bucketRegion }),
    })),
    Owner: { ID: canonicalId(context.accountId) },
    ...(found.length > shown.length && { ContinuationToken: formatToken(shown.at(-1)?.name ?? '') }),
    ...(prefix !== '' && { Prefix: prefix }),
  };
};

export const deleteBucket: Operation<'s3', 'DeleteBucket'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  for (;;) {
    const uploads = await context.store.transact(async (tx) => {
      const { objects, versions } = await isEmpty(tx, bucket);
      if (!objects || !versions) throw bucketNotEmpty(bucket.name, !versions);
      const left = await listUploads(tx, bucket, {}, 100);
      if (left.length === 0) dropBucket(tx, bucket);
      return left;
    });
    if (uploads.length === 0) return {};
    // Unfinished multipart uploads do not hold a bucket; they go with it.
    await abortUploads(context, bucket, uploads);
  }
};

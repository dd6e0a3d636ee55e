// Access control lists: canned ACLs and grant headers become grants; grants become policy statements, so that one
// evaluator decides. https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
import { createHash } from 'node:crypto';
import {
  accessControlListNotSupported,
  accessDenied,
  invalidArgument,
  invalidBucketAclWithObjectOwnership,
  invalidRequest,
} from './errors.ts';
import type { Bucket, Grant, Permission } from './records.ts';

export interface AclHeaders {
  ACL?: string;
  GrantFullControl?: string;
  GrantRead?: string;
  GrantReadACP?: string;
  GrantWrite?: string;
  GrantWriteACP?: string;
}

export const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
export const AUTHENTICATED_USERS = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery';
const GROUPS = [ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY];

/** An account as ACLs name it: 64 hexadecimal digits. */
export const canonicalId = (accountId: string): string =>
  createHash('sha256').update(`canonical user of ${accountId}`).digest('hex');

export const ownerGrants = (bucket: Bucket): Grant[] => [
  { grantee: { id: canonicalId(bucket.accountId) }, permission: 'FULL_CONTROL' },
];

/** What each canned ACL grants besides the owner's FULL_CONTROL. Objects belong to the bucket's owner here. */
const CANNED: Record<string, Grant[]> = {
  private: [],
  'public-read': [{ grantee: { uri: ALL_USERS }, permission: 'READ' }],
  'public-read-write': [
    { grantee: { uri: ALL_USERS }, permission: 'READ' },
    { grantee: { uri: ALL_USERS }, permission: 'WRITE' },
  ],
  'authenticated-read': [{ grantee: { uri: AUTHENTICATED_USERS }, permission: 'READ' }],
  'bucket-owner-read': [],
  'bucket-owner-full-control': [],
  'log-delivery-write': [
    { grantee: { uri: LOG_DELIVERY }, permission: 'WRITE' },
    { grantee: { uri: LOG_DELIVERY }, permission: 'READ_ACP' },
  ],
};

const GRANT_HEADERS = [
  ['GrantFullControl', 'FULL_CONTROL', 'x-amz-grant-full-control'],
  ['GrantRead', 'READ', 'x-amz-grant-read'],
  ['GrantReadACP', 'READ_ACP', 'x-amz-grant-read-acp'],
  ['GrantWrite', 'WRITE', 'x-amz-grant-write'],
  ['GrantWriteACP', 'WRITE_ACP', 'x-amz-grant-write-acp'],
] as const;

/** The grants that a request asks for by canned ACL or headers; undefined = none asked, or only what is so anyway. */
export function requestedGrants(input: AclHeaders, bucket: Bucket, kind: 'bucket' | 'object'): Grant[] | undefined {
  const headers = GRANT_HEADERS.filter(([member]) => input[member] !== undefined);
  if (input.ACL === undefined && headers.length === 0) return undefined;
  if (input.ACL !== undefined && headers.length > 0) {
    throw invalidRequest('Specifying both Canned ACLs and Header Grants is not allowed');
  }
  const granted = input.ACL === undefined ? headerGrants(input, headers) : cannedGrants(input.ACL, bucket, kind);
  checkGrants(granted, bucket, kind, input.ACL);
  return isOwnerOnly(granted, bucket) ? undefined : granted;
}

function cannedGrants(acl: string, bucket: Bucket, kind: 'bucket' | 'object'): Grant[] {
  const grants = CANNED[acl];
  const forBucketsOnly = acl === 'log-delivery-write';
  const forObjectsOnly = acl.startsWith('bucket-owner-');
  if (!grants || (kind === 'object' ? forBucketsOnly : forObjectsOnly)) throw invalidArgument('', 'x-amz-acl', acl);
  return [...ownerGrants(bucket), ...grants];
}

function headerGrants(input: AclHeaders, headers: readonly (typeof GRANT_HEADERS)[number][]): Grant[] {
  return headers.flatMap(([member, permission, header]) =>
    (input[member] ?? '').split(',').map((item): Grant => {
      const [, type, value = ''] = /^\s*(id|uri|emailAddress)\s*=\s*"?([^"]*)"?\s*$/.exec(item) ?? [];
      if (type === undefined) throw invalidArgument('Argument format not recognized', header, item);
      return { grantee: parseGrantee(type, value), permission };
    }),
  );
}

export function parseGrantee(type: string, value: string): Grant['grantee'] {
  if (type === 'uri' || type === 'Group') {
    if (!GROUPS.includes(value)) throw invalidArgument('Invalid group uri', 'uri', value);
    return { uri: value };
  }
  // S3 stopped taking e-mail addresses as grantees in October 2025.
  if (type !== 'id' && type !== 'CanonicalUser') throw invalidArgument('Email grantees are not supported', type, value);
  if (!/^[0-9a-f]{64}$/.test(value)) throw invalidArgument('Invalid id', 'CanonicalUser/ID', value);
  return { id: value };
}

/** Object ownership and public access block decide whether grants may be set at all. */
export function checkGrants(grants: readonly Grant[], bucket: Bucket, kind: 'bucket' | 'object', acl?: string): void {
  if (bucket.ownership === 'BucketOwnerEnforced') {
    const allowed = kind === 'object' ? acl === 'bucket-owner-full-control' : false;
    if (!allowed && !(acl === undefined && isOwnerOnly(grants, bucket))) throw accessControlListNotSupported();
  }
  if (bucket.publicAccessBlock?.blockPublicAcls && grants.some(isPublicGrant)) throw accessDenied();
}

/** CreateBucket has its own words for an ACL beside BucketOwnerEnforced; `private` changes nothing and passes. */
export function initialGrants(input: AclHeaders, bucket: Bucket): Grant[] | undefined {
  const open: Bucket = { ...bucket, ownership: 'ObjectWriter', publicAccessBlock: undefined };
  const grants = requestedGrants(input, open, 'bucket');
  if (grants && bucket.ownership === 'BucketOwnerEnforced') throw invalidBucketAclWithObjectOwnership();
  if (grants?.some(isPublicGrant) && bucket.publicAccessBlock?.blockPublicAcls) throw accessDenied();
  return grants;
}

export const isPublicGrant = (grant: Grant): boolean =>
  'uri' in grant.grantee && (grant.grantee.uri === ALL_USERS || grant.grantee.uri === AUTHENTICATED_USERS);

export function isOwnerOnly(grants: readonly Grant[], bucket: Bucket): boolean {
  const owner = canonicalId(bucket.accountId);
  return (
    grants.length === 1 &&
    grants.every(({ grantee, permission }) => 'id' in grantee && grantee.id === owner && permission === 'FULL_CONTROL')
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions: what a grant lets one do. */
const ACTIONS: Record<'bucket' | 'object', Record<Permission, readonly string[]>> = {
  bucket: {
    READ: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
    WRITE: ['s3:PutObject'],
    READ_ACP: ['s3:GetBucketAcl'],
    WRITE_ACP: ['s3:PutBucketAcl'],
    FULL_CONTROL: [
      's3:ListBucket',
      's3:ListBucketVersions',
      's3:ListBucketMultipartUploads',
      's3:PutObject',
      's3:GetBucketAcl',
      's3:PutBucketAcl',
    ],
  },
  object: {
    READ: ['s3:GetObject', 's3:GetObjectVersion'],
    WRITE: [],
    READ_ACP: ['s3:GetObjectAcl', 's3:GetObjectVersionAcl'],
    WRITE_ACP: ['s3:PutObjectAcl', 's3:PutObjectVersionAcl'],
    FULL_CONTROL: [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:GetObjectAcl',
      's3:GetObjectVersionAcl',
      's3:PutObjectAcl',
      's3:PutObjectVersionAcl',
    ],
  },
};

/** Grants as statements of a resource policy, for a caller of `callerAccountId` (undefined = anonymous or a service). */
export function grantStatements(
  grants: readonly Grant[] | undefined,
  kind: 'bucket' | 'object',
  bucket: Bucket,
  callerAccountId: string | undefined,
): Record<string, unknown>[] {
  if (bucket.ownership === 'BucketOwnerEnforced') return [];
  const caller = callerAccountId === undefined ? undefined : canonicalId(callerAccountId);
  const arn = `arn:aws:s3:::${bucket.name}`;
  return (grants ?? []).flatMap((grant) => {
    const actions = ACTIONS[kind][grant.permission];
    if (actions.length === 0) return [];
    if (isPublicGrant(grant) && bucket.publicAccessBlock?.ignorePublicAcls) return [];
    const isCaller = 'id' in grant.grantee && grant.grantee.id === caller;
    if (!isPublicGrant(grant) && !isCaller) return [];
    return [
      {
        Effect: 'Allow',
        Principal: isCaller ? { AWS: callerAccountId } : '*',
        Action: actions,
        Resource: [arn, `${arn}/*`],
        ...('uri' in grant.grantee &&
          grant.grantee.uri === AUTHENTICATED_USERS && {
            Condition: { StringNotEquals: { 'aws:PrincipalType': 'Anonymous' } },
          }),
      },
    ];
  });
}

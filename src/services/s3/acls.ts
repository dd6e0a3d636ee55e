// Get/PutBucketAcl, Get/PutObjectAcl.
import type { AccessControlPolicy, Grant as GrantMember } from '@aws-sdk/client-s3';
import type { Operation } from '#kernel/service.ts';
import { changeBucket } from './bucket-settings.ts';
import { accessControlListNotSupported, invalidRequest, malformedAcl } from './errors.ts';
import {
  canonicalId,
  checkGrants,
  isOwnerOnly,
  ownerGrants,
  parseGrantee,
  requestedGrants,
  type AclHeaders,
} from './grants.ts';
import { requireBucket } from './lookups.ts';
import { requireObject } from './object-reads.ts';
import type { Bucket, Grant, Permission } from './records.ts';
import { changeObject } from './tagging.ts';

const PERMISSIONS: readonly string[] = [
  'FULL_CONTROL',
  'READ',
  'WRITE',
  'READ_ACP',
  'WRITE_ACP',
] satisfies Permission[];
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html: at most 100 grants */
const GRANTS_MAX = 100;

export const getBucketAcl: Operation<'s3', 'GetBucketAcl'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  return aclMembers(bucket, bucket.grants);
};

export const putBucketAcl: Operation<'s3', 'PutBucketAcl'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const grants = grantsOf(input, bucket, 'bucket');
  await changeBucket(context, bucket, ({ grants: _dropped, ...rest }) => (grants ? { ...rest, grants } : rest));
  return {};
};

export const getObjectAcl: Operation<'s3', 'GetObjectAcl'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'GET');
  return aclMembers(bucket, object.grants);
};

export const putObjectAcl: Operation<'s3', 'PutObjectAcl'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const object = await requireObject(input, context, bucket, 'PUT');
  const grants = grantsOf(input, bucket, 'object');
  await changeObject(context, bucket, object, ({ grants: _dropped, ...rest }) => (grants ? { ...rest, grants } : rest));
  return {};
};

type AclInput = AclHeaders & { AccessControlPolicy?: AccessControlPolicy };

function grantsOf(input: AclInput, bucket: Bucket, kind: 'bucket' | 'object'): Grant[] | undefined {
  const { AccessControlPolicy: policy } = input;
  const byHeader = input.ACL !== undefined || Object.keys(input).some((name) => name.startsWith('Grant'));
  if (policy === undefined) {
    if (!byHeader) throw invalidRequest('Your request was missing a required header');
    return requestedGrants(input, bucket, kind);
  }
  if (byHeader) throw invalidRequest('This request does not support content');
  const grants = (policy.Grants ?? []).map(parseGrant);
  if (!policy.Owner?.ID || grants.length > GRANTS_MAX) throw malformedAcl();
  if (policy.Owner.ID !== canonicalId(bucket.accountId)) throw accessControlListNotSupported();
  checkGrants(grants, bucket, kind);
  return isOwnerOnly(grants, bucket) ? undefined : grants;
}

function parseGrant(grant: GrantMember): Grant {
  const { Permission: permission, Grantee: grantee } = grant;
  if (!permission || !PERMISSIONS.includes(permission) || !grantee) throw malformedAcl();
  const value = grantee.ID ?? grantee.URI ?? grantee.EmailAddress ?? '';
  return { grantee: parseGrantee(grantee.Type ?? '', value), permission: permission as Permission };
}

function aclMembers(
  bucket: Bucket,
  grants: readonly Grant[] | undefined,
): { Owner: { ID: string }; Grants: GrantMember[] } {
  return {
    Owner: { ID: canonicalId(bucket.accountId) },
    Grants: (grants ?? ownerGrants(bucket)).map(({ grantee, permission }) => ({
      Grantee: 'id' in grantee ? { ID: grantee.id, Type: 'CanonicalUser' } : { URI: grantee.uri, Type: 'Group' },
      Permission: permission,
    })),
  };
}

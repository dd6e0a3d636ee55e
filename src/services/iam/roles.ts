import type { Role as RoleDescription, RoleLastUsed } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import type { Store } from '#store/contract.ts';
import { describeBoundary, setBoundary } from './boundaries.ts';
import { changeEntity, checkHasNoPolicies, checkQuota, checkUnprotected, requireEntity } from './entities.ts';
import { entityExists, hasInstanceProfiles } from './errors.ts';
import { forgetUse, lastUseOf } from './last-use.ts';
import { arnOf, checkName, checkPath } from './names.ts';
import { pageOf } from './paging.ts';
import { encodeDocument } from './policy-documents.ts';
import type { Role } from './records.ts';
import { find, list, put, remove, removeAttachment, removeUse } from './store.ts';
import { mergeTags, withoutTags } from './tags.ts';
import { checkTrustPolicy } from './trust.ts';

const MAX_SESSION_SECONDS_DEFAULT = 3600;

/** Listings leave out boundary and tags. */
export function describeRole(accountId: string, role: Role): RoleDescription {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: arnOf(accountId, 'role', role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    ...(role.description !== undefined && { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
  };
}

export function describeWholeRole(accountId: string, role: Role): RoleDescription {
  return {
    ...describeRole(accountId, role),
    ...describeBoundary(role.boundary),
    ...(role.tags.length > 0 && { Tags: role.tags }),
  };
}

/** By credentials of its sessions. */
export async function roleLastUsed(store: Store, accountId: string, role: Role): Promise<RoleLastUsed> {
  const use = await lastUseOf(store, arnOf(accountId, 'role', role));
  return use ? { LastUsedDate: new Date(use.at), Region: use.region } : {};
}

export const createRole: Operation<'iam', 'CreateRole'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const name = input.RoleName;
  checkName('roleName', name);
  const role: Role = {
    name,
    id: ids.iam('AROA'),
    path: checkPath(input.Path),
    createdAt: clock.now(),
    inline: {},
    attached: [],
    trust: input.AssumeRolePolicyDocument,
    ...(input.Description && { description: input.Description }),
    maxSessionSeconds: input.MaxSessionDuration ?? MAX_SESSION_SECONDS_DEFAULT,
    tags: mergeTags([], input.Tags, 'Role'),
  };
  const created = await store.transact(async (tx) => {
    await checkTrustPolicy(tx, accountId, role.trust);
    if (await find(tx, accountId, 'role', name)) throw entityExists('role', name);
    await checkQuota(tx, accountId, 'role');
    const bounded = input.PermissionsBoundary
      ? await setBoundary(tx, accountId, 'role', role, input.PermissionsBoundary)
      : role;
    put(tx, accountId, 'role', name, bounded);
    return bounded;
  });
  const { MaxSessionDuration: _notAnswered, Description, ...described } = describeWholeRole(accountId, created);
  return { Role: { ...described, ...(Description !== undefined && { Description }) } };
};

export const getRole: Operation<'iam', 'GetRole'> = async (input, { accountId, store }) => {
  const role = await requireEntity(store, accountId, 'role', input.RoleName);
  return { Role: { ...describeWholeRole(accountId, role), RoleLastUsed: await roleLastUsed(store, accountId, role) } };
};

export const listRoles: Operation<'iam', 'ListRoles'> = async (input, { accountId, store }) => {
  const roles = (await list(store, accountId, 'role')).filter((role) => role.path.startsWith(input.PathPrefix ?? '/'));
  const { items, ...page } = pageOf(roles, input, (role) => role.name);
  return { Roles: items.map((role) => describeRole(accountId, role)), ...page };
};

export const updateRole: Operation<'iam', 'UpdateRole'> = async (input, context) => {
  await changeEntity(context, 'role', input.RoleName, ({ description, ...role }) => {
    const changed = input.Description ?? description;
    return {
      ...role,
      ...(changed && { description: changed }),
      maxSessionSeconds: input.MaxSessionDuration ?? MAX_SESSION_SECONDS_DEFAULT,
    };
  });
  return {};
};

export const updateRoleDescription: Operation<'iam', 'UpdateRoleDescription'> = async (input, context) => {
  const role = await changeEntity(context, 'role', input.RoleName, (old) => ({
    ...old,
    description: input.Description,
  }));
  return { Role: describeWholeRole(context.accountId, role) };
};

export const updateAssumeRolePolicy: Operation<'iam', 'UpdateAssumeRolePolicy'> = async (input, context) => {
  await changeEntity(context, 'role', input.RoleName, async (role, tx) => {
    await checkTrustPolicy(tx, context.accountId, input.PolicyDocument);
    return { ...role, trust: input.PolicyDocument };
  });
  return {};
};

export const deleteRole: Operation<'iam', 'DeleteRole'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const role = await requireEntity(tx, accountId, 'role', input.RoleName);
    checkUnprotected(role);
    const profiles = await list(tx, accountId, 'instance-profile');
    if (profiles.some((profile) => profile.roles.includes(role.name))) throw hasInstanceProfiles();
    checkHasNoPolicies(role);
    if (role.boundary)
      removeAttachment(tx, accountId, role.boundary, { kind: 'role', name: role.name, as: 'boundary' });
    remove(tx, accountId, 'role', role.name);
    removeUse(tx, arnOf(accountId, 'role', role));
    forgetUse(store, arnOf(accountId, 'role', role));
  });
  return {};
};

export const tagRole: Operation<'iam', 'TagRole'> = async (input, context) => {
  await changeEntity(context, 'role', input.RoleName, (role) => ({
    ...role,
    tags: mergeTags(role.tags, input.Tags, 'Role'),
  }));
  return {};
};

export const untagRole: Operation<'iam', 'UntagRole'> = async (input, context) => {
  await changeEntity(context, 'role', input.RoleName, (role) => ({
    ...role,
    tags: withoutTags(role.tags, input.TagKeys),
  }));
  return {};
};

export const listRoleTags: Operation<'iam', 'ListRoleTags'> = async (input, { accountId, store }) => {
  const role = await requireEntity(store, accountId, 'role', input.RoleName);
  const { items, ...page } = pageOf(role.tags, input, (tag) => tag.Key ?? '');
  return { Tags: items, ...page };
};

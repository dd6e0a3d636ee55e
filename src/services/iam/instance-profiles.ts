import type { InstanceProfile as ProfileDescription } from '@aws-sdk/client-iam';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { checkQuota, checkUnprotected, requireEntity } from './entities.ts';
import {
  entityNotFound,
  hasInstanceProfiles,
  instanceProfileExists,
  instanceProfileNotFound,
  quotaExceeded,
} from './errors.ts';
import { arnOf, checkName, checkPath } from './names.ts';
import { pageOf } from './paging.ts';
import type { InstanceProfile } from './records.ts';
import { describeRole } from './roles.ts';
import { find, list, put, remove } from './store.ts';
import { mergeTags, withoutTags } from './tags.ts';

const ROLES_PER_PROFILE_MAX = 1;

async function requireProfile(reader: Reader, accountId: string, name: string): Promise<InstanceProfile> {
  const profile = await find(reader, accountId, 'instance-profile', name);
  if (!profile) throw instanceProfileNotFound(name);
  return profile;
}

function changeProfile(
  { accountId, store }: Context,
  name: string,
  change: (profile: InstanceProfile, reader: Reader) => InstanceProfile | Promise<InstanceProfile>,
): Promise<void> {
  return store.transact(async (tx) => {
    const profile = await change(await requireProfile(tx, accountId, name), tx);
    put(tx, accountId, 'instance-profile', profile.name, profile);
  });
}

export async function describeProfile(
  reader: Reader,
  accountId: string,
  profile: InstanceProfile,
  withTags: boolean,
): Promise<ProfileDescription> {
  const roles = await Promise.all(profile.roles.map((name) => find(reader, accountId, 'role', name)));
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: arnOf(accountId, 'instance-profile', profile),
    CreateDate: new Date(profile.createdAt),
    Roles: roles.filter((role) => role !== undefined).map((role) => describeRole(accountId, role)),
    ...(withTags && { Tags: profile.tags }),
  };
}

export const createInstanceProfile: Operation<'iam', 'CreateInstanceProfile'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const name = input.InstanceProfileName;
  checkName('instanceProfileName', name);
  const profile: InstanceProfile = {
    name,
    id: ids.iam('AIPA'),
    path: checkPath(input.Path),
    createdAt: clock.now(),
    roles: [],
    tags: mergeTags([], input.Tags, 'InstanceProfile'),
  };
  await store.transact(async (tx) => {
    if (await find(tx, accountId, 'instance-profile', name)) throw instanceProfileExists(name);
    await checkQuota(tx, accountId, 'instance-profile');
    put(tx, accountId, 'instance-profile', name, profile);
  });
  return { InstanceProfile: await describeProfile(store, accountId, profile, profile.tags.length > 0) };
};

export const getInstanceProfile: Operation<'iam', 'GetInstanceProfile'> = async (input, { accountId, store }) => {
  const profile = await requireProfile(store, accountId, input.InstanceProfileName);
  return { InstanceProfile: await describeProfile(store, accountId, profile, true) };
};

export const listInstanceProfiles: Operation<'iam', 'ListInstanceProfiles'> = async (input, { accountId, store }) => {
  const all = await list(store, accountId, 'instance-profile');
  const found = all.filter((profile) => profile.path.startsWith(input.PathPrefix ?? '/'));
  const { items, ...page } = pageOf(found, input, (profile) => profile.name);
  return {
    InstanceProfiles: await Promise.all(items.map((profile) => describeProfile(store, accountId, profile, false))),
    ...page,
  };
};

export const listInstanceProfilesForRole: Operation<'iam', 'ListInstanceProfilesForRole'> = async (input, context) => {
  const { accountId, store } = context;
  const role = await requireEntity(store, accountId, 'role', input.RoleName);
  const all = await list(store, accountId, 'instance-profile');
  const { items, ...page } = pageOf(
    all.filter((profile) => profile.roles.includes(role.name)),
    input,
    (profile) => profile.name,
  );
  return {
    InstanceProfiles: await Promise.all(items.map((profile) => describeProfile(store, accountId, profile, false))),
    ...page,
  };
};

export const addRoleToInstanceProfile: Operation<'iam', 'AddRoleToInstanceProfile'> = async (input, context) => {
  await changeProfile(context, input.InstanceProfileName, async (profile, reader) => {
    const role = await requireEntity(reader, context.accountId, 'role', input.RoleName);
    checkUnprotected(role);
    if (profile.roles.length >= ROLES_PER_PROFILE_MAX) {
      throw quotaExceeded('InstanceSessionsPerInstanceProfile', ROLES_PER_PROFILE_MAX);
    }
    return { ...profile, roles: [...profile.roles, role.name] };
  });
  return {};
};

export const removeRoleFromInstanceProfile: Operation<'iam', 'RemoveRoleFromInstanceProfile'> = async (
  input,
  context,
) => {
  await changeProfile(context, input.InstanceProfileName, (profile) => {
    const name = input.RoleName.toLowerCase();
    const roles = profile.roles.filter((role) => role.toLowerCase() !== name);
    if (roles.length === profile.roles.length) throw entityNotFound('role', input.RoleName);
    return { ...profile, roles };
  });
  return {};
};

export const deleteInstanceProfile: Operation<'iam', 'DeleteInstanceProfile'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const profile = await requireProfile(tx, accountId, input.InstanceProfileName);
    if (profile.roles.length > 0) throw hasInstanceProfiles();
    remove(tx, accountId, 'instance-profile', profile.name);
  });
  return {};
};

export const tagInstanceProfile: Operation<'iam', 'TagInstanceProfile'> = async (input, context) => {
  await changeProfile(context, input.InstanceProfileName, (profile) => ({
    ...profile,
    tags: mergeTags(profile.tags, input.Tags, 'InstanceProfile'),
  }));
  return {};
};

export const untagInstanceProfile: Operation<'iam', 'UntagInstanceProfile'> = async (input, context) => {
  await changeProfile(context, input.InstanceProfileName, (profile) => ({
    ...profile,
    tags: withoutTags(profile.tags, input.TagKeys),
  }));
  return {};
};

export const listInstanceProfileTags: Operation<'iam', 'ListInstanceProfileTags'> = async (
  input,
  { accountId, store },
) => {
  const profile = await requireProfile(store, accountId, input.InstanceProfileName);
  const { items, ...page } = pageOf(profile.tags, input, (tag) => tag.Key ?? '');
  return { Tags: items, ...page };
};

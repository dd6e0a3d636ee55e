import type { Group as GroupDescription } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import { changeEntity, checkHasNoPolicies, checkQuota, requireEntity } from './entities.ts';
import { entityExists, hasGroups, quotaExceeded } from './errors.ts';
import { arnOf, checkName, checkPath } from './names.ts';
import { pageOf } from './paging.ts';
import type { Group } from './records.ts';
import {
  find,
  list,
  listAttachments,
  listMembers,
  put,
  putAttachment,
  putMember,
  remove,
  removeAttachment,
  removeMember,
} from './store.ts';
import { describeUser } from './users.ts';

const GROUPS_PER_USER_MAX = 10;

export function describeGroup(accountId: string, group: Group): GroupDescription {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: arnOf(accountId, 'group', group),
    CreateDate: new Date(group.createdAt),
  };
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const createGroup: Operation<'iam', 'CreateGroup'> = async (input, { accountId, clock, ids, store }) => {
  const name = input.GroupName;
  checkName('groupName', name);
  const group: Group = {
    name,
    id: ids.iam('AGPA'),
    path: checkPath(input.Path),
    createdAt: clock.now(),
    inline: {},
    attached: [],
  };
  await store.transact(async (tx) => {
    if (await find(tx, accountId, 'group', name)) throw entityExists('group', name);
    await checkQuota(tx, accountId, 'group');
    put(tx, accountId, 'group', name, group);
  });
  return { Group: describeGroup(accountId, group) };
};

/** The group and its users; the page is one of users. */
export const getGroup: Operation<'iam', 'GetGroup'> = async (input, { accountId, store }) => {
  const group = await requireEntity(store, accountId, 'group', input.GroupName);
  const { items, ...page } = pageOf(await listMembers(store, accountId, group.name), input, (name) => name);
  const users = await Promise.all(items.map((name) => find(store, accountId, 'user', name)));
  return {
    Group: describeGroup(accountId, group),
    Users: users.filter((user) => user !== undefined).map((user) => describeUser(accountId, user)),
    ...page,
  };
};

export const listGroups: Operation<'iam', 'ListGroups'> = async (input, { accountId, store }) => {
  const groups = (await list(store, accountId, 'group')).filter((group) =>
    group.path.startsWith(input.PathPrefix ?? '/'),
  );
  const { items, ...page } = pageOf(groups, input, (group) => group.name);
  return { Groups: items.map((group) => describeGroup(accountId, group)), ...page };
};

export const listGroupsForUser: Operation<'iam', 'ListGroupsForUser'> = async (input, { accountId, store }) => {
  const user = await requireEntity(store, accountId, 'user', input.UserName);
  const { items, ...page } = pageOf(user.groups, input, (name) => name);
  const groups = await Promise.all(items.map((name) => find(store, accountId, 'group', name)));
  return {
    Groups: groups.filter((group) => group !== undefined).map((group) => describeGroup(accountId, group)),
    ...page,
  };
};

/** A new name or path changes the ARN; members and policies stay. */
export const updateGroup: Operation<'iam', 'UpdateGroup'> = async (input, { accountId, store }) => {
  const name = input.NewGroupName ?? input.GroupName;
  checkName('newGroupName', name);
  const path = input.NewPath === undefined ? undefined : checkPath(input.NewPath);
  await store.transact(async (tx) => {
    const group = await requireEntity(tx, accountId, 'group', input.GroupName);
    if (!sameName(name, group.name)) {
      if (await find(tx, accountId, 'group', name)) throw entityExists('group', name);
      remove(tx, accountId, 'group', group.name);
    }
    for (const member of await listMembers(tx, accountId, group.name)) {
      removeMember(tx, accountId, group.name, member);
      putMember(tx, accountId, name, member);
      const user = await requireEntity(tx, accountId, 'user', member);
      const groups = user.groups.map((other) => (sameName(other, group.name) ? name : other));
      put(tx, accountId, 'user', user.name, { ...user, groups });
    }
    for (const arn of group.attached) {
      for (const attachment of await listAttachments(tx, accountId, arn)) {
        if (attachment.kind !== 'group' || attachment.name !== group.name) continue;
        removeAttachment(tx, accountId, arn, attachment);
        putAttachment(tx, accountId, arn, { ...attachment, name });
      }
    }
    put(tx, accountId, 'group', name, { ...group, name, path: path ?? group.path });
  });
  return {};
};

export const deleteGroup: Operation<'iam', 'DeleteGroup'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const group = await requireEntity(tx, accountId, 'group', input.GroupName);
    if ((await listMembers(tx, accountId, group.name)).length > 0) throw hasGroups();
    checkHasNoPolicies(group);
    remove(tx, accountId, 'group', group.name);
  });
  return {};
};

export const addUserToGroup: Operation<'iam', 'AddUserToGroup'> = async (input, context) => {
  const { accountId } = context;
  await changeEntity(context, 'user', input.UserName, async (user, tx) => {
    const group = await requireEntity(tx, accountId, 'group', input.GroupName);
    if (user.groups.some((name) => sameName(name, group.name))) return user;
    if (user.groups.length >= GROUPS_PER_USER_MAX) throw quotaExceeded('GroupsPerUser', GROUPS_PER_USER_MAX);
    putMember(tx, accountId, group.name, user.name);
    return { ...user, groups: [...user.groups, group.name] };
  });
  return {};
};

export const removeUserFromGroup: Operation<'iam', 'RemoveUserFromGroup'> = async (input, context) => {
  const { accountId } = context;
  await changeEntity(context, 'user', input.UserName, async (user, tx) => {
    const group = await requireEntity(tx, accountId, 'group', input.GroupName);
    removeMember(tx, accountId, group.name, user.name);
    return { ...user, groups: user.groups.filter((name) => !sameName(name, group.name)) };
  });
  return {};
};

import type { User as UserDescription } from '@aws-sdk/client-iam';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { describeBoundary, setBoundary } from './boundaries.ts';
import { changeEntity, checkHasNoPolicies, checkQuota, requireEntity } from './entities.ts';
import { entityExists, hasAccessKeys, hasGroups, hasLoginProfile, userNameNeeded } from './errors.ts';
import { arnOf, checkName, checkPath } from './names.ts';
import { pageOf } from './paging.ts';
import type { User } from './records.ts';
import {
  findAccessKey,
  find,
  list,
  listAttachments,
  put,
  putAccessKey,
  putAttachment,
  putMember,
  remove,
  removeAttachment,
  removeMember,
} from './store.ts';
import { mergeTags, withoutTags } from './tags.ts';

/** Listings leave out boundary and tags. */
export function describeUser(accountId: string, user: User): UserDescription {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: arnOf(accountId, 'user', user),
    CreateDate: new Date(user.createdAt),
  };
}

function describeWhole(accountId: string, user: User): UserDescription {
  return {
    ...describeUser(accountId, user),
    ...describeBoundary(user.boundary),
    ...(user.tags.length > 0 && { Tags: user.tags }),
  };
}

/** Without a name the caller means himself. */
export function ownName(context: Context): string {
  if (context.principal.type !== 'user') throw userNameNeeded();
  return context.principal.userName;
}

export const createUser: Operation<'iam', 'CreateUser'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const name = input.UserName;
  checkName('userName', name);
  const user: User = {
    name,
    id: ids.iam('AIDA'),
    path: checkPath(input.Path),
    createdAt: clock.now(),
    inline: {},
    attached: [],
    groups: [],
    accessKeyIds: [],
    tags: mergeTags([], input.Tags, 'User'),
  };
  const created = await store.transact(async (tx) => {
    if (await find(tx, accountId, 'user', name)) throw entityExists('user', name);
    await checkQuota(tx, accountId, 'user');
    const bounded = input.PermissionsBoundary
      ? await setBoundary(tx, accountId, 'user', user, input.PermissionsBoundary)
      : user;
    put(tx, accountId, 'user', name, bounded);
    return bounded;
  });
  return { User: describeWhole(accountId, created) };
};

export const getUser: Operation<'iam', 'GetUser'> = async (input, context) => {
  const { accountId, principal, store } = context;
  if (input.UserName === undefined && principal.type === 'root') {
    // nobody knows when the account was made
    return { User: { Path: '/', UserName: 'root', UserId: accountId, Arn: principal.arn, CreateDate: new Date(0) } };
  }
  const user = await requireEntity(store, accountId, 'user', input.UserName ?? ownName(context));
  return { User: describeWhole(accountId, user) };
};

export const listUsers: Operation<'iam', 'ListUsers'> = async (input, { accountId, store }) => {
  const users = (await list(store, accountId, 'user')).filter((user) => user.path.startsWith(input.PathPrefix ?? '/'));
  const { items, ...page } = pageOf(users, input, (user) => user.name);
  return { Users: items.map((user) => describeUser(accountId, user)), ...page };
};

/** A new name or path changes the ARN; groups, policies and keys stay. */
export const updateUser: Operation<'iam', 'UpdateUser'> = async (input, context) => {
  const { accountId, store } = context;
  const name = input.NewUserName ?? input.UserName;
  checkName('newUserName', name);
  const path = input.NewPath === undefined ? undefined : checkPath(input.NewPath);
  await store.transact(async (tx) => {
    const user = await requireEntity(tx, accountId, 'user', input.UserName);
    const renamed = { ...user, name, path: path ?? user.path };
    if (name.toLowerCase() !== user.name.toLowerCase()) {
      if (await find(tx, accountId, 'user', name)) throw entityExists('user', name);
      remove(tx, accountId, 'user', user.name);
    }
    for (const group of user.groups) {
      removeMember(tx, accountId, group, user.name);
      putMember(tx, accountId, group, name);
    }
    for (const arn of [...user.attached, ...(user.boundary ? [user.boundary] : [])]) {
      for (const attachment of await listAttachments(tx, accountId, arn)) {
        if (attachment.kind !== 'user' || attachment.name !== user.name) continue;
        removeAttachment(tx, accountId, arn, attachment);
        putAttachment(tx, accountId, arn, { ...attachment, name });
      }
    }
    for (const id of user.accessKeyIds) {
      const key = await findAccessKey(tx, id);
      if (key) putAccessKey(tx, { ...key, userName: name });
    }
    put(tx, accountId, 'user', name, renamed);
  });
  return {};
};

export const deleteUser: Operation<'iam', 'DeleteUser'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const user = await requireEntity(tx, accountId, 'user', input.UserName);
    if (user.groups.length > 0) throw hasGroups();
    if (user.login) throw hasLoginProfile();
    if (user.accessKeyIds.length > 0) throw hasAccessKeys();
    checkHasNoPolicies(user);
    if (user.boundary)
      removeAttachment(tx, accountId, user.boundary, { kind: 'user', name: user.name, as: 'boundary' });
    remove(tx, accountId, 'user', user.name);
  });
  return {};
};

export const tagUser: Operation<'iam', 'TagUser'> = async (input, context) => {
  await changeEntity(context, 'user', input.UserName, (user) => ({
    ...user,
    tags: mergeTags(user.tags, input.Tags, 'User'),
  }));
  return {};
};

export const untagUser: Operation<'iam', 'UntagUser'> = async (input, context) => {
  await changeEntity(context, 'user', input.UserName, (user) => ({
    ...user,
    tags: withoutTags(user.tags, input.TagKeys),
  }));
  return {};
};

export const listUserTags: Operation<'iam', 'ListUserTags'> = async (input, { accountId, store }) => {
  const user = await requireEntity(store, accountId, 'user', input.UserName);
  const { items, ...page } = pageOf(user.tags, input, (tag) => tag.Key ?? '');
  return { Tags: items, ...page };
};

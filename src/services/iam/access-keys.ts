// Long-term access keys of users and of the root user.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { lastUseOf } from './last-use.ts';
import { requireEntity } from './entities.ts';
import { accessKeyNotFound, quotaExceeded } from './errors.ts';
import { pageOf } from './paging.ts';
import type { AccessKeyRecord } from './records.ts';
import { findAccessKey, listRootAccessKeys, put, putAccessKey, removeAccessKey } from './store.ts';
import { ownName } from './users.ts';

const KEYS_PER_USER_MAX = 2;

/** Whose keys: the named user's, or the caller's own; undefined is the root user. */
function keyOwner(context: Context, userName: string | undefined): string | undefined {
  if (userName !== undefined) return userName;
  return context.principal.type === 'root' ? undefined : ownName(context);
}

async function keysOf(reader: Reader, accountId: string, owner: string | undefined): Promise<AccessKeyRecord[]> {
  if (owner === undefined) return listRootAccessKeys(reader, accountId);
  const user = await requireEntity(reader, accountId, 'user', owner);
  const keys = await Promise.all(user.accessKeyIds.map((id) => findAccessKey(reader, id)));
  return keys.filter((key) => key !== undefined);
}

async function requireKey(tx: Transaction, context: Context, userName: string | undefined, id: string) {
  const owner = keyOwner(context, userName);
  const key = (await keysOf(tx, context.accountId, owner)).find((candidate) => candidate.id === id);
  if (!key) throw accessKeyNotFound(id);
  return key;
}

export const createAccessKey: Operation<'iam', 'CreateAccessKey'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const owner = keyOwner(context, input.UserName);
  const key = await store.transact(async (tx) => {
    const existing = await keysOf(tx, accountId, owner);
    if (existing.length >= KEYS_PER_USER_MAX) throw quotaExceeded('AccessKeysPerUser', KEYS_PER_USER_MAX);
    const user = owner === undefined ? undefined : await requireEntity(tx, accountId, 'user', owner);
    const made: AccessKeyRecord = {
      id: ids.iam('AKIA'),
      secret: ids.secretKey(),
      accountId,
      ...(user && { userName: user.name }),
      active: true,
      createdAt: clock.now(),
    };
    putAccessKey(tx, made);
    if (user) put(tx, accountId, 'user', user.name, { ...user, accessKeyIds: [...user.accessKeyIds, made.id] });
    return made;
  });
  return {
    AccessKey: {
      UserName: key.userName ?? 'root',
      AccessKeyId: key.id,
      Status: 'Active',
      SecretAccessKey: key.secret,
      CreateDate: new Date(key.createdAt),
    },
  };
};

export const listAccessKeys: Operation<'iam', 'ListAccessKeys'> = async (input, context) => {
  const keys = await keysOf(context.store, context.accountId, keyOwner(context, input.UserName));
  const { items, ...page } = pageOf(keys, input, (key) => key.id);
  return {
    AccessKeyMetadata: items.map(({ id, userName, active, createdAt }) => ({
      ...(userName !== undefined && { UserName: userName }),
      AccessKeyId: id,
      Status: active ? 'Active' : 'Inactive',
      CreateDate: new Date(createdAt),
    })),
    ...page,
  };
};

export const updateAccessKey: Operation<'iam', 'UpdateAccessKey'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const key = await requireKey(tx, context, input.UserName, input.AccessKeyId);
    putAccessKey(tx, { ...key, active: input.Status === 'Active' });
  });
  return {};
};

export const deleteAccessKey: Operation<'iam', 'DeleteAccessKey'> = async (input, context) => {
  const { accountId, store } = context;
  await store.transact(async (tx) => {
    const key = await requireKey(tx, context, input.UserName, input.AccessKeyId);
    removeAccessKey(tx, key.id);
    if (key.userName === undefined) return;
    const user = await requireEntity(tx, accountId, 'user', key.userName);
    put(tx, accountId, 'user', user.name, { ...user, accessKeyIds: user.accessKeyIds.filter((id) => id !== key.id) });
  });
  return {};
};

export const getAccessKeyLastUsed: Operation<'iam', 'GetAccessKeyLastUsed'> = async (input, { accountId, store }) => {
  const key = await findAccessKey(store, input.AccessKeyId);
  if (key?.accountId !== accountId) throw accessKeyNotFound(input.AccessKeyId);
  const use = await lastUseOf(store, key.id);
  return {
    ...(key.userName !== undefined && { UserName: key.userName }),
    AccessKeyLastUsed: use
      ? { LastUsedDate: new Date(use.at), ServiceName: use.service, Region: use.region }
      : { ServiceName: 'N/A', Region: 'N/A', LastUsedDate: undefined },
  };
};

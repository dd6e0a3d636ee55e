// Users, roles and groups, as far as they are alike: finding, changing, deleting.
import type { Context } from '#kernel/context.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { entityNotFound, hasAttachedPolicies, hasInlinePolicies, protectedRole, quotaExceeded } from './errors.ts';
import type { Entity, EntityKind, Role } from './records.ts';
import { find, list, put, type RecordKind, type RecordOf } from './store.ts';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ENTITIES_MAX: Partial<Record<RecordKind, [quota: string, max: number]>> = {
  user: ['UsersPerAccount', 5000],
  role: ['RolesPerAccount', 1000],
  group: ['GroupsPerAccount', 300],
  policy: ['PoliciesPerAccount', 1500],
  'instance-profile': ['InstanceProfilesPerAccount', 1000],
  'oidc-provider': ['OpenIdConnectProvidersPerAccount', 100],
};

export async function requireEntity<K extends EntityKind>(
  reader: Reader,
  accountId: string,
  kind: K,
  name: string,
): Promise<RecordOf<K>> {
  const entity = await find(reader, accountId, kind, name);
  if (!entity) throw entityNotFound(kind, name);
  return entity;
}

/** Reads, changes and writes one entity in one transaction; `change` may write more beside it. */
export function changeEntity<K extends EntityKind>(
  context: Context,
  kind: K,
  name: string,
  change: (entity: RecordOf<K>, tx: Transaction) => RecordOf<K> | Promise<RecordOf<K>>,
): Promise<RecordOf<K>> {
  const { accountId, store } = context;
  return store.transact(async (tx) => {
    const entity = await requireEntity(tx, accountId, kind, name);
    if (kind === 'role') checkUnprotected(entity as Role);
    const changed = await change(entity, tx);
    put(tx, accountId, kind, changed.name, changed);
    return changed;
  });
}

/** Service-linked roles are their service's. */
export function checkUnprotected(role: Role): void {
  if (role.linkedService !== undefined) throw protectedRole(role.name);
}

export async function checkQuota(reader: Reader, accountId: string, kind: RecordKind): Promise<void> {
  const [quota, max] = ENTITIES_MAX[kind] as [string, number];
  if ((await list(reader, accountId, kind)).length >= max) throw quotaExceeded(quota, max);
}

export function checkHasNoPolicies(entity: Entity): void {
  if (entity.attached.length > 0) throw hasAttachedPolicies();
  if (Object.keys(entity.inline).length > 0) throw hasInlinePolicies();
}

// GetAccountAuthorizationDetails: users, groups, roles and policies with everything that decides requests.
import type { EntityType, PolicyDetail } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import { listAwsManaged } from './aws-managed.ts';
import { describeBoundary } from './boundaries.ts';
import { describeGroup } from './groups.ts';
import { describeProfile } from './instance-profiles.ts';
import { pageOf } from './paging.ts';
import { describePolicy } from './policies.ts';
import { encodeDocument } from './policy-documents.ts';
import { describeVersions } from './policy-versions.ts';
import type { Entity, Group, ManagedPolicy, Role, User } from './records.ts';
import { describeRole, roleLastUsed } from './roles.ts';
import { countAttachments, list } from './store.ts';
import { describeUser } from './users.ts';

type Item =
  | { type: 'User'; record: User }
  | { type: 'Group'; record: Group }
  | { type: 'Role'; record: Role }
  | { type: 'LocalManagedPolicy' | 'AWSManagedPolicy'; record: ManagedPolicy };

const inlineOf = (entity: Entity): PolicyDetail[] =>
  Object.entries(entity.inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeDocument(text) }));
const attachedOf = (entity: Entity) =>
  entity.attached.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));

export const getAccountAuthorizationDetails: Operation<'iam', 'GetAccountAuthorizationDetails'> = async (
  input,
  { accountId, store },
) => {
  const wanted = new Set<EntityType>(input.Filter ?? []);
  const wants = (type: Item['type']): boolean => wanted.size === 0 || wanted.has(type);
  const counts = await countAttachments(store, accountId);
  const isAttached = ({ arn }: ManagedPolicy): boolean => counts.has(arn);
  const items: Item[] = [];
  if (wants('User')) for (const record of await list(store, accountId, 'user')) items.push({ type: 'User', record });
  if (wants('Group')) for (const record of await list(store, accountId, 'group')) items.push({ type: 'Group', record });
  if (wants('Role')) for (const record of await list(store, accountId, 'role')) items.push({ type: 'Role', record });
  if (wants('LocalManagedPolicy')) {
    for (const record of await list(store, accountId, 'policy')) items.push({ type: 'LocalManagedPolicy', record });
  }
  if (wants('AWSManagedPolicy')) {
    for (const record of listAwsManaged().filter(isAttached)) items.push({ type: 'AWSManagedPolicy', record });
  }
  const { items: page, ...rest } = pageOf(items, input, ({ type, record }) => `${type}/${record.name}`);
  const profiles = await list(store, accountId, 'instance-profile');
  const of = <T>(pick: (item: Item) => T | undefined): T[] =>
    page.map(pick).filter((record): record is T & {} => record !== undefined);
  return {
    UserDetailList: of((item) => (item.type === 'User' ? item.record : undefined)).map((user) => ({
      ...describeUser(accountId, user),
      UserPolicyList: inlineOf(user),
      GroupList: user.groups,
      AttachedManagedPolicies: attachedOf(user),
      ...describeBoundary(user.boundary),
      Tags: user.tags,
    })),
    GroupDetailList: of((item) => (item.type === 'Group' ? item.record : undefined)).map((group) => ({
      ...describeGroup(accountId, group),
      GroupPolicyList: inlineOf(group),
      AttachedManagedPolicies: attachedOf(group),
    })),
    RoleDetailList: await Promise.all(
      of((item) => (item.type === 'Role' ? item.record : undefined)).map(async (role) => {
        const { Description: _unused, MaxSessionDuration: _unusedToo, ...described } = describeRole(accountId, role);
        const own = profiles.filter((profile) => profile.roles.includes(role.name));
        return {
          ...described,
          InstanceProfileList: await Promise.all(own.map((one) => describeProfile(store, accountId, one, false))),
          RolePolicyList: inlineOf(role),
          AttachedManagedPolicies: attachedOf(role),
          ...describeBoundary(role.boundary),
          Tags: role.tags,
          RoleLastUsed: await roleLastUsed(store, accountId, role),
        };
      }),
    ),
    Policies: of((item) => ('arn' in item.record ? item.record : undefined)).map((policy) => ({
      ...describePolicy(policy, counts.get(policy.arn)),
      PolicyVersionList: describeVersions(policy, true),
    })),
    ...rest,
  };
};

// Managed policies attached to users, roles and groups.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { changeEntity, requireEntity } from './entities.ts';
import { policyNotFound, quotaExceeded } from './errors.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { requireAttachable, requirePolicy } from './policy-lookup.ts';
import type { Attachment, EntityKind } from './records.ts';
import { find, listAttachments, putAttachment, removeAttachment } from './store.ts';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ATTACHED_MAX: Record<EntityKind, [quota: string, max: number]> = {
  user: ['PoliciesPerUser', 10],
  role: ['PoliciesPerRole', 10],
  group: ['PoliciesPerGroup', 10],
};

async function attach(context: Context, kind: EntityKind, name: string, arn: string): Promise<Record<never, never>> {
  const { accountId } = context;
  await changeEntity(context, kind, name, async (entity, tx) => {
    await requireAttachable(tx, accountId, arn);
    if (entity.attached.includes(arn)) return entity;
    const [quota, max] = ATTACHED_MAX[kind];
    if (entity.attached.length >= max) throw quotaExceeded(quota, max);
    putAttachment(tx, accountId, arn, { kind, name: entity.name, as: 'policy' });
    return { ...entity, attached: [...entity.attached, arn] };
  });
  return {};
}

async function detach(context: Context, kind: EntityKind, name: string, arn: string): Promise<Record<never, never>> {
  const { accountId } = context;
  await changeEntity(context, kind, name, (entity, tx) => {
    if (!entity.attached.includes(arn)) throw policyNotFound(arn);
    removeAttachment(tx, accountId, arn, { kind, name: entity.name, as: 'policy' });
    return { ...entity, attached: entity.attached.filter((other) => other !== arn) };
  });
  return {};
}

const policyNameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
const pathOf = (arn: string): string => arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1);

async function listAttached(
  { accountId, store }: Context,
  kind: EntityKind,
  name: string,
  request: PageRequest & { PathPrefix?: string | undefined },
) {
  const { attached } = await requireEntity(store, accountId, kind, name);
  const found = attached.filter((arn) => pathOf(arn).startsWith(request.PathPrefix ?? '/'));
  const { items, ...page } = pageOf(found, request, (arn) => arn);
  return { AttachedPolicies: items.map((arn) => ({ PolicyName: policyNameOf(arn), PolicyArn: arn })), ...page };
}

export const attachUserPolicy: Operation<'iam', 'AttachUserPolicy'> = (input, context) =>
  attach(context, 'user', input.UserName, input.PolicyArn);
export const attachRolePolicy: Operation<'iam', 'AttachRolePolicy'> = (input, context) =>
  attach(context, 'role', input.RoleName, input.PolicyArn);
export const attachGroupPolicy: Operation<'iam', 'AttachGroupPolicy'> = (input, context) =>
  attach(context, 'group', input.GroupName, input.PolicyArn);

export const detachUserPolicy: Operation<'iam', 'DetachUserPolicy'> = (input, context) =>
  detach(context, 'user', input.UserName, input.PolicyArn);
export const detachRolePolicy: Operation<'iam', 'DetachRolePolicy'> = (input, context) =>
  detach(context, 'role', input.RoleName, input.PolicyArn);
export const detachGroupPolicy: Operation<'iam', 'DetachGroupPolicy'> = (input, context) =>
  detach(context, 'group', input.GroupName, input.PolicyArn);

export const listAttachedUserPolicies: Operation<'iam', 'ListAttachedUserPolicies'> = (input, context) =>
  listAttached(context, 'user', input.UserName, input);
export const listAttachedRolePolicies: Operation<'iam', 'ListAttachedRolePolicies'> = (input, context) =>
  listAttached(context, 'role', input.RoleName, input);
export const listAttachedGroupPolicies: Operation<'iam', 'ListAttachedGroupPolicies'> = (input, context) =>
  listAttached(context, 'group', input.GroupName, input);

const FILTERS: Record<string, EntityKind> = { User: 'user', Role: 'role', Group: 'group' };

export const listEntitiesForPolicy: Operation<'iam', 'ListEntitiesForPolicy'> = async (input, { accountId, store }) => {
  await requirePolicy(store, accountId, input.PolicyArn);
  const { EntityFilter: filter, PolicyUsageFilter: usage, PathPrefix: prefix = '/' } = input;
  const as = usage === 'PermissionsBoundary' ? 'boundary' : usage === undefined ? undefined : 'policy';
  const found: (Attachment & { id: string })[] = [];
  for (const attachment of await listAttachments(store, accountId, input.PolicyArn)) {
    if (as !== undefined && attachment.as !== as) continue;
    if (filter !== undefined && FILTERS[filter] !== attachment.kind) continue;
    const entity = await find(store, accountId, attachment.kind, attachment.name);
    if (entity?.path.startsWith(prefix)) found.push({ ...attachment, id: entity.id });
  }
  const { items, ...page } = pageOf(found, input, ({ as: use, kind, name }) => `${use}/${kind}/${name}`);
  const of = (kind: EntityKind) => items.filter((item) => item.kind === kind);
  return {
    PolicyGroups: of('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
    PolicyUsers: of('user').map(({ name, id }) => ({ UserName: name, UserId: id })),
    PolicyRoles: of('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
    ...page,
  };
};

// Inline policies of users, roles and groups.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { changeEntity, requireEntity } from './entities.ts';
import { inlinePolicyNotFound, inlineTooLarge } from './errors.ts';
import { checkName } from './names.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { checkDocument, documentSize, encodeDocument } from './policy-documents.ts';
import type { EntityKind } from './records.ts';

/** All inline policies of one entity together. */
const INLINE_SIZE_MAX: Record<EntityKind, number> = { user: 2048, role: 10_240, group: 5120 };

interface Named {
  PolicyName: string;
}

async function putInline(
  context: Context,
  kind: EntityKind,
  name: string,
  { PolicyName, PolicyDocument }: Named & { PolicyDocument: string },
): Promise<Record<never, never>> {
  checkName('policyName', PolicyName);
  checkDocument(PolicyDocument, 'identity');
  await changeEntity(context, kind, name, (entity) => {
    const inline = { ...entity.inline, [PolicyName]: PolicyDocument };
    const size = Object.values(inline).reduce((sum, text) => sum + documentSize(text), 0);
    if (size > INLINE_SIZE_MAX[kind]) throw inlineTooLarge(kind, entity.name, INLINE_SIZE_MAX[kind]);
    return { ...entity, inline };
  });
  return {};
}

async function getInline(context: Context, kind: EntityKind, name: string, { PolicyName }: Named) {
  const entity = await requireEntity(context.store, context.accountId, kind, name);
  const document = Object.hasOwn(entity.inline, PolicyName) ? entity.inline[PolicyName] : undefined;
  if (document === undefined) throw inlinePolicyNotFound(kind, PolicyName);
  return { entity: entity.name, PolicyName, PolicyDocument: encodeDocument(document) };
}

async function deleteInline(
  context: Context,
  kind: EntityKind,
  name: string,
  { PolicyName }: Named,
): Promise<Record<never, never>> {
  await changeEntity(context, kind, name, (entity) => {
    if (!Object.hasOwn(entity.inline, PolicyName)) throw inlinePolicyNotFound(kind, PolicyName);
    const { [PolicyName]: _gone, ...inline } = entity.inline;
    return { ...entity, inline };
  });
  return {};
}

async function listInline(context: Context, kind: EntityKind, name: string, request: PageRequest) {
  const entity = await requireEntity(context.store, context.accountId, kind, name);
  const { items, ...page } = pageOf(Object.keys(entity.inline).sort(), request, (policy) => policy);
  return { PolicyNames: items, ...page };
}

export const putUserPolicy: Operation<'iam', 'PutUserPolicy'> = (input, context) =>
  putInline(context, 'user', input.UserName, input);
export const putRolePolicy: Operation<'iam', 'PutRolePolicy'> = (input, context) =>
  putInline(context, 'role', input.RoleName, input);
export const putGroupPolicy: Operation<'iam', 'PutGroupPolicy'> = (input, context) =>
  putInline(context, 'group', input.GroupName, input);

export const getUserPolicy: Operation<'iam', 'GetUserPolicy'> = async (input, context) => {
  const { entity, ...policy } = await getInline(context, 'user', input.UserName, input);
  return { UserName: entity, ...policy };
};
export const getRolePolicy: Operation<'iam', 'GetRolePolicy'> = async (input, context) => {
  const { entity, ...policy } = await getInline(context, 'role', input.RoleName, input);
  return { RoleName: entity, ...policy };
};
export const getGroupPolicy: Operation<'iam', 'GetGroupPolicy'> = async (input, context) => {
  const { entity, ...policy } = await getInline(context, 'group', input.GroupName, input);
  return { GroupName: entity, ...policy };
};

export const deleteUserPolicy: Operation<'iam', 'DeleteUserPolicy'> = (input, context) =>
  deleteInline(context, 'user', input.UserName, input);
export const deleteRolePolicy: Operation<'iam', 'DeleteRolePolicy'> = (input, context) =>
  deleteInline(context, 'role', input.RoleName, input);
export const deleteGroupPolicy: Operation<'iam', 'DeleteGroupPolicy'> = (input, context) =>
  deleteInline(context, 'group', input.GroupName, input);

export const listUserPolicies: Operation<'iam', 'ListUserPolicies'> = (input, context) =>
  listInline(context, 'user', input.UserName, input);
export const listRolePolicies: Operation<'iam', 'ListRolePolicies'> = (input, context) =>
  listInline(context, 'role', input.RoleName, input);
export const listGroupPolicies: Operation<'iam', 'ListGroupPolicies'> = (input, context) =>
  listInline(context, 'group', input.GroupName, input);

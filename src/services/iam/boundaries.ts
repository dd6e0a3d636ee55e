// Permissions boundaries of users and roles.
import type { AttachedPermissionsBoundary } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import type { Transaction, Writer } from '#store/contract.ts';
import { changeEntity } from './entities.ts';
import { boundaryNotFound } from './errors.ts';
import { requireAttachable } from './policy-lookup.ts';
import type { Role, User } from './records.ts';
import { putAttachment, removeAttachment } from './store.ts';

type Bounded = User | Role;
type BoundedKind = 'user' | 'role';

export function describeBoundary(arn: string | undefined): { PermissionsBoundary?: AttachedPermissionsBoundary } {
  if (arn === undefined) return {};
  return {
    PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as never, PermissionsBoundaryArn: arn },
  };
}

/** Answers the entity with its new boundary, which the caller writes. */
export async function setBoundary<E extends Bounded>(
  tx: Transaction,
  accountId: string,
  kind: BoundedKind,
  entity: E,
  policyArn: string,
): Promise<E> {
  await requireAttachable(tx, accountId, policyArn);
  dropBoundary(tx, accountId, kind, entity);
  putAttachment(tx, accountId, policyArn, { kind, name: entity.name, as: 'boundary' });
  return { ...entity, boundary: policyArn };
}

function dropBoundary(tx: Writer, accountId: string, kind: BoundedKind, entity: Bounded): void {
  if (entity.boundary) removeAttachment(tx, accountId, entity.boundary, { kind, name: entity.name, as: 'boundary' });
}

export const putUserPermissionsBoundary: Operation<'iam', 'PutUserPermissionsBoundary'> = async (input, context) => {
  await changeEntity(context, 'user', input.UserName, (user, tx) =>
    setBoundary(tx, context.accountId, 'user', user, input.PermissionsBoundary),
  );
  return {};
};

export const putRolePermissionsBoundary: Operation<'iam', 'PutRolePermissionsBoundary'> = async (input, context) => {
  await changeEntity(context, 'role', input.RoleName, (role, tx) =>
    setBoundary(tx, context.accountId, 'role', role, input.PermissionsBoundary),
  );
  return {};
};

export const deleteUserPermissionsBoundary: Operation<'iam', 'DeleteUserPermissionsBoundary'> = async (
  input,
  context,
) => {
  await changeEntity(context, 'user', input.UserName, (user, tx) => {
    if (user.boundary === undefined) throw boundaryNotFound('user', user.name);
    dropBoundary(tx, context.accountId, 'user', user);
    const { boundary: _dropped, ...rest } = user;
    return rest;
  });
  return {};
};

export const deleteRolePermissionsBoundary: Operation<'iam', 'DeleteRolePermissionsBoundary'> = async (
  input,
  context,
) => {
  await changeEntity(context, 'role', input.RoleName, (role, tx) => {
    if (role.boundary === undefined) throw boundaryNotFound('role', role.name);
    dropBoundary(tx, context.accountId, 'role', role);
    const { boundary: _dropped, ...rest } = role;
    return rest;
  });
  return {};
};

import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { OperationRecord, StackRecord } from './records.ts';

const SESSION_NAME = 'AWSCloudFormation';

/** Whose rights a stack operation has: its role's when it has one, else the caller's. */
export async function operationPrincipal(platform: Platform, stack: StackRecord, operation: OperationRecord): Promise<Principal> {
  const { roleArn, accountId, region } = stack;
  if (!roleArn) return operation.principal;
  const name = roleArn.split('/').at(-1) ?? '';
  const { Role } = await platform.call('iam', 'GetRole', { RoleName: name }, { as: operation.principal, accountId, region, trusted: true });
  if (!Role?.Arn) throw new ServiceError('ValidationError', `Role ${roleArn} is invalid or cannot be assumed`);
  return {
    type: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${name}/${SESSION_NAME}`,
    userId: `${Role.RoleId}:${SESSION_NAME}`,
    roleArn: Role.Arn,
    sessionName: SESSION_NAME,
  };
}

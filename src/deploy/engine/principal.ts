import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import { TemplateError } from '../template/error.ts';
import type { OperationRecord, StackRecord } from './records.ts';

const SESSION_NAME = 'AWSCloudFormation';

/** CloudFormation in the role that a stack has; the role must trust it. */
export async function rolePrincipal(platform: Platform, roleArn: string, stackId?: string): Promise<Principal> {
  try {
    return await platform.identity.serviceSession({
      roleArn,
      service: 'cloudformation.amazonaws.com',
      sessionName: SESSION_NAME,
      ...(stackId !== undefined && { sourceArn: stackId }),
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new TemplateError(`Role ${roleArn} is invalid or cannot be assumed`, undefined, error);
  }
}

/** Whose rights a stack operation has: its role's when it has one, else the caller's. */
export async function operationPrincipal(
  platform: Platform,
  stack: StackRecord,
  operation: OperationRecord,
): Promise<Principal> {
  return stack.roleArn === undefined ? operation.principal : rolePrincipal(platform, stack.roleArn, stack.stackId);
}

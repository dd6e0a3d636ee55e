// "User: … is not authorized to perform: …", as each service says it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
import { ServiceError } from '#core/errors.ts';
import type { Decision, PolicySource } from '#core/policy/index.ts';
import type { Principal } from '#core/principal.ts';
import { loadModel } from '#protocol/model.ts';
import type { Authorization } from './service.ts';

export type Denial = Extract<Decision, { allowed: false }>;

const EXPLICIT: Record<PolicySource, string> = {
  identity: 'with an explicit deny in an identity-based policy',
  boundary: 'with an explicit deny in a permissions boundary',
  session: 'with an explicit deny in a session policy',
  resource: 'with an explicit deny in a resource-based policy',
};
const IMPLICIT: Record<PolicySource, string> = {
  identity: 'no identity-based policy allows',
  boundary: 'no permissions boundary allows',
  session: 'no session policy allows',
  resource: 'no resource-based policy allows',
};

/** With a space before it. A role that does not trust the caller is answered like one that does not exist. */
function reason({ isTrustPolicy }: Authorization, action: string, denial: Denial): string {
  if (isTrustPolicy && denial.source === 'resource') {
    return denial.explicit ? ' with an explicit deny in the role trust policy' : '';
  }
  if (denial.explicit) return ` ${EXPLICIT[denial.source]}`;
  return ` because ${IMPLICIT[denial.source]} the ${action} action`;
}

export function principalName(principal: Principal): string {
  if (principal.type === 'anonymous') return 'anonymous';
  return principal.type === 'service' ? principal.service : principal.arn;
}

export function denialText(principal: Principal, authorization: Authorization, denial: Denial): string {
  const { action, resource } = authorization;
  return `User: ${principalName(principal)} is not authorized to perform: ${action} on resource: ${resource}${reason(authorization, action, denial)}`;
}

/** The services of the awsJson protocols answer AccessDeniedException with status 400, the others with 403. */
function jsonStatus(serviceId: string): number {
  return loadModel(serviceId).protocols[0]?.startsWith('awsJson') ? 400 : 403;
}

export function accessDenied(
  serviceId: string,
  principal: Principal,
  authorization: Authorization,
  denial: Denial,
): ServiceError {
  const { action, resource } = authorization;
  const user = `User: ${principalName(principal)} is not authorized to perform:`;
  switch (serviceId) {
    case 's3':
      return new ServiceError('AccessDenied', s3Text(principal, authorization, denial), 403);
    case 'ec2':
      return new ServiceError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${denialText(principal, authorization, denial)}`,
        403,
      );
    case 'sns': {
      const spelled = action.replace(/^sns:/, 'SNS:');
      return new ServiceError(
        'AuthorizationError',
        `${user} ${spelled} on resource: ${resource}${reason(authorization, spelled, denial)}`,
        403,
      );
    }
    case 'sqs': {
      const spelled = action.toLowerCase();
      return new ServiceError(
        'AccessDenied',
        `${user} ${spelled} on resource: ${resource}${reason(authorization, spelled, denial)}`,
        403,
      );
    }
    case 'ses':
    case 'sesv2':
      return new ServiceError(
        serviceId === 'ses' ? 'AccessDenied' : 'AccessDeniedException',
        `User \`${principalName(principal)}' is not authorized to perform \`${action}' on resource \`${resource}'`,
        403,
      );
    case 'iam':
    case 'sts':
    case 'cloudformation':
      return new ServiceError('AccessDenied', denialText(principal, authorization, denial), 403);
    default:
      return new ServiceError(
        'AccessDeniedException',
        denialText(principal, authorization, denial),
        jsonStatus(serviceId),
      );
  }
}

/** S3 tells its reasons to principals of the owner's account only. */
function s3Text(principal: Principal, authorization: Authorization, denial: Denial): string {
  const { action, resource, resourceAccountId } = authorization;
  const isOwn =
    'accountId' in principal && (resourceAccountId === undefined || resourceAccountId === principal.accountId);
  if (!isOwn) return 'Access Denied';
  const on = resource === '*' ? '' : ` on resource: "${resource}"`;
  return `User: ${principalName(principal)} is not authorized to perform: ${action}${on}${reason(authorization, action, denial)}`;
}

// To whom a statement of a resource or trust policy speaks.
import type { Principal } from '../principal.ts';
import type { PrincipalElement } from './document-principal.ts';

/**
 * How closely the principal is named; it decides which other policies still limit it.
 * account: its account as a whole, which leaves the decision to that account's identity policies.
 */
export type GrantTo = 'none' | 'account' | 'everyone' | 'role' | 'itself';

/** from the weakest grant to the strongest */
export const GRANT_ORDER: readonly GrantTo[] = ['none', 'account', 'everyone', 'role', 'itself'];

export function compilePrincipals(element: PrincipalElement, negated: boolean): (principal: Principal) => GrantTo {
  if (negated) return (principal) => (isExcepted(element, principal) ? 'none' : 'everyone');
  return (principal) => grantTo(element, principal);
}

function grantTo(element: PrincipalElement, principal: Principal): GrantTo {
  switch (principal.type) {
    case 'anonymous':
      return element.everyone ? 'everyone' : 'none';
    case 'service':
      if (element.services.includes(principal.service)) return 'itself';
      return element.everyone ? 'everyone' : 'none';
    case 'root':
      if (element.accounts.includes(principal.accountId)) return 'account';
      return element.everyone ? 'everyone' : 'none';
    case 'user':
      if (element.arns.includes(principal.arn) || element.uniqueIds.includes(principal.userId)) return 'itself';
      break;
    case 'assumed-role':
      if (element.arns.includes(principal.arn)) return 'itself';
      if (element.arns.includes(principal.roleArn)) return 'role';
      if (element.uniqueIds.includes(principal.userId.split(':', 1)[0] as string)) return 'role';
      break;
  }
  if (element.everyone) return 'everyone';
  return element.accounts.includes(principal.accountId) ? 'account' : 'none';
}

/**
 * NotPrincipal spares only who is named with all that he is: a role session by session, role and account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isExcepted(element: PrincipalElement, principal: Principal): boolean {
  if (element.everyone) return true;
  switch (principal.type) {
    case 'anonymous':
      return false;
    case 'service':
      return element.services.includes(principal.service);
    case 'root':
      return element.accounts.includes(principal.accountId);
    case 'user':
      return element.accounts.includes(principal.accountId) && element.arns.includes(principal.arn);
    case 'assumed-role':
      return (
        element.accounts.includes(principal.accountId) &&
        element.arns.includes(principal.roleArn) &&
        element.arns.includes(principal.arn)
      );
  }
}

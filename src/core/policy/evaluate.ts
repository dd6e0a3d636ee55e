// Allowed or denied, and why.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import { statementApplies, type CompiledPolicy, type PolicyRequest } from './compile.ts';
import { GRANT_ORDER, type GrantTo } from './grantee.ts';

export interface PolicySet {
  identity: readonly CompiledPolicy[];
  boundary?: CompiledPolicy;
  /** those passed when the session was made; any of them may allow */
  session?: readonly CompiledPolicy[];
  /** attached to the resource; a role's trust policy when the role is the resource */
  resource?: CompiledPolicy;
}

export interface ResourceOwner {
  accountId: string;
  /** Identity policies alone do not suffice, not even in the same account: roles' trust policies, KMS keys. */
  resourcePolicyMustAllow?: boolean;
}

export type PolicySource = 'identity' | 'boundary' | 'session' | 'resource';

export type Decision = { allowed: true } | { allowed: false; explicit: boolean; source: PolicySource };

const ALLOWED: Decision = { allowed: true };
const deniedBy = (source: PolicySource, explicit: boolean): Decision => ({ allowed: false, explicit, source });

type Verdict = 'allow' | 'deny' | 'silent';

/** What policies say together; principals are not looked at. */
function verdictOf(policies: readonly CompiledPolicy[], action: string, request: PolicyRequest): Verdict {
  let verdict: Verdict = 'silent';
  for (const { statements } of policies) {
    for (const statement of statements) {
      if (verdict === 'allow' && statement.effect === 'Allow') continue;
      if (!statementApplies(statement, action, request)) continue;
      if (statement.effect === 'Deny') return 'deny';
      verdict = 'allow';
    }
  }
  return verdict;
}

/** The closest grant that the resource's policy makes, or its denial. */
function resourceGrant(policy: CompiledPolicy, action: string, request: PolicyRequest): GrantTo | 'deny' {
  let best: GrantTo = 'none';
  for (const statement of policy.statements) {
    const grant = statement.grantee?.(request.principal) ?? 'none';
    if (grant === 'none') continue;
    if (statement.effect === 'Allow' && GRANT_ORDER.indexOf(grant) <= GRANT_ORDER.indexOf(best)) continue;
    if (!statementApplies(statement, action, request)) continue;
    if (statement.effect === 'Deny') return 'deny';
    best = grant;
  }
  return best;
}

export function evaluate(request: PolicyRequest, policies: PolicySet, owner: ResourceOwner): Decision {
  const { principal } = request;
  const action = request.action.toLowerCase();
  const grant = policies.resource ? resourceGrant(policies.resource, action, request) : 'none';
  if (principal.type === 'anonymous' || principal.type === 'service') {
    if (grant === 'deny') return deniedBy('resource', true);
    return grant === 'none' ? deniedBy('resource', false) : ALLOWED;
  }
  const identity = principal.type === 'root' ? 'allow' : verdictOf(policies.identity, action, request);
  const boundary = policies.boundary ? verdictOf([policies.boundary], action, request) : 'allow';
  const session = policies.session ? verdictOf(policies.session, action, request) : 'allow';
  if (identity === 'deny') return deniedBy('identity', true);
  if (grant === 'deny') return deniedBy('resource', true);
  if (boundary === 'deny') return deniedBy('boundary', true);
  if (session === 'deny') return deniedBy('session', true);

  const sameAccount = principal.accountId === owner.accountId;
  if ((!sameAccount || owner.resourcePolicyMustAllow) && grant === 'none') return deniedBy('resource', false);
  // In its own account, who is named himself needs nothing else: neither identity policy nor boundary nor session policy.
  if (sameAccount && grant === 'itself') return ALLOWED;
  const identityNeeded = !sameAccount || grant === 'none' || grant === 'account';
  if (identityNeeded && identity !== 'allow') return deniedBy('identity', false);
  if (boundary !== 'allow') return deniedBy('boundary', false);
  if (session !== 'allow') return deniedBy('session', false);
  return ALLOWED;
}

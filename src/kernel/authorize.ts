// Evaluates every policy that speaks about an operation: identity, boundary, session, and the resource's own.
import { compilePolicy, evaluate, MalformedPolicy, type CompiledPolicy, type Decision } from '#core/policy/index.ts';
import type { Principal } from '#core/principal.ts';
import type { Context } from './context.ts';
import { accessDenied } from './denial.ts';
import type { PrincipalPolicies } from './identity.ts';
import type { Platform } from './platform.ts';
import { requestKeys, type RequestFacts } from './request-keys.ts';
import type { Authorization, Authorize, Service } from './service.ts';
import { reportViolation } from './violations.ts';

export { accessDenied, denialText } from './denial.ts';
export type { RequestFacts } from './request-keys.ts';

/** Throws AccessDenied where the mode enforces; otherwise says once what would be denied. */
export async function authorizeOperation(service: Service, input: unknown, context: Context): Promise<void> {
  const { platform, operation, principal } = context;
  const authorize = (service.authorize as Record<string, Authorize> | undefined)?.[operation];
  const authorizations = authorize
    ? await authorize(input, context)
    : [{ action: `${service.iamPrefix ?? service.id}:${operation}`, resource: '*' }];
  for (const authorization of authorizations) {
    const decision = await decideAccess(platform, context, authorization);
    if (decision.allowed) continue;
    if (isEnforced(platform, principal)) throw accessDenied(service.id, principal, authorization, decision);
    reportViolation(platform, principal, authorization, decision);
  }
}

/** Who shows no credentials is never let in by the report mode: that someone may read is a property of the resource. */
export function isEnforced(platform: Platform, principal: Principal): boolean {
  const { iam, mode } = platform.config;
  return iam === 'enforce' || mode === 'serve' || principal.type === 'anonymous';
}

/** The decision alone, for data planes (execute-api:Invoke, function URLs) and simulations. */
export async function decideAccess(
  platform: Platform,
  facts: RequestFacts,
  authorization: Authorization,
): Promise<Decision> {
  const { principal } = facts;
  const owner = authorization.resourceAccountId ?? ('accountId' in principal ? principal.accountId : facts.accountId);
  const resource = attachedPolicy(platform, authorization);
  if (isOwnBucketPolicy(principal, authorization, owner)) return { allowed: true };
  if (resource === 'unreadable') return { allowed: false, explicit: true, source: 'resource' };
  const hasIdentity = principal.type === 'user' || principal.type === 'assumed-role';
  const policies = hasIdentity ? await platform.identity.policiesOf(principal) : undefined;
  return evaluate(
    {
      principal,
      action: authorization.action,
      resource: authorization.resource,
      lookup: requestKeys(facts, authorization, policies, platform.clock.now()),
    },
    { ...compileAll(policies), ...(resource && { resource }) },
    { accountId: owner, ...(authorization.resourcePolicyMustAllow && { resourcePolicyMustAllow: true }) },
  );
}

const compileIdentity = (text: string): CompiledPolicy => compilePolicy(text, 'identity');

function compileAll(policies: PrincipalPolicies | undefined): {
  identity: CompiledPolicy[];
  boundary?: CompiledPolicy;
  session?: CompiledPolicy[];
} {
  if (!policies) return { identity: [] };
  const { identity, boundary, session } = policies;
  return {
    identity: identity.map(compileIdentity),
    ...(boundary !== undefined && { boundary: compileIdentity(boundary) }),
    ...(session && { session: session.map(compileIdentity) }),
  };
}

/** A policy that was taken but cannot be read here must not open what it was to close. */
function attachedPolicy(platform: Platform, authorization: Authorization): CompiledPolicy | undefined | 'unreadable' {
  const { resourcePolicy, isTrustPolicy, resource } = authorization;
  if (resourcePolicy === undefined) return undefined;
  try {
    return compilePolicy(resourcePolicy, isTrustPolicy ? 'trust' : 'resource');
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    platform.warn(`the policy of ${resource} cannot be evaluated and denies everything: ${error.message}`);
    return 'unreadable';
  }
}

const BUCKET_POLICY_ACTIONS = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']);

/** The owner's root user can always mend a bucket policy that locks everyone out (S3 user guide, "Bucket policies"). */
function isOwnBucketPolicy(principal: Principal, { action }: Authorization, owner: string): boolean {
  return principal.type === 'root' && principal.accountId === owner && BUCKET_POLICY_ACTIONS.has(action);
}

// The policy that a Lambda authorizer answers, compared with the method or route that is called.
import { compilePolicy, evaluate, type CompiledPolicy, type KeyLookup } from '#core/policy/index.ts';
import type { HttpRequest } from '#core/http.ts';

export type Verdict = 'allow' | 'deny' | 'explicit-deny';

/** Throws MalformedPolicy. */
export const compileAuthorizerPolicy = (document: unknown): CompiledPolicy =>
  compilePolicy(JSON.stringify(withoutEmptyStatements(document)), 'identity');

const MATCHES_NOTHING = { Effect: 'Allow', Action: 'execute-api:Invoke', NotResource: '*' };

/** Unlike IAM, API Gateway takes a list of no resources, and lets nobody in by it: Chalice's `AuthResponse(routes=[])`. */
function withoutEmptyStatements(document: unknown): unknown {
  const statements = (document as { Statement?: unknown } | null)?.Statement;
  if (!Array.isArray(statements)) return document;
  const isEmpty = (statement: { Resource?: unknown } | null): boolean =>
    Array.isArray(statement?.Resource) && statement.Resource.length === 0;
  return {
    ...(document as object),
    Statement: statements.map((statement) => (isEmpty(statement) ? MATCHES_NOTHING : statement)),
  };
}

export function judge(policy: CompiledPolicy, arn: string, accountId: string, request: HttpRequest): Verdict {
  const decision = evaluate(
    {
      // Whom the token stands for is the authorizer's business: its policy speaks about the caller alone.
      principal: {
        type: 'user',
        accountId,
        arn: `arn:aws:iam::${accountId}:user/caller`,
        userId: '',
        userName: 'caller',
      },
      action: 'execute-api:Invoke',
      resource: arn,
      lookup: requestLookup(request),
    },
    { identity: [policy] },
    { accountId },
  );
  if (decision.allowed) return 'allow';
  return decision.explicit ? 'explicit-deny' : 'deny';
}

function requestLookup(request: HttpRequest): KeyLookup {
  return (key) => {
    if (key === 'aws:sourceip') return request.remoteAddress;
    if (key === 'aws:useragent') return request.headers['user-agent'];
    if (key === 'aws:referer') return request.headers['referer'];
    return key === 'aws:securetransport' ? String(request.secure) : undefined;
  };
}

// AWS_IAM: whose signature the request carries, and whether policies let him invoke.
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import { decideAccess, isEnforced } from '#kernel/authorize.ts';
import type { Platform } from '#kernel/platform.ts';
import { authenticateSigned } from '#kernel/signed-request.ts';
import type { CallerIdentity } from './identity.ts';

const SIGNED_FOR = { signingName: 'execute-api', dialect: 'rest-json' } as const;

/** Undefined: not signed. Throws ServiceError for a signature or key that is not good. */
export async function signedPrincipal(
  platform: Platform,
  request: HttpRequest,
  body: Buffer,
): Promise<Principal | undefined> {
  return (await authenticateSigned(platform, request, SIGNED_FOR, body))?.principal;
}

export interface InvokeQuestion {
  principal: Principal;
  /** `arn:aws:execute-api:…` */
  arn: string;
  accountId: string;
  region: string;
  /** the API's own policy, with full ARNs */
  resourcePolicy?: string | undefined;
  request: HttpRequest;
}

export type InvokeDecision = 'allow' | 'deny' | 'explicit-deny';

export const decideInvoke = (platform: Platform, question: InvokeQuestion): Promise<InvokeDecision> =>
  decide(platform, question, 'execute-api:Invoke');

/** May he ask for a fresh answer where the cache has one? */
export const decideInvalidate = (platform: Platform, question: InvokeQuestion): Promise<InvokeDecision> =>
  decide(platform, question, 'execute-api:InvalidateCache');

/** May he send to, look at or close connections of a WebSocket API? */
export const decideManage = (platform: Platform, question: InvokeQuestion): Promise<InvokeDecision> =>
  decide(platform, question, 'execute-api:ManageConnections');

async function decide(platform: Platform, question: InvokeQuestion, action: string): Promise<InvokeDecision> {
  const { principal, arn, accountId, region, resourcePolicy, request } = question;
  const decision = await decideAccess(
    platform,
    { principal, accountId, region, http: httpFacts(request) },
    {
      action,
      resource: arn,
      resourceAccountId: accountId,
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
  );
  if (decision.allowed) return 'allow';
  if (!isEnforced(platform, principal)) {
    const who = 'arn' in principal ? principal.arn : principal.type;
    platform.warn(`IAM would deny ${who} ${action} on ${arn}`);
    return 'allow';
  }
  return decision.explicit ? 'explicit-deny' : 'deny';
}

const httpFacts = (request: HttpRequest) => ({
  method: request.method,
  host: request.headers['host'] ?? '',
  target: request.target,
  headers: request.headers,
  sourceIp: request.remoteAddress,
  userAgent: request.headers['user-agent'] ?? '',
  secure: request.secure,
});

export function identityOf(principal: Principal): CallerIdentity {
  if (principal.type === 'service' || principal.type === 'anonymous') return {};
  const { accountId, arn, userId, accessKeyId } = principal;
  return {
    accountId,
    userArn: arn,
    caller: userId,
    user: userId,
    ...(accessKeyId !== undefined && { accessKey: accessKeyId }),
  };
}

/** What a refused signature says, by the code of AWS's error. */
export const signatureRefusal = (error: unknown): { code: string; message: string } | undefined =>
  error instanceof ServiceError ? { code: error.code, message: error.message } : undefined;

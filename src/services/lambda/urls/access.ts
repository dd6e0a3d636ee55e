// Who may call a function URL: both permissions are needed since October 2025, for everybody or for who signed.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
import type { HttpRequest } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import { decideAccess, denialText, isEnforced } from '#kernel/authorize.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Authorization } from '#kernel/service.ts';
import { authenticateSigned } from '#kernel/signed-request.ts';
import type { Invocable } from '../snapshots.ts';
import type { UrlRecord } from '../store.ts';

const SIGNED_FOR = { signingName: 'lambda', dialect: 'rest-json' } as const;
const ANYBODY: Principal = { type: 'anonymous' };
/** marks in `Invocable.allowed` that the policy lets everybody in */
const PUBLIC_URL = 'anybody by URL';

/** Undefined: not signed. Throws ServiceError for a signature or key that is not good. */
export async function signerOf(
  platform: Platform,
  request: HttpRequest,
  body: Uint8Array,
): Promise<Principal | undefined> {
  return (await authenticateSigned(platform, request, SIGNED_FOR, body))?.principal;
}

function authorizationsOf({ authorization }: Invocable, url: UrlRecord): Authorization[] {
  const conditions = {
    ...authorization.conditions,
    'lambda:FunctionUrlAuthType': url.authType,
    'lambda:InvokedViaFunctionUrl': true,
  };
  return [
    { ...authorization, action: 'lambda:InvokeFunctionUrl', conditions },
    { ...authorization, conditions },
  ];
}

/** `principal` is absent for AuthType NONE. */
export async function mayInvoke(
  platform: Platform,
  invocable: Invocable,
  url: UrlRecord,
  request: HttpRequest,
  principal: Principal = ANYBODY,
): Promise<boolean> {
  const isPublic = principal.type === 'anonymous';
  if (isPublic && invocable.allowed.has(PUBLIC_URL)) return true;
  const facts = { principal, ...invocable.at, http: httpFacts(request) };
  for (const authorization of authorizationsOf(invocable, url)) {
    const decision = await decideAccess(platform, facts, authorization);
    if (decision.allowed) continue;
    platform.warn(
      `${isEnforced(platform, principal) ? 'The URL of' : 'IAM would refuse the URL of'} ${invocable.invokedArn} is refused: ` +
        denialText(principal, authorization, decision),
    );
    if (isEnforced(platform, principal)) return false;
  }
  // What functions' policies can say about everybody does not depend on the request: AddPermission has no such conditions.
  if (isPublic) invocable.allowed.add(PUBLIC_URL);
  return true;
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

// The condition keys that every request has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
import type { KeyLookup } from '#core/policy/index.ts';
import type { Principal } from '#core/principal.ts';
import type { HttpFacts } from './context.ts';
import type { PrincipalPolicies } from './identity.ts';
import type { Authorization } from './service.ts';

/** What is known of a request before it is decided; a Context is one. */
export interface RequestFacts {
  readonly principal: Principal;
  /** of the request: where a resource without stated owner lies */
  readonly accountId: string;
  readonly region: string;
  readonly http?: HttpFacts;
  readonly calledVia?: readonly string[];
}

type Value = string | readonly string[] | undefined;

const PRINCIPAL_TYPES: Record<Principal['type'], string> = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  service: 'Service',
  anonymous: 'Anonymous',
};

/** Keys of the service (`s3:prefix`, `aws:ResourceTag/x`) first, then the global ones. Names come in lower case. */
export function requestKeys(
  facts: RequestFacts,
  authorization: Authorization,
  policies: PrincipalPolicies | undefined,
  nowMs: number,
): KeyLookup {
  let own: Map<string, Value> | undefined;
  return (key) => {
    const { conditions } = authorization;
    if (conditions) {
      own ??= new Map(Object.entries(conditions).map(([name, value]) => [name.toLowerCase(), textOf(value)]));
      const found = own.get(key);
      if (found !== undefined) return found;
    }
    return key.startsWith('aws:') ? globalKey(key, facts, authorization, policies, nowMs) : undefined;
  };
}

const textOf = (value: string | number | boolean | readonly string[]): string | readonly string[] =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

function globalKey(
  key: string,
  facts: RequestFacts,
  authorization: Authorization,
  policies: PrincipalPolicies | undefined,
  nowMs: number,
): Value {
  const { principal, http } = facts;
  switch (key) {
    case 'aws:currenttime':
      return new Date(nowMs).toISOString();
    case 'aws:epochtime':
      return String(Math.floor(nowMs / 1000));
    case 'aws:requestedregion':
      return facts.region;
    case 'aws:resourceaccount':
      return authorization.resourceAccountId ?? facts.accountId;
    // the network is the caller's own: not there when a service calls on for him
    case 'aws:sourceip':
      return http?.sourceIp;
    case 'aws:securetransport':
      return http && String(http.secure);
    case 'aws:useragent':
      return http?.userAgent;
    case 'aws:referer':
      return http?.headers['referer'];
    case 'aws:viaawsservice':
      return String(facts.calledVia !== undefined && principal.type !== 'service');
    case 'aws:calledvia':
      return facts.calledVia;
    case 'aws:calledviafirst':
      return facts.calledVia?.[0];
    case 'aws:calledvialast':
      return facts.calledVia?.at(-1);
    default:
      return principalKey(key, principal, policies);
  }
}

function principalKey(key: string, principal: Principal, policies: PrincipalPolicies | undefined): Value {
  switch (key) {
    case 'aws:principaltype':
      return isFederated(principal) ? 'FederatedUser' : PRINCIPAL_TYPES[principal.type];
    case 'aws:principalisawsservice':
      return String(principal.type === 'service');
    case 'aws:principalservicename':
      return principal.type === 'service' ? principal.service : undefined;
    case 'aws:sourcearn':
      return principal.type === 'service' ? principal.sourceArn : undefined;
    case 'aws:sourceaccount':
      return principal.type === 'service' ? principal.sourceAccount : undefined;
  }
  if (principal.type === 'anonymous') return key === 'aws:userid' ? 'anonymous' : undefined;
  if (principal.type === 'service') return undefined;
  switch (key) {
    case 'aws:principalaccount':
      return principal.accountId;
    // of a session the role's ARN, not the session's
    case 'aws:principalarn':
      return principal.type === 'assumed-role' ? principal.roleArn : principal.arn;
    case 'aws:userid':
      return principal.userId;
    case 'aws:username':
      return principal.type === 'user' && !isFederated(principal) ? principal.userName : undefined;
    case 'aws:sourceidentity':
      return principal.type === 'assumed-role' ? principal.sourceIdentity : undefined;
    case 'aws:tokenissuetime':
      return issuedAt(principal) === undefined ? undefined : new Date(issuedAt(principal) as number).toISOString();
    // long-term keys do not have it; nobody signs in with a device here
    case 'aws:multifactorauthpresent':
      return issuedAt(principal) === undefined ? undefined : 'false';
  }
  return key.startsWith('aws:principaltag/')
    ? tagValue(policies?.tags, key.slice('aws:principaltag/'.length))
    : undefined;
}

const isFederated = (principal: Principal): boolean => principal.type === 'user' && principal.federatedBy !== undefined;

const issuedAt = (principal: Principal): number | undefined =>
  principal.type === 'user' || principal.type === 'assumed-role' ? principal.tokenIssuedAt : undefined;

function tagValue(tags: Readonly<Record<string, string>> | undefined, lowerName: string): string | undefined {
  for (const name in tags) if (name.toLowerCase() === lowerName) return tags[name];
  return undefined;
}

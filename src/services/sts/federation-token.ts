// Credentials that a user gives to somebody whom IAM does not know.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
import type { Principal } from '#core/principal.ts';
import type { Authorize, Operation } from '#kernel/service.ts';
import type { Input } from '#kernel/service-types.ts';
import { accessDenied } from './errors.ts';
import { checkSessionPolicies, sessionTags } from './session-policies.ts';

const DURATION_SECONDS_DEFAULT = 12 * 3600;
/** The root user's sessions last an hour at most, whatever is asked. */
const ROOT_SECONDS_MAX = 3600;

const arnOf = (accountId: string, name: string): string => `arn:aws:sts::${accountId}:federated-user/${name}`;

/** Sessions are turned away before anybody's policies are asked. */
export const authorizeGetFederationToken: Authorize = (
  input: Input<'sts', 'GetFederationToken'>,
  { accountId, principal },
) => {
  requireLasting(principal);
  const resource = arnOf(accountId, input.Name);
  const actions = ['sts:GetFederationToken', ...(input.Tags?.length ? ['sts:TagSession'] : [])];
  return actions.map((action) => ({ action, resource }));
};

function requireLasting(principal: Principal): Extract<Principal, { type: 'user' | 'root' }> {
  const isTemporary = principal.type === 'user' && principal.tokenIssuedAt !== undefined;
  if ((principal.type === 'user' || principal.type === 'root') && !isTemporary) return principal;
  throw accessDenied('Cannot call GetFederationToken with session credentials');
}

export const getFederationToken: Operation<'sts', 'GetFederationToken'> = async (input, { platform, principal }) => {
  const maker = requireLasting(principal);
  const { accountId } = maker;
  const packedPercent = checkSessionPolicies(input);
  const session: Extract<Principal, { type: 'user' }> = {
    type: 'user',
    accountId,
    arn: arnOf(accountId, input.Name),
    userId: `${accountId}:${input.Name}`,
    userName: maker.type === 'user' ? maker.userName : 'root',
    federatedBy: maker.type,
    ...(input.Policy !== undefined && { sessionPolicies: [input.Policy] }),
    ...(input.PolicyArns?.length && { sessionPolicyArns: input.PolicyArns.map(({ arn }) => arn ?? '') }),
    ...sessionTags(input.Tags),
  };
  const asked = input.DurationSeconds ?? DURATION_SECONDS_DEFAULT;
  const seconds = maker.type === 'root' ? Math.min(asked, ROOT_SECONDS_MAX) : asked;
  const credentials = await platform.identity.issueCredentials(session, seconds);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: new Date(credentials.expiresAt),
    },
    FederatedUser: { FederatedUserId: session.userId, Arn: session.arn },
    ...(packedPercent > 0 && { PackedPolicySize: packedPercent }),
  };
};

import type { Principal } from '#core/principal.ts';
import type { Context } from '#kernel/context.ts';
import type { Authorization, Authorize, Operation } from '#kernel/service.ts';
import type { Input } from '#kernel/service-types.ts';
import { accessDenied, chainedTooLong, durationTooLong, validationError } from './errors.ts';
import { checkSessionPolicies, sessionTags } from './session-policies.ts';

type AssumeRoleInput = Input<'sts', 'AssumeRole'>;

const DURATION_SECONDS_DEFAULT = 3600;
/** A session that assumes another role gets no more, whatever that role allows. */
const CHAINED_SECONDS_MAX = 3600;

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

interface RoleFacts {
  arn: string;
  id: string;
  name: string;
  accountId: string;
  trust: string;
  maxSessionSeconds: number;
}

/** Undefined when there is no such role; the caller learns no more than that he may not assume it. */
async function findRole(context: Context, arn: string): Promise<RoleFacts | undefined> {
  const [, accountId, name] = ROLE_ARN.exec(arn) ?? [];
  if (accountId === undefined || name === undefined) throw validationError(`${arn} is invalid`);
  try {
    const { Role: role } = await context.call('iam', 'GetRole', { RoleName: name }, { accountId, trusted: true });
    if (role?.Arn !== arn) return undefined;
    return {
      arn,
      id: role.RoleId ?? '',
      name: role.RoleName ?? name,
      accountId,
      trust: decodeURIComponent(role.AssumeRolePolicyDocument ?? ''),
      maxSessionSeconds: role.MaxSessionDuration ?? DURATION_SECONDS_DEFAULT,
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchEntity') return undefined;
    throw error;
  }
}

/** The role's trust policy must allow; the caller's own policies too, unless it names him. */
export const authorizeAssumeRole: Authorize = async (input: AssumeRoleInput, context) => {
  const role = await findRole(context, input.RoleArn);
  const conditions: NonNullable<Authorization['conditions']> = { 'sts:RoleSessionName': input.RoleSessionName };
  if (input.ExternalId !== undefined) conditions['sts:ExternalId'] = input.ExternalId;
  for (const { Key, Value } of input.Tags ?? []) conditions[`aws:RequestTag/${Key}`] = Value ?? '';
  if (input.Tags) conditions['aws:TagKeys'] = input.Tags.map((tag) => tag.Key ?? '');
  if (input.SourceIdentity !== undefined) conditions['sts:SourceIdentity'] = input.SourceIdentity;
  const ask = (action: string): Authorization => ({
    action,
    resource: input.RoleArn,
    ...(role && { resourcePolicy: role.trust, resourceAccountId: role.accountId }),
    isTrustPolicy: true,
    resourcePolicyMustAllow: true,
    conditions,
  });
  return [
    ask('sts:AssumeRole'),
    ...(input.Tags?.length ? [ask('sts:TagSession')] : []),
    ...(input.SourceIdentity === undefined ? [] : [ask('sts:SetSourceIdentity')]),
  ];
};

export const assumeRole: Operation<'sts', 'AssumeRole'> = async (input, context) => {
  const { platform, principal } = context;
  refuseWhatHasNoEffect(input);
  const role = await findRole(context, input.RoleArn);
  if (!role) {
    const caller = 'arn' in principal ? principal.arn : principal.type;
    throw accessDenied(`User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`);
  }
  // Where keys are not issued, everyone is root, and must be able to try his roles.
  if (principal.type === 'root' && platform.config.mode === 'serve') {
    throw accessDenied('Roles may not be assumed by root accounts.');
  }
  const seconds = checkDuration(input.DurationSeconds, role, principal);
  const packedPercent = checkSessionPolicies(input);
  const sourceIdentity = sourceIdentityOf(input, principal);
  const session: Extract<Principal, { type: 'assumed-role' }> = {
    type: 'assumed-role',
    accountId: role.accountId,
    arn: `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${input.RoleSessionName}`,
    userId: `${role.id}:${input.RoleSessionName}`,
    roleArn: role.arn,
    sessionName: input.RoleSessionName,
    ...(input.Policy !== undefined && { sessionPolicies: [input.Policy] }),
    ...(input.PolicyArns?.length && { sessionPolicyArns: input.PolicyArns.map(({ arn }) => arn ?? '') }),
    ...sessionTags(input.Tags),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
  };
  const credentials = await platform.identity.issueCredentials(session, seconds);
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: new Date(credentials.expiresAt),
    },
    ...(packedPercent > 0 && { PackedPolicySize: packedPercent }),
    ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
  };
};

/** It stays as it was first set, whatever roles are assumed one from another. */
function sourceIdentityOf(
  { SourceIdentity: asked, RoleArn }: AssumeRoleInput,
  principal: Principal,
): string | undefined {
  if (principal.type !== 'assumed-role' || principal.sourceIdentity === undefined) return asked;
  if (asked !== undefined && asked !== principal.sourceIdentity) {
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform: sts:SetSourceIdentity on resource: ${RoleArn}`,
    );
  }
  return principal.sourceIdentity;
}

function refuseWhatHasNoEffect(input: AssumeRoleInput): void {
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
    throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ');
  }
  if (input.ProvidedContexts?.length || input.TransitiveTagKeys?.length) {
    throw validationError('Gatehouse does not support ProvidedContexts and TransitiveTagKeys');
  }
}

function checkDuration(asked: number | undefined, role: RoleFacts, principal: Principal): number {
  const seconds = asked ?? DURATION_SECONDS_DEFAULT;
  if (principal.type === 'assumed-role' && seconds > CHAINED_SECONDS_MAX) throw chainedTooLong();
  if (seconds > role.maxSessionSeconds) throw durationTooLong();
  return seconds;
}

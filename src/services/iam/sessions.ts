// Temporary credentials.
import { ServiceError } from '#core/errors.ts';
import { servicePrincipal, type Principal } from '#core/principal.ts';
import { accessDenied, decideAccess, isEnforced } from '#kernel/authorize.ts';
import type { Credentials, TemporaryPrincipal } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Authorization } from '#kernel/service.ts';
import { reportViolation } from '#kernel/violations.ts';
import { arnOf } from './names.ts';
import type { Role } from './records.ts';
import { find, putSession } from './store.ts';

/** How long an expired session is still known, so that its holder hears "expired" and not "unknown". */
const KEEP_EXPIRED_MS = 24 * 3600 * 1000;
/** Tokens are opaque; AWS's are longer, and may grow. */
const TOKEN_BYTES = 96;

type Session = Extract<Principal, { type: 'assumed-role' }>;

export async function issueCredentials(
  { clock, ids, store }: Platform,
  principal: TemporaryPrincipal,
  durationSeconds: number,
): Promise<Credentials> {
  const now = clock.now();
  const accessKeyId = ids.iam('ASIA');
  const session = {
    id: accessKeyId,
    secret: ids.secretKey(),
    token: `FwoGZXIvYXdz${Buffer.from(ids.hex(TOKEN_BYTES * 2), 'hex').toString('base64')}`,
    expiresAt: now + durationSeconds * 1000,
    principal: { ...principal, accessKeyId, ...(principal.type !== 'root' && { tokenIssuedAt: now }) },
  };
  await store.mutate([], (_, tx) => putSession(tx, session, KEEP_EXPIRED_MS));
  return {
    accessKeyId,
    secretAccessKey: session.secret,
    sessionToken: session.token,
    expiresAt: session.expiresAt,
  };
}

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

export function parseRoleArn(arn: string): { accountId: string; name: string } | undefined {
  const [, accountId, name] = ROLE_ARN.exec(arn) ?? [];
  return accountId !== undefined && name !== undefined ? { accountId, name } : undefined;
}

export interface ServiceSessionRequest {
  roleArn: string;
  /** lambda.amazonaws.com */
  service: string;
  sessionName: string;
  /** on whose behalf: aws:SourceArn and aws:SourceAccount of the trust policy */
  sourceArn?: string;
}

/** The session that a service has of a role it may assume. Where violations are only reported, it gets one in any case. */
export async function serviceSession(platform: Platform, request: ServiceSessionRequest): Promise<Session> {
  const { roleArn, service, sessionName, sourceArn } = request;
  const parsed = parseRoleArn(roleArn);
  if (!parsed) throw new ServiceError('ValidationError', `${roleArn} is invalid`, 400);
  const { accountId, name } = parsed;
  const found = await find(platform.store, accountId, 'role', name);
  const role = found && arnOf(accountId, 'role', found) === roleArn ? found : undefined;
  const principal = servicePrincipal(service, sourceArn);
  if (role) await checkTrust(platform, principal, role.trust, accountId, request);
  else refuse(platform, principal, `The role ${roleArn} does not exist, assumed by ${service}`);
  return sessionPrincipal(accountId, roleArn, role, name, sessionName);
}

async function checkTrust(
  platform: Platform,
  principal: Principal,
  trust: string,
  accountId: string,
  { roleArn, sessionName }: ServiceSessionRequest,
): Promise<void> {
  const authorization: Authorization = {
    action: 'sts:AssumeRole',
    resource: roleArn,
    resourcePolicy: trust,
    isTrustPolicy: true,
    resourcePolicyMustAllow: true,
    resourceAccountId: accountId,
    conditions: { 'sts:RoleSessionName': sessionName },
  };
  const facts = { principal, accountId, region: platform.config.defaultRegion };
  const decision = await decideAccess(platform, facts, authorization);
  if (decision.allowed) return;
  if (isEnforced(platform, principal)) throw accessDenied('sts', principal, authorization, decision);
  reportViolation(platform, principal, authorization, decision);
}

function refuse(platform: Platform, principal: Principal, text: string): void {
  if (isEnforced(platform, principal)) throw new ServiceError('AccessDenied', text, 403);
  platform.warn(`IAM would deny this: ${text}`);
}

function sessionPrincipal(
  accountId: string,
  roleArn: string,
  role: Role | undefined,
  name: string,
  sessionName: string,
): Session {
  return {
    type: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${role?.name ?? name}/${sessionName}`,
    userId: `${role?.id ?? 'AROA00000000000000000'}:${sessionName}`,
    roleArn,
    sessionName,
  };
}

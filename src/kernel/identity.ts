import type { Principal } from '#core/principal.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** set for temporary credentials: the request must carry it */
  sessionToken?: string;
  /** ms since the epoch, for temporary credentials */
  expiresAt?: number;
  active: boolean;
  principal: Principal;
}

/** The policies that speak about a principal, as JSON texts. */
export interface PrincipalPolicies {
  identity: readonly string[];
  boundary?: string;
  /** session policies; when present one of them must allow as well */
  session?: readonly string[];
  /** for aws:PrincipalTag: tags of the user or role, and those of the session over them */
  tags?: Readonly<Record<string, string>>;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ms since the epoch */
  expiresAt: number;
}

export type TemporaryPrincipal = Extract<Principal, { type: 'root' | 'user' | 'assumed-role' }>;

/** What the front and `call` need of IAM and STS; services/iam provides it. Cached in memory, replaced by store watch. */
export interface Identity {
  findAccessKey(accessKeyId: string): Promise<AccessKey | undefined>;
  policiesOf(principal: Principal): Promise<PrincipalPolicies>;
  /** Stores temporary credentials of a user, or of a role's session. They outlive a restart. */
  issueCredentials(principal: TemporaryPrincipal, durationSeconds: number): Promise<Credentials>;
  /** For GetAccessKeyLastUsed; costs nothing to speak of, and is written a while later. */
  noteUse(accessKeyId: string, service: string, region: string): void;
  /** Temporary credentials of a role for an AWS service acting on it (Lambda execution role); checks the trust policy. */
  assumeServiceRole(
    roleArn: string,
    service: string,
    sessionName: string,
    durationSeconds: number,
    sourceArn?: string,
  ): Promise<Credentials>;
  /** The same without credentials, for calls in process: `call(…, { as: await identity.serviceSession(…) })`. */
  serviceSession(request: {
    roleArn: string;
    /** lambda.amazonaws.com */
    service: string;
    sessionName: string;
    /** on whose behalf: aws:SourceArn and aws:SourceAccount of the trust policy */
    sourceArn?: string;
  }): Promise<Principal>;
}

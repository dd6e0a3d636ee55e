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
  /** session policies; when present each must allow as well */
  session?: readonly string[];
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ms since the epoch */
  expiresAt: number;
}

/** What the front and `call` need of IAM and STS; services/iam provides it. Cached in memory, replaced by store watch. */
export interface Identity {
  findAccessKey(accessKeyId: string): Promise<AccessKey | undefined>;
  policiesOf(principal: Principal): Promise<PrincipalPolicies>;
  /** Temporary credentials of a role for an AWS service acting on it (Lambda execution role); checks the trust policy. */
  assumeServiceRole(roleArn: string, service: string, sessionName: string, durationSeconds: number): Promise<Credentials>;
}

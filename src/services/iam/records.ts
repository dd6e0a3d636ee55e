// What IAM stores: one record per entity, with everything that an authorization needs of it.
import type { Tag } from '@aws-sdk/client-iam';
import type { TemporaryPrincipal } from '#kernel/identity.ts';

export type EntityKind = 'user' | 'role' | 'group';

interface Named {
  name: string;
  /** AIDA…, AROA…, AGPA…, AIPA…, ANPA… */
  id: string;
  path: string;
  /** ms since the epoch */
  createdAt: number;
}

/** Users, roles and groups have policies. */
export interface Entity extends Named {
  /** inline policies by name */
  inline: Record<string, string>;
  /** ARNs, in the order they were attached */
  attached: string[];
}

export interface User extends Entity {
  groups: string[];
  accessKeyIds: string[];
  boundary?: string;
  tags: Tag[];
  login?: LoginProfile;
}

export interface LoginProfile {
  /** ms since the epoch */
  createdAt: number;
  /** when the password was last set */
  changedAt: number;
  resetRequired: boolean;
  /** salt and scrypt key of the password, in base64 */
  hash: string;
  /** of the passwords before, as many as the account's policy remembers */
  earlier: string[];
}

export interface Role extends Entity {
  /** AssumeRolePolicyDocument */
  trust: string;
  description?: string;
  maxSessionSeconds: number;
  boundary?: string;
  tags: Tag[];
  /** a service-linked role: only its service may change it */
  linkedService?: string;
}

export type Group = Entity;

export interface InstanceProfile extends Named {
  roles: string[];
  tags: Tag[];
}

export interface ManagedPolicy extends Named {
  arn: string;
  description?: string;
  updatedAt: number;
  defaultVersion: string;
  /** of the next version */
  nextNumber: number;
  versions: PolicyVersion[];
  tags: Tag[];
}
export interface PolicyVersion {
  id: string;
  document: string;
  createdAt: number;
}

/** That a policy is attached to an entity, or bounds it. */
export interface Attachment {
  kind: EntityKind;
  name: string;
  as: 'policy' | 'boundary';
}

export interface OidcProvider {
  /** without https:// */
  url: string;
  clientIds: string[];
  thumbprints: string[];
  createdAt: number;
  tags: Tag[];
}

/** A long-term key of a user, or of the root user. */
export interface AccessKeyRecord {
  id: string;
  secret: string;
  accountId: string;
  /** absent: the root user's */
  userName?: string;
  active: boolean;
  createdAt: number;
}
/** Of an access key, or of a role's sessions. */
export interface LastUse {
  at: number;
  service: string;
  region: string;
}

/** Temporary credentials. */
export interface SessionRecord {
  id: string;
  secret: string;
  token: string;
  expiresAt: number;
  principal: TemporaryPrincipal;
}

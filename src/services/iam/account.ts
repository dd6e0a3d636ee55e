// The account: its alias, and what it has and may have.
import type { Operation } from '#kernel/service.ts';
import { listAwsManaged } from './aws-managed.ts';
import { aliasExists, aliasNotFound } from './errors.ts';
import { findAlias, findAliasOwner, list, listRootAccessKeys, putAlias, removeAlias } from './store.ts';

/** An account has one alias; a new one replaces it. */
export const createAccountAlias: Operation<'iam', 'CreateAccountAlias'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const owner = await findAliasOwner(tx, input.AccountAlias);
    if (owner !== undefined && owner !== accountId) throw aliasExists(input.AccountAlias);
    const old = await findAlias(tx, accountId);
    if (old !== undefined) removeAlias(tx, accountId, old);
    putAlias(tx, accountId, input.AccountAlias);
  });
  return {};
};

export const listAccountAliases: Operation<'iam', 'ListAccountAliases'> = async (_input, { accountId, store }) => {
  const alias = await findAlias(store, accountId);
  return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
};

export const deleteAccountAlias: Operation<'iam', 'DeleteAccountAlias'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    if ((await findAlias(tx, accountId)) !== input.AccountAlias) throw aliasNotFound(input.AccountAlias);
    removeAlias(tx, accountId, input.AccountAlias);
  });
  return {};
};

const QUOTAS = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GlobalEndpointTokenVersion: 1,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: 1500,
  PolicySizeQuota: 6144,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: 10_240,
  RolesQuota: 1000,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  UsersQuota: 5000,
  VersionsPerPolicyQuota: 5,
} as const;

export const getAccountSummary: Operation<'iam', 'GetAccountSummary'> = async (_input, { accountId, store }) => {
  const count = async (kind: 'user' | 'role' | 'group' | 'instance-profile' | 'oidc-provider'): Promise<number> =>
    (await list(store, accountId, kind)).length;
  const policies = await list(store, accountId, 'policy');
  const versions = policies.reduce((sum, policy) => sum + policy.versions.length, 0);
  return {
    SummaryMap: {
      ...QUOTAS,
      AccountAccessKeysPresent: (await listRootAccessKeys(store, accountId)).length > 0 ? 1 : 0,
      AccountMFAEnabled: 0,
      AccountPasswordPresent: 0,
      AccountSigningCertificatesPresent: 0,
      Groups: await count('group'),
      InstanceProfiles: await count('instance-profile'),
      MFADevices: 0,
      MFADevicesInUse: 0,
      Policies: policies.length,
      PolicyVersionsInUse: versions + listAwsManaged().length,
      Providers: await count('oidc-provider'),
      Roles: await count('role'),
      ServerCertificates: 0,
      Users: await count('user'),
    },
  };
};

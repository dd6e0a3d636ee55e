// AWS Identity and Access Management: one for all regions of an account.
import { defineService } from '#kernel/service.ts';
import { authorize } from './access.ts';
import * as keys from './access-keys.ts';
import * as account from './account.ts';
import * as attachments from './attachments.ts';
import { getAccountAuthorizationDetails } from './authorization-details.ts';
import * as boundaries from './boundaries.ts';
import * as credentials from './credential-report.ts';
import * as groups from './groups.ts';
import { StoredIdentity } from './identity.ts';
import * as inline from './inline-policies.ts';
import * as profiles from './instance-profiles.ts';
import * as oidc from './oidc-providers.ts';
import * as logins from './login-profiles.ts';
import * as passwords from './password-policy.ts';
import * as policies from './policies.ts';
import * as versions from './policy-versions.ts';
import * as roles from './roles.ts';
import { ensureRootCredentials } from './root-credentials.ts';
import * as linked from './service-linked-roles.ts';
import * as simulator from './simulate.ts';
import * as users from './users.ts';

export const iam = defineService({
  id: 'iam',
  operations: {
    AddClientIDToOpenIDConnectProvider: oidc.addClientIDToOpenIDConnectProvider,
    AddRoleToInstanceProfile: profiles.addRoleToInstanceProfile,
    AddUserToGroup: groups.addUserToGroup,
    AttachGroupPolicy: attachments.attachGroupPolicy,
    AttachRolePolicy: attachments.attachRolePolicy,
    AttachUserPolicy: attachments.attachUserPolicy,
    ChangePassword: logins.changePassword,
    CreateAccessKey: keys.createAccessKey,
    CreateAccountAlias: account.createAccountAlias,
    CreateGroup: groups.createGroup,
    CreateInstanceProfile: profiles.createInstanceProfile,
    CreateLoginProfile: logins.createLoginProfile,
    CreateOpenIDConnectProvider: oidc.createOpenIDConnectProvider,
    CreatePolicy: policies.createPolicy,
    CreatePolicyVersion: versions.createPolicyVersion,
    CreateRole: roles.createRole,
    CreateServiceLinkedRole: linked.createServiceLinkedRole,
    CreateUser: users.createUser,
    DeleteAccessKey: keys.deleteAccessKey,
    DeleteAccountAlias: account.deleteAccountAlias,
    DeleteAccountPasswordPolicy: passwords.deleteAccountPasswordPolicy,
    DeleteLoginProfile: logins.deleteLoginProfile,
    DeleteGroup: groups.deleteGroup,
    DeleteGroupPolicy: inline.deleteGroupPolicy,
    DeleteInstanceProfile: profiles.deleteInstanceProfile,
    DeleteOpenIDConnectProvider: oidc.deleteOpenIDConnectProvider,
    DeletePolicy: policies.deletePolicy,
    DeletePolicyVersion: versions.deletePolicyVersion,
    DeleteRole: roles.deleteRole,
    DeleteRolePermissionsBoundary: boundaries.deleteRolePermissionsBoundary,
    DeleteRolePolicy: inline.deleteRolePolicy,
    DeleteServiceLinkedRole: linked.deleteServiceLinkedRole,
    DeleteUser: users.deleteUser,
    DeleteUserPermissionsBoundary: boundaries.deleteUserPermissionsBoundary,
    DeleteUserPolicy: inline.deleteUserPolicy,
    DetachGroupPolicy: attachments.detachGroupPolicy,
    DetachRolePolicy: attachments.detachRolePolicy,
    DetachUserPolicy: attachments.detachUserPolicy,
    GetAccessKeyLastUsed: keys.getAccessKeyLastUsed,
    GetAccountAuthorizationDetails: getAccountAuthorizationDetails,
    GenerateCredentialReport: credentials.generateCredentialReport,
    GetCredentialReport: credentials.getCredentialReport,
    GetAccountPasswordPolicy: passwords.getAccountPasswordPolicy,
    GetLoginProfile: logins.getLoginProfile,
    GetAccountSummary: account.getAccountSummary,
    GetContextKeysForCustomPolicy: simulator.getContextKeysForCustomPolicy,
    GetContextKeysForPrincipalPolicy: simulator.getContextKeysForPrincipalPolicy,
    GetGroup: groups.getGroup,
    GetGroupPolicy: inline.getGroupPolicy,
    GetInstanceProfile: profiles.getInstanceProfile,
    GetOpenIDConnectProvider: oidc.getOpenIDConnectProvider,
    GetPolicy: policies.getPolicy,
    GetPolicyVersion: versions.getPolicyVersion,
    GetRole: roles.getRole,
    GetRolePolicy: inline.getRolePolicy,
    GetServiceLinkedRoleDeletionStatus: linked.getServiceLinkedRoleDeletionStatus,
    GetUser: users.getUser,
    GetUserPolicy: inline.getUserPolicy,
    ListAccessKeys: keys.listAccessKeys,
    ListAccountAliases: account.listAccountAliases,
    ListAttachedGroupPolicies: attachments.listAttachedGroupPolicies,
    ListAttachedRolePolicies: attachments.listAttachedRolePolicies,
    ListAttachedUserPolicies: attachments.listAttachedUserPolicies,
    ListEntitiesForPolicy: attachments.listEntitiesForPolicy,
    ListGroupPolicies: inline.listGroupPolicies,
    ListGroups: groups.listGroups,
    ListGroupsForUser: groups.listGroupsForUser,
    ListInstanceProfileTags: profiles.listInstanceProfileTags,
    ListInstanceProfiles: profiles.listInstanceProfiles,
    ListInstanceProfilesForRole: profiles.listInstanceProfilesForRole,
    ListOpenIDConnectProviderTags: oidc.listOpenIDConnectProviderTags,
    ListOpenIDConnectProviders: oidc.listOpenIDConnectProviders,
    ListPolicies: policies.listPolicies,
    ListPolicyTags: policies.listPolicyTags,
    ListPolicyVersions: versions.listPolicyVersions,
    ListRolePolicies: inline.listRolePolicies,
    ListRoleTags: roles.listRoleTags,
    ListRoles: roles.listRoles,
    ListUserPolicies: inline.listUserPolicies,
    ListUserTags: users.listUserTags,
    ListUsers: users.listUsers,
    PutGroupPolicy: inline.putGroupPolicy,
    PutRolePermissionsBoundary: boundaries.putRolePermissionsBoundary,
    PutRolePolicy: inline.putRolePolicy,
    PutUserPermissionsBoundary: boundaries.putUserPermissionsBoundary,
    PutUserPolicy: inline.putUserPolicy,
    RemoveClientIDFromOpenIDConnectProvider: oidc.removeClientIDFromOpenIDConnectProvider,
    RemoveRoleFromInstanceProfile: profiles.removeRoleFromInstanceProfile,
    RemoveUserFromGroup: groups.removeUserFromGroup,
    SetDefaultPolicyVersion: versions.setDefaultPolicyVersion,
    SimulateCustomPolicy: simulator.simulateCustomPolicy,
    SimulatePrincipalPolicy: simulator.simulatePrincipalPolicy,
    TagInstanceProfile: profiles.tagInstanceProfile,
    TagOpenIDConnectProvider: oidc.tagOpenIDConnectProvider,
    TagPolicy: policies.tagPolicy,
    TagRole: roles.tagRole,
    TagUser: users.tagUser,
    UntagInstanceProfile: profiles.untagInstanceProfile,
    UntagOpenIDConnectProvider: oidc.untagOpenIDConnectProvider,
    UntagPolicy: policies.untagPolicy,
    UntagRole: roles.untagRole,
    UntagUser: users.untagUser,
    UpdateAccessKey: keys.updateAccessKey,
    UpdateAccountPasswordPolicy: passwords.updateAccountPasswordPolicy,
    UpdateLoginProfile: logins.updateLoginProfile,
    UpdateAssumeRolePolicy: roles.updateAssumeRolePolicy,
    UpdateGroup: groups.updateGroup,
    UpdateOpenIDConnectProviderThumbprint: oidc.updateOpenIDConnectProviderThumbprint,
    UpdateRole: roles.updateRole,
    UpdateRoleDescription: roles.updateRoleDescription,
    UpdateUser: users.updateUser,
  },
  authorize,
  validate: 'all',
  async start(platform) {
    const identity = new StoredIdentity(platform);
    platform.identity = identity;
    await ensureRootCredentials(platform);
    return () => identity.stop();
  },
});

import type { Call } from '#kernel/call.ts';
import type { Attributes, Created, Properties, ResourceContext, ResourceType } from './contract.ts';
import { exchangeGroups, exchangePolicies, identityPolicies, type Identity } from './iam-attachments.ts';
import { managedPolicy } from './iam-managed-policy.ts';
import { ignoreMissing, isSame, jsonText, pick, tagChanges, tagMap } from './shared.ts';

const SERVICE = 'Iam';

const roleAttributes = async (call: Call, RoleName: string): Promise<Attributes> => {
  const { Role } = await call('iam', 'GetRole', { RoleName });
  return { Arn: Role?.Arn, RoleId: Role?.RoleId };
};

const role: ResourceType = {
  type: 'AWS::IAM::Role',
  service: SERVICE,
  name: { property: 'RoleName', lengthMax: 64 },
  async create(properties, { call, physicalName, initiated }) {
    const RoleName: string = properties.RoleName ?? physicalName;
    const { Role } = await call('iam', 'CreateRole', {
      ...pick(properties, ['Path', 'Description', 'MaxSessionDuration', 'PermissionsBoundary', 'Tags']),
      RoleName,
      AssumeRolePolicyDocument: jsonText(properties.AssumeRolePolicyDocument),
    });
    if (properties.Policies || properties.ManagedPolicyArns) await initiated(RoleName);
    await exchangePolicies(call, 'Role', RoleName, {}, properties);
    return { physicalId: RoleName, attributes: { Arn: Role?.Arn, RoleId: Role?.RoleId } };
  },
  async update({ physicalId: RoleName, properties: before }, properties, { call }) {
    if (!isSame(before.AssumeRolePolicyDocument, properties.AssumeRolePolicyDocument)) {
      const PolicyDocument = jsonText(properties.AssumeRolePolicyDocument);
      await call('iam', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument });
    }
    if (before.Description !== properties.Description || before.MaxSessionDuration !== properties.MaxSessionDuration) {
      await call('iam', 'UpdateRole', {
        RoleName,
        Description: properties.Description ?? '',
        MaxSessionDuration: properties.MaxSessionDuration ?? 3600,
      });
    }
    if (before.PermissionsBoundary !== properties.PermissionsBoundary) {
      const { PermissionsBoundary } = properties;
      if (PermissionsBoundary === undefined) await call('iam', 'DeleteRolePermissionsBoundary', { RoleName });
      else await call('iam', 'PutRolePermissionsBoundary', { RoleName, PermissionsBoundary });
    }
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const Tags = Object.entries(set).map(([Key, Value]) => ({ Key, Value }));
    if (Tags.length > 0) await call('iam', 'TagRole', { RoleName, Tags });
    if (remove.length > 0) await call('iam', 'UntagRole', { RoleName, TagKeys: remove });
    await exchangePolicies(call, 'Role', RoleName, before, properties);
    return { attributes: await roleAttributes(call, RoleName) };
  },
  async delete({ physicalId: RoleName, properties }, { call }) {
    await exchangePolicies(call, 'Role', RoleName, properties, {});
    await ignoreMissing(() => call('iam', 'DeleteRole', { RoleName }));
  },
};

const user: ResourceType = {
  type: 'AWS::IAM::User',
  service: SERVICE,
  name: { property: 'UserName', lengthMax: 64 },
  async create(properties, { call, physicalName, initiated }) {
    const UserName: string = properties.UserName ?? physicalName;
    const { User } = await call('iam', 'CreateUser', {
      ...pick(properties, ['Path', 'PermissionsBoundary', 'Tags']),
      UserName,
    });
    await initiated(UserName);
    if (properties.LoginProfile) await call('iam', 'CreateLoginProfile', { UserName, ...properties.LoginProfile });
    await exchangePolicies(call, 'User', UserName, {}, properties);
    await exchangeGroups(call, UserName, [], properties.Groups);
    return { physicalId: UserName, attributes: { Arn: User?.Arn } };
  },
  async update({ physicalId: UserName, properties: before }, properties, { call }) {
    if (before.Path !== properties.Path) await call('iam', 'UpdateUser', { UserName, NewPath: properties.Path ?? '/' });
    if (!isSame(before.LoginProfile, properties.LoginProfile)) {
      if (!properties.LoginProfile) await call('iam', 'DeleteLoginProfile', { UserName });
      else if (before.LoginProfile) await call('iam', 'UpdateLoginProfile', { UserName, ...properties.LoginProfile });
      else await call('iam', 'CreateLoginProfile', { UserName, ...properties.LoginProfile });
    }
    if (before.PermissionsBoundary !== properties.PermissionsBoundary) {
      const { PermissionsBoundary } = properties;
      if (PermissionsBoundary === undefined) await call('iam', 'DeleteUserPermissionsBoundary', { UserName });
      else await call('iam', 'PutUserPermissionsBoundary', { UserName, PermissionsBoundary });
    }
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const Tags = Object.entries(set).map(([Key, Value]) => ({ Key, Value }));
    if (Tags.length > 0) await call('iam', 'TagUser', { UserName, Tags });
    if (remove.length > 0) await call('iam', 'UntagUser', { UserName, TagKeys: remove });
    await exchangePolicies(call, 'User', UserName, before, properties);
    await exchangeGroups(call, UserName, before.Groups, properties.Groups);
    const { User } = await call('iam', 'GetUser', { UserName });
    return { attributes: { Arn: User?.Arn } };
  },
  async delete({ physicalId: UserName, properties }, { call }) {
    if (properties.LoginProfile) await ignoreMissing(() => call('iam', 'DeleteLoginProfile', { UserName }));
    await exchangeGroups(call, UserName, properties.Groups, []);
    await exchangePolicies(call, 'User', UserName, properties, {});
    await ignoreMissing(() => call('iam', 'DeleteUser', { UserName }));
  },
};

const group: ResourceType = {
  type: 'AWS::IAM::Group',
  service: SERVICE,
  name: { property: 'GroupName', lengthMax: 128 },
  async create(properties, { call, physicalName, initiated }) {
    const GroupName: string = properties.GroupName ?? physicalName;
    const { Group } = await call('iam', 'CreateGroup', { GroupName, ...pick(properties, ['Path']) });
    await initiated(GroupName);
    await exchangePolicies(call, 'Group', GroupName, {}, properties);
    return { physicalId: GroupName, attributes: { Arn: Group?.Arn } };
  },
  async update({ physicalId: GroupName, properties: before }, properties, { call }) {
    if (before.Path !== properties.Path)
      await call('iam', 'UpdateGroup', { GroupName, NewPath: properties.Path ?? '/' });
    await exchangePolicies(call, 'Group', GroupName, before, properties);
    const { Group } = await call('iam', 'GetGroup', { GroupName });
    return { attributes: { Arn: Group?.Arn } };
  },
  async delete({ physicalId: GroupName, properties }, { call }) {
    await exchangePolicies(call, 'Group', GroupName, properties, {});
    await ignoreMissing(() => call('iam', 'DeleteGroup', { GroupName }));
  },
};

const TARGETS = [
  ['Roles', 'Role'],
  ['Users', 'User'],
  ['Groups', 'Group'],
] as const;

/** Which identities an AWS::IAM::Policy is embedded in. */
const targetsOf = (properties: Properties): [Identity, string][] =>
  TARGETS.flatMap(([property, kind]) =>
    (properties[property] ?? []).map((name: string): [Identity, string] => [kind, name]),
  );

const policy: ResourceType = {
  type: 'AWS::IAM::Policy',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    for (const [kind, name] of targetsOf(properties)) {
      await identityPolicies.put(call, kind, name, properties.PolicyName, properties.PolicyDocument);
    }
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async update({ properties: before }, properties, { call }) {
    const after = targetsOf(properties);
    for (const [kind, name] of after) {
      await identityPolicies.put(call, kind, name, properties.PolicyName, properties.PolicyDocument);
    }
    for (const [kind, name] of targetsOf(before)) {
      const kept = before.PolicyName === properties.PolicyName && after.some((target) => isSame(target, [kind, name]));
      if (!kept) await ignoreMissing(() => identityPolicies.remove(call, kind, name, before.PolicyName));
    }
  },
  async delete({ properties }, { call }) {
    for (const [kind, name] of targetsOf(properties)) {
      await ignoreMissing(() => identityPolicies.remove(call, kind, name, properties.PolicyName));
    }
  },
};

/** AWS::IAM::RolePolicy, UserPolicy and GroupPolicy: one inline policy of one identity. */
const inlinePolicy = (kind: Identity): ResourceType => ({
  type: `AWS::IAM::${kind}Policy`,
  service: SERVICE,
  async create(properties, { call }) {
    const name: string = properties[`${kind}Name`];
    await identityPolicies.put(call, kind, name, properties.PolicyName, properties.PolicyDocument ?? {});
    return { physicalId: `${properties.PolicyName}|${name}` };
  },
  async update(_deployed, properties, { call }) {
    const name: string = properties[`${kind}Name`];
    await identityPolicies.put(call, kind, name, properties.PolicyName, properties.PolicyDocument ?? {});
  },
  async delete({ properties }, { call }) {
    await ignoreMissing(() => identityPolicies.remove(call, kind, properties[`${kind}Name`], properties.PolicyName));
  },
});

const userToGroupAddition: ResourceType = {
  type: 'AWS::IAM::UserToGroupAddition',
  service: SERVICE,
  async create({ GroupName, Users }, { call, physicalName }) {
    for (const UserName of Users) await call('iam', 'AddUserToGroup', { GroupName, UserName });
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async update({ properties: before }, properties, { call }) {
    for (const UserName of before.Users ?? []) {
      if (before.GroupName === properties.GroupName && properties.Users.includes(UserName)) continue;
      await ignoreMissing(() => call('iam', 'RemoveUserFromGroup', { GroupName: before.GroupName, UserName }));
    }
    for (const UserName of properties.Users)
      await call('iam', 'AddUserToGroup', { GroupName: properties.GroupName, UserName });
  },
  async delete({ properties: { GroupName, Users } }, { call }) {
    for (const UserName of Users)
      await ignoreMissing(() => call('iam', 'RemoveUserFromGroup', { GroupName, UserName }));
  },
};

const accessKey: ResourceType = {
  type: 'AWS::IAM::AccessKey',
  service: SERVICE,
  async create({ UserName, Status }, { call }) {
    const { AccessKey } = await call('iam', 'CreateAccessKey', { UserName });
    const AccessKeyId = AccessKey?.AccessKeyId ?? '';
    if (Status === 'Inactive') await call('iam', 'UpdateAccessKey', { UserName, AccessKeyId, Status });
    return { physicalId: AccessKeyId, attributes: { SecretAccessKey: AccessKey?.SecretAccessKey, Id: AccessKeyId } };
  },
  /** The secret of a key that a cut-off try made is lost: that key goes, a new one is made. */
  async findCreated({ UserName }, context) {
    await deleteOrphanedKeys(UserName, context);
    return undefined;
  },
  async update({ physicalId }, { UserName, Status }, { call }) {
    await call('iam', 'UpdateAccessKey', { UserName, AccessKeyId: physicalId, Status: Status ?? 'Active' });
  },
  async delete({ physicalId, properties: { UserName } }, { call }) {
    await ignoreMissing(() => call('iam', 'DeleteAccessKey', { UserName, AccessKeyId: physicalId }));
  },
};

async function deleteOrphanedKeys(UserName: string, { call, startedAt, isClaimed }: ResourceContext): Promise<void> {
  const { AccessKeyMetadata } = await call('iam', 'ListAccessKeys', { UserName });
  for (const { AccessKeyId, CreateDate } of AccessKeyMetadata ?? []) {
    if (!AccessKeyId || isClaimed(AccessKeyId) || (CreateDate?.getTime() ?? 0) < startedAt) continue;
    await call('iam', 'DeleteAccessKey', { UserName, AccessKeyId });
  }
}

const instanceProfile: ResourceType = {
  type: 'AWS::IAM::InstanceProfile',
  service: SERVICE,
  name: { property: 'InstanceProfileName', lengthMax: 128 },
  async create(properties, { call, physicalName, initiated }): Promise<Created> {
    const InstanceProfileName: string = properties.InstanceProfileName ?? physicalName;
    const { InstanceProfile } = await call('iam', 'CreateInstanceProfile', {
      InstanceProfileName,
      ...pick(properties, ['Path']),
    });
    await initiated(InstanceProfileName);
    for (const RoleName of properties.Roles)
      await call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName, RoleName });
    return { physicalId: InstanceProfileName, attributes: { Arn: InstanceProfile?.Arn } };
  },
  async update({ physicalId: InstanceProfileName, properties: before }, properties, { call }) {
    for (const RoleName of before.Roles ?? []) {
      if (properties.Roles.includes(RoleName)) continue;
      await ignoreMissing(() => call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName }));
    }
    for (const RoleName of properties.Roles) {
      if (before.Roles?.includes(RoleName)) continue;
      await call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName, RoleName });
    }
    const { InstanceProfile } = await call('iam', 'GetInstanceProfile', { InstanceProfileName });
    return { attributes: { Arn: InstanceProfile?.Arn } };
  },
  async delete({ physicalId: InstanceProfileName, properties }, { call }) {
    for (const RoleName of properties.Roles ?? []) {
      await ignoreMissing(() => call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName }));
    }
    await ignoreMissing(() => call('iam', 'DeleteInstanceProfile', { InstanceProfileName }));
  },
};

export const iam: readonly ResourceType[] = [
  role,
  user,
  group,
  policy,
  inlinePolicy('Role'),
  inlinePolicy('User'),
  inlinePolicy('Group'),
  managedPolicy,
  userToGroupAddition,
  accessKey,
  instanceProfile,
];

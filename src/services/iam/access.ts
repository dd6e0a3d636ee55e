// What IAM itself is asked before its operations.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
import type { Tag } from '@aws-sdk/client-iam';
import type { Context } from '#kernel/context.ts';
import type { Authorization, Authorize } from '#kernel/service.ts';
import type { OperationName } from '#kernel/service-types.ts';
import { arnOf } from './names.ts';
import { find, type RecordKind } from './store.ts';

type Table = { [O in OperationName<'iam'>]?: Authorize };
type Input = Record<string, any>;
type Conditions = NonNullable<Authorization['conditions']>;

const NAME_MEMBERS = {
  user: 'UserName',
  role: 'RoleName',
  group: 'GroupName',
  'instance-profile': 'InstanceProfileName',
  policy: 'PolicyName',
} as const;
type Kind = keyof typeof NAME_MEMBERS;

/** Keys that the reference lists for several operations: what is attached, what bounds, what is tagged. */
function conditionsOf(input: Input): Conditions {
  const conditions: Conditions = {};
  if (input['PolicyArn'] !== undefined) conditions['iam:PolicyARN'] = input['PolicyArn'];
  if (typeof input['PermissionsBoundary'] === 'string') {
    conditions['iam:PermissionsBoundary'] = input['PermissionsBoundary'];
  }
  if (input['AWSServiceName'] !== undefined) conditions['iam:AWSServiceName'] = input['AWSServiceName'];
  const tags: Tag[] | undefined = input['Tags'];
  for (const { Key, Value } of tags ?? []) conditions[`aws:RequestTag/${Key}`] = Value ?? '';
  const keys = tags?.map((tag) => tag.Key ?? '') ?? input['TagKeys'];
  if (keys) conditions['aws:TagKeys'] = keys;
  return conditions;
}

/** The ARN has the entity's path where it exists, the asked one where it is to be made. */
async function entityArn(
  kind: Kind,
  input: Input,
  context: Context,
): Promise<{ arn: string; tags?: Tag[]; boundary?: string }> {
  const { accountId, principal, store } = context;
  const fallback = kind === 'user' && principal.type === 'user' ? principal.userName : '*';
  const name: string = input[NAME_MEMBERS[kind]] ?? fallback;
  const found = await find(store, accountId, kind satisfies RecordKind, name);
  if (!found) return { arn: arnOf(accountId, kind, { name, path: input['Path'] ?? '/' }) };
  return {
    arn: arnOf(accountId, kind, found),
    ...('tags' in found && { tags: found.tags }),
    ...('boundary' in found && found.boundary !== undefined && { boundary: found.boundary }),
  };
}

const on =
  (kind: Kind, action: string): Authorize =>
  async (input: Input, context) => {
    const { arn, tags, boundary } = await entityArn(kind, input, context);
    const conditions = conditionsOf(input);
    for (const tag of tags ?? []) {
      conditions[`aws:ResourceTag/${tag.Key}`] = tag.Value ?? '';
      conditions[`iam:ResourceTag/${tag.Key}`] = tag.Value ?? '';
    }
    if (boundary !== undefined) conditions['iam:PermissionsBoundary'] ??= boundary;
    return [{ action: `iam:${action}`, resource: arn, conditions }];
  };

const onPolicyArn =
  (action: string): Authorize =>
  (input: { PolicyArn: string }) => [{ action: `iam:${action}`, resource: input.PolicyArn }];

const onProviderArn =
  (action: string): Authorize =>
  (input: { OpenIDConnectProviderArn: string }) => [
    { action: `iam:${action}`, resource: input.OpenIDConnectProviderArn },
  ];

/** Handing a role to an instance needs leave to pass it (iam:PassRole). */
const passingRole: Authorize = async (input: Input, context) => {
  const { arn } = await entityArn('role', input, context);
  return [
    ...(await on('instance-profile', 'AddRoleToInstanceProfile')(input, context)),
    { action: 'iam:PassRole', resource: arn, conditions: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  ];
};

const tableOf = (make: (action: string) => Authorize, actions: readonly OperationName<'iam'>[]): Table =>
  Object.fromEntries(actions.map((action) => [action, make(action)]));

export const authorize: Table = {
  ...tableOf(
    (action) => on('user', action),
    [
      'AddUserToGroup',
      'AttachUserPolicy',
      'ChangePassword',
      'CreateAccessKey',
      'CreateLoginProfile',
      'CreateUser',
      'DeleteAccessKey',
      'DeleteLoginProfile',
      'DeleteUser',
      'DeleteUserPermissionsBoundary',
      'DeleteUserPolicy',
      'DetachUserPolicy',
      'GetLoginProfile',
      'GetUser',
      'GetUserPolicy',
      'ListAccessKeys',
      'ListAttachedUserPolicies',
      'ListGroupsForUser',
      'ListUserPolicies',
      'ListUserTags',
      'PutUserPermissionsBoundary',
      'PutUserPolicy',
      'TagUser',
      'UntagUser',
      'UpdateAccessKey',
      'UpdateLoginProfile',
      'UpdateUser',
    ],
  ),
  ...tableOf(
    (action) => on('role', action),
    [
      'AttachRolePolicy',
      'CreateRole',
      'CreateServiceLinkedRole',
      'DeleteRole',
      'DeleteRolePermissionsBoundary',
      'DeleteRolePolicy',
      'DeleteServiceLinkedRole',
      'DetachRolePolicy',
      'GetRole',
      'GetRolePolicy',
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListRolePolicies',
      'ListRoleTags',
      'PutRolePermissionsBoundary',
      'PutRolePolicy',
      'TagRole',
      'UntagRole',
      'UpdateAssumeRolePolicy',
      'UpdateRole',
      'UpdateRoleDescription',
    ],
  ),
  ...tableOf(
    (action) => on('group', action),
    [
      'AddUserToGroup',
      'AttachGroupPolicy',
      'CreateGroup',
      'DeleteGroup',
      'DeleteGroupPolicy',
      'DetachGroupPolicy',
      'GetGroup',
      'GetGroupPolicy',
      'ListAttachedGroupPolicies',
      'ListGroupPolicies',
      'PutGroupPolicy',
      'RemoveUserFromGroup',
      'UpdateGroup',
    ],
  ),
  ...tableOf(
    (action) => on('instance-profile', action),
    [
      'CreateInstanceProfile',
      'DeleteInstanceProfile',
      'GetInstanceProfile',
      'ListInstanceProfileTags',
      'RemoveRoleFromInstanceProfile',
      'TagInstanceProfile',
      'UntagInstanceProfile',
    ],
  ),
  ...tableOf(onPolicyArn, [
    'CreatePolicyVersion',
    'DeletePolicy',
    'DeletePolicyVersion',
    'GetPolicy',
    'GetPolicyVersion',
    'ListEntitiesForPolicy',
    'ListPolicyTags',
    'ListPolicyVersions',
    'SetDefaultPolicyVersion',
    'TagPolicy',
    'UntagPolicy',
  ]),
  ...tableOf(onProviderArn, [
    'AddClientIDToOpenIDConnectProvider',
    'DeleteOpenIDConnectProvider',
    'GetOpenIDConnectProvider',
    'ListOpenIDConnectProviderTags',
    'RemoveClientIDFromOpenIDConnectProvider',
    'TagOpenIDConnectProvider',
    'UntagOpenIDConnectProvider',
    'UpdateOpenIDConnectProviderThumbprint',
  ]),
  CreatePolicy: on('policy', 'CreatePolicy'),
  AddRoleToInstanceProfile: passingRole,
};

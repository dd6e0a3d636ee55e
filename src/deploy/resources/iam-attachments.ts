// Inline policies, managed policies and groups of roles, users and groups: the same steps under three sets of names.
import type { Call } from '#kernel/call.ts';
import type { Properties } from './contract.ts';
import { ignoreMissing, jsonText, listChanges } from './shared.ts';

export type Identity = 'Role' | 'User' | 'Group';

const put = (call: Call, kind: Identity, name: string, PolicyName: string, document: unknown): Promise<unknown> => {
  const PolicyDocument = jsonText(document);
  if (kind === 'Role') return call('iam', 'PutRolePolicy', { RoleName: name, PolicyName, PolicyDocument });
  if (kind === 'User') return call('iam', 'PutUserPolicy', { UserName: name, PolicyName, PolicyDocument });
  return call('iam', 'PutGroupPolicy', { GroupName: name, PolicyName, PolicyDocument });
};

const remove = (call: Call, kind: Identity, name: string, PolicyName: string): Promise<unknown> => {
  if (kind === 'Role') return call('iam', 'DeleteRolePolicy', { RoleName: name, PolicyName });
  if (kind === 'User') return call('iam', 'DeleteUserPolicy', { UserName: name, PolicyName });
  return call('iam', 'DeleteGroupPolicy', { GroupName: name, PolicyName });
};

const attach = (call: Call, kind: Identity, name: string, PolicyArn: string): Promise<unknown> => {
  if (kind === 'Role') return call('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn });
  if (kind === 'User') return call('iam', 'AttachUserPolicy', { UserName: name, PolicyArn });
  return call('iam', 'AttachGroupPolicy', { GroupName: name, PolicyArn });
};

const detach = (call: Call, kind: Identity, name: string, PolicyArn: string): Promise<unknown> => {
  if (kind === 'Role') return call('iam', 'DetachRolePolicy', { RoleName: name, PolicyArn });
  if (kind === 'User') return call('iam', 'DetachUserPolicy', { UserName: name, PolicyArn });
  return call('iam', 'DetachGroupPolicy', { GroupName: name, PolicyArn });
};

export const identityPolicies = { put, remove, attach, detach };

type Inline = { PolicyName: string; PolicyDocument: unknown };

/** Brings inline and managed policies from one state to another. */
export async function exchangePolicies(
  call: Call,
  kind: Identity,
  name: string,
  before: Properties,
  after: Properties,
): Promise<void> {
  const managed = listChanges(before.ManagedPolicyArns, after.ManagedPolicyArns);
  for (const arn of managed.add) await attach(call, kind, name, arn);
  for (const arn of managed.remove) await ignoreMissing(() => detach(call, kind, name, arn));
  const old: Inline[] = before.Policies ?? [];
  const next: Inline[] = after.Policies ?? [];
  for (const { PolicyName, PolicyDocument } of next) {
    const same = old.some(
      (policy) => policy.PolicyName === PolicyName && jsonText(policy.PolicyDocument) === jsonText(PolicyDocument),
    );
    if (!same) await put(call, kind, name, PolicyName, PolicyDocument);
  }
  for (const { PolicyName } of old) {
    if (next.some((policy) => policy.PolicyName === PolicyName)) continue;
    await ignoreMissing(() => remove(call, kind, name, PolicyName));
  }
}

export async function exchangeGroups(
  call: Call,
  user: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Promise<void> {
  const { add, remove: leave } = listChanges(before, after);
  for (const GroupName of add) await call('iam', 'AddUserToGroup', { UserName: user, GroupName });
  for (const GroupName of leave) {
    await ignoreMissing(() => call('iam', 'RemoveUserFromGroup', { UserName: user, GroupName }));
  }
}

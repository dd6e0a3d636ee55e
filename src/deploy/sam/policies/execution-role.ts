import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { sameJson } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

export function assumeRolePolicy(...services: string[]): JsonMap {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: ['sts:AssumeRole'], Effect: 'Allow', Principal: { Service: services } }],
  };
}

export interface RoleContents {
  readonly assumeRolePolicyDocument: Json;
  readonly managedPolicyArns?: Json[];
  readonly policies?: Json[];
  readonly path?: Json | undefined;
  readonly permissionsBoundary?: Json | undefined;
  readonly tags?: Json[];
}

export function iamRole(logicalId: string, contents: RoleContents, attributes: JsonMap): CfnResource {
  return cfnResource(
    logicalId,
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: contents.assumeRolePolicyDocument,
      ManagedPolicyArns: contents.managedPolicyArns,
      Policies: contents.policies === undefined || contents.policies.length === 0 ? undefined : contents.policies,
      Path: contents.path,
      PermissionsBoundary: contents.permissionsBoundary,
      Tags: contents.tags,
    },
    attributes,
  );
}

/** Adds a managed policy to a role, once. */
export function attachManagedPolicy(role: CfnResource, arn: string): void {
  const present = role.properties['ManagedPolicyArns'];
  const arns = Array.isArray(present) ? present : [];
  if (!arns.includes(arn)) role.properties['ManagedPolicyArns'] = [...arns, arn];
}

/** Adds an inline policy, unless the role has the very same already. */
export function addInlinePolicy(role: CfnResource, name: string, document: JsonMap): void {
  const present = role.properties['Policies'];
  const policies = Array.isArray(present) ? present : [];
  const policy = { PolicyName: name, PolicyDocument: document };
  if (!policies.some((other) => sameJson(other, policy))) role.properties['Policies'] = [...policies, policy];
}

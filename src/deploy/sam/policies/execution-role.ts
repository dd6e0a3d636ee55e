import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
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

export function addInlinePolicy(role: CfnResource, name: string, document: JsonMap): void {
  const present = role.properties['Policies'];
  role.properties['Policies'] = [
    ...(Array.isArray(present) ? present : []),
    { PolicyName: name, PolicyDocument: document },
  ];
}

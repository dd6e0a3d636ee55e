import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { isBlank } from '../json.ts';
import type { Json } from '../json.ts';
import { managedPolicyArn } from '../partition.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import { readPolicies } from '../policies/policies.ts';
import type { SamResource } from '../sam-resource.ts';
import { tagsWithOwn } from '../tags.ts';
import { deadLetterStatement } from './dead-letter-queue.ts';

/** The execution role that a function without `Role` gets. */
export function executionRole(resource: SamResource, extraPolicies: Json[], context: TransformContext): CfnResource {
  const { properties, logicalId } = resource;
  const roleId = `${logicalId}Role`;
  const policies = readPolicies(properties['Policies'], {
    roleId,
    managedPolicies: context.managedPolicies,
    fail: (detail) => new InvalidResource(logicalId, detail),
  });
  const arns: Json[] = [...builtInPolicies(resource, context.partition)];
  for (const arn of policies.managedPolicyArns) {
    if (!arns.includes(arn)) arns.push(arn);
  }
  return iamRole(
    roleId,
    {
      assumeRolePolicyDocument: properties['AssumeRolePolicyDocument'] ?? assumeRolePolicy('lambda.amazonaws.com'),
      managedPolicyArns: arns,
      policies: [...policies.inlinePolicies, ...deadLetterPolicy(resource), ...extraPolicies],
      path: properties['RolePath'],
      permissionsBoundary: properties['PermissionsBoundary'],
      tags: tagsWithOwn(logicalId, ['lambda:createdBy', 'SAM'], properties['Tags']),
    },
    resource.passedOn,
  );
}

/** The managed policies that AWS adds for what the function is set up to do. */
function builtInPolicies(resource: SamResource, partition: string): string[] {
  const { properties } = resource;
  const names = [
    isBlank(properties['DurableConfig'])
      ? 'service-role/AWSLambdaBasicExecutionRole'
      : 'service-role/AWSLambdaBasicDurableExecutionRolePolicy',
  ];
  // The policy has another name outside the commercial partition.
  const xray = partition === 'aws' ? 'AWSXrayWriteOnlyAccess' : 'AWSXRayDaemonWriteAccess';
  if (!isBlank(properties['Tracing'])) names.push(xray);
  if (!isBlank(properties['VpcConfig'])) names.push('service-role/AWSLambdaVPCAccessExecutionRole');
  return names.map((name) => managedPolicyArn(partition, name));
}

function deadLetterPolicy(resource: SamResource): Json[] {
  const statement = deadLetterStatement(resource);
  if (statement === undefined) return [];
  const document = { Version: '2012-10-17', Statement: [statement] };
  return [{ PolicyName: 'DeadLetterQueuePolicy', PolicyDocument: document }];
}

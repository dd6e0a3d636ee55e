import { arnOf, cfnResource } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { TransformContext } from './context.ts';
import { InvalidResource } from './errors.ts';
import { expectOf } from './expect.ts';
import { compact, isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { managedPolicyArn } from './partition.ts';
import { assumeRolePolicy, iamRole } from './policies/execution-role.ts';
import { optional, passedOn } from './properties.ts';
import type { PropertyTable } from './properties.ts';
import type { SamResource } from './sam-resource.ts';
import { tagList } from './tags.ts';

export const capacityProviderProperties: PropertyTable = {
  ...passedOn('CapacityProviderName InstanceRequirements KmsKeyArn OperatorRole ScalingConfig Tags VpcConfig'),
  PropagateTags: optional('boolean'),
};

type Kind = 'list' | 'integer' | 'number';

interface Field {
  readonly kind: Kind;
  readonly required?: true;
}

/** The fields of the nested settings, in the order in which AWS checks them. */
const nestedFields: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  VpcConfig: { SecurityGroupIds: { kind: 'list' }, SubnetIds: { kind: 'list', required: true } },
  InstanceRequirements: {
    AllowedTypes: { kind: 'list' },
    Architectures: { kind: 'list' },
    ExcludedTypes: { kind: 'list' },
  },
  ScalingConfig: { MaxVCpuCount: { kind: 'integer' }, AverageCPUUtilization: { kind: 'number' } },
};

const ownTag: JsonMap = { Key: 'lambda:createdBy', Value: 'SAM' };

/**
 * AWS::Serverless::CapacityProvider.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-capacityprovider.html
 */
export function transformCapacityProvider(resource: SamResource, context: TransformContext): CfnResource[] {
  const { properties, logicalId } = resource;
  if (properties['Tags'] !== undefined) expectOf(logicalId).map(properties['Tags'], 'Tags');
  checkNested(resource);
  const role = properties['OperatorRole'] === undefined ? operatorRole(resource, context) : undefined;
  const provider = cfnResource(
    logicalId,
    'AWS::Lambda::CapacityProvider',
    {
      CapacityProviderName: properties['CapacityProviderName'],
      CapacityProviderScalingConfig: scalingConfig(properties['ScalingConfig']),
      InstanceRequirements: instanceRequirements(properties['InstanceRequirements']),
      KmsKeyArn: properties['KmsKeyArn'],
      PermissionsConfig: {
        CapacityProviderOperatorRoleArn: role === undefined ? (properties['OperatorRole'] ?? null) : arnOf(role),
      },
      VpcConfig: properties['VpcConfig'],
      Tags: [...tagList(properties['Tags']), ownTag],
    },
    resource.attributes,
  );
  return role === undefined ? [provider] : [provider, role];
}

/** All that is wrong with the nested settings is told at once. */
function checkNested(resource: SamResource): void {
  const { properties, logicalId } = resource;
  if (properties['VpcConfig'] === undefined) {
    throw new InvalidResource(logicalId, "Missing required property 'VpcConfig'.");
  }
  const problems = Object.entries(nestedFields).flatMap(([name, fields]) => {
    const value = properties[name];
    if (value === undefined) return [];
    return isMap(value) ? problemsOf(name, value, fields) : [`Property '${name}' value must be dictionary.`];
  });
  if (problems.length > 0) throw new InvalidResource(logicalId, problems.join(' '));
}

function problemsOf(name: string, value: JsonMap, fields: Readonly<Record<string, Field>>): string[] {
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
  return [
    ...Object.entries(fields).flatMap(([key, field]) => fieldProblem(`${name}.${key}`, value[key], field)),
    ...unknown.map((key) => `Property '${name}.${key}' is an invalid property.`),
  ];
}

function fieldProblem(path: string, value: Json | undefined, field: Field): string[] {
  if (value === undefined) return field.required === true ? [`Property '${path}' is required.`] : [];
  if (isMap(value) || fits(value, field.kind)) return [];
  return [`Property '${path}' value must be dictionary or ${field.kind}.`];
}

function fits(value: Json, kind: Kind): boolean {
  if (kind === 'list') return isList(value);
  return kind === 'integer' ? Number.isInteger(value) : typeof value === 'number';
}

function operatorRole(resource: SamResource, context: TransformContext): CfnResource {
  const passesTags = resource.properties['PropagateTags'] === true;
  return iamRole(
    `${resource.logicalId}OperatorRole`,
    {
      assumeRolePolicyDocument: assumeRolePolicy('lambda.amazonaws.com'),
      managedPolicyArns: [managedPolicyArn(context.partition, 'AWSLambdaManagedEC2ResourceOperator')],
      tags: [...(passesTags ? tagList(resource.properties['Tags']) : []), ownTag],
    },
    resource.passedOn,
  );
}

/** A wanted utilization makes scaling follow it; without one Lambda decides. */
function scalingConfig(given: Json | undefined): JsonMap | undefined {
  if (!isMap(given)) return undefined;
  const target = given['AverageCPUUtilization'];
  const policy = { PredefinedMetricType: 'LambdaCapacityProviderAverageCPUUtilization', TargetValue: target ?? null };
  return compact({
    MaxVCpuCount: given['MaxVCpuCount'],
    ScalingMode: target === undefined ? 'Auto' : 'Manual',
    ScalingPolicies: target === undefined ? undefined : [policy],
  });
}

function instanceRequirements(given: Json | undefined): JsonMap | undefined {
  if (!isMap(given)) return undefined;
  return compact({
    AllowedInstanceTypes: given['AllowedTypes'],
    Architectures: given['Architectures'],
    ExcludedInstanceTypes: given['ExcludedTypes'],
  });
}

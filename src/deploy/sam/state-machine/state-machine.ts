import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { managedPolicyArn } from '../partition.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import { readPolicies } from '../policies/policies.ts';
import { optional, passedOn } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import { definitionLocation } from '../s3-location.ts';
import type { SamResource } from '../sam-resource.ts';
import { propagateTags, tagsWithOwn } from '../tags.ts';
import { inlineDefinition, revisionId } from './definition.ts';
import { stateMachineEventResources } from './events.ts';

export const stateMachineProperties: PropertyTable = {
  ...passedOn('Role RolePath PermissionsBoundary Name Type Logging Tracing AutoPublishAlias DeploymentPreference'),
  Definition: optional(),
  DefinitionUri: optional('string', 'map'),
  DefinitionSubstitutions: optional('map'),
  Policies: optional('string', 'map', 'list'),
  Events: optional('map'),
  Tags: optional('map'),
  PropagateTags: optional('boolean'),
  UseAliasAsEventTarget: optional('boolean'),
};

/**
 * AWS::Serverless::StateMachine.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html
 */
export function transformStateMachine(resource: SamResource, context: TransformContext): CfnResource[] {
  const { properties, logicalId } = resource;
  checkSettings(resource);
  const role = executionRole(resource, context);
  const machine = cfnResource(
    logicalId,
    'AWS::StepFunctions::StateMachine',
    {
      ...definition(resource),
      StateMachineName: properties['Name'],
      StateMachineType: properties['Type'],
      LoggingConfiguration: properties['Logging'],
      TracingConfiguration: properties['Tracing'],
      RoleArn: role === undefined ? properties['Role'] : arnOf(role),
      Tags: tags(resource),
    },
    resource.attributes,
  );
  const published = publish(resource, machine);
  const target = properties['UseAliasAsEventTarget'] === true ? published?.alias : undefined;
  const made = [
    machine,
    ...(role === undefined ? [] : [role]),
    ...(published === undefined ? [] : [published.version, published.alias]),
    ...stateMachineEventResources(resource, refTo(target ?? machine), context),
  ];
  propagateTags(made, properties['Tags'], properties['PropagateTags']);
  return made;
}

function checkSettings(resource: SamResource): void {
  const { properties, logicalId } = resource;
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if (!isBlank(properties['Role']) && !isBlank(properties['Policies'])) {
    throw fail("Specify either 'Role' or 'Policies' property and not both.");
  }
  for (const name of ['UseAliasAsEventTarget', 'DeploymentPreference']) {
    if (!isBlank(properties[name]) && isBlank(properties['AutoPublishAlias'])) {
      throw fail(`'${name}' requires 'AutoPublishAlias' property to be specified.`);
    }
  }
}

function definition(resource: SamResource): Record<string, Json | undefined> {
  const { properties, logicalId } = resource;
  const { Definition: inline, DefinitionUri: uri, DefinitionSubstitutions: substitutions } = properties;
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if (!isBlank(inline) && !isBlank(uri)) {
    throw fail("Specify either 'Definition' or 'DefinitionUri' property and not both.");
  }
  if (uri !== undefined && !isBlank(uri)) {
    return {
      DefinitionS3Location: definitionLocation(logicalId, 'DefinitionUri', uri),
      DefinitionSubstitutions: substitutions,
    };
  }
  if (inline === undefined || isBlank(inline)) {
    throw fail("Either 'Definition' or 'DefinitionUri' property must be specified.");
  }
  if (!isMap(inline)) throw fail("Property 'Definition' should be a map.");
  const made = inlineDefinition(inline);
  const all: JsonMap = { ...(isMap(substitutions) ? substitutions : {}), ...made.substitutions };
  return {
    DefinitionString: made.definitionString,
    DefinitionSubstitutions: Object.keys(all).length === 0 ? undefined : all,
  };
}

function executionRole(resource: SamResource, context: TransformContext): CfnResource | undefined {
  const { properties, logicalId } = resource;
  if (!isBlank(properties['Role'])) return undefined;
  const roleId = `${logicalId}Role`;
  const policies = readPolicies(properties['Policies'], {
    roleId,
    managedPolicies: context.managedPolicies,
    fail: (detail) => new InvalidResource(logicalId, detail),
  });
  const tracing = properties['Tracing'];
  const isTraced = isMap(tracing) && tracing['Enabled'] === true;
  const xray = isTraced ? [managedPolicyArn(context.partition, 'AWSXrayWriteOnlyAccess')] : [];
  const arns = [...new Set<Json>([...xray, ...policies.managedPolicyArns])];
  return iamRole(
    roleId,
    {
      assumeRolePolicyDocument: assumeRolePolicy('states.amazonaws.com'),
      managedPolicyArns: arns,
      policies: policies.inlinePolicies,
      path: properties['RolePath'],
      permissionsBoundary: properties['PermissionsBoundary'],
      tags: tags(resource),
    },
    resource.passedOn,
  );
}

function tags(resource: SamResource): JsonMap[] {
  return tagsWithOwn(resource.logicalId, ['stateMachine:createdBy', 'SAM'], resource.properties['Tags']);
}

interface Published {
  readonly version: CfnResource;
  readonly alias: CfnResource;
}

/** AutoPublishAlias: a version of every revision, and an alias that moves to it at once or by DeploymentPreference. */
function publish(resource: SamResource, machine: CfnResource): Published | undefined {
  const { properties, logicalId, passedOn: attributes } = resource;
  const name = properties['AutoPublishAlias'];
  if (isBlank(name)) return undefined;
  const version = cfnResource(
    `${logicalId}Version`,
    'AWS::StepFunctions::StateMachineVersion',
    { StateMachineArn: refTo(machine), StateMachineRevisionId: revisionId(logicalId) },
    { ...attributes, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' },
  );
  const preference = properties['DeploymentPreference'];
  const alias = cfnResource(
    `${logicalId}Alias${String(name)}`,
    'AWS::StepFunctions::StateMachineAlias',
    isMap(preference)
      ? { Name: name, DeploymentPreference: { ...preference, StateMachineVersionArn: refTo(version) } }
      : { Name: name, RoutingConfiguration: [{ StateMachineVersionArn: refTo(version), Weight: 100 }] },
    attributes,
  );
  return { version, alias };
}

import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { negatedCondition } from '../conditions.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import type { InvocationTarget } from '../events/event-source.ts';
import { expectOf } from '../expect.ts';
import { isConditional, isIntrinsic, isNoValue } from '../intrinsics.ts';
import { compact, isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { SamResource } from '../sam-resource.ts';
import { propagateTags, tagsWithOwn } from '../tags.ts';
import { checkArchitectures, checkPackageType, functionCode } from './code.ts';
import { checkDeadLetterQueue } from './dead-letter-queue.ts';
import { eventInvokeConfig } from './event-invoke-config.ts';
import { eventResources, readEvents } from './events.ts';
import { executionRole } from './role.ts';
import { functionUrl } from './url.ts';
import { aliasName, codeSha256, describeWithHash, lambdaAlias, lambdaVersion } from './version.ts';

/** Properties that the Lambda function takes over under their own name. */
const taken = [
  'FunctionName',
  'Handler',
  'Runtime',
  'Description',
  'MemorySize',
  'Timeout',
  'Environment',
  'VpcConfig',
  'KmsKeyArn',
  'ReservedConcurrentExecutions',
  'FileSystemConfigs',
  'CodeSigningConfigArn',
  'ImageConfig',
  'PackageType',
  'Architectures',
  'EphemeralStorage',
  'SnapStart',
  'RuntimeManagementConfig',
  'LoggingConfig',
  'RecursiveLoop',
  'TenancyConfig',
  'DurableConfig',
  'FunctionScalingConfig',
  'PublishToLatestPublished',
  'Layers',
] as const;

/**
 * AWS::Serverless::Function.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
 */
export function transformFunction(resource: SamResource, context: TransformContext): CfnResource[] {
  const events = readEvents(resource);
  checkSettings(resource);
  const lambda = lambdaFunction(resource);
  const published = publish(resource, lambda, context);
  const target = invocationTarget(lambda, published?.alias);
  const url = functionUrl(resource, published === undefined ? refTo(lambda) : refTo(published.alias));
  const deployment = context.deployments.add(resource, published?.alias, context);
  const invokeConfig = eventInvokeConfig(resource, lambda, published?.name, context);
  const role = assignRole(resource, lambda, invokeConfig.policies, context);
  const made = [
    lambda,
    ...(published === undefined ? [] : [published.version, published.alias]),
    ...url,
    ...(deployment === undefined ? [] : [deployment]),
    ...invokeConfig.resources,
    ...(role === undefined ? [] : [role]),
    ...eventResources(events, resource, target, role, context),
  ];
  propagateTags(made, resource.properties['Tags'], resource.properties['PropagateTags']);
  return made;
}

function checkSettings(resource: SamResource): void {
  const { properties, logicalId } = resource;
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  const deletionPolicy = properties['VersionDeletionPolicy'];
  if (deletionPolicy !== undefined && deletionPolicy !== 'Delete' && deletionPolicy !== 'Retain') {
    throw fail("Property 'VersionDeletionPolicy' should be a one of the strings: 'Delete' or 'Retain'.");
  }
  checkDeadLetterQueue(resource);
  if (properties['TenancyConfig'] !== undefined) {
    const unsupported = 'is not supported for functions enabled with tenancy configuration.';
    if (!isBlank(properties['ProvisionedConcurrencyConfig'])) throw fail(`Provisioned concurrency ${unsupported}`);
    if (!isBlank(properties['FunctionUrlConfig'])) throw fail(`Function URL ${unsupported}`);
    if (!isBlank(properties['SnapStart'])) throw fail(`SnapStart ${unsupported}`);
  }
  if (!isBlank(properties['ProvisionedConcurrencyConfig']) && isBlank(properties['AutoPublishAlias'])) {
    throw fail('To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function');
  }
}

function lambdaFunction(resource: SamResource): CfnResource {
  const { properties, logicalId } = resource;
  const lambda = cfnResource(
    logicalId,
    'AWS::Lambda::Function',
    {
      ...Object.fromEntries(taken.map((name) => [name, properties[name]])),
      Code: functionCode(resource),
      CapacityProviderConfig: capacityProvider(properties['CapacityProviderConfig']),
      DeadLetterConfig: deadLetterConfig(properties['DeadLetterQueue']),
      TracingConfig: isBlank(properties['Tracing']) ? undefined : { Mode: properties['Tracing'] ?? null },
      Tags: tagsWithOwn(logicalId, ['lambda:createdBy', 'SAM'], properties['Tags']),
      Role: roleOf(resource),
    },
    resource.attributes,
  );
  checkPackageType(logicalId, lambda.properties);
  checkArchitectures(logicalId, properties['Architectures']);
  return lambda;
}

function deadLetterConfig(queue: Json | undefined): JsonMap | undefined {
  return isMap(queue) ? { TargetArn: queue['TargetArn'] ?? null } : undefined;
}

function capacityProvider(config: Json | undefined): JsonMap | undefined {
  if (!isMap(config)) return undefined;
  const { Arn, ...rest } = config;
  return { LambdaManagedInstancesCapacityProviderConfig: compact({ CapacityProviderArn: Arn, ...rest }) };
}

interface Published {
  readonly name: string;
  readonly version: CfnResource;
  readonly alias: CfnResource;
}

function publish(resource: SamResource, lambda: CfnResource, context: TransformContext): Published | undefined {
  const name = aliasName(resource, context);
  if (name === undefined) return undefined;
  const version = lambdaVersion(lambda, resource, context);
  const hash = codeSha256(resource, context);
  if (hash !== undefined) lambda.properties['Description'] = describeWithHash(lambda.properties['Description'], hash);
  const alias = lambdaAlias(name, lambda, version, resource);
  context.references.add(resource.logicalId, 'Alias', alias.logicalId);
  context.references.add(resource.logicalId, 'Version', version.logicalId);
  return { name, version, alias };
}

function invocationTarget(lambda: CfnResource, alias: CfnResource | undefined): InvocationTarget {
  return alias === undefined
    ? { name: refTo(lambda), arn: arnOf(lambda), subPath: `${lambda.logicalId}.Arn` }
    : { name: refTo(alias), arn: refTo(alias), subPath: alias.logicalId };
}

function roleOf(resource: SamResource): Json | undefined {
  const role = resource.properties['Role'];
  if (role === undefined || isIntrinsic(role)) return role;
  return expectOf(resource.logicalId).string(role, 'Role');
}

/**
 * Gives a function without a role one; a role that is missing under one branch of a condition is made for that branch.
 */
function assignRole(
  resource: SamResource,
  lambda: CfnResource,
  extraPolicies: Json[],
  context: TransformContext,
): CfnResource | undefined {
  const given = lambda.properties['Role'];
  if (given === undefined || isNoValue(given)) {
    const role = executionRole(resource, extraPolicies, context);
    lambda.properties['Role'] = arnOf(role);
    return role;
  }
  return isConditional(given) ? assignConditionalRole(given, resource, lambda, extraPolicies, context) : undefined;
}

function assignConditionalRole(
  given: JsonMap,
  resource: SamResource,
  lambda: CfnResource,
  extraPolicies: Json[],
  context: TransformContext,
): CfnResource | undefined {
  const parts = given['Fn::If'];
  if (!isList(parts) || parts.length !== 3) {
    throw new InvalidResource(resource.logicalId, "Malformed 'Role' property: Fn::If requires 3 arguments.");
  }
  const [condition = null, then = null, otherwise = null] = parts;
  if (!isNoValue(then) && !isNoValue(otherwise)) return undefined;
  const role = executionRole(resource, extraPolicies, context);
  const arn = arnOf(role);
  if (isNoValue(then) && isNoValue(otherwise)) {
    lambda.properties['Role'] = arn;
    return role;
  }
  const name = String(condition);
  role.attributes['Condition'] = isNoValue(then) ? name : negatedCondition(context.conditions, name);
  lambda.properties['Role'] = {
    'Fn::If': [condition, isNoValue(then) ? arn : then, isNoValue(otherwise) ? arn : otherwise],
  };
  return role;
}

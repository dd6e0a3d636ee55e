import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { findResource } from '../context.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { getAtt, isIntrinsic, referredLogicalId } from '../intrinsics.ts';
import { compact, isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { contentSuffix } from '../logical-id.ts';
import { resolveParameters } from '../parameter-values.ts';
import type { SamResource } from '../sam-resource.ts';

// AutoPublishAlias: a version whose logical id changes with what it publishes, and an alias that points to it.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html

const suffixLength = 10;
export function aliasName(resource: SamResource, context: TransformContext): string | undefined {
  const given = resource.properties['AutoPublishAlias'];
  if (given === undefined || given === '') return undefined;
  const name = resolveParameters(given, context.parameters);
  if (name === '') throw new InvalidResource(resource.logicalId, 'Alias name is required to create an alias');
  if (typeof name !== 'string') {
    throw new InvalidResource(
      resource.logicalId,
      "'AutoPublishAlias' must be a string or a Ref to a template parameter",
    );
  }
  if (!/^(?!^[0-9]+$)[a-zA-Z0-9-_]+$/.test(name)) {
    throw new InvalidResource(
      resource.logicalId,
      `AutoPublishAlias name ('${name}') must contain only alphanumeric characters, hyphens, or underscores matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern.`,
    );
  }
  return name;
}

export function codeSha256(resource: SamResource, context: TransformContext): string | undefined {
  const given = resource.properties['AutoPublishCodeSha256'];
  if (isBlank(given)) return undefined;
  const hash = resolveParameters(given, context.parameters);
  if (typeof hash !== 'string') {
    throw new InvalidResource(resource.logicalId, "'AutoPublishCodeSha256' must be a string.");
  }
  return hash;
}

export function lambdaVersion(lambda: CfnResource, resource: SamResource, context: TransformContext): CfnResource {
  const hash = codeSha256(resource, context);
  const suffix = hash?.slice(0, suffixLength) ?? contentSuffix(publishedContent(lambda, resource, context));
  const managed = resource.properties['CapacityProviderConfig'] !== undefined;
  const policy =
    resource.properties['VersionDeletionPolicy'] ??
    resource.passedOn['DeletionPolicy'] ??
    (managed ? 'Delete' : 'Retain');
  return cfnResource(
    `${lambda.logicalId}Version${suffix}`,
    'AWS::Lambda::Version',
    {
      Description: resource.properties['VersionDescription'],
      FunctionName: refTo(lambda),
      FunctionScalingConfig: resource.properties['FunctionScalingConfig'],
    },
    { ...resource.passedOn, DeletionPolicy: policy },
  );
}

export function lambdaAlias(
  name: string,
  lambda: CfnResource,
  version: CfnResource,
  resource: SamResource,
): CfnResource {
  const idPart = name.replaceAll('-', 'D').replaceAll('_', 'U');
  return cfnResource(
    `${lambda.logicalId}Alias${idPart}`,
    'AWS::Lambda::Alias',
    {
      Name: name,
      FunctionName: refTo(lambda),
      FunctionVersion: getAtt(version.logicalId, 'Version'),
      ProvisionedConcurrencyConfig: resource.properties['ProvisionedConcurrencyConfig'],
    },
    resource.passedOn,
  );
}

/**
 * AWS publishes no second version of an unchanged function; a changed hash in its description makes it a changed one.
 */
export function describeWithHash(description: Json | undefined, hash: string): Json {
  if (isBlank(description) || description === undefined) return hash;
  if (isIntrinsic(description)) return { 'Fn::Join': [' ', [description, hash]] };
  return `${String(description)} ${hash}`;
}

/**
 * The content whose change must publish: the code and some settings, or with AutoPublishAliasAllProperties everything.
 */
function publishedContent(lambda: CfnResource, resource: SamResource, context: TransformContext): JsonMap {
  if (resource.properties['AutoPublishAliasAllProperties'] !== true) {
    const { Code: code, Environment: environment, MemorySize: memorySize, SnapStart: snapStart } = lambda.properties;
    return compact({
      ...(isMap(code) ? code : {}),
      ...(isMap(environment) ? environment : {}),
      MemorySize: memorySize,
      SnapStart: isMap(snapStart) && snapStart['ApplyOn'] === 'None' ? undefined : snapStart,
    });
  }
  return { ...compact(lambda.properties), ...publishingLayers(lambda, context) };
}

/** Layers with PublishLambdaVersion: their change publishes the functions that use them. */
function publishingLayers(lambda: CfnResource, context: TransformContext): JsonMap {
  const layers: JsonMap = {};
  const used = lambda.properties['Layers'];
  for (const layer of isList(used) ? used : []) {
    const logicalId = referredLogicalId(layer);
    const properties = findResource(context.original, logicalId)?.['Properties'];
    if (logicalId !== undefined && isMap(properties)) {
      if (properties['PublishLambdaVersion'] === true) layers[logicalId] = properties;
    }
  }
  return layers;
}

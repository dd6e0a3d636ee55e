import { cfnResource } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { TransformContext } from './context.ts';
import { InvalidResource } from './errors.ts';
import { isIntrinsic } from './intrinsics.ts';
import { isBlank } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { suffixedId } from './logical-id.ts';
import { resolveParameters } from './parameter-values.ts';
import { optional, passedOn, required } from './properties.ts';
import type { PropertyTable } from './properties.ts';
import { lambdaCodeLocation } from './s3-location.ts';
import type { SamResource } from './sam-resource.ts';

export const layerVersionProperties: PropertyTable = {
  ...passedOn('LayerName Description LicenseInfo RetentionPolicy PublishLambdaVersion'),
  ContentUri: required('string', 'map'),
  CompatibleArchitectures: optional('list'),
  CompatibleRuntimes: optional('list'),
};

const retained = 'retain';
const deleted = 'delete';

/**
 * AWS::Serverless::LayerVersion: a new resource for every change, so that functions can go on using the old one.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html
 */
export function transformLayerVersion(resource: SamResource, context: TransformContext): CfnResource[] {
  const { properties, logicalId } = resource;
  // The suffix is computed over the resource as it is written, with the values of parameters.
  const written = resolveParameters(context.original[logicalId] ?? null, context.parameters);
  const newId = suffixedId(logicalId, { [logicalId]: written });
  context.renamed.set(logicalId, newId);
  const attributes: JsonMap = { ...resource.attributes };
  attributes['DeletionPolicy'] = deletionPolicy(resource, context);
  const layer = cfnResource(
    newId,
    'AWS::Lambda::LayerVersion',
    {
      LayerName: isBlank(properties['LayerName']) ? logicalId : properties['LayerName'],
      Description: properties['Description'],
      Content: lambdaCodeLocation(logicalId, 'ContentUri', properties['ContentUri'] ?? null),
      CompatibleArchitectures: architectures(resource, context),
      CompatibleRuntimes: properties['CompatibleRuntimes'],
      LicenseInfo: properties['LicenseInfo'],
    },
    attributes,
  );
  return [layer];
}

function deletionPolicy(resource: SamResource, context: TransformContext): Json {
  const given = resolveParameters(resource.properties['RetentionPolicy'], context.parameters);
  if (given === undefined) return resource.attributes['DeletionPolicy'] ?? 'Retain';
  if (isIntrinsic(given) || typeof given !== 'string') {
    throw new InvalidResource(
      resource.logicalId,
      "'RetentionPolicy' does not accept intrinsic functions, please use one of the following options: ['Retain', 'Delete']",
    );
  }
  if (given.toLowerCase() === retained) return 'Retain';
  if (given.toLowerCase() === deleted) return 'Delete';
  throw new InvalidResource(
    resource.logicalId,
    "'RetentionPolicy' must be one of the following options: ['Retain', 'Delete'].",
  );
}

function architectures(resource: SamResource, context: TransformContext): Json | undefined {
  const given = resolveParameters(resource.properties['CompatibleArchitectures'], context.parameters);
  if (!Array.isArray(given)) return given;
  for (const architecture of given) {
    if (isIntrinsic(architecture) || architecture === 'x86_64' || architecture === 'arm64') continue;
    throw new InvalidResource(resource.logicalId, 'CompatibleArchitectures needs to be a list of `x86_64` or `arm64`');
  }
  return given;
}

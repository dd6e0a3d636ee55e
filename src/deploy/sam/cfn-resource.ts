import { getAtt, ref } from './intrinsics.ts';
import { compact } from './json.ts';
import type { Json, JsonMap } from './json.ts';

/** A CloudFormation resource being made. Properties that stay undefined are not written. */
export interface CfnResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Record<string, Json | undefined>;
  /** DependsOn, Condition, DeletionPolicy, Metadata … beside the properties. */
  readonly attributes: Record<string, Json | undefined>;
}

export function cfnResource(
  logicalId: string,
  type: string,
  properties: Record<string, Json | undefined>,
  attributes: Readonly<Record<string, Json | undefined>> = {},
): CfnResource {
  return { logicalId, type, properties, attributes: { ...attributes } };
}

export function cfnResourceToJson(resource: CfnResource): JsonMap {
  return { Type: resource.type, ...compact(resource.attributes), Properties: compact(resource.properties) };
}

export function refTo(resource: CfnResource): JsonMap {
  return ref(resource.logicalId);
}

export function arnOf(resource: CfnResource): JsonMap {
  return getAtt(resource.logicalId, 'Arn');
}

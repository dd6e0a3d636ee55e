import type { DeploymentPreferences } from './function/deployment-preference.ts';
import type { Json, JsonMap } from './json.ts';
import type { ParameterValues } from './parameter-values.ts';
import type { ResourceReferences } from './resource-references.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { SharedUsagePlan } from './api/usage-plan.ts';

/** What one transformation knows and collects while it goes from resource to resource. */
export interface TransformContext {
  readonly region: string;
  /** When the transformation runs, for AlwaysDeploy. */
  readonly time: string;
  readonly partition: string;
  readonly parameters: ParameterValues;
  readonly mappings: JsonMap;
  /** The `Conditions` section: resources may add conditions of their own. */
  readonly conditions: JsonMap;
  /** The resources of the template, changed in place: SAM resources go, what they stand for comes. */
  readonly resources: JsonMap;
  /** The resources as they were after Globals and implicit APIs, before any was transformed. */
  readonly original: JsonMap;
  readonly managedPolicies: ReadonlyMap<string, string>;
  readonly featureToggles: ReadonlySet<string>;
  readonly references: ResourceReferences;
  readonly deployments: DeploymentPreferences;
  readonly usagePlan: SharedUsagePlan;
  /** Record set groups by hosted zone: APIs of one zone share a group. */
  readonly recordSetGroups: Map<string, CfnResource>;
  /** Logical ids that got a suffix, old to new. */
  readonly renamed: Map<string, string>;
  readonly applicationTemplateUrl: ((applicationId: string, semanticVersion: string) => string) | undefined;
}

/** A resource of the working template, if there is one and it is an object. */
export function findResource(resources: JsonMap, logicalId: string | undefined): JsonMap | undefined {
  const resource: Json | undefined = logicalId === undefined ? undefined : resources[logicalId];
  return typeof resource === 'object' && resource !== null && !Array.isArray(resource) ? resource : undefined;
}

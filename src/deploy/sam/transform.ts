import { SharedUsagePlan } from './api/usage-plan.ts';
import { cfnResourceToJson } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { TransformContext } from './context.ts';
import { connectorType, transformConnector } from './connectors/connector.ts';
import { extractConnectors } from './connectors/embedded.ts';
import { DuplicateLogicalId, InvalidTemplate, Problems, within } from './errors.ts';
import { DeploymentPreferences } from './function/deployment-preference.ts';
import { mergeGlobals } from './globals.ts';
import {
  addDefaultDefinitions,
  addImplicitApis,
  applyOpenApiVersions,
  linkEventsToApis,
} from './implicit-api/events.ts';
import { clone, isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { awsManagedPolicies } from './managed-policies.ts';
import { parameterValues, section } from './parameter-values.ts';
import { partitionOf } from './partition.ts';
import { ResourceReferences, rewriteReferences } from './resource-references.ts';
import { firstTypes, resourceTypes } from './resource-types.ts';
import { samResource } from './sam-resource.ts';

export interface TransformOptions {
  readonly region: string;
  /** Derived from the region unless given. */
  readonly partition?: string;
  /** Values of the stack's parameters; the defaults in the template need not be repeated. */
  readonly parameterValues?: Readonly<Record<string, Json>>;
  /** ARNs of managed policies by name, beside those that AWS has. */
  readonly managedPolicies?: Readonly<Record<string, string>>;
  /** Switches of AWS's transform that are off unless named. */
  readonly featureToggles?: readonly string[];
  /** Milliseconds; only `AlwaysDeploy` of an API depends on it. */
  readonly now?: number;
  /** Where the template of an application of the Serverless Application Repository is. */
  readonly applicationTemplateUrl?: (applicationId: string, semanticVersion: string) => string;
}

/**
 * What AWS::Serverless-2016-10-31 makes of a template: plain CloudFormation. The template is not changed. Intrinsic
 * functions are in long form on both sides. Throws SamError, which names everything that is wrong.
 */
export function transformSam(template: Json, options: TransformOptions): Json {
  const problems = new Problems();
  let result: JsonMap = {};
  problems.collect(() => {
    result = transform(checkStructure(template), options, problems);
  });
  problems.throwIfAny();
  return result;
}

function checkStructure(template: Json): JsonMap {
  const resources = isMap(template) ? template['Resources'] : undefined;
  if (!isMap(template) || !isMap(resources) || Object.keys(resources).length === 0) {
    throw new InvalidTemplate("'Resources' section is required");
  }
  if (!Object.values(resources).every(isMap)) {
    throw new InvalidTemplate(
      "All 'Resources' must be Objects. If you're using YAML, this may be an indentation issue.",
    );
  }
  section(template, 'Mappings');
  section(template, 'Parameters');
  return clone(template);
}

function transform(template: JsonMap, options: TransformOptions, problems: Problems): JsonMap {
  const resources = template['Resources'] as JsonMap;
  const conditions = isMap(template['Conditions']) ? template['Conditions'] : {};
  checkConditions(resources);
  addDefaultDefinitions(resources);
  const displaced = addImplicitApis(resources);
  mergeGlobals(template, resources);
  applyOpenApiVersions(resources);
  linkEventsToApis(resources, conditions, displaced);
  const connectorOwners = extractConnectors(resources, problems);
  const context = createContext(template, resources, conditions, options);
  transformResources(context, problems);
  transformConnectors(context, connectorOwners, problems);
  problems.throwIfAny();
  addResources(context, [
    ...context.deployments.sharedResources(context),
    ...context.usagePlan.resources(context),
    ...context.recordSetGroups.values(),
  ]);
  if (Object.keys(conditions).length > 0) template['Conditions'] = conditions;
  delete template['Transform'];
  rewriteDependencies(resources, context.renamed);
  return rewriteReferences(template, context.references, context.renamed) as JsonMap;
}

function checkConditions(resources: JsonMap): void {
  for (const resource of Object.values(resources)) {
    const condition = isMap(resource) ? resource['Condition'] : undefined;
    if (condition !== undefined && condition !== null && typeof condition !== 'string') {
      throw new InvalidTemplate('Every Condition member must be a string.');
    }
  }
}

function createContext(
  template: JsonMap,
  resources: JsonMap,
  conditions: JsonMap,
  options: TransformOptions,
): TransformContext {
  const partition = options.partition ?? partitionOf(options.region);
  const given = Object.entries(options.managedPolicies ?? {});
  const managed = awsManagedPolicies(partition);
  return {
    region: options.region,
    partition,
    time: String(options.now ?? Date.now()),
    parameters: parameterValues(template, options.parameterValues ?? {}, { region: options.region, partition }),
    mappings: section(template, 'Mappings'),
    conditions,
    resources,
    original: clone(resources),
    managedPolicies: given.length === 0 ? managed : new Map([...managed, ...given]),
    featureToggles: new Set(options.featureToggles ?? []),
    references: new ResourceReferences(),
    deployments: new DeploymentPreferences(),
    usagePlan: new SharedUsagePlan(),
    recordSetGroups: new Map(),
    renamed: new Map(),
    applicationTemplateUrl: options.applicationTemplateUrl,
  };
}

function transformResources(context: TransformContext, problems: Problems): void {
  const written = new Set(Object.keys(context.resources));
  for (const logicalId of transformOrder(context.resources)) {
    problems.collect(() => transformResource(logicalId, written, context));
  }
}

/** Connectors need what all other resources have become. */
function transformConnectors(context: TransformContext, owners: ReadonlyMap<string, string>, problems: Problems): void {
  for (const [logicalId, resource] of Object.entries(context.resources)) {
    if (!isMap(resource) || resource['Type'] !== connectorType) continue;
    const owner = owners.get(logicalId) ?? logicalId;
    problems.collect(() => within(owner, () => transformConnector(logicalId, resource, context)));
  }
}

function transformOrder(resources: JsonMap): string[] {
  const ofType = (type: string): string[] =>
    Object.keys(resources).filter((logicalId) => (resources[logicalId] as JsonMap)['Type'] === type);
  const first = firstTypes.flatMap(ofType);
  return [...first, ...Object.keys(resources).filter((logicalId) => !first.includes(logicalId))];
}

function transformResource(logicalId: string, written: ReadonlySet<string>, context: TransformContext): void {
  const resource = context.resources[logicalId] as JsonMap;
  const name = resource['Type'];
  const type = typeof name === 'string' && Object.hasOwn(resourceTypes, name) ? resourceTypes[name] : undefined;
  if (type === undefined) return;
  const options = { passMetadata: context.featureToggles.has('passthrough-metadata') };
  const made = type.transform(samResource(logicalId, resource, type.properties, options), context);
  for (const { logicalId: madeId, type: madeType } of made) {
    if (madeId !== logicalId && written.has(madeId)) throw new DuplicateLogicalId(logicalId, madeId, madeType);
  }
  delete context.resources[logicalId];
  addResources(context, made);
}

function addResources(context: TransformContext, made: readonly CfnResource[]): void {
  for (const resource of made) context.resources[resource.logicalId] = cfnResourceToJson(resource);
}

/** DependsOn names resources without a Ref. */
function rewriteDependencies(resources: JsonMap, renamed: ReadonlyMap<string, string>): void {
  const rewrite = (name: Json): Json => (typeof name === 'string' ? (renamed.get(name) ?? name) : name);
  for (const resource of Object.values(resources)) {
    if (!isMap(resource) || resource['DependsOn'] === undefined) continue;
    const names = resource['DependsOn'];
    resource['DependsOn'] = isList(names) ? names.map(rewrite) : rewrite(names);
  }
}

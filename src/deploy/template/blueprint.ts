// A template with its parameters and conditions decided: what the engine builds.
import { applyConditions, checkConditions, conditionsOf } from './conditions.ts';
import { isObject, type Json, type JsonObject } from './document.ts';
import { formatError, functionError, TemplateError } from './error.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { parameterRef, type ParameterDefinition, type ParameterValue } from './parameters.ts';
import { availabilityZonesOf, PSEUDO_PARAMETERS, pseudoParameter, type StackFacts } from './pseudo.ts';
import { findReferences, type Reference } from './references.ts';
import { checkRules } from './rules.ts';
import { checkSections, type LineOf } from './sections.ts';
import { circleIn } from './static-checks.ts';
import { NO_VALUE, type Value } from './value.ts';

export type RetentionPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';

export interface BlueprintResource {
  logicalId: string;
  type: string;
  /** functions still inside; conditions and AWS::NoValue are not */
  properties: JsonObject;
  /** what must be there before it: references and DependsOn */
  dependencies: string[];
  deletionPolicy?: RetentionPolicy;
  updateReplacePolicy?: RetentionPolicy;
  creationPolicy?: JsonObject;
  updatePolicy?: JsonObject;
  metadata?: JsonObject;
  description?: string;
  line?: number;
}

export interface BlueprintOutput {
  key: string;
  value: Json;
  description?: string;
  exportName?: Json;
}

export interface Blueprint {
  description?: string;
  resources: Map<string, BlueprintResource>;
  outputs: BlueprintOutput[];
  /** Names that resources cannot change: parameters, pseudo parameters, mappings, conditions. */
  scope: Scope;
  lineOf: LineOf;
}

export interface BlueprintInput {
  template: JsonObject;
  definitions: readonly ParameterDefinition[];
  parameters: readonly ParameterValue[];
  facts: StackFacts;
  lineOf: LineOf;
}

const RETENTION = new Set(['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot']);

function parameterScope({ template, definitions, parameters, facts }: BlueprintInput): Scope {
  const values = new Map<string, Value>();
  for (const parameter of parameters) {
    const definition = definitions.find((candidate) => candidate.name === parameter.key);
    if (definition) values.set(parameter.key, parameterRef(definition, parameter));
  }
  const base: Omit<Scope, 'condition'> = {
    ref(name) {
      const value = pseudoParameter(name, facts) ?? values.get(name);
      if (value === undefined) throw unresolved([name], 'Resources');
      return value;
    },
    getAtt: (logicalId) => {
      throw unresolved([logicalId], 'Conditions');
    },
    importValue: () => {
      throw functionError('Fn::ImportValue cannot be used here');
    },
    mappings: isObject(template.Mappings) ? template.Mappings : {},
    availabilityZones: (region) => availabilityZonesOf(region || facts.region),
    languageExtensions: usesTransform(template, 'AWS::LanguageExtensions'),
  };
  return { ...base, condition: conditionsOf(isObject(template.Conditions) ? template.Conditions : {}, base) };
}

/** Whether the template's Transform section names this one. */
export function usesTransform(template: JsonObject, name: string): boolean {
  const { Transform: transform } = template;
  const names = Array.isArray(transform) ? transform : transform === undefined ? [] : [transform];
  return names.some((item) => item === name || (isObject(item) && item.Name === name));
}

const unresolved = (names: string[], block: string, line?: number): Error =>
  formatError(`Unresolved resource dependencies [${names.join(', ')}] in the ${block} block of the template`, line);

function policy(resource: JsonObject, key: string, logicalId: string, scope: Scope): RetentionPolicy | undefined {
  const raw = resource[key];
  if (raw === undefined) return undefined;
  const value = isObject(raw) && scope.languageExtensions ? evaluate(raw, scope) : raw;
  const allowed =
    typeof value === 'string' &&
    RETENTION.has(value) &&
    !(key === 'UpdateReplacePolicy' && value === 'RetainExceptOnCreate');
  if (!allowed) {
    throw formatError(
      `Unrecognized ${key} ${typeof value === 'string' ? value : JSON.stringify(value)} for resource ${logicalId}`,
    );
  }
  return value as RetentionPolicy;
}

function buildResource(logicalId: string, raw: JsonObject, scope: Scope, lineOf: LineOf): BlueprintResource {
  const properties = applyConditions(raw.Properties ?? {}, scope.condition);
  const line = lineOf(['Resources', logicalId]);
  const metadata = isObject(raw.Metadata) ? applyConditions(raw.Metadata, scope.condition) : undefined;
  const optional = {
    deletionPolicy: policy(raw, 'DeletionPolicy', logicalId, scope),
    updateReplacePolicy: policy(raw, 'UpdateReplacePolicy', logicalId, scope),
    creationPolicy: isObject(raw.CreationPolicy)
      ? (applyConditions(raw.CreationPolicy, scope.condition) as JsonObject)
      : undefined,
    updatePolicy: isObject(raw.UpdatePolicy)
      ? (applyConditions(raw.UpdatePolicy, scope.condition) as JsonObject)
      : undefined,
    metadata: metadata === NO_VALUE ? undefined : (metadata as JsonObject | undefined),
    description: typeof raw.Description === 'string' ? raw.Description : undefined,
    line,
  };
  return {
    logicalId,
    type: raw.Type as string,
    properties: isObject(properties as Json) ? (properties as JsonObject) : {},
    dependencies: [],
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<BlueprintResource>),
  };
}

/** Condition names that resources, outputs and Fn::If use must exist. */
function checkConditionNames(template: JsonObject, lineOf: LineOf): void {
  const known = isObject(template.Conditions) ? template.Conditions : {};
  const missing = (name: string, block: string, line: number | undefined): Error =>
    formatError(`Unresolved condition dependency ${name} in the ${block} block of the template`, line);
  for (const block of ['Resources', 'Outputs']) {
    for (const [id, member] of Object.entries((template[block] ?? {}) as JsonObject)) {
      const name = (member as JsonObject).Condition;
      if (typeof name === 'string' && !Object.hasOwn(known, name))
        throw missing(name, block, lineOf([block, id, 'Condition']));
      for (const reference of findReferences(member, [block, id])) {
        if (reference.kind === 'Condition' && !Object.hasOwn(known, reference.name)) {
          throw missing(reference.name, block, lineOf(reference.path));
        }
      }
    }
  }
}

interface Names {
  isResource: (name: string) => boolean;
  isParameter: (name: string) => boolean;
}

/** Names in `value` that are neither parameter nor resource; adds resources to `into`. */
function checkReferences(
  references: Reference[],
  names: Names,
  block: string,
  lineOf: LineOf,
  into?: Set<string>,
): void {
  const missing: Reference[] = [];
  for (const reference of references) {
    if (reference.kind !== 'Ref' && reference.kind !== 'GetAtt') continue;
    if (names.isResource(reference.name)) into?.add(reference.name);
    else if (reference.kind === 'GetAtt') {
      throw functionError(
        `instance of Fn::GetAtt references undefined resource ${reference.name}`,
        lineOf(reference.path),
      );
    } else if (!names.isParameter(reference.name)) missing.push(reference);
  }
  if (missing.length > 0) {
    throw unresolved([...new Set(missing.map((reference) => reference.name))], block, lineOf(missing[0]!.path));
  }
}

/** Checks a transformed template against its parameters, decides conditions, and finds the edges between resources. */
export function buildBlueprint(input: BlueprintInput): Blueprint {
  const { template, definitions, lineOf } = input;
  checkSections(template, lineOf);
  const parameterNames = new Set(definitions.map((definition) => definition.name));
  const isParameter = (name: string): boolean => parameterNames.has(name) || PSEUDO_PARAMETERS.has(name);
  checkConditions(isObject(template.Conditions) ? template.Conditions : {}, isParameter);
  checkConditionNames(template, lineOf);
  const scope = parameterScope(input);
  // Also those that nothing asks: a wrong one is refused.
  for (const name of Object.keys(isObject(template.Conditions) ? template.Conditions : {})) scope.condition(name);
  checkRules(
    template,
    scope,
    parameterNames,
    new Map(definitions.map((definition) => [definition.name, definition.type])),
  );

  const resources = new Map<string, BlueprintResource>();
  for (const [logicalId, raw] of Object.entries(template.Resources as JsonObject)) {
    const { Condition: condition } = raw as JsonObject;
    if (typeof condition === 'string' && !scope.condition(condition)) continue;
    resources.set(logicalId, buildResource(logicalId, raw as JsonObject, scope, lineOf));
  }
  const names: Names = { isParameter, isResource: (name) => resources.has(name) };
  for (const resource of resources.values()) {
    addDependencies(resource, template, names, lineOf);
  }
  checkCycles(resources);
  const outputs = buildOutputs(template, scope, names, lineOf);
  return {
    ...(typeof template.Description === 'string' && { description: template.Description }),
    resources,
    outputs,
    scope,
    lineOf,
  };
}

function addDependencies(resource: BlueprintResource, template: JsonObject, names: Names, lineOf: LineOf): void {
  const { logicalId, properties, metadata } = resource;
  const needed = new Set<string>();
  const path = ['Resources', logicalId, 'Properties'];
  checkReferences(findReferences(properties, path), names, 'Resources', lineOf, needed);
  if (metadata) checkReferences(findReferences(metadata), names, 'Resources', lineOf, needed);
  const all = template.Resources as JsonObject;
  const { DependsOn } = all[logicalId] as JsonObject;
  const dependsOn = (Array.isArray(DependsOn) ? DependsOn : DependsOn === undefined ? [] : [DependsOn]) as string[];
  const strangers = dependsOn.filter((name) => !Object.hasOwn(all, name));
  if (strangers.length > 0) throw unresolved(strangers, 'Resources', lineOf(['Resources', logicalId, 'DependsOn']));
  // A dependency whose condition is false does not exist and is not waited for.
  for (const name of dependsOn) if (names.isResource(name)) needed.add(name);
  resource.dependencies = [...needed];
}

function checkCycles(resources: Map<string, BlueprintResource>): void {
  const edges = new Map(
    [...resources.values()].map(({ logicalId, dependencies }) => [logicalId, new Set(dependencies)]),
  );
  const circle = circleIn(edges);
  if (circle.length === 0) return;
  throw new TemplateError(
    `Circular dependency between resources: [${circle.join(', ')}]`,
    resources.get(circle[0]!)?.line,
  );
}

function buildOutputs(template: JsonObject, scope: Scope, names: Names, lineOf: LineOf): BlueprintOutput[] {
  const outputs: BlueprintOutput[] = [];
  for (const [key, raw] of Object.entries((template.Outputs ?? {}) as JsonObject)) {
    const output = raw as JsonObject;
    if (typeof output.Condition === 'string' && !scope.condition(output.Condition)) continue;
    const value = applyConditions(output.Value!, scope.condition);
    if (value === NO_VALUE) continue;
    checkReferences(findReferences(value, ['Outputs', key, 'Value']), names, 'Outputs', lineOf);
    const exportName = isObject(output.Export) ? applyConditions(output.Export.Name!, scope.condition) : undefined;
    if (exportName !== undefined && exportName !== NO_VALUE) {
      checkReferences(findReferences(exportName), names, 'Outputs', lineOf);
    }
    outputs.push({
      key,
      value,
      ...(typeof output.Description === 'string' && { description: output.Description }),
      ...(exportName !== undefined && exportName !== NO_VALUE && { exportName }),
    });
  }
  return outputs;
}
